#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The first process of a pid namespace adopts the orphans of all who live in it. A process that entered from outside is
# not in its tree, but an orphan of that process can end a wait for any child.
. "$(dirname "$0")/common.sh"

# In a pid namespace of its own, where no other process of the machine can be taken for a waker.
if [ "${1:-}" != inside ]; then
	if ! unshare --pid --fork --mount-proc --kill-child true 2>/dev/null; then
		echo "ok 47-orphans # SKIP no pid namespace may be made"
		exit
	fi
	exec unshare --pid --fork --mount-proc --kill-child bash "$0" inside
fi

# It waits for any child; the only one reads from a pipe that nobody else has. It says the number of its first process.
exec {says}< <(exec unshare --pid --fork --kill-child python3 -S -c 'import os
r, w = os.pipe()
if os.fork() == 0:
    os.read(r, 1)
print(os.readlink("/proc/self"), flush=True)
os.wait()')
tree=$!
read -r -u "$says" first

# From the parent of the first process down. Both may still be on their way to their waits.
for ((i = 0; i < 500; i++)); do
	hangrate why "$tree"
	[ "$status" = 0 ] || break
done
check "alone with its stuck child it is stuck" status_is 1

# It says so when it is inside, and stays until its input ends.
coproc guest { exec nsenter -t "$first" --pid sh -c 'echo inside; read -r _'; }
read -r -u "${guest[0]}" _
hangrate why "$tree"
check "a guest may leave it an orphan: not stuck" status_is 0
check "the guest is named" grep -q 'outside, may leave it an orphan' "$SCRATCH/out"
kill "$tree"
finish
