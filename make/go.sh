#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# go.sh RELEASE: prints the command that is Go of that release, as words for `env`.
#
# RELEASE is "1.26.8" or "1.26" (any patch of it). Looked for in PATH, in the folders of the
# distribution's packages, and then, by any Go from 1.21 on, in the module proxy (a download of some
# 60 MB the first time).
set -euo pipefail

release=${1:?usage: go.sh RELEASE}

version_of() { # "1.26.8" of a go command; empty when it does not run
	GOTOOLCHAIN=local GOFLAGS='' "$1" env GOVERSION 2>/dev/null | sed 's/^go//; s/[ -].*//'
}

is() { # is VERSION the release asked for?
	[ "$1" = "$release" ] || { [[ $release =~ ^[0-9]+\.[0-9]+$ ]] && [[ $1 == "$release".* ]]; }
}

selects() { # can this version fetch another?
	local major=${1%%.*} minor=${1#*.}
	[ "$major" -gt 1 ] || [ "${minor%%[.a-z]*}" -ge 21 ]
}

fetcher=
for go in "$(command -v go || true)" /usr/lib/go-*/bin/go; do
	[ -x "$go" ] || continue
	v=$(version_of "$go")
	[ -n "$v" ] || continue
	if is "$v"; then
		echo "GOTOOLCHAIN=local $go"
		exit 0
	fi
	if [ -z "$fetcher" ] && selects "$v"; then
		fetcher=$go
	fi
done

if [ -z "$fetcher" ]; then
	echo "go.sh: no Go $release in PATH or /usr/lib/go-*, and no Go >= 1.21 that could fetch it" >&2
	exit 1
fi
if [[ $release =~ ^[0-9]+\.[0-9]+$ ]]; then
	echo "go.sh: no Go $release here; to fetch one name a full release, such as $release.0" >&2
	exit 1
fi
# Fails here, with the reason, when there is no such release or no network.
GOTOOLCHAIN=go$release "$fetcher" version >&2
echo "GOTOOLCHAIN=go$release $fetcher"
