# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2154
# The examples of the documentation: each whole file in it compiles, links and describes itself.

docs_examples_build() { # FILE.md WANTED: at least so many
	local n=0 source
	awk -v dir="$work" '
		/^```c$/ { getline line; on = line ~ /SPDX/; if (on) { file = dir "/example" ++n ".c"; print line > file } next }
		/^```$/ { on = 0 }
		on { print > file }' "$1"
	for source in "$work"/example*.c; do
		n=$((n + 1))
		gcc -std=gnu17 -D_GNU_SOURCE -I. -Wall -Wextra -Werror -fno-builtin -DSCENARIO_NAME='"example"' "$source" \
			-Wl,--start-group "$BUILD/glibc/libscenario.a" -l:libfiu.a -Wl,--end-group -lm -ldl -lpthread \
			-o "$work/example" || return 1
		"$work/example" --describe | python3 -m json.tool >/dev/null || return 1
	done
	[ "$n" -ge "$2" ] || { echo "found $n examples"; return 1; }
}

run_case "docs: the examples of writing-scenarios.md build" docs_examples_build docs/writing-scenarios.md 2

# Each relative link of the Markdown files leads to a file.
docs_links_lead_somewhere() {
	local file link bad=0
	while IFS=: read -r file link; do
		link=${link#](}
		link=${link%%[)#]*}
		[ -z "$link" ] || [ -e "$(dirname "$file")/$link" ] || { echo "$file: $link: no such file"; bad=1; }
	done < <(grep -HoE '\]\([^):]+\)' README.md CONTRIBUTING.md docs/*.md)
	return $bad
}

# The source layout names every folder of the runner.
docs_layout_is_whole() {
	local dir bad=0
	for dir in runner/*/; do
		grep -qF "\`$dir\`" README.md || { echo "README.md: $dir is not in the source layout"; bad=1; }
	done
	return $bad
}

run_case "docs: links lead to files" docs_links_lead_somewhere
run_case "docs: the source layout names every folder" docs_layout_is_whole
