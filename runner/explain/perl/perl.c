/* SPDX-License-Identifier: GPL-3.0-or-later */
/* intrpvar.h, cop.h, cv.h and sv.h of Perl 5.36, also as far as other versions have the same. */
#include "runner/explain/perl/perl.h"

#include "runner/arch/arch.h"
#include "runner/base/util.h"

#include <ctype.h>

enum {
	MAX_FRAMES = 64,
	MAX_CONTEXTS = 1 << 12,
	MAX_STACKS = 16, /* of a sort block, a tied variable, a signal handler */
	MAX_TEXT = 4096,
	MAX_LINE = 1 << 24,
	/* struct interpreter */
	INTERPRETER_CURCOP = 208,
	INTERPRETER_CURSTACKINFO = 224,
	/* COP: a statement */
	OP_FUNCTION = 16,
	COP_LINE = 36,
	COP_FILE = 48, /* text; without threads a GV that is called "_<FILE" */
	/* PERL_SI */
	STACK_CONTEXTS = 8,
	STACK_PREVIOUS = 16,
	STACK_TOP = 32,
	/* PERL_CONTEXT */
	CONTEXT_SIZE = 104,
	CONTEXT_COP = 16,
	CONTEXT_CV = 72,
	CONTEXT_TYPE = 15,
	CONTEXT_IS_SUB = 9,
	/* SV; XPVCV, XPVGV, HEK */
	SV_ANY = 0,
	CV_NAME = 56,
	CV_FLAGS = 92,
	CV_IS_NAMED = 0x8000,
	GV_NAME = 32,
	HEK_TEXT = 8,
};

static bool is_name(const char *text)
{
	for (size_t i = 0; text[i]; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '_')
			return false;
	return text[0];
}

static char *read_gv_name(const struct peek *m, uint64_t gv)
{
	uint64_t body = gv ? peek_pointer(m, gv + SV_ANY) : 0;
	uint64_t key = body ? peek_pointer(m, body + GV_NAME) : 0;

	return key ? peek_text(m, key + HEK_TEXT, MAX_TEXT) : NULL;
}

/* The name of a function; NULL unknown. The caller frees. */
static char *read_sub(const struct peek *m, uint64_t cv)
{
	uint64_t body = cv ? peek_pointer(m, cv + SV_ANY) : 0;
	uint64_t name = body ? peek_pointer(m, body + CV_NAME) : 0;
	uint32_t flags;
	char *text;

	if (!name || !peek_u32(m, body + CV_FLAGS, &flags))
		return NULL;
	text = flags & CV_IS_NAMED ? peek_text(m, name + HEK_TEXT, MAX_TEXT)
				   : read_gv_name(m, name);
	if (text && is_name(text))
		return text;
	free(text);
	return NULL;
}

/* NULL: it is no statement, or of no file. The caller frees. */
static char *read_file(const struct peek *m, const struct perl_world *w, uint64_t cop)
{
	uint64_t function = cop && cop % 8 == 0 ? peek_pointer(m, cop + OP_FUNCTION) : 0;
	uint64_t file = function ? peek_pointer(m, cop + COP_FILE) : 0;
	char *text;

	if (!file || (function != w->nextstate && function != w->dbstate))
		return NULL;
	text = w->interpreter ? peek_text(m, file, MAX_TEXT) : read_gv_name(m, file);
	if (text && !w->interpreter) {
		if (strncmp(text, "_<", 2)) {
			free(text);
			return NULL;
		}
		memmove(text, text + 2, strlen(text + 2) + 1);
	}
	/* A program of the command line is shown with it. */
	if (text && *text && strcmp(text, "-e"))
		return text;
	free(text);
	return NULL;
}

/* What comes with Perl, and what is installed beside it. */
static bool is_library(const char *file)
{
	return strstr(file, "/perl/") || strstr(file, "/perl5/") || strstr(file, "/perl-base/");
}

struct walk {
	const struct peek *m;
	const struct perl_world *w;
	struct language_stack *stack;
	uint64_t cop; /* where the innermost function that is not added yet stands */
};

/* The function with this CV (0: the file's own code) stands at the statement. */
static bool add_frame(struct walk *k, uint64_t cv)
{
	char *file = read_file(k->m, k->w, k->cop), *sub;
	uint32_t line;

	if (!file || !peek_u32(k->m, k->cop + COP_LINE, &line) || !line || line >= MAX_LINE) {
		free(file);
		return false;
	}
	sub = cv ? read_sub(k->m, cv) : NULL;
	if (!sub)
		sub = mem_strdup(cv ? "?" : "<module>");
	language_add_frame(k->stack, sub, file, (int)line, is_library(file));
	return true;
}

static bool add_contexts(struct walk *k, uint64_t stack_info)
{
	uint64_t contexts = peek_pointer(k->m, stack_info + STACK_CONTEXTS);
	uint32_t top;

	if (!contexts || !peek_u32(k->m, stack_info + STACK_TOP, &top))
		return false;
	if (top >= MAX_CONTEXTS) /* -1: none */
		return top == UINT32_MAX;
	for (uint64_t i = top + UINT64_C(1); i-- && k->stack->n < MAX_FRAMES;) {
		uint64_t context = contexts + i * CONTEXT_SIZE;
		uint8_t type;

		if (!peek_u8(k->m, context, &type))
			return false;
		if ((type & CONTEXT_TYPE) != CONTEXT_IS_SUB)
			continue;
		if (!add_frame(k, peek_pointer(k->m, context + CONTEXT_CV)))
			return false;
		k->cop = peek_pointer(k->m, context + CONTEXT_COP);
	}
	return true;
}

void perl_read_frames(
	const struct peek *m, const struct perl_world *w, struct language_stack *stack)
{
	uint64_t curcop = w->interpreter ? w->interpreter + INTERPRETER_CURCOP : w->curcop;
	uint64_t info =
		w->interpreter ? w->interpreter + INTERPRETER_CURSTACKINFO : w->curstackinfo;
	struct walk k = { m, w, stack, peek_pointer(m, curcop) };

	info = peek_pointer(m, info);
	for (size_t i = 0; info && i < MAX_STACKS && add_contexts(&k, info); i++)
		info = peek_pointer(m, info + STACK_PREVIOUS);
	if (!info || !stack->n)
		add_frame(&k, 0);
}

uint64_t perl_find_specific(const struct peek *m, uint64_t stack_end, pid_t tid, uint32_t key)
{
	/* nptl/descr.h: the first 32 keys have their values in the struct pthread, which is at the
	 * end of the stack. */
	enum { FURTHEST = 0x2000, ALIGNED = 64, SELF = 0x10, FIRST_BLOCK = 0x40, KEYS = 32 };

	for (uint64_t i = ALIGNED; key < KEYS && i <= FURTHEST && i < stack_end; i += ALIGNED) {
		uint64_t tcb = (stack_end - i) / ALIGNED * ALIGNED, self;
		uint32_t id;

		if (peek_u64(m, tcb + SELF, &self) && self == tcb &&
			peek_u32(m, tcb + ARCH_GLIBC_TID, &id) && id == (uint32_t)tid)
			return peek_pointer(m, tcb + ARCH_GLIBC_TID + FIRST_BLOCK + 16 * key + 8);
	}
	return 0;
}
