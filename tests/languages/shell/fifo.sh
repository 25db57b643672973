#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A script and its line, also of a subshell.
# why: fifo\.sh.* in fifo\.sh:13 .*FIFO
# why: fifo\.sh.* in fifo\.sh:10 .*FIFO
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkfifo "$folder/asked" "$folder/answered"
(
	exec 3<"$folder/answered"
	exec 4>"$folder/asked"
) &
exec 3>"$folder/asked"
exec 4<"$folder/answered"
