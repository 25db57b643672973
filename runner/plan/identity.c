/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/plan/identity.h"

#include "runner/base/hash.h"
#include "runner/base/shell.h"
#include "runner/base/util.h"
#include "runner/inject/program.h"

#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* Of a build id or a hash, what tells two builds apart for people. */
#define ID_DIGITS 10
/* Arguments larger than this are data rather than a script. */
#define FILE_MAX (64 << 20)

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* --- names --- */

char *identity_command(char *const *argv)
{
	char *first cleanup(cleanup_free) = shell_quote(argv[0]);

	return shell_join(first, argv + 1);
}

static size_t columns_of(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

/* At most that many columns, and whole characters. */
static void cut(char *s, size_t columns)
{
	char *p = s;

	while (*p && (columns || (*p & 0xc0) == 0x80))
		columns -= (*p++ & 0xc0) != 0x80;
	*p = '\0';
}

static char *without_directories(char *const *argv)
{
	size_t n = 0;
	char **bare, *line;

	while (argv[n])
		n++;
	bare = mem_alloc((n + 1) * sizeof(*bare));
	for (size_t i = 0; i < n; i++)
		bare[i] = (char *)(argv[i][0] == '-' ? argv[i] : base_of(argv[i]));
	line = identity_command(bare);
	free(bare);
	return line;
}

char *identity_label(char *const *argv)
{
	char *command = identity_command(argv), *bare cleanup(cleanup_free) = NULL;
	char *label;
	uint64_t h;

	if (columns_of(command) <= IDENTITY_LABEL_MAX)
		return command;
	h = hash_string(HASH_START, command);
	free(command);
	bare = without_directories(argv);
	cut(bare, IDENTITY_LABEL_MAX - strlen(" #0000"));
	label = mem_printf("%s #%04x", bare, (unsigned int)(h >> 48));
	return label;
}

/* --- files --- */

struct file {
	const char *data;
	size_t len;
};

static bool map_regular(const char *path, off_t max, struct file *ret_file)
{
	int fd cleanup(cleanup_close) = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	void *p;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !st.st_size || st.st_size > max)
		return false;
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return false;
	*ret_file = (struct file){ p, (size_t)st.st_size };
	return true;
}

static void unmap(struct file *f)
{
	if (f->data)
		munmap((void *)f->data, f->len);
}

static void add_id(char **text, const char *path, const char *id)
{
	char *longer =
		mem_printf("%s%s%s %.*s", *text, **text ? ", " : "", base_of(path), ID_DIGITS, id);

	free(*text);
	*text = longer;
}

static void add_content(char **text, const char *path)
{
	cleanup(unmap) struct file f = {};
	char id[24];

	if (!map_regular(path, FILE_MAX, &f))
		return;
	snprintf(id, sizeof(id), "x%016" PRIx64, hash_words(HASH_START, f.data, f.len));
	add_id(text, path, id);
}

char *identity_program(const char *path, char *const *argv)
{
	struct inject_program p = {};
	char *text = mem_strdup("");

	if (!inject_program_read(path, &p)) {
		if (strcmp(p.exe, path) != 0)
			add_content(&text, path); /* a script; its interpreter follows */
		add_id(&text, p.exe, p.build_id);
		inject_program_done(&p);
	} else {
		add_content(&text, path);
	}
	for (size_t i = 1; argv[i]; i++)
		add_content(&text, argv[i]);
	return text;
}

/* --- libc --- */

static const char *find_text(const struct file *f, const char *text)
{
	return memmem(f->data, f->len, text, strlen(text));
}

/* "2.36" at s, within end. */
static char *number_at(const char *s, const char *end)
{
	const char *p = s;

	while (p < end && (isdigit((unsigned char)*p) ||
				  (*p == '.' && p + 1 < end && isdigit((unsigned char)p[1]))))
		p++;
	return p > s ? mem_strndup(s, (size_t)(p - s)) : NULL;
}

/* The banner that libc.so.6 prints when it is run. */
static char *version_of_glibc(const struct file *f)
{
	static const char words[] = "release version ";
	const char *banner = find_text(f, "GNU C Library ");
	const char *end = banner ? memchr(banner, '\n', f->len - (size_t)(banner - f->data)) : NULL;
	const char *at = end ? memmem(banner, (size_t)(end - banner), words, strlen(words)) : NULL;

	return at ? number_at(at + strlen(words), end) : NULL;
}

/* A string of its own that is three numbers: the version is nowhere else. */
static char *version_of_musl(const struct file *f)
{
	for (size_t i = 1; i + 6 < f->len; i++) {
		char *number;
		size_t dots = 0, n;

		if (f->data[i - 1] || !isdigit((unsigned char)f->data[i]) || f->data[i + 1] != '.')
			continue;
		number = number_at(f->data + i, f->data + f->len);
		n = number ? strlen(number) : 0;
		for (size_t k = 0; k < n; k++)
			dots += number[k] == '.';
		if (dots == 2 && i + n < f->len && !f->data[i + n])
			return number;
		free(number);
	}
	return NULL;
}

static char *describe(
	const char *name, const char *library, char *(*version_of)(const struct file *))
{
	cleanup(unmap) struct file f = {};
	char *version cleanup(cleanup_free) =
		map_regular(library, FILE_MAX, &f) ? version_of(&f) : NULL;

	return version ? mem_printf("%s %s", name, version) : mem_strdup(name);
}

char *identity_libc(const char *path)
{
	struct inject_program p = {};
	char *real cleanup(cleanup_free) = NULL, *library cleanup(cleanup_free) = NULL;
	char *text;

	if (inject_program_read(path, &p))
		return mem_strdup("other");
	real = p.loader ? realpath(p.loader, NULL) : NULL;
	if (p.libc == INJECT_LIBC_GLIBC && real) {
		library = mem_printf("%.*s/libc.so.6", (int)(strrchr(real, '/') - real), real);
		text = describe("glibc", library, version_of_glibc);
	} else if (p.libc == INJECT_LIBC_MUSL) {
		text = describe("musl", real ? real : "", version_of_musl);
	} else {
		text = mem_strdup(p.libc == INJECT_LIBC_STATIC  ? "static"
				  : p.libc == INJECT_LIBC_GLIBC ? "glibc"
								: "other");
	}
	inject_program_done(&p);
	return text;
}
