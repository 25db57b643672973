#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# hangrate guard with real commands: invisible to healthy ones, right about those that hang. Each
# test runs in an empty directory; prints TAP lines.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
[ -n "${TESTS_OWN-}" ] || exec tests/own.sh tests/guard/run.sh "$@"

BUILD=${BUILD:-build}
HANGRATE=${HANGRATE:-$(realpath "$BUILD")/hangrate}
TARGETS=$(realpath "$BUILD")/glibc/targets
HERE=$PWD/tests/guard
unset GITHUB_ACTIONS GITHUB_STEP_SUMMARY GITLAB_CI
work=$(mktemp -d "${TMPDIR:-/tmp}/hangrate-guard.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0

check() { # NAME COMMAND...
	local name=$1
	shift
	if "$@"; then
		echo "ok $name"
	else
		failures=$((failures + 1))
		echo "not ok $name"
		echo "# failed: $*; status ${status:-none}; standard error:"
		head -n 8 err 2>/dev/null | cut -c 1-200 | sed 's/^/#   /'
	fi
}

guard() { # ARG...: sets $status; files out and err. 143: it did not end.
	"$TARGETS/limit" 60 "$HANGRATE" guard "$@" >out 2>err </dev/null
	status=$?
}

status_is() {
	[ "$status" = "$1" ] || { echo "# status $status, not $1"; return 1; }
}

silent() {
	[ ! -s err ]
}

first_line() { # REGEX
	grep -m 1 . err | grep -qE "^hangrate guard: $1"
}

# --- exit statuses ---

guard -- true
check "status: 0" status_is 0
check "status: silent" silent
guard -- sh -c 'exit 42'
check "status: 42" status_is 42
guard -- sh -c 'kill -TERM $$'
check "status: killed by SIGTERM" status_is 143
guard -- sh -c 'kill -KILL $$'
check "status: killed by SIGKILL" status_is 137
python3 - "$HANGRATE" <<-'EOF'
	import signal, subprocess, sys
	r = subprocess.run([sys.argv[1], "guard", "--", "sh", "-c", "kill -SEGV $$"], stderr=subprocess.DEVNULL)
	sys.exit(r.returncode != -signal.SIGSEGV)
EOF
check "status: the signal itself, not 128 more" test $? = 0
guard -- ./no-such-command
check "status: no such command" status_is 127
check "status: says so in one line" test "$(wc -l <err)" = 1
guard -- /etc/passwd
check "status: cannot be run" status_is 126
guard
check "usage: missing command" status_is 2
guard --grace soon -- true
check "usage: bad duration" status_is 2
guard --report x.pdf -- true
check "usage: unknown format" status_is 2

# --- input and output ---

head -c 3000000 /dev/urandom >bytes
"$HANGRATE" guard -- cat <bytes >copy
check "output: the bytes of the input" cmp -s bytes copy
"$HANGRATE" guard -- sh -c 'cat bytes >&2; echo out' >out 2>copy
check "output: standard error too" cmp -s bytes copy
check "output: standard output apart" test "$(cat out)" = out
echo seven >third
"$HANGRATE" guard -- sh -c 'cat <&7' 7<third >out
check "output: descriptor 7 is passed on" test "$(cat out)" = seven

# The reader sees the end when the command closes its output, although it lives on.
mkfifo go
"$HANGRATE" guard -- sh -c 'echo early; exec >/dev/null 2>&1; read x <go' 2>&1 |
	{ cat; echo x >go; } >out
check "output: its end is the command's" test "$(cat out)" = early
# A writer to the command gets EPIPE.
(trap '' PIPE; sh -c 'while echo x; do :; done' 2>/dev/null; echo x >go) |
	"$HANGRATE" guard -- sh -c 'exec <&-; read x <go'
check "input: closed when the command closes it" test $? = 0

# --- what the command inherits ---

cat >inherited.sh <<-'EOF'
	grep -E '^(Sig(Blk|Ign|Cgt)|Seccomp|NoNewPrivs|Groups|Cpus_allowed_list)' /proc/self/status
	ls /proc/self/fd | grep -v '[1-9][0-9]'
	ulimit -a
	env | grep -vE '^(_|SHLVL)=' | sort
	set -- $(sed 's/.*) //' /proc/self/stat)
	echo "group $3 session $4"
	readlink /proc/self/cwd /proc/self/root /proc/self/ns/*
EOF
(trap '' HUP CHLD; exec bash inherited.sh) </dev/null >alone 2>&1
(trap '' HUP CHLD; exec "$HANGRATE" guard -- bash inherited.sh) </dev/null >guarded 2>&1
check "inherits: all that it has without us" diff alone guarded

# --- signals ---

python3 "$HERE/terminal.py" "$HANGRATE" >terminal.log 2>&1
cat terminal.log
failures=$((failures + $(grep -c '^not ok' terminal.log)))
check "terminal: was tested" grep -q '^ok terminal' terminal.log

# Stopped, and continued by someone who does not know of the guard.
cat >stops.sh <<-'EOF'
	(while ! grep -q '^State:.T' /proc/$$/status; do :; done; kill -CONT $$) &
	kill -STOP $$
	exit 6
EOF
guard -- sh stops.sh
check "stop: continued alone" status_is 6
"$TARGETS/limit" 60 setsid -w "$HANGRATE" guard -- sh stops.sh >out 2>err
status=$?
check "stop: continued alone, as a job of its own" status_is 6

# --- hangs ---

proven() { # TARGET CLASS [PREFIX...]
	guard -- "${@:3}" "$TARGETS/planted_$1"
	check "proven: $1: ended" status_is 124
	check "proven: $1: the first line" first_line "stuck for ever: $2: "
}
# A thread in a long write is not asked whether an alarm is set, for it would return with a part. Only root can read
# that no process has one; where SIGALRM is ignored it does not matter.
no_alarm=(env --ignore-signal=ALRM)
proven self_pipe pipe "${no_alarm[@]}"
# A parent that asks again and again for a child that can never run: the parent is not stuck.
cat >rounds.py <<-'EOF'
	import subprocess, sys, time
	p = subprocess.Popen(sys.argv[1:])
	while p.poll() is None:
	    time.sleep(0.05)
EOF
# The main thread waits for such a child, and another thread of its own never rests.
sed 's/^p = .*/&; import threading; threading.Thread(target=lambda: [0 for _ in iter(int, 1)], daemon=True).start(); p.wait()/' \
	rounds.py >busy.py
main_thread_stuck() { # NAME
	guard --grace 1s -- python3 busy.py "${no_alarm[@]}" "$TARGETS/planted_lock_order"
	check "main thread stuck: $1: ended" status_is 124
	check "main thread stuck: $1: the first line" first_line 'main thread stuck for [1-9] s, although others run: lock-cycle'
}

# Some process has an alarm set, and the kernel does not say which: the command is asked before it is ended.
python3 -c 'import signal; signal.alarm(50); signal.pause()' &
alarmed=$!
proven lock_order lock-cycle
proven orphaned_mutex orphaned-lock
main_thread_stuck "asked"
kill -KILL "$alarmed"
wait "$alarmed" 2>/dev/null
guard --report r.md --report r.html --report r.json --on-hang 'env | grep ^HANGRATE_; exit 3' -- \
	"${no_alarm[@]}" sh -c 'echo last words; "$@"; exit' sh "$TARGETS/planted_pipe_fill"
check "report: ended" status_is 124
check "report: the chain down to the culprit" grep -qE '^  [0-9]+ .*/planted_pipe_fill' err
check "report: output that went to a file" grep -q '^last words' err
check "report: Markdown" grep -q '^### hangrate guard: stuck for ever: ' r.md
check "report: HTML" xmllint --html --noout r.html
python3 - <<-'EOF'
	import json, sys
	r = json.load(open("r.json"))
	ok = r["schema"] == 1 and r["verdict"] == "proven" and r["class"] == "pipe" and len(r["chain"]) >= 2
	ok = ok and r["why"]["proven"] and "planted_pipe_fill" in r["processes"][-1]["command"]
	sys.exit(not ok)
EOF
check "report: JSON" test $? = 0
check "on-hang: its environment" test "$(grep -cE '^HANGRATE_(PID|PIDS|STUCK_PIDS|VERDICT|HEADLINE)=.' err)" = 5
check "on-hang: its failure is told" grep -qE -- "--on-hang: .*\(status 3\)" err
check "report: nothing left behind" test -z "$(pgrep -f "^$TARGETS/planted_pipe_fill")"

# --keep: told, and the command is left as it is until someone else ends it.
# A command that goes on is not asked for an io_uring that does not show, which only root can rule out otherwise.
keep=(--keep) said='stuck for ever: pipe: '
[ "$(id -u)" = 0 ] || keep+=(--stall 3s) said='stalled: has done nothing for .*planted_self_pipe .* writes to a full pipe'
# shellcheck disable=SC2016 # the guard expands it
"$HANGRATE" guard "${keep[@]}" --on-hang 'kill $HANGRATE_PID' -- "${no_alarm[@]}" "$TARGETS/planted_self_pipe" >out 2>err
status=$?
check "keep: the status is the command's" status_is 143
check "keep: the report" first_line "$said"

guard --grace 1s -- python3 rounds.py "${no_alarm[@]}" "$TARGETS/planted_lock_order"
check "part stuck: ended" status_is 124
check "part stuck: the first line" first_line 'partly stuck, and the rest only waits in rounds .*: lock-cycle'
main_thread_stuck "nobody has an alarm"
guard --grace 1s --kill-after 1s -- python3 rounds.py sleep 3
check "part stuck: a sleeping child is not" status_is 0
check "part stuck: silent about it" silent

guard --stall 1s -- sleep 3
check "stalled: goes on" status_is 0
check "stalled: the report" first_line 'stalled: has done nothing for [1-3] s: '
check "stalled: says why it goes on" grep -qE '^hangrate guard: the command goes on: sleep \(pid [0-9]+\) waits with a time limit; ' err
guard --stall 1s -- python3 -c 'import signal; signal.pause()'
check "stalled: ended where nothing can wake it" status_is 124
check "stalled: nothing can wake it: the first line" first_line 'stalled: has done nothing for [1-3] s: '
guard --stall 1s -- python3 rounds.py "${no_alarm[@]}" "$TARGETS/planted_lock_order"
check "stalled: a stuck part has no longer grace" first_line 'partly stuck, and the rest only waits in rounds .*: lock-cycle'
guard --stall 1s --end-stalled -- sleep 1000
check "stalled: ended where that is asked for" status_is 124
guard --stall 1s --end-stalled -- python3 -c 'import threading; threading.Event().wait()'
check "stalled: the first line names the line" first_line 'stalled: .* in <string>:1 waits for Event'
check "stalled: nothing is said twice" test "$(grep -A1 'stalled: ' err | grep -c 'waits for Event')" = 1
# shellcheck disable=SC2016 # the guarded shell expands it
guard --stall 1s --end-stalled -- sh -c ': "$1"; sleep 1000; :' sh $'\u202e\u009b\xff'
check "stalled: nothing of the command's words acts on a terminal" test "$(LC_ALL=C grep -c $'[\xe2\xc2\xff]' err)" = 0
# shellcheck disable=SC2016 # the guarded shell expands it
guard --stall 1s -- sh -c 'i=0; while [ $i -lt 30 ]; do sleep 0.1; i=$((i+1)); done'
check "stalled: a command that starts processes is not" silent

guard --max-time 1s -- sh -c 'while :; do :; done'
check "late: ended" status_is 124
check "late: the first line" first_line 'late: has run for [1-9]'
guard --max-time 1s --kill-after 1s -- sh -c 'trap "" TERM; while :; do :; done'
check "late: ended although it ignores SIGTERM" status_is 124

# --- leftovers ---

{ "$TARGETS/limit" 60 "$HANGRATE" guard --reap -- sh -c 'sleep 3611 & exit 4' 2>err; echo $? >code; } | cat
check "leftovers: the status is the command's" test "$(cat code)" = 4
check "leftovers: who, with command line" grep -qE '^  [0-9]+ sleep 3611$' err
check "leftovers: reaped" test -z "$(pgrep -f '^sleep 3611')"
"$HANGRATE" guard -- sh -c 'sleep 1 >/dev/null 2>&1 &' 2>err | cat
check "leftovers: not those that hold nothing" silent

# --- CI ---

GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY=$work/summary guard -- "${no_alarm[@]}" "$TARGETS/planted_self_pipe"
check "GitHub: an annotation" grep -qE '^::error title=hangrate guard::stuck for ever: pipe' err
check "GitHub: the step summary" grep -q '^### hangrate guard: ' summary
GITLAB_CI=true guard -- "${no_alarm[@]}" "$TARGETS/planted_self_pipe"
check "GitLab: a section" grep -qE 'section_start:[0-9]+:hangrate_guard' err
check "GitLab: which ends" grep -qE 'section_end:[0-9]+:hangrate_guard' err

# --- the templates of docs/ci ---

mkdir -p release/hangrate-1/bin
cp "$HANGRATE" release/hangrate-1/bin/hangrate
tar -C release -czf hangrate-1.tar.gz hangrate-1
sha256sum hangrate-1.tar.gz >hangrate-1.tar.gz.sha256
"$HERE/../../docs/ci/guard/install.sh" "file://$work/hangrate-1.tar.gz" "$work/installed" >out 2>err
check "install.sh: installs" grep -q '^hangrate ' out
echo x >>hangrate-1.tar.gz
"$HERE/../../docs/ci/guard/install.sh" "file://$work/hangrate-1.tar.gz" "$work/other" >out 2>err
check "install.sh: refuses another checksum" test $? = 1
check "install.sh: and installs nothing then" test ! -e other

# --- healthy programs ---

for target in join relay epoll_server waitpid timer_thread handoff; do
	guard --stall off --grace 1s -- "$TARGETS/healthy_$target"
	check "healthy: $target" status_is 0
	check "healthy: $target: silent" silent
done

[ "$failures" -eq 0 ]
