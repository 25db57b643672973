#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Ctrl-C writes what there is; kill -9 loses a second at most and corrupts nothing.
. "$(dirname "$0")/common.sh"

# A program that says that it has run, so that nothing here depends on how fast the machine is.
cat >"$SCRATCH/tick" <<'END'
#!/usr/bin/env bash
echo tick >>"$1"
END
chmod +x "$SCRATCH/tick"

# begin DB: the runner in the background as $runner, until 30 trials have run
begin() {
	rm -f "$SCRATCH/ticks"
	"$HANGRATE" run -n 1000000 --db "$1" -- "$SCRATCH/tick" "$SCRATCH/ticks" \
		>"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null &
	runner=$!
	until [ "$(wc -l 2>/dev/null <"$SCRATCH/ticks" || echo 0)" -ge "${2:-30}" ]; do
		kill -0 "$runner" 2>/dev/null || return 1
		sleep 0.01
	done
}

end() {
	kill "-$1" "$runner"
	wait "$runner"
	status=$?
}

# A background job of a script ignores SIGINT; set -m makes it as from a terminal.
set -m
begin "$SCRATCH/int.db"
end INT
set +m
check "Ctrl-C: status 130" status_is 130
check "Ctrl-C: what there is is recorded" test "$(sum trials "$SCRATCH/int.db")" -ge 30
check "Ctrl-C: the campaign is closed" is "$(query "$SCRATCH/int.db" "SELECT stop FROM campaign")" interrupted
check "Ctrl-C: nothing left behind" nothing_left "bash $SCRATCH/tick"

set -m
begin "$SCRATCH/kill.db" 300
end KILL
set +m
check "kill -9: was running" status_is 137
check "kill -9: the record is sound" python3 - "$SCRATCH/kill.db" <<'END'
import sqlite3, sys
sys.exit(sqlite3.connect(sys.argv[1]).execute("PRAGMA integrity_check").fetchone() != ("ok",))
END
hangrate run -n 5 --db "$SCRATCH/kill.db" -- true
check "kill -9: the record can be appended to" status_is 0
finish
