# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2154
# make/symbols.py on small trees: every kind of offence is found, and a clean tree passes.

# plant NAME FILE=C...: makes a tree of sources and objects with three rooms, low < mid < high.
plant() {
	local dir=$work/symbols-$1 pair file
	shift
	mkdir -p "$dir"
	printf '#room\tmay use\nlow\t-\nmid\tlow\nhigh\tlow mid\n' >"$dir/rooms.tsv"
	: >"$dir/cycles.tsv"
	for pair in "$@"; do
		file=${pair%%=*}
		mkdir -p "$dir/$(dirname "$file")" "$dir/obj/$(dirname "$file")"
		printf '%s\n' "${pair#*=}" >"$dir/$file"
		gcc -w -c "$dir/$file" -o "$dir/obj/${file%.c}.o" || return 1
	done
}

symbols() { # NAME: runs the check on a planted tree
	local root=$PWD
	(cd "$work/symbols-$1" && "$root/make/symbols.py" rooms.tsv cycles.tsv obj:.)
}

# The check fails and its output holds the text.
symbols_complains() {
	local out
	if out=$(symbols "$1"); then
		echo "no offence found"
		return 1
	fi
	echo "$out"
	grep -qF -- "$2" <<<"$out"
}

clean=(low/a.c='void low(void){}' mid/b.c='void low(void); void mid(void){low();}'
	high/c.c='void mid(void); void high(void){mid();}')

symbols_clean() {
	plant clean "${clean[@]}" && symbols clean
}
symbols_upward() {
	plant upward "${clean[@]}" low/d.c='void high(void); void d(void){high();}' &&
		symbols_complains upward 'low/d.c: calls high of high/c.c (not allowed in low/)' &&
		symbols_complains upward 'cycle between rooms: high low mid'
}
symbols_file_cycle() {
	plant cycle "${clean[@]}" low/x.c='void y(void); void x(void){y();}' low/y.c='void x(void); void y(void){x();}' &&
		symbols_complains cycle 'not in make/cycles.tsv: low/x.c low/y.c' &&
		printf 'low/x.c low/y.c\n' >"$work/symbols-cycle/cycles.tsv" &&
		symbols_complains cycle 'gives no reason for: low/x.c low/y.c' &&
		printf 'low/x.c low/y.c\tthey play ping-pong\n' >"$work/symbols-cycle/cycles.tsv" && symbols cycle
}
symbols_stale_cycle() {
	plant stale "${clean[@]}" && printf 'low/x.c low/y.c\tgone\n' >"$work/symbols-stale/cycles.tsv" &&
		symbols_complains stale 'lists a cycle that is gone: low/x.c low/y.c'
}
symbols_nothing() {
	mkdir -p "$work/symbols-nothing/obj" && : >"$work/symbols-nothing/rooms.tsv" &&
		: >"$work/symbols-nothing/cycles.tsv" && ! symbols nothing
}

run_case "symbols: a tree that keeps the rules passes" symbols_clean
run_case "symbols: a call into a room above fails" symbols_upward
run_case "symbols: a cycle of files needs a reason" symbols_file_cycle
run_case "symbols: a listed cycle that is gone fails" symbols_stale_cycle
run_case "symbols: nothing to check fails" symbols_nothing
