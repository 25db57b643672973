#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what make/deps.tsv lists, as far as it is missing: on Debian and what is like it (Ubuntu).
# Elsewhere it prints the packages that are needed and ends with status 1. OS_RELEASE names another
# file than /etc/os-release, for the tests.
set -euo pipefail
cd "$(dirname "$0")"

column() { # the N-th column of the table, without the gaps
	grep -v '^#' deps.tsv | cut -f "$1" | grep -vx -- - | sort -u
}

# shellcheck disable=SC1090
ids=$(. "${OS_RELEASE:-/etc/os-release}" && echo " ${ID:-} ${ID_LIKE:-} ") || ids=
case $ids in
*' debian '*) ;;
*' fedora '*) column=2 command='dnf install' ;;
*' arch '*) column=3 command='pacman -S --needed' ;;
*' alpine '*) column=4 command='apk add' ;;
*) column=1 command= ;;
esac

if [ -n "${column:-}" ]; then
	mapfile -t packages < <(column "$column")
	echo "deps: cannot install packages here; needed, by the names of ${command:-Debian}:" >&2
	echo "${command:+$command }${packages[*]}" >&2
	[ "$column" = 1 ] ||
		awk -F '\t' -v c="$column" '!/^#/ && $c == "-" { print "deps: no package here: " $1 }' deps.tsv >&2
	echo "deps: without static libraries build with: make STATIC=" >&2
	exit 1
fi

mapfile -t packages < <(column 1)
native=$(dpkg --print-architecture)
is_installed() { # PACKAGE; one of another architecture, which may be there beside it, does not count
	dpkg-query -W -f '${Architecture} ${db:Status-Status}\n' "$1" 2>/dev/null | grep -qxE "($native|all) installed"
}
missing=()
for p in "${packages[@]}"; do
	is_installed "$p" || missing+=("$p")
done
if [ ${#missing[@]} -eq 0 ]; then
	echo "deps: all ${#packages[@]} packages are installed"
	exit 0
fi
[ -z "${DEPS_DRY_RUN:-}" ] || { echo "deps: missing ${missing[*]}"; exit 0; }
echo "deps: installing ${missing[*]}"
sudo=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null ||
		{ echo "deps: not root and no sudo; run as root: apt-get install ${missing[*]}" >&2; exit 1; }
	sudo=sudo
fi
$sudo env DEBIAN_FRONTEND=noninteractive apt-get update -qq
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
echo "deps: done"
