#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Cells that stop when they have shown enough: the record says so, and its canaries were run.
. "$(dirname "$0")/common.sh"

hang=$TARGETS/planted_self_pipe

# What the campaign says of itself, and how many canaries passed their test.
campaign() {
	query "$SCRATCH/run.db" "SELECT stop || ' ' || sequential FROM campaign"
}

canaries() {
	query "$SCRATCH/run.db" "SELECT total(n_deadlock) || ' ' || total(n_pass) FROM cell WHERE canary"
}

run --decide 0.1%:10% -- true
check "--decide, clean: status 0" status_is 0
check "--decide, clean: a decision, and its error rate" one_line 'below 10 %;.* 5 %'
check "--decide, clean: recorded as decided" is "$(campaign)" "decided 1"
# log(0.05) / log(0.9 / 0.999) = 28.7 clean trials; those that run at that moment are counted too.
check "--decide, clean: no more trials than needed" test "$(sum trials)" -ge 29 -a "$(sum trials)" -le $((29 + $(nproc)))
check "--decide, clean: says how it stopped" grep -q 'until decided;' "$SCRATCH/out"

run --decide 0:50% -j 1 -- "$hang"
check "--decide, hanging: status 1" status_is 1
check "--decide, hanging: one hang is above 0" is "$(sum trials)" 1
check "--decide, hanging: says so" one_line 'above 0 %'
check "--decide, hanging: the canaries ran all the same" is "$(canaries)" "2.0 1.0"

# The first trial hangs once six others run, which is above 1 %; those end when it was killed, and are
# clean, which takes that back. All further ones are clean too.
mkdir "$SCRATCH/others"
cat >"$SCRATCH/first-hangs" <<END
#!/bin/sh
if mkdir $SCRATCH/first 2>/dev/null; then
	echo \$\$ >$SCRATCH/pid.new
	mv $SCRATCH/pid.new $SCRATCH/pid
	until [ \$(ls $SCRATCH/others | wc -l) -ge 6 ]; do sleep 0.01; done
	exec "$hang"
fi
: >$SCRATCH/others/\$\$
until [ -e $SCRATCH/pid ]; do sleep 0.01; done
while kill -0 \$(cat $SCRATCH/pid) 2>/dev/null; do sleep 0.01; done
END
chmod +x "$SCRATCH/first-hangs"
run --decide 1%:50% -j 8 -- "$SCRATCH/first-hangs"
check "--decide, taken back: one hang" is "$(sum deadlock)" 1
check "--decide, taken back: it goes on until decided" one_line 'below 50 %'
check "--decide, taken back: recorded as decided" is "$(campaign)" "decided 1"

run --until-hang -j 1 -n 1000 -- "$hang"
check "--until-hang: status 1" status_is 1
check "--until-hang: one trial" is "$(sum trials)" 1
check "--until-hang: recorded as decided" is "$(campaign)" "decided 1"
check "--until-hang: the canaries ran all the same" is "$(canaries)" "2.0 1.0"

run --until-hang -n 20 -- true
check "--until-hang, clean: status 0" status_is 0
check "--until-hang, clean: all trials" is "$(sum pass)" 20
check "--until-hang, clean: the plan was done" is "$(campaign)" "done 1"

# A race that a delay makes rarer: the child that is late finds the lock free.
cat >"$SCRATCH/rarer" <<END
#!/bin/sh
[ -n "\$HANGRATE_FUNCS" ] && case \$HANGRATE_FUNCS in *,f,0,*) ;; *) exit 0;; esac
exec "$hang"
END
chmod +x "$SCRATCH/rarer"
run -n 400 -j 4 --inject func:read:delay_enter=1us --md "$SCRATCH/md" --html "$SCRATCH/html" --json "$SCRATCH/json" -- "$SCRATCH/rarer"
check "an arm that makes hangs rarer: switched off" grep -q 'switched off after' "$SCRATCH/out"
check "an arm that makes hangs rarer: in the Markdown" grep -q 'lift 0.*switched off after' "$SCRATCH/md"
check "an arm that makes hangs rarer: in the page" grep -q 'switched off after' "$SCRATCH/html"
check "an arm that makes hangs rarer: in the JSON" grep -q '"switched_off": true' "$SCRATCH/json"
check "an arm that makes hangs rarer: in the record" is "$(query "$SCRATCH/run.db" \
	"SELECT count(*) FROM cell WHERE arm = 'injected' AND switched_off AND receipt_note LIKE 'switched off after%'")" 1
check "an arm that makes hangs rarer: has few trials" test "$(query "$SCRATCH/run.db" \
	"SELECT n_pass FROM cell WHERE arm = 'injected'")" -lt 60
check "an arm that makes hangs rarer: the others have all" is "$(query "$SCRATCH/run.db" \
	"SELECT sum(n_deadlock) FROM cell WHERE arm <> 'injected' AND NOT canary")" 800
check "an arm that makes hangs rarer: no interval of a fixed n" is "$(campaign)" "done 1"
finish
