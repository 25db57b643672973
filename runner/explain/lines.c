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

/* --- functions around an address --- */

/* A namespace or a type has no code of its own, but functions in it. */
static bool is_container(int tag)
{
	return tag == DW_TAG_namespace || tag == DW_TAG_module || tag == DW_TAG_structure_type ||
	       tag == DW_TAG_class_type || tag == DW_TAG_union_type ||
	       tag == DW_TAG_enumeration_type;
}

enum { MAX_INLINED = 32 };

struct scopes {
	Dwarf_Die die[MAX_INLINED]; /* inlined functions, outermost first */
	size_t n;
	Dwarf_Die function; /* that they are in */
};

/*
 * The scopes as they are nested in the code, not in the source. dwarf_getscopes() of libdw gives up
 * where the origin of an inlined function is not among the scopes of its own unit, as in optimised
 * Rust. True: the function around pc has been found below die.
 */
static bool descend(Dwarf_Die *die, Dwarf_Addr pc, int depth, struct scopes *s)
{
	enum { MAX_DEPTH = 64 };
	Dwarf_Die child;

	if (depth > MAX_DEPTH || dwarf_child(die, &child) != 0)
		return false;
	do {
		int tag = dwarf_tag(&child);

		if (is_container(tag)) {
			if (descend(&child, pc, depth + 1, s))
				return true;
			continue;
		}
		if ((tag != DW_TAG_subprogram && tag != DW_TAG_inlined_subroutine &&
			    tag != DW_TAG_lexical_block) ||
			dwarf_haspc(&child, pc) <= 0)
			continue;
		if (tag == DW_TAG_subprogram)
			s->function = child;
		if (tag == DW_TAG_inlined_subroutine && s->n < ARRAY_SIZE(s->die))
			s->die[s->n++] = child;
		descend(&child, pc, depth + 1, s);
		return true;
	} while (dwarf_siblingof(&child, &child) == 0);
	return false;
}

bool lines_find_function(
	Dwfl_Module *module, Dwarf_Addr pc, Dwarf_Die *ret_function, Dwarf_Addr *ret_bias)
{
	Dwarf_Die *unit = find_unit(module, pc, ret_bias);
	struct scopes scopes = { .n = 0 };

	if (!unit || !descend(unit, pc - *ret_bias, 0, &scopes) || !scopes.function.addr)
		return false;
	*ret_function = scopes.function;
	return true;
}

size_t lines_find(Dwfl_Module *module, Dwarf_Addr pc, Dwarf_Addr start,
	struct lines_place *ret_places, size_t max)
{
	Dwarf_Addr bias = 0;
	Dwarf_Die *unit = find_unit(module, pc, &bias);
	struct scopes scopes = { .n = 0 };
	size_t n = 0;

	if (!unit || !max || !find_line(unit, pc - bias, start ? start - bias : 0, &ret_places[0]))
		return 0;
	n++;
	descend(unit, pc - bias, 0, &scopes);
	for (size_t i = scopes.n; i-- && n < max;) {
		if (!find_call(unit, &scopes.die[i], &ret_places[n]))
			break;
		ret_places[n - 1].function = name_of(&scopes.die[i]);
		n++;
	}
	return n;
}
