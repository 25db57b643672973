/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What explain/go.c needs to know of a live process. */
#include "runner/explain/internal.h"

#include "runner/base/util.h"

#define MAX_FRAMES 32

struct wanted {
	const char *name;
	uint64_t address; /* 0: not found */
};

static int look_in_module(
	Dwfl_Module *mod, void **unused, const char *name, Dwarf_Addr start, void *arg)
{
	struct wanted *w = arg;
	int n = dwfl_module_getsymtab(mod);

	(void)unused;
	(void)name;
	(void)start;
	for (int i = 0; i < n; i++) {
		GElf_Addr address;
		GElf_Sym sym;
		const char *found =
			dwfl_module_getsym_info(mod, i, &sym, &address, NULL, NULL, NULL);

		if (found && !strcmp(found, w->name)) {
			w->address = address;
			return DWARF_CB_ABORT;
		}
	}
	return DWARF_CB_OK;
}

/* -1: no Go, a stripped one, or not to be read. */
static int read_phase(struct symbols *s)
{
	struct wanted w = { .name = "runtime.gcphase" };
	Dwfl *session = symbols_session(s);
	uint32_t phase;

	if (!session)
		return -1;
	dwfl_getmodules(session, look_in_module, &w, 0);
	if (!w.address || symbols_read(s, w.address, &phase, sizeof(phase)) < 0)
		return -1;
	return (int)phase;
}

/* Guessed frames may be those of a call that has come back, so they count only where the sure ones
 * say nothing. */
static enum explain_go_wait classify(
	const struct unwind_stack *stack, const char *symbol, int phase, bool guessed)
{
	const char *functions[MAX_FRAMES];
	struct explain_go_facts facts = {
		.functions = functions, .futex = symbol, .gc_phase = phase
	};
	size_t frame;

	for (size_t i = 0; i < stack->n && facts.n < MAX_FRAMES; i++) {
		if (stack->frames[i].guessed && !guessed)
			break;
		functions[facts.n++] = stack->frames[i].place.function;
	}
	return explain_go_classify(&facts, &frame);
}

enum explain_go_wait explain_go_read(
	struct symbols *s, const struct unwind_stack *stack, const char *symbol)
{
	bool guessed = classify(stack, symbol, -1, false) == GO_WAIT_NONE;

	if (guessed && classify(stack, symbol, -1, true) == GO_WAIT_NONE)
		return GO_WAIT_NONE;
	return classify(stack, symbol, read_phase(s), guessed);
}
