#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Opens a page from its file in headless Chromium: pictures at three widths, and one in the dark, to
# be looked at. Fails when the console says anything or the page asks for anything; that both would
# be seen is shown first, by a page that does. PAGE OUT-DIRECTORY [400|1200|2400|dark...]
set -euo pipefail

[ $# -gt 2 ] || set -- "$@" 400 1200 2400 dark
page=$(realpath "$1")
out=$2
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || {
	echo "pictures: no Chromium here" >&2
	exit 3
}
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# NAME FILE WIDTH HEIGHT [ARGUMENT...]: writes $work/NAME.png, .console and .requests
open_page() {
	local name=$1 file=$2 width=$3 height=$4
	shift 4
	# The browser has errands of its own: no name is resolved for them.
	"$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars --enable-logging=stderr \
		--disable-background-networking --disable-component-update \
		--host-resolver-rules='MAP * ~NOTFOUND' --user-data-dir="$work/profile" \
		--log-net-log="$work/$name.net" --window-size="$width,$height" \
		--screenshot="$work/$name.png" "$@" "file://$file" >"$work/$name.log" 2>&1
	grep -E 'CONSOLE|Refused to' "$work/$name.log" >"$work/$name.console" || true
	# What a page asks for has an initiator, what the browser asks for has none.
	python3 - "$work/$name.net" >"$work/$name.requests" <<-'PY'
		import json, sys
		for event in json.load(open(sys.argv[1]))['events']:
		    p = event.get('params')
		    if isinstance(p, dict) and p.get('initiator', 'not an origin') != 'not an origin':
		        print(p['url'])
	PY
}

cat >"$work/control.html" <<-'HTML'
	<meta http-equiv="Content-Security-Policy" content="script-src 'none'">
	<script>1</script><img src="http://127.0.0.1:9/">
HTML
open_page control "$work/control.html" 400 400
if [ ! -s "$work/control.console" ] || [ ! -s "$work/control.requests" ]; then
	echo "pictures: this browser does not show what a page asks for" >&2
	exit 3
fi

status=0
look() { # NAME WIDTH HEIGHT [ARGUMENT...]
	local name=$1
	open_page "$name" "$page" "${@:2}"
	cp "$work/$name.png" "$out/$name.png"
	echo "$out/$name.png: $(wc -l <"$work/$name.console") console messages," \
		"$(wc -l <"$work/$name.requests") requests"
	if [ -s "$work/$name.console" ] || [ -s "$work/$name.requests" ]; then
		cat "$work/$name.console" "$work/$name.requests" >&2
		status=1
	fi
}
for name in "${@:3}"; do
	case $name in
	dark) look dark 1200 6000 --force-dark-mode ;;
	*) look "$name" "$name" 6000 ;;
	esac
done
exit "$status"
