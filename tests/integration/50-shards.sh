#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The shards' records put together are one campaign: same trials, same seeds, same verdicts.
. "$(dirname "$0")/common.sh"

# Every trial fails, so that each is kept with its index and seed. The status says that none passed.
program=(sh -c 'exit 5')

# all DB: every trial that did not pass, with its seed, and how many did
all() {
	python3 -c 'import sqlite3, sys
c = sqlite3.connect(sys.argv[1])
for row in c.execute("SELECT target, variant, inject, sum(n_pass) FROM cell WHERE NOT canary GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"): print(row)
for row in c.execute("SELECT target, idx, seed, verdict FROM trial JOIN cell ON cell.id = cell_id WHERE NOT canary ORDER BY 1, 2"): print(row)
' "$1"
}

hangrate run --seed 42 -n 101 --db "$SCRATCH/whole.db" -- "${program[@]}"
check "the whole campaign runs" status_is 3
for i in 1 2 3; do
	hangrate run --seed 42 -n 101 --shard $i/3 --db "$SCRATCH/$i.db" -- "${program[@]}"
	check "shard $i runs" status_is 3
done
hangrate merge "$SCRATCH/merged.db" "$SCRATCH"/[123].db
check "merge: status 0" status_is 0
check "all trials are there" is "$(sum trials "$SCRATCH/merged.db")" 101
check "all of them failed" is "$(sum fail "$SCRATCH/whole.db")" 101
check "merged equals whole, trial by trial" is "$(all "$SCRATCH/merged.db")" "$(all "$SCRATCH/whole.db")"
finish
