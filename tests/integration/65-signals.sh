#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Which signal ends the runner, how fast, and what it says of it.
# shellcheck disable=SC2016,SC2317 # the programs expand it; functions are called by check
. "$(dirname "$0")/common.sh"

# A runner whose trials sleep "for ever", in the background as $runner, once they run
begin() {
	rm -f "$SCRATCH"/run.db* "$SCRATCH/started"
	"$HANGRATE" run --db "$SCRATCH/run.db" -n 100 -j 2 --timeout 1h -- \
		sh -c 'echo >>"$0"; exec sleep 98765' "$SCRATCH/started" \
		>"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null &
	runner=$!
	until [ "$(wc -l 2>/dev/null <"$SCRATCH/started")" = 2 ]; do
		kill -0 "$runner" 2>/dev/null || return 1
		sleep 0.01
	done
}

end() {
	limit 30 tail --pid="$runner" -f /dev/null || kill -KILL "$runner"
	wait "$runner"
	status=$?
}

stopped() {
	is "$(query "$SCRATCH/run.db" "SELECT stop FROM campaign")" "$1"
}

# A background job of a script ignores SIGINT and SIGQUIT; set -m makes it as from a terminal.
set -m
for signal in TERM HUP QUIT XCPU XFSZ PIPE; do
	begin
	kill "-$signal" "$runner"
	end
	check "$signal: status 130" status_is 130
	check "$signal: the campaign is closed" stopped interrupted
	check "$signal: named with its sender" grep -q "interrupted: SIG$signal from process $$ 'bash': ending" "$SCRATCH/err"
	check "$signal: nothing left behind" nothing_left "sleep 98765"
done

begin
kill -INT "$runner"
until grep -q "once more" "$SCRATCH/err"; do sleep 0.01; done
kill -INT "$runner"
end
set +m
check "INT twice: status 130" status_is 130
check "INT twice: nothing left behind" nothing_left "sleep 98765"

# nohup's choice stays.
(
	trap '' HUP
	begin
	kill -HUP "$runner"
	kill -TERM "$runner"
	wait "$runner"
)
check "an ignored HUP is ignored" grep -q "SIGTERM from" "$SCRATCH/err"

# A stopped trial, and one that stops or signals who started it.
run -n 2 -j 1 --timeout 5s -- sh -c "kill -STOP \$PPID; kill -USR1 \$PPID; kill -TERM \$PPID; exit 0"
check "a trial signals its parent: pass" verdict pass 2
run -n 2 -j 1 --timeout 5s -- sh -c 'kill -KILL $PPID; exec sleep 98765'
check "a trial kills its parent: broken" verdict broken 2
check "a trial kills its parent: status 3" status_is 3
check "a trial kills its parent: says so" grep -q "the trial has killed hangrate's keeper process" "$SCRATCH/err"
check "a trial kills its parent: nothing left behind" nothing_left "sleep 98765"
run -n 2 -j 1 --timeout 5s -- sh -c "kill -TERM \$(cut -d' ' -f4 /proc/\$PPID/stat); exec sleep 98765"
check "a trial signals the runner: status 130" status_is 130
check "a trial signals the runner: named" grep -q "SIGTERM from process [0-9]* 's[a-z]*', which belongs to a trial" "$SCRATCH/err"

# A machine that is suspended, seen from inside: nothing runs, the clock goes on. Longer than the deadline and the
# keeper's patience together.
rm -f "$SCRATCH"/run.db* "$SCRATCH/started"
"$HANGRATE" run --db "$SCRATCH/run.db" -n 1 -j 1 --timeout 5s -- \
	perl -e '$SIG{CONT} = sub { $on = 1 }; open F, ">", $ARGV[0]; print F $$; close F;
		select undef, undef, undef, 0.01 until $on; select undef, undef, undef, 0.01 for 1 .. 30' "$SCRATCH/started" \
	>"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null &
runner=$!
until [ -s "$SCRATCH/started" ]; do
	kill -0 "$runner" 2>/dev/null || break
	sleep 0.01
done
trial=$(cat "$SCRATCH/started")
# The runner first: it wakes a keeper that is stopped.
all="$runner $(cut -d' ' -f4 "/proc/$trial/stat") $trial"
# shellcheck disable=SC2086 # three pids
kill -STOP $all
sleep 16
# shellcheck disable=SC2086 # three pids
kill -CONT $all
end
check "a pause of the machine is no time of the trial's: pass" verdict pass 1

# A trial that was not even begun at its deadline has used none of its time.
rm -f "$SCRATCH"/run.db* "$SCRATCH/go" "$SCRATCH/keeper"
"$HANGRATE" run --db "$SCRATCH/run.db" -n 2 -j 1 --timeout 1s -- \
	sh -c 'echo $PPID >$0/keeper.new; mv $0/keeper.new $0/keeper; until [ -e $0/go ]; do sleep 0.01; done' "$SCRATCH" \
	>"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null &
runner=$!
until [ -e "$SCRATCH/keeper" ]; do
	kill -0 "$runner" 2>/dev/null || break
	sleep 0.01
done
"$TARGETS/hold_clone" "$(cat "$SCRATCH/keeper")" 1500 >"$SCRATCH/held" 2>"$SCRATCH/held.err" &
holder=$!
until [ -s "$SCRATCH/held" ]; do
	kill -0 "$holder" 2>/dev/null || break
	sleep 0.01
done
touch "$SCRATCH/go"
end
wait "$holder"
held=$?
if [ "$held" != 77 ]; then
	check "a start that takes longer than the deadline: it was held" is "$held" 0
	check "a start that takes longer than the deadline: pass" verdict pass 2
else
	echo "ok 65-signals: a start that takes longer than the deadline # SKIP $(cat "$SCRATCH/held.err")"
fi
finish
