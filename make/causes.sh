#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# causes.sh FILE...: "NAME<tab>CAUSE" of each scenario that says what its cause looks like (the field
# `cause` of lib/scenario.h). One that is told apart by nothing names another: "= NAME", and is left out.
set -euo pipefail

# scenarios/NAME.c is NAME, scenarios/python/NAME.py python-NAME, scenarios/go/NAME/main.go go-NAME.
name_of() {
	local name=${1#scenarios/}

	name=${name%/main.go}
	name=${name%.*}
	echo "${name//\//-}"
}

for file in "$@"; do
	cause=$(sed -nE 's/^[[:space:]]*(\.cause = |cause=|Cause:[[:space:]]+)"([^"]*)",$/\2/p' "$file")
	case $cause in
	'' | '= '* | 'none: '*) ;;
	*) printf '%s\t%s\n' "$(name_of "$file")" "$cause" ;;
	esac
done
