#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What happens to the record while the runner writes it, and what that does to the trials.
# shellcheck disable=SC2016,SC2317 # the programs expand it; functions are called by check
. "$(dirname "$0")/common.sh"

# A trial that says that it has run.
tick='echo >>"$0"; sleep 0.05'

# begin N ARG...: N such trials in the background as $runner, once three have run
begin() {
	local n=$1
	shift
	rm -f "$SCRATCH"/run.db* "$SCRATCH/ticks"
	limit 100 "$HANGRATE" run -n "$n" -j 1 --db "$SCRATCH/run.db" "$@" -- \
		sh -c "$tick" "$SCRATCH/ticks" >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null &
	runner=$!
	until [ "$(wc -l 2>/dev/null <"$SCRATCH/ticks" || echo 0)" -ge 3 ]; do
		kill -0 "$runner" 2>/dev/null || return 1
		sleep 0.01
	done
}

end() {
	wait "$runner"
	# shellcheck disable=SC2034 # status_is reads it
	status=$?
}

# Another client keeps the record locked for longer than a trial may take.
begin 60 --timeout 1500ms
python3 - "$SCRATCH/run.db" <<'END'
import sqlite3, sys, time
c = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
c.execute("BEGIN IMMEDIATE")
time.sleep(4)
c.execute("COMMIT")
END
end
check "locked for 4 s: status 0" status_is 0
check "locked for 4 s: no trial is late" verdict pass 60

for what in "mv $SCRATCH/run.db $SCRATCH/other.db" "rm $SCRATCH/run.db"; do
	begin 100000
	$what
	end
	check "${what%% *}: status 3" status_is 3
	check "${what%% *}: says so" grep -q "run.db': was renamed, replaced or deleted while it was written" "$SCRATCH/err"
done

# A limit on the size of files: an error, not a death by SIGXFSZ.
rm -f "$SCRATCH"/run.db*
(
	ulimit -f 1
	limit 100 "$HANGRATE" run -n 5 --db "$SCRATCH/run.db" -- true >"$SCRATCH/out" 2>"$SCRATCH/err"
)
status=$?
check "file size limit: says so" grep -q "run.db'" "$SCRATCH/err"
check "file size limit: an error" test "$status" -lt 126
hangrate run -n 5 --db "$SCRATCH/run.db" -- true
check "file size limit: the next run works" status_is 0

# Its creator was killed half-way: pages are there, and a journal that takes them back.
half_created() {
	rm -f "$SCRATCH"/run.db*
	python3 - "$SCRATCH/run.db" <<'END'
import os, sqlite3, sys
c = sqlite3.connect(sys.argv[1], isolation_level=None)
c.execute("PRAGMA cache_size = 1")
c.execute("BEGIN EXCLUSIVE")
for i in range(200):
    c.execute(f"CREATE TABLE t{i} (a, b, c, d UNIQUE)")
os._exit(0)
END
}
half_created
check "half created: there is a journal" test -s "$SCRATCH/run.db-journal"
hangrate report "$SCRATCH/run.db"
check "half created: report finds it empty" one_line "empty, no record in it"
hangrate run -n 5 --db "$SCRATCH/run.db" -- true
check "half created: the next run works" status_is 0
check "half created: and records" is "$(sum pass)" 5
finish
