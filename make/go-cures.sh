#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# go-cures.sh: runs every variant of the Go scenarios that is expected to complete, TRIALS times each, and
# fails when one did anything else. JOBS and SEED come from the environment. Writes out/go-cures.db, .json and .txt, and prints how many trials each cell had.
set -euo pipefail
cd "$(dirname "$0")/.."

B=${B:-build}
mkdir -p out
rm -f out/go-cures.db*
# A name is 'SCENARIO/VARIANT'; what is hung by design has no place here.
mapfile -t cures < <("$B/hangrate" list --scenarios "$B" --json | python3 -c '
import json, sys
for s in json.load(sys.stdin)["scenarios"]:
	if s["libc"].startswith("go "):
		for v in s["variants"]:
			if v["expect"] == "completes":
				print(s["name"] + "/" + v["name"])')
[ "${#cures[@]}" -gt 0 ] || { echo "go-cures: no Go scenario is built" >&2; exit 1; }
# One level of each size is enough for a cure: the one that hangs without it.
status=0
"$B/hangrate" run --scenarios "$B" -n "${TRIALS:-1000}" -j "${JOBS:-4}" --seed "${SEED:-1}" \
	--sweep heap=1M --sweep volume=65537 --sweep buffer=16K \
	--db out/go-cures.db --json out/go-cures.json "${cures[@]}" >out/go-cures.txt || status=$?
python3 - out/go-cures.json <<-'END'
	import json, sys
	cells = [c for c in json.load(open(sys.argv[1]))["cells"] if c["libc"].startswith("go ")]
	for c in cells:
	    print(f'{c["target"]}/{c["variant"]} {c["inject"]}: {c["pass"]} of {c["trials"]} passed')
	bad = sum(c["trials"] - c["pass"] for c in cells)
	print(f'{len(cells)} cells, {sum(c["trials"] for c in cells)} trials, {bad} of them did not pass')
END
exit $status
