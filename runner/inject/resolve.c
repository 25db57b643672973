/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inject/resolve.c: which engine each name of a spec belongs to, for one target. */
#include "runner/inject/engine.h"
#include "runner/base/util.h"

#include <errno.h>

#define NOTHING_IN_SCENARIO \
	"neither a point of this scenario, an interposed function nor a system call"
#define NOTHING_IN_PROGRAM "neither an interposed function nor a system call"

static bool has_point(const struct inject_target *target, const char *name)
{
	for (const char *const *p = target->points; p && *p; p++)
		if (!strcmp(*p, name))
			return true;
	return false;
}

/* Of the preload for this target, or of any where none can be loaded. */
static enum inject_interposed interposed(const struct inject_program *program, const char *name)
{
	static const enum inject_libc libcs[] = { INJECT_LIBC_GLIBC, INJECT_LIBC_MUSL };
	bool any = program->libc != INJECT_LIBC_GLIBC && program->libc != INJECT_LIBC_MUSL;

	for (size_t i = 0; i < ARRAY_SIZE(libcs); i++) {
		enum inject_interposed found = INJECT_INTERPOSED_NOT;
		char *path cleanup(cleanup_free) = NULL;

		if (!any && libcs[i] != program->libc)
			continue;
		if (inject_preload_path(INJECT_LIBRARY_PRELOAD, libcs[i], &path) == 0)
			found = inject_preload_has(path, name);
		if (found != INJECT_INTERPOSED_NOT)
			return found;
	}
	return INJECT_INTERPOSED_NOT;
}

static const char *resolve_any(struct inject_rule *r, const struct inject_target *target,
	const struct inject_program *program)
{
	bool call = inject_call_number(r->name) >= 0;

	if (has_point(target, r->name))
		r->where = INJECT_POINT;
	else if (call && program->libc == INJECT_LIBC_STATIC && !r->has_exit)
		r->where = INJECT_SYSCALL; /* a function of that name is out of reach */
	else if (interposed(program, r->name) != INJECT_INTERPOSED_NOT)
		r->where = INJECT_FUNC;
	else if (call)
		r->where = INJECT_SYSCALL;
	else
		return target->points ? NOTHING_IN_SCENARIO : NOTHING_IN_PROGRAM;
	return NULL;
}

static const char *resolve_function(
	const struct inject_rule *r, const struct inject_program *program)
{
	switch (interposed(program, r->name)) {
	case INJECT_INTERPOSED_NOT:
		return "no such interposed function";
	case INJECT_INTERPOSED_ENTER:
		return r->has_exit ? "this function can only be delayed before: no delay_exit"
				   : NULL;
	case INJECT_INTERPOSED_BOTH:
		break;
	}
	return NULL;
}

/* NULL, or what is wrong with the rule for this target. */
static const char *resolve_rule(struct inject_rule *r, const struct inject_target *target,
	const struct inject_program *program)
{
	const char *wrong = r->where == INJECT_ANY ? resolve_any(r, target, program) : NULL;

	if (wrong)
		return wrong;
	if (r->where == INJECT_POINT && !has_point(target, r->name))
		return target->points ? "no such point in this scenario"
				      : "a program that is no scenario has no points";
	if (r->where == INJECT_FUNC)
		return resolve_function(r, program);
	if (r->where == INJECT_SYSCALL && inject_call_number(r->name) < 0)
		return "no such system call";
	if (r->where == INJECT_SYSCALL && r->has_exit)
		return INJECT_NO_EXIT;
	if (r->where == INJECT_POINT && r->has_exit)
		return INJECT_NO_LEAVING;
	if (r->where != INJECT_FUNC && r->thread)
		return INJECT_NO_THREAD;
	return NULL;
}

/* The later rule for a place replaces the earlier one. */
static void drop_repeated(struct inject_spec *spec)
{
	size_t n = 0;

	for (size_t i = 0; i < spec->n_rules; i++) {
		struct inject_rule *r = &spec->rules[i];
		bool again = false;

		for (size_t j = i + 1; j < spec->n_rules && !again; j++)
			again = spec->rules[j].where == r->where &&
				!strcmp(spec->rules[j].name, r->name);
		if (again)
			free(r->name);
		else
			spec->rules[n++] = *r;
	}
	spec->n_rules = n;
}

bool inject_spec_is_auto(const struct inject_spec *spec)
{
	for (size_t i = 0; i < spec->n_rules; i++)
		if (spec->rules[i].where == INJECT_AUTO)
			return true;
	return false;
}

int inject_spec_resolve(struct inject_spec *spec, const struct inject_target *target,
	const struct inject_program *program, char **ret_error)
{
	for (size_t n = 0; n < spec->n_rules; n++) {
		struct inject_rule *r = &spec->rules[n];
		const char *wrong = resolve_rule(r, target, program);

		if (wrong) {
			*ret_error = mem_printf("'%s': %s", r->name, wrong);
			return -EINVAL;
		}
	}
	drop_repeated(spec);
	if (inject_spec_is_auto(spec) && spec->n_rules > 1) {
		*ret_error = mem_strdup("'auto' cannot be combined with other rules");
		return -EINVAL;
	}
	return 0;
}
