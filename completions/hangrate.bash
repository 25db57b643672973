# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Completion of hangrate for bash: commands, their options, files, and the commands that guard and run
# take behind "--". All of it is asked of the program.

_hangrate() {
	local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]:-} i
	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(hangrate --options 2>/dev/null | cut -f 1 | sort -u)" -- "$word")
		return
	fi
	for ((i = 2; i < COMP_CWORD; i++)); do
		if [ "${COMP_WORDS[i]}" = -- ]; then
			if [ "$((i + 1))" -eq "$COMP_CWORD" ]; then
				mapfile -t COMPREPLY < <(compgen -c -- "$word")
			else
				mapfile -t COMPREPLY < <(compgen -f -- "$word")
			fi
			return
		fi
	done
	if [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(hangrate --options 2>/dev/null |
			awk -F '\t' -v command="$command" '$1 == command { print $2 }')" -- "$word")
	else
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
	fi
}
complete -o filenames -F _hangrate hangrate
