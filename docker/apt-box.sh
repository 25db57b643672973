#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Fetches Debian packages of any suite without touching this machine's apt: apt-box.sh BOX SUITE PACKAGE...
# unpacks them into the current directory. The archive is the one that this machine's own apt uses
# (or $DEBIAN_ARCHIVE). BOX is a folder that is kept between calls.
set -euo pipefail
box=$(realpath -m "$1") suite=$2
shift 2

# shellcheck disable=SC2016 # apt expands
archive=${DEBIAN_ARCHIVE:-$(apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(LABEL)' 2>/dev/null |
	awk '$2 == "Debian" && $3 == "Debian" { print $1; exit }')}
[ -n "$archive" ] || { echo "no Debian archive is known: set DEBIAN_ARCHIVE" >&2; exit 1; }

apt() {
	local tool=$1
	shift
	"$tool" -qq -o Dir::Etc="$box/etc" -o Dir::Etc::sourceparts=- -o Dir::State="$box/state" \
		-o Dir::State::status="$box/status" -o Dir::Cache="$box/cache" \
		-o APT::Sandbox::User=root -o Acquire::Languages=none "$@"
}

mkdir -p "$box"/{etc/apt.conf.d,etc/preferences.d,state/lists/partial,cache/archives/partial}
touch "$box/status"
exec 9>"$box/lock"
flock 9
line="deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $archive $suite main"
if ! grep -qsxF "$line" "$box/etc/sources.list"; then
	echo "$line" >>"$box/etc/sources.list"
	apt apt-get update || { sed -i '$d' "$box/etc/sources.list"; exit 1; }
fi
here=$PWD
fetched=$(mktemp -d)
trap 'rm -rf "$fetched"' EXIT
cd "$fetched"
apt apt-get download "${@/%//$suite}"
for deb in ./*.deb; do
	dpkg-deb -x "$deb" "$here"
done
