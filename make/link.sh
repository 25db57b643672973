#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# link.sh FOLDER: makes a link to a folder whose name holds a space, and prints the link's name.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p "$1"
folder=$(realpath "$1")
link=.build-$(cksum <<<"$folder" | cut -d ' ' -f 1)
ln -sfn "$folder" "$link"
echo "$link"
