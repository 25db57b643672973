/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/explain/variable.h"

#include "runner/explain/lines.h"
#include "runner/arch/arch.h"
#include "runner/base/util.h"

#include <dwarf.h>
#include <elfutils/libdw.h>

enum {
	MAX_UNITS = 1024,
	MAX_GLOBAL_DIES = 1 << 18, /* looked at for one variable: 0.1 s at most */
	MAX_STATIC_DIES = 1 << 16, /* inside functions, which hold most of them */
	MAX_PARTS = 8,             /* members of members */
	MAX_SCOPES = 32,
};

/* --- parts of a type --- */

static bool begins_with_one(const char *text, const char *const *begins, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strncmp(text, begins[i], strlen(begins[i])))
			return true;
	return false;
}

/* Its inside is its library's business: a lock, or anything else that the program did not write. */
static bool is_closed(Dwarf_Die *type)
{
	static const char *const folders[] = { "/usr/include", "/usr/lib/gcc", "/usr/lib/llvm",
		"/rustc/", "library/" };
	static const char *const names[] = { "Mutex<", "RwLock<", "Condvar", "Once", "Barrier",
		"pthread_", "sem_t", "mtx_t", "cnd_t" };
	const char *file = dwarf_decl_file(type), *name = dwarf_diename(type);

	if (name && !strncmp(name, "array<", strlen("array<")))
		return false;
	return (file && (begins_with_one(file, folders, ARRAY_SIZE(folders)) ||
				strstr(file, "/include/c++/"))) ||
	       (name && begins_with_one(name, names, ARRAY_SIZE(names)));
}

static bool type_of(Dwarf_Die *die, Dwarf_Die *ret_type)
{
	Dwarf_Attribute attribute;

	return dwarf_formref_die(dwarf_attr_integrate(die, DW_AT_type, &attribute), ret_type) !=
	       NULL;
}

static bool size_of(Dwarf_Die *type, Dwarf_Word *ret_size)
{
	return dwarf_aggregate_size(type, ret_size) == 0 && *ret_size > 0;
}

/* The member in which *offset lies, which becomes the offset in that one. */
static bool find_member(Dwarf_Die *type, Dwarf_Word *offset, Dwarf_Die *ret_member)
{
	Dwarf_Die child;

	if (dwarf_child(type, &child) != 0)
		return false;
	do {
		int tag = dwarf_tag(&child);
		Dwarf_Attribute attribute;
		Dwarf_Word at = 0, size;
		Dwarf_Die of;

		if ((tag != DW_TAG_member && tag != DW_TAG_inheritance) ||
			dwarf_hasattr(&child, DW_AT_external))
			continue;
		if (dwarf_attr(&child, DW_AT_data_member_location, &attribute) &&
			dwarf_formudata(&attribute, &at) != 0)
			continue;
		if (!type_of(&child, &of) || !size_of(&of, &size) || *offset < at ||
			*offset - at >= size)
			continue;
		*offset -= at;
		*ret_member = child;
		return true;
	} while (dwarf_siblingof(&child, &child) == 0);
	return false;
}

/* ".name"; nothing of a base class, of an anonymous union, of what a library hides. */
static char *with_member(char *path, Dwarf_Die *member)
{
	const char *name = dwarf_tag(member) == DW_TAG_member ? dwarf_diename(member) : NULL;
	char *longer;

	if (!name || name[0] == '_')
		return path;
	longer = mem_printf("%s.%s", path, name);
	free(path);
	return longer;
}

static char *with_index(char *path, Dwarf_Word index)
{
	char *longer = mem_printf("%s[%llu]", path, (unsigned long long)index);

	free(path);
	return longer;
}

/* What of the type lies at the offset. */
static char *part_of(Dwarf_Die *type, Dwarf_Word offset)
{
	char *path = mem_strdup("");

	for (int i = 0; i < MAX_PARTS; i++) {
		Dwarf_Die plain, part;
		Dwarf_Word size;

		if (is_closed(type) || dwarf_peel_type(type, &plain) != 0 || is_closed(&plain))
			return path;
		switch (dwarf_tag(&plain)) {
		case DW_TAG_structure_type:
		case DW_TAG_class_type:
		case DW_TAG_union_type:
			if (!find_member(&plain, &offset, &part))
				return path;
			path = with_member(path, &part);
			break;
		case DW_TAG_array_type:
			part = plain;
			if (!type_of(&plain, type) || !size_of(type, &size))
				return path;
			path = with_index(path, offset / size);
			offset %= size;
			continue;
		default:
			return path;
		}
		if (!type_of(&part, type))
			return path;
	}
	return path;
}

/* --- global variables --- */

/* A variable of C++ or Rust stands in a namespace, one of a function in the function. */
static bool may_hold_variables(int tag, bool in_functions)
{
	if (tag == DW_TAG_namespace || tag == DW_TAG_module)
		return true;
	return in_functions && (tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block);
}

static bool is_at(Dwarf_Die *variable, Dwarf_Addr address)
{
	Dwarf_Attribute attribute;
	Dwarf_Op *ops;
	size_t n;

	return dwarf_attr(variable, DW_AT_location, &attribute) &&
	       dwarf_getlocation(&attribute, &ops, &n) == 0 && n == 1 &&
	       ops[0].atom == DW_OP_addr && ops[0].number == address;
}

struct search {
	Dwarf_Addr address;
	bool in_functions;
	size_t left;
};

static bool find_global(struct search *s, Dwarf_Die *parent, int depth, Dwarf_Die *ret_variable)
{
	enum { MAX_DEPTH = 16 };
	Dwarf_Die child;

	if (depth > MAX_DEPTH || dwarf_child(parent, &child) != 0)
		return false;
	do {
		int tag = dwarf_tag(&child);

		if (!s->left)
			return false;
		--s->left;
		if (tag == DW_TAG_variable && is_at(&child, s->address)) {
			*ret_variable = child;
			return true;
		}
		if (may_hold_variables(tag, s->in_functions) &&
			find_global(s, &child, depth + 1, ret_variable))
			return true;
	} while (dwarf_siblingof(&child, &child) == 0);
	return false;
}

/* Of a compiler's library no variable is the program's. */
static bool is_foreign_unit(Dwarf_Die *unit)
{
	const char *name = dwarf_diename(unit);

	return name && (!strncmp(name, "/rustc/", 7) || !strncmp(name, "library/", 8));
}

static bool find_in_units(
	Dwfl_Module *module, uint64_t address, struct search *s, Dwarf_Die *ret_variable)
{
	Dwarf_Die *unit = NULL;
	Dwarf_Addr bias;

	for (int i = 0; i < MAX_UNITS && s->left; i++) {
		unit = dwfl_module_nextcu(module, unit, &bias);
		if (!unit)
			return false;
		s->address = address - bias;
		if (!is_foreign_unit(unit) && find_global(s, unit, 0, ret_variable))
			return true;
	}
	return false;
}

char *variable_part(Dwfl_Module *module, uint64_t address, uint64_t offset)
{
	struct search globals = { .left = MAX_GLOBAL_DIES };
	struct search statics = { .in_functions = true, .left = MAX_STATIC_DIES };
	Dwarf_Die variable, type;

	if (!find_in_units(module, address, &globals, &variable) &&
		!find_in_units(module, address, &statics, &variable))
		return NULL;
	return type_of(&variable, &type) ? part_of(&type, offset) : NULL;
}

/* --- variables of a function --- */

/* Where the offsets of DW_OP_fbreg are counted from. 0: not by a register that is known. */
static uint64_t frame_base(Dwarf_Die *function, const struct variable_frame *f)
{
	Dwarf_Attribute attribute;
	Dwarf_Op *ops;
	size_t n;

	if (!dwarf_attr_integrate(function, DW_AT_frame_base, &attribute) ||
		dwarf_getlocation(&attribute, &ops, &n) != 0 || n != 1)
		return 0;
	if (ops[0].atom == DW_OP_call_frame_cfa)
		return f->cfa;
	if (ops[0].atom == DW_OP_reg0 + ARCH_DWARF_SP)
		return f->sp;
	return ops[0].atom == DW_OP_reg0 + ARCH_DWARF_FP && f->fp_known ? f->fp : 0;
}

/* "cache.m" where the address lies in this variable. */
static char *match(Dwarf_Die *variable, Dwarf_Addr pc, uint64_t base, uint64_t address)
{
	Dwarf_Attribute attribute;
	Dwarf_Die type;
	Dwarf_Word size;
	Dwarf_Op *ops;
	size_t n;
	uint64_t at;
	const char *name = dwarf_diename(variable);
	char *path, *text;

	if (!name || !dwarf_attr(variable, DW_AT_location, &attribute) ||
		dwarf_getlocation_addr(&attribute, pc, &ops, &n, 1) != 1 || n != 1 ||
		ops[0].atom != DW_OP_fbreg || !type_of(variable, &type) || !size_of(&type, &size))
		return NULL;
	at = base + ops[0].number;
	if (address < at || address - at >= size)
		return NULL;
	path = part_of(&type, address - at);
	text = mem_printf("%s%s", name, path);
	free(path);
	return text;
}

static char *find_local(Dwarf_Die *scope, Dwarf_Addr pc, uint64_t base, uint64_t address, int depth)
{
	Dwarf_Die child;
	char *text = NULL;

	if (depth > MAX_SCOPES || dwarf_child(scope, &child) != 0)
		return NULL;
	do {
		int tag = dwarf_tag(&child);

		if (tag == DW_TAG_variable || tag == DW_TAG_formal_parameter)
			text = match(&child, pc, base, address);
		else if (tag == DW_TAG_lexical_block || tag == DW_TAG_inlined_subroutine)
			text = find_local(&child, pc, base, address, depth + 1);
	} while (!text && dwarf_siblingof(&child, &child) == 0);
	return text;
}

char *variable_local(Dwfl_Module *module, const struct variable_frame *f, uint64_t address)
{
	Dwarf_Die function;
	Dwarf_Addr bias;
	uint64_t base;

	if (!lines_find_function(module, f->pc, &function, &bias))
		return NULL;
	base = frame_base(&function, f);
	return base ? find_local(&function, f->pc - bias, base, address, 0) : NULL;
}
