#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Fetches a release of hangrate, compares its checksum, and unpacks it.
#
#	install.sh URL [DIRECTORY]
#
# URL: of hangrate-VERSION-linux-PROCESSOR.tar.gz; its checksum lies beside it with .sha256 behind the name.
# DIRECTORY: gets bin/hangrate (default: $HOME/.local).
set -eu

url=${1:?usage: install.sh URL [DIRECTORY]}
to=${2:-$HOME/.local}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fetch() { # URL FILE
	if command -v curl >/dev/null; then
		curl -fsSL --retry 3 -o "$2" "$1"
	else
		wget -q -O "$2" "$1"
	fi
}

name=$(basename "$url")
fetch "$url" "$work/$name"
fetch "$url.sha256" "$work/$name.sha256"
(cd "$work" && sha256sum -c "$name.sha256" >/dev/null) || {
	echo "install.sh: '$url': the checksum differs" >&2
	exit 1
}
mkdir -p "$to"
tar -xzf "$work/$name" -C "$to" --strip-components=1
"$to/bin/hangrate" --version
