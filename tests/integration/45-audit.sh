#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# --audit: proven trials live on to their deadline, and one that is still stuck then is no false proof.
. "$(dirname "$0")/common.sh"

run --audit 1 --timeout 2s -n 8 -j 8 -- "$TARGETS/planted_semaphore"
check "status 1: it hangs" status_is 1
check "every trial is proven, also at its deadline" is "$(sum deadlock)" 8
check "no false proof" is "$(query "$SCRATCH/run.db" "SELECT total(false_proofs) FROM cell")" 0.0
check "all were audited" is "$(query "$SCRATCH/run.db" "SELECT total(audited) FROM cell WHERE NOT canary")" 8.0
check "trials were kept to the deadline" test "$(query "$SCRATCH/run.db" "SELECT min(duration_ns) FROM trial")" -ge 2000000000

finish
