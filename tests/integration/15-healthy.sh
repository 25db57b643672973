#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Programs that look stuck, but whose wait somebody ends in a way that is easily missed: each mode passes. `make
# audit` runs them longer. In one pid namespace, where no other process of the machine can be taken for a waker;
# not in one each, for the targets name their files by their pids.
. "$(dirname "$0")/common.sh"

if [ "${1:-}" != inside ]; then
	if ! unshare --pid --fork --mount-proc --kill-child true 2>/dev/null; then
		echo "ok 15-healthy: modes of healthy targets # SKIP no pid namespace may be made"
		exit
	fi
	# A server beyond it, which nobody in there can list.
	exec {beyond}< <(exec "$TARGETS/outsider" "$SCRATCH/outsider")
	outsider=$!
	read -r -u "$beyond" _
	unshare --pid --fork --mount-proc --kill-child bash "$0" inside "$SCRATCH/outsider"
	status=$?
	kill "$outsider"
	exit "$status"
fi
BEYOND=$2

# modes: "TARGET MODE" of each mode that a target's head comment lists, or of those that fit HEALTHY_ONLY
modes() {
	local source
	for source in tests/targets/healthy_*.c; do
		sed -n 's/^ \* modes: //p' "$source" | tr '|' '\n' | sed "s/^/$(basename "$source" .c) /"
	done | grep -E "${HEALTHY_ONLY:-}"
}

# needs TARGET: the socket of what it needs, an argument of its own
needs() {
	! grep -qx ' \* needs: outsider' "tests/targets/$1.c" || echo "$SCRATCH/outsider"
}

# try_mode TARGET MODE: a campaign with a record of its own. Not below timeout(1): a timer that is armed anywhere on
# the machine turns every proof into a condition, and hides the false ones.
try_mode() {
	local server
	mapfile -t server < <(needs "$1")
	"$HANGRATE" run -q -n 2 -j 2 --timeout 20s --db "$SCRATCH/$1-$2$name.db" \
		-- "$TARGETS/$1" 60..120 "${server[@]}" "$2" >"$SCRATCH/$1-$2$name.out" 2>&1 </dev/null
}

# verdicts: "TARGET-MODE N of M" passed, of each record
verdicts() {
	python3 - "$SCRATCH"/*.db <<-'EOF'
		import pathlib, sqlite3, sys
		for path in sys.argv[1:]:
		    row = sqlite3.connect(path).execute("""SELECT total(n_pass), total(n_pass + n_deadlock + n_timeout
		        + n_recovered + n_fail + n_crash + n_broken) FROM cell WHERE NOT canary""").fetchone()
		    print(pathlib.Path(path).stem, "%d of %d" % row)
	EOF
}

# The server acts outside of every trial. It says so when it listens.
exec {listens}< <(exec "$TARGETS/outsider" "$SCRATCH/outsider")
outsider=$!
read -r -u "$listens" _

# try_all: those of $names, four at a time
try_all() {
	local target mode tries=()
	while read -r target mode; do
		try_mode "$target" "$mode" &
		tries+=($!)
		while [ "$(jobs -rp | wc -l)" -ge "$((4 + ${#sleepers[@]}))" ]; do
			wait -n
		done
	done <<<"$names"
	wait "${tries[@]}"
}

# try_beyond: the server that this namespace does not list has been sent the pipe's end
try_beyond() {
	"$HANGRATE" run -q -n 2 -j 2 --timeout 20s --db "$SCRATCH/beyond.db" \
		-- "$TARGETS/healthy_outside_kept" 60..120 "$BEYOND" connected >"$SCRATCH/beyond.out" 2>&1 </dev/null
}

names=$(modes)
sleepers=()
name=
[ -n "${HEALTHY_ONLY:-}" ] || check "there are modes" test "$(wc -l <<<"$names")" -ge 50
try_all
! grep -qx "healthy_outside_kept connected" <<<"$names" || try_beyond
# Beside many processes the kernel tells who of them has run (runner/proc/switches.c).
for _ in $(seq 150); do
	sleep infinity &
	sleepers+=($!)
done
name=-many
names=$(grep -E 'outside|reached|moved|kept' <<<"$names")
[ -z "$names" ] || try_all
names=$(modes)
kill "$outsider" "${sleepers[@]}"
verdicts >"$SCRATCH/verdicts"
while read -r target mode; do
	cp "$SCRATCH/$target-$mode.out" "$SCRATCH/err"
	check "$target $mode passes" grep -qx "$target-$mode 2 of 2" "$SCRATCH/verdicts"
	[ -e "$SCRATCH/$target-$mode-many.db" ] || continue
	cp "$SCRATCH/$target-$mode-many.out" "$SCRATCH/err"
	check "$target $mode passes beside many processes" grep -qx "$target-$mode-many 2 of 2" "$SCRATCH/verdicts"
done <<<"$names"
if [ -e "$SCRATCH/beyond.db" ]; then
	cp "$SCRATCH/beyond.out" "$SCRATCH/err"
	check "a server beyond the pid namespace has it: passes" grep -qx "beyond 2 of 2" "$SCRATCH/verdicts"
fi

finish
