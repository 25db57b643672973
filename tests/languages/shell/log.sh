#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A reader of the output, which was started first, and the command that it waits for: the command tells why.
# why: ^(stuck|not proven): grep x \(pid [0-9]+\) waits to read
# why: ^  grep x \(pid [0-9]+\) reads from an empty FIFO
# why: ^  cat \(pid [0-9]+\) reads from an empty pipe
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
exec > >(cat >"$folder/log")
mkfifo "$folder/answers"
bash -c 'exec 7<>"$0"; grep x <&7; echo "$?"' "$folder/answers"
