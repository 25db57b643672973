#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A lock that a shell took by a child, flock(1), which has ended: a descriptor of the shell holds it.
# why: ^stuck: flock lock true \(pid [0-9]+\) waits
# why: flock .* waits for the flock\(\) lock of .*/lock, which bash .*flock\.sh \(pid [0-9]+\) should release
# why: in flock\.sh:12 waits for the end of .*flock lock true
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
exec 9>"$folder/lock"
flock 9
update() {
	flock "$folder/lock" true 9>&-
}
update
