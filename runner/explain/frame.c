/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which frame of a stack the reader wrote, and could change. Pure. */
#include "runner/explain/internal.h"

#include "runner/base/util.h"

static bool has_prefix(const char *s, const char *const *prefixes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strncmp(s, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

static bool contains(const char *s, const char *const *parts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strstr(s, parts[i]))
			return true;
	return false;
}

/* Sources of a libc, of the libraries that come with a compiler, and of fetched packages. */
static bool is_foreign_file(const char *file)
{
	static const char *const begins[] = { "../sysdeps/", "./nptl/", "../nptl/", "./io/",
		"./libio/", "./malloc/", "./posix/", "./socket/", "./stdlib/", "./time/", "../csu/",
		"/usr/include/", "/usr/lib/gcc", "/usr/lib/llvm", "/rustc/", "/usr/src/rustc",
		"library/std/", "library/core/", "library/alloc/" };
	static const char *const within[] = { "/include/c++/", "/rustlib/src/rust/",
		"/.cargo/registry/", "/cargo/registry/", "/rust/deps/", "/absl/", "/go/pkg/mod/" };

	return has_prefix(file, begins, ARRAY_SIZE(begins)) ||
	       contains(file, within, ARRAY_SIZE(within));
}

bool explain_is_foreign(const struct unwind_frame *f)
{
	static const char *const modules[] = { "libc.", "libc-", "ld-", "libpthread", "librt.",
		"librt-", "libdl.", "libdl-", "libnss_", "libresolv", "libgomp", "libstdc++",
		"libc++", "libglib-2", "[vdso" };
	static const char *const spaces[] = { "std::", "__gnu_cxx::", "__gthread", "__cxa_",
		"core::", "alloc::", "<std::", "<core::", "<alloc::", "parking_lot", "<parking_lot",
		"lock_api::", "<lock_api::", "absl::", "__rust_", "rust_begin" };
	const struct symbols_place *p = &f->place;

	if (has_prefix(p->module, modules, ARRAY_SIZE(modules)))
		return true;
	if (p->file && is_foreign_file(p->file))
		return true;
	return p->function && (has_prefix(p->function, spaces, ARRAY_SIZE(spaces)) ||
				      explain_is_plumbing(p->function) ||
				      explain_primitive_of(p->function) != PRIMITIVE_UNKNOWN);
}

/* Go's library below a program's own functions: the reader could change nothing there either. */
static bool is_go_library(const struct unwind_frame *f)
{
	static const char *const packages[] = { "runtime.", "runtime/", "internal/", "syscall.",
		"os.", "os/", "io.", "net." };

	return f->place.function && has_prefix(f->place.function, packages, ARRAY_SIZE(packages));
}

/* Below 0: never. A line beats a name, and both beat a bare address; a library of the system is
 * better than nothing. A libc that is linked in shows by having no line, where the program has. */
static int merit(const struct unwind_frame *f)
{
	if (explain_is_foreign(f) || is_go_library(f))
		return -1;
	if (f->place.system)
		return f->place.function ? 1 : 0;
	return f->place.file ? 4 : f->place.function ? 3 : 2;
}

const struct unwind_frame *explain_where(const struct explain_thread *t)
{
	const struct unwind_frame *best = NULL;

	for (size_t i = 0; i < t->stack.n; i++) {
		const struct unwind_frame *f = &t->stack.frames[i];

		if (merit(f) > (best ? merit(best) : -1))
			best = f;
	}
	return best;
}

size_t explain_native_frames(const struct explain_thread *t)
{
	size_t n = 0;

	if (!t->language.n)
		return t->stack.n;
	while (n < t->stack.n && !t->stack.frames[n].guessed &&
		!language_is_interpreter(&t->language, t->stack.frames[n].place.module))
		n++;
	return n;
}

char *explain_place(const struct explain_thread *t, bool *ret_guessed)
{
	const struct language_frame *own = language_where(&t->language);
	const struct unwind_frame *f = own || t->language.n ? NULL : explain_where(t);
	char *text;

	*ret_guessed = f && f->guessed;
	if (!own && t->language.n)
		own = &t->language.frames[t->language.call];
	if (own)
		return language_frame_text(own);
	if (!f)
		return NULL;
	text = unwind_frame_text(f);
	if (f->guessed)
		memmove(text, text + strlen("? "), strlen(text) - strlen("? ") + 1);
	return text;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* "Pool<std::vector<...> >::run" is "Pool<...>::run" where the whole would be too long to read. */
static char *shorten_function(const char *function)
{
	enum { LONG = 48 };
	char *out, *to;
	int depth = 0;

	if (strlen(function) <= LONG)
		return mem_strdup(function);
	out = to = mem_alloc(strlen(function) + sizeof("<...>"));
	for (const char *p = function; *p; p++) {
		if (*p == '<' && depth++ == 0 && p != function)
			to = stpcpy(to, "<...>");
		if (!depth || (depth == 1 && p == function))
			*to++ = *p;
		if (*p == '>' && depth && p[-1] != '-')
			depth--;
	}
	*to = 0;
	return out;
}

/* gcc and clang name what they make of a function "work._omp_fn.0", "work.constprop.0". */
static size_t plain_length(const char *function)
{
	static const char *const made[] = { "._omp_fn.", ".constprop.", ".isra.", ".part.", ".cold",
		".lto_priv.", ".llvm." };
	size_t n = strlen(function);

	for (size_t i = 0; i < ARRAY_SIZE(made); i++) {
		const char *at = strstr(function, made[i]);

		if (at && at != function && (size_t)(at - function) < n)
			n = (size_t)(at - function);
	}
	return n;
}

/* Behind "{lambda()#1": the lambda itself, no function that it is given to. */
static bool ends_lambda(const char *brace)
{
	return brace && (!brace[1] || strstr(brace, "::operator()"));
}

/* "main::{lambda()#1}::operator()() const", what a compiler makes of it in a caller,
 * "main::{lambda()#1}", and what DWARF calls plainly "operator()". */
static char *lambda_text(const char *function)
{
	const char *at = strstr(function, "::{lambda(");

	if (!strcmp(function, "operator()"))
		return mem_strdup("a lambda");
	if (!at || at == function || !ends_lambda(strchr(at, '}')))
		return NULL;
	return mem_printf("a lambda of %.*s", (int)(at - function), function);
}

/* Python's "<module>" is no function; what has parentheses or braces already reads as one. */
static char *call_text(const char *function)
{
	cleanup(cleanup_free) char *plain = mem_strndup(function, plain_length(function));
	cleanup(cleanup_free) char *name = shorten_function(plain);
	char *lambda = lambda_text(plain);

	if (lambda)
		return lambda;

	if (!strcmp(name, "<module>"))
		return mem_strdup("");
	return mem_printf("%s%s", name, strpbrk(name, "(){}") ? "" : "()");
}

/* "take() a.c:12"; where neither function nor line is known, nothing that a reader could use. */
static char *short_text(const char *function, const char *file, int line, const char *module)
{
	cleanup(cleanup_free) char *call = function ? call_text(function) : mem_strdup("");

	if (file)
		return mem_printf("%s%s%s:%d", call, *call ? " " : "", base_name(file), line);
	if (!*call)
		return NULL;
	return module ? mem_printf("%s of %s", call, module) : mem_strdup(call);
}

char *explain_short_place(const struct explain_thread *t)
{
	const struct language_frame *own = language_where(&t->language);
	const struct unwind_frame *f = own || t->language.n ? NULL : explain_where(t);
	cleanup(cleanup_free) char *text = NULL;

	if (!own && t->language.n)
		own = &t->language.frames[t->language.call];
	if (own)
		return short_text(own->function, own->file, own->line, NULL);
	if (!f || f->place.system)
		return NULL;
	text = short_text(f->place.function, f->place.file, f->place.line, f->place.module);
	if (!text)
		return NULL;
	return f->guessed && !f->place.file ? mem_printf("probably %s", text) : mem_strdup(text);
}

/* NULL: no function there is the user's own; *ret_outer is the outermost then. */
static char *own_frame(struct symbols *s, uint64_t return_address, char **ret_outer)
{
	struct symbols_place places[SYMBOLS_MAX_PLACES];
	size_t n = symbols_places(s, return_address, true, places, ARRAY_SIZE(places));
	char *text = NULL;

	for (size_t i = 0; i < n; i++) {
		struct unwind_frame f = { .place = places[i], .pc = return_address };

		if (!text && !explain_is_foreign(&f))
			text = unwind_frame_text(&f);
		if (!text && i == n - 1)
			*ret_outer = unwind_frame_text(&f);
		symbols_place_done(&places[i]);
	}
	return text;
}

char *explain_addresses(
	struct symbols *s, const uint64_t *return_addresses, size_t n, size_t *ret_index)
{
	char *first = NULL;

	for (size_t i = 0; i < n && return_addresses[i]; i++) {
		char *outer = NULL, *text = own_frame(s, return_addresses[i], &outer);

		if (text) {
			free(first);
			*ret_index = i;
			return text;
		}
		if (first)
			free(outer);
		else
			first = outer;
	}
	*ret_index = 0;
	return first ? first : mem_strdup("?");
}

char *explain_address(struct symbols *s, uint64_t return_address)
{
	size_t index;

	return explain_addresses(s, &return_address, 1, &index);
}
