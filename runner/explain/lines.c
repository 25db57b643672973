/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/explain/lines.h"

#include "runner/explain/demangle.h"
#include "runner/base/util.h"

#include <dwarf.h>
#include <elfutils/libdw.h>

/* Of a program without an index of addresses every unit is asked, but not more than these. */
enum { MAX_UNITS = 4096 };

/* The index (.debug_aranges) is missing in what clang and newer rustc build, and names a neighbour
 * where a unit has no ranges (Go's). */
static Dwarf_Die *find_unit(Dwfl_Module *module, Dwarf_Addr pc, Dwarf_Addr *ret_bias)
{
	Dwarf_Die *unit = dwfl_module_addrdie(module, pc, ret_bias);

	if (unit && dwarf_haspc(unit, pc - *ret_bias) > 0)
		return unit;
	unit = NULL;
	for (int i = 0; i < MAX_UNITS; i++) {
		unit = dwfl_module_nextcu(module, unit, ret_bias);
		if (!unit || dwarf_haspc(unit, pc - *ret_bias) > 0)
			return unit;
	}
	return NULL;
}

/* A line that begins before the function at start is another function's. */
static bool find_line(
	Dwarf_Die *unit, Dwarf_Addr pc, Dwarf_Addr start, struct lines_place *ret_place)
{
	Dwarf_Line *line = dwarf_getsrc_die(unit, pc);
	const char *file = line ? dwarf_linesrc(line, NULL, NULL) : NULL;
	Dwarf_Addr begin;
	int number;

	if (!file || dwarf_lineaddr(line, &begin) != 0 || begin < start ||
		dwarf_lineno(line, &number) != 0)
		return false;
	*ret_place = (struct lines_place){ .file = mem_strdup(file), .line = number };
	return true;
}

static char *name_of(Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	const char *name = dwarf_formstring(
		dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute)
			? &attribute
			: dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attribute));

	if (!name)
		name = dwarf_diename(die);
	return name ? demangle(name) : NULL;
}

/* Where the function that die was inlined from is called. */
static bool find_call(Dwarf_Die *unit, Dwarf_Die *die, struct lines_place *ret_place)
{
	Dwarf_Attribute attribute;
	Dwarf_Word file, line;
	Dwarf_Files *files;
	size_t n;
	const char *name;

	if (dwarf_formudata(dwarf_attr(die, DW_AT_call_file, &attribute), &file) != 0 ||
		dwarf_formudata(dwarf_attr(die, DW_AT_call_line, &attribute), &line) != 0 ||
		dwarf_getsrcfiles(unit, &files, &n) != 0 || file >= n)
		return false;
	name = dwarf_filesrc(files, file, NULL, NULL);
	if (!name)
		return false;
	*ret_place = (struct lines_place){ .file = mem_strdup(name), .line = (int)line };
	return true;
}

/* The scopes as they are nested in the code, not in the source. */
static int find_scopes(Dwarf_Die *unit, Dwarf_Addr pc, Dwarf_Die **ret_scopes)
{
	Dwarf_Die *by_source = NULL, innermost;
	int n = dwarf_getscopes(unit, pc, &by_source);

	if (n <= 0)
		return 0;
	innermost = by_source[0];
	free(by_source);
	return dwarf_getscopes_die(&innermost, ret_scopes);
}

size_t lines_find(Dwfl_Module *module, Dwarf_Addr pc, Dwarf_Addr start,
	struct lines_place *ret_places, size_t max)
{
	Dwarf_Addr bias = 0;
	Dwarf_Die *unit = find_unit(module, pc, &bias);
	cleanup(cleanup_free) Dwarf_Die *scopes = NULL;
	size_t n = 0;
	int n_scopes;

	if (!unit || !max || !find_line(unit, pc - bias, start ? start - bias : 0, &ret_places[0]))
		return 0;
	n++;
	n_scopes = find_scopes(unit, pc - bias, &scopes);
	for (int i = 0; i < n_scopes && n < max; i++) {
		if (dwarf_tag(&scopes[i]) == DW_TAG_subprogram)
			break;
		if (dwarf_tag(&scopes[i]) != DW_TAG_inlined_subroutine)
			continue;
		if (!find_call(unit, &scopes[i], &ret_places[n]))
			break;
		ret_places[n - 1].function = name_of(&scopes[i]);
		n++;
	}
	return n;
}
