#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The line of the command that a script waits for, also inside functions and loops.
# case function: ^not stuck: sleep 999 .* in lines\.sh:14 waits for the end of its child sleep 999
# case loop: ^not stuck: sleep 999 .* in lines\.sh:22 waits for the end of its child sleep 999
# case pipeline: bash .* in lines\.sh:29 waits for the end of any of 2 children, such as sleep 999
# case subshell: in lines\.sh:3[59] waits for the end of its child bash
# case substitution: ^not proven, most likely: bash .* in lines\.sh:43 reads from an empty pipe .*, which sleep 999
# case background: in lines\.sh:51 waits for the end of its child sleep 999
case $1 in
function)
	build() {
		x=$(true)
		/bin/sleep 999
		echo built
	}
	build
	;;
loop)
	while true; do
		/bin/true
		/bin/sleep 999
		echo again
	done
	;;
pipeline)
	for x in a b; do
		/bin/true
		/bin/sleep 999 | cat
		echo "$x"
	done
	;;
subshell)
	/bin/true
	(
		/bin/true
		sleep 999
		echo
	)
	;;
substitution)
	/bin/true
	for x in $(sleep 999); do
		/bin/true
		echo "$x"
	done
	;;
background)
	/bin/true
	/bin/sleep 999 &
	wait $!
	;;
esac
