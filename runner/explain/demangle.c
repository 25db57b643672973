/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/explain/demangle.h"

#include "runner/base/util.h"

#include <libiberty/demangle.h>
#include <setjmp.h>

enum {
	MAX_MANGLED = 2048,
	MAX_PLAIN = 512,      /* bytes kept */
	MAX_PRODUCED = 16384, /* bytes made before it is given up */
};

struct output {
	char text[MAX_PLAIN];
	size_t n, produced;
	jmp_buf give_up;
};

/* A name of a few bytes can stand for gigabytes, and libiberty cannot be stopped. It
 * holds nothing that a jump would leak: its demanglers work on their stack alone. */
static void take(const char *bytes, size_t n, void *arg)
{
	struct output *o = arg;
	size_t room = sizeof(o->text) - 1 - o->n;

	o->produced += n;
	if (o->produced > MAX_PRODUCED)
		longjmp(o->give_up, 1);
	if (n > room)
		n = room;
	if (!n)
		return; /* bytes may then be NULL */
	memcpy(o->text + o->n, bytes, n);
	o->n += n;
	o->text[o->n] = 0;
}

/* "_ZZ...E1l" is a name inside a function: there the parameters tell which. */
static int options_for(const char *name)
{
	return !strncmp(name, "_ZZ", 3) || !strncmp(name, "_ZGV", 4) ? DMGL_PARAMS | DMGL_ANSI : 0;
}

static void cut(char *text, const char *noise)
{
	for (char *at; (at = strstr(text, noise));)
		memmove(at, at + strlen(noise), strlen(at + strlen(noise)) + 1);
}

static void cut_end(char *text, const char *noise)
{
	size_t n = strlen(text), m = strlen(noise);

	if (n > m && !strcmp(text + n - m, noise))
		text[n - m] = 0;
}

/* What only a compiler needs: clones of functions, inline namespaces, how a lambda is called. */
static void tidy(char *text)
{
	char *clone = strstr(text, " [clone");

	if (clone)
		*clone = 0;
	cut(text, "[abi:cxx11]");
	cut_end(text, " const");
	cut_end(text, "::operator()()");
	cut(text, "::{{closure}}");
	cut(text, "__cxx11::");
	cut(text, "__1::");
}

/* "release.part.0" is a piece that gcc cut out of release(). */
static char *without_clone(const char *name)
{
	static const char *const pieces[] = { ".constprop.", ".isra.", ".part.", ".cold" };
	size_t n = strlen(name);

	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		const char *at = strstr(name, pieces[i]);

		if (at && at > name && (size_t)(at - name) < n)
			n = (size_t)(at - name);
	}
	return mem_strndup(name, n);
}

char *demangle(const char *name)
{
	static const char guard[] = "guard variable for ";
	struct output o = { .n = 0 };
	const char *text = o.text;
	int ok;

	if (strncmp(name, "_Z", 2) && strncmp(name, "_R", 2))
		return without_clone(name);
	if (strlen(name) > MAX_MANGLED)
		return mem_strdup(name);
	if (setjmp(o.give_up))
		return mem_strdup(name);
	ok = rust_demangle_callback(name, 0, take, &o);
	if (!ok) {
		o.n = o.produced = 0;
		ok = cplus_demangle_v3_callback(name, options_for(name), take, &o);
	}
	if (!ok || !o.n)
		return mem_strdup(name);
	tidy(o.text);
	if (!strncmp(text, guard, strlen(guard)))
		return mem_printf("%s (its guard)", text + strlen(guard));
	return mem_strdup(text);
}
