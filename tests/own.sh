#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs a test suite in surroundings of its own:
#
#	tests/own.sh COMMAND [ARG...]
#
# - TMPDIR is a new folder. It is removed at the end, also when tests fail.
# - The suite has a pid namespace with its own /proc, an IPC namespace and its own /dev/shm, for an ordinary user inside a user
#   namespace that keeps the user's id and gives no privilege. There are no processes of other users, into which hangrate may
#   not look, so a proof depends on the suite alone. Two runs do not see each other's processes and objects, although the
#   processes of both have the same numbers. Nothing survives the end.
# - No signal is ignored, also when the caller ignores some (nohup, a background job).
#
# TESTS_OWN tells the tests what they got: "machine", or "folder" where namespaces are refused. Tests
# that need more than that are skipped and say why.
set -uo pipefail

if [ "${1-}" = --mount ]; then # with the privileges of the namespaces, which an ordinary user gives up here
	shift
	mount -t tmpfs -o mode=1777 tests /dev/shm || exit
	# Where memory groups of version 1 can be written to, no wait for an eventfd can be proven (docs/wakers.md).
	umount -l /sys/fs/cgroup/memory 2>/dev/null
	drop=()
	[ "$(id -u)" = 0 ] || drop=(setpriv --inh-caps=-all --ambient-caps=-all)
	exec "${drop[@]}" "$@"
fi
if [ "${1-}" = --inside ]; then # the first process of the namespace: it reaps orphans, and ends with its suite
	shift
	trap 'exit 130' HUP INT TERM
	"$@"
	exit $?
fi

dir=$(mktemp -d "${TMPDIR:-/tmp}/hangrate-tests-XXXXXX") || exit 1
chmod 1777 "$dir" # as /tmp: some tests become another user
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' HUP INT TERM
namespaces=(unshare --pid --ipc --fork --mount-proc --kill-child)
[ "$(id -u)" = 0 ] || namespaces+=(--user --map-current-user --keep-caps)
namespaces+=("$0" --mount)
export TMPDIR=$dir TESTS_OWN=machine
if ! "${namespaces[@]}" true 2>/dev/null; then
	TESTS_OWN=folder
	namespaces=()
fi
"${namespaces[@]}" env --default-signal "$0" --inside "$@"
exit $?
