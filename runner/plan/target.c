/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/plan/target.h"

#include "lib/protocol.h"
#include "runner/plan/ask.h"
#include "runner/plan/identity.h"
#include "runner/base/util.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <errno.h>
#include <sys/stat.h>

static void free_strings(char **list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(list[i]);
	free(list);
}

static void target_done(struct target *t)
{
	free(t->name);
	free(t->variant);
	free(t->summary);
	free(t->libc);
	free(t->command);
	free(t->directory);
	free(t->program);
	free(t->path);
	free(t->why);
	for (char **a = t->argv; a && *a; a++)
		free(*a);
	free(t->argv);
	for (size_t i = 0; i < t->n_knobs; i++) {
		free(t->knobs[i].name);
		free(t->knobs[i].levels);
		free(t->knobs[i].help);
	}
	free(t->knobs);
}

void target_list_done(struct target_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		target_done(&l->targets[i]);
	free(l->targets);
	for (size_t i = 0; i < l->n_scenarios; i++) {
		free(l->scenarios[i].path);
		free(l->scenarios[i].name);
		free(l->scenarios[i].summary);
		free(l->scenarios[i].hazard);
		free(l->scenarios[i].cause);
		free(l->scenarios[i].symptom);
		free(l->scenarios[i].libc);
		free_strings(l->scenarios[i].refs, l->scenarios[i].n_refs);
	}
	free(l->scenarios);
	free_strings(l->faults, l->n_faults);
	memset(l, 0, sizeof(*l));
}

static void add_fault(struct target_list *l, char *line)
{
	l->faults = mem_grow(l->faults, l->n_faults, &l->cap_faults, sizeof(*l->faults));
	l->faults[l->n_faults++] = line;
}

/* How long one executable may take to describe itself; far above what a loaded machine needs. */
#define DESCRIBE_DEADLINE_NS (10 * NSEC_PER_SEC)

static void ask_file(struct target_list *l, const char *path, char *const *patterns,
	size_t n_patterns, bool *used)
{
	cleanup(cleanup_free) char *json = NULL;
	const char *why = NULL;
	size_t len;
	int r;

	r = ask_describe(path, DESCRIBE_DEADLINE_NS, &json, &len, &why);
	if (!r)
		r = target_parse_describe(l, path, json, len, patterns, n_patterns, used, &why);
	if (r)
		add_fault(l, mem_printf("%s: %s", path, why));
}

/* Every scenario reads its knobs by this name, whatever it is written in. */
static bool speaks_protocol(const char *path)
{
	int fd cleanup(cleanup_close) = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	bool found;
	void *p;

	if (fd < 0 || fstat(fd, &st) < 0 || !st.st_size)
		return false;
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return false;
	found = memmem(p, (size_t)st.st_size, HANGRATE_ENV_KNOBS, strlen(HANGRATE_ENV_KNOBS));
	munmap(p, (size_t)st.st_size);
	return found;
}

static int no_dots(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

/* Executables of one folder in the order of their names, so that a plan never depends on readdir.
 */
static int find_in(struct target_list *l, const char *dir, bool is_ours, char *const *patterns,
	size_t n_patterns, bool *used, size_t *ret_found)
{
	struct dirent **entries;
	int n;

	n = scandir(dir, &entries, no_dots, alphasort);
	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++) {
		cleanup(cleanup_free) char *path = mem_printf("%s/%s", dir, entries[i]->d_name);
		struct stat st;

		free(entries[i]);
		if (stat(path, &st) || !S_ISREG(st.st_mode) || access(path, X_OK) ||
			strstr(path, ".so"))
			continue;
		/* What may be anybody's program is not run to find out. */
		if (!speaks_protocol(path)) {
			if (is_ours)
				add_fault(l, mem_printf("%s: is no scenario", path));
			continue;
		}
		++*ret_found;
		ask_file(l, path, patterns, n_patterns, used);
	}
	free(entries);
	return 0;
}

int target_find(struct target_list *l, const char *dir, char *const *patterns, size_t n_patterns,
	const char **ret_unmatched)
{
	cleanup(cleanup_free) bool *used = mem_alloc(n_patterns * sizeof(*used));
	struct dirent **entries;
	size_t found = 0;
	int n;

	*ret_unmatched = NULL;
	n = scandir(dir, &entries, no_dots, alphasort);
	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++) {
		cleanup(cleanup_free) char *sub =
			mem_printf("%s/%s/scenarios", dir, entries[i]->d_name);

		free(entries[i]);
		find_in(l, sub, true, patterns, n_patterns, used, &found);
	}
	free(entries);
	if (!found)
		find_in(l, dir, false, patterns, n_patterns, used, &found);
	for (size_t i = 0; i < n_patterns; i++)
		if (!used[i] && !*ret_unmatched)
			*ret_unmatched = patterns[i];
	return 0;
}

/* As execvp(3) looks a name up, so that the error is known before the first trial. */
static int look_up(const char *name, char **ret_path)
{
	const char *path = getenv("PATH");
	int r = -ENOENT;

	if (strchr(name, '/')) {
		struct stat st;

		if (stat(name, &st) < 0)
			return -errno;
		if (S_ISDIR(st.st_mode))
			return -EISDIR;
		if (access(name, X_OK) < 0)
			return -errno;
		*ret_path = mem_strdup(name);
		return 0;
	}
	for (const char *p = path ? path : "/usr/bin:/bin"; *name && *p; p += strspn(p, ":")) {
		size_t len = strcspn(p, ":");
		char *candidate = mem_printf("%.*s/%s", (int)len, p, name);
		struct stat st;

		p += len;
		if (!stat(candidate, &st) && S_ISREG(st.st_mode)) {
			if (!access(candidate, X_OK)) {
				*ret_path = candidate;
				return 0;
			}
			r = -EACCES;
		}
		free(candidate);
	}
	return r;
}

char *target_program_path(const char *name)
{
	char *path;

	return look_up(name, &path) == 0 ? path : NULL;
}

bool target_is_program(const char *name)
{
	cleanup(cleanup_free) char *path = target_program_path(name);

	return path != NULL;
}

static char **copy_argv(char *const *argv)
{
	size_t n = 0;
	char **copy;

	while (argv[n])
		n++;
	copy = mem_alloc((n + 1) * sizeof(*copy));
	for (size_t i = 0; i < n; i++)
		copy[i] = mem_strdup(argv[i]);
	return copy;
}

static struct target *add_target(
	struct target_list *l, const char *name, const char *variant, char *path, char *const *argv)
{
	struct target *t;

	l->targets = mem_grow(l->targets, l->n, &l->cap, sizeof(*l->targets));
	t = &l->targets[l->n++];
	t->name = mem_strdup(name);
	t->variant = mem_strdup(variant);
	t->summary = mem_strdup("");
	t->libc = mem_strdup("?");
	t->path = path;
	t->argv = copy_argv(argv);
	t->why = mem_strdup("");
	t->skip_status = t->broken_status = -1;
	return t;
}

int target_add_program(struct target_list *l, char *const *argv, const char *name)
{
	char *label cleanup(cleanup_free) = identity_label(argv);
	struct target *t;
	char *path;
	int r;

	r = look_up(argv[0], &path);
	if (r < 0)
		return r;
	t = add_target(l, name ? name : label, "", path, argv);
	free(t->libc);
	t->libc = identity_libc(path);
	t->program = identity_program(path, argv);
	if (!name) {
		t->command = identity_command(argv);
		t->directory = getcwd(NULL, 0);
	}
	return 0;
}

#define UNPROVEN_CANARY_NS (2 * NSEC_PER_SEC)

static struct target *add_canary(
	struct target_list *l, const char *variant, char *const *argv, enum expect expect)
{
	struct target *t = add_target(l, "canary", variant, mem_strdup("/proc/self/exe"), argv);

	t->expect = expect;
	t->canary = true;
	return t;
}

/* Some process of another user could have been sent an end of the pipe, and only root sees that
 * none was: then it must hang, and is not waited for as long as one that will be proven. */
static void add_pipe_canary(struct target_list *l, char *const *argv)
{
	bool root = geteuid() == 0;
	struct target *t = add_canary(l, "pipe", argv, root ? EXPECT_DEADLOCKS : EXPECT_HANGS);

	t->once = true;
	if (!root)
		t->timeout_ns = UNPROVEN_CANARY_NS;
}

void target_add_canaries(struct target_list *l)
{
	static char *const hang[] = { "hangrate", "--canary-hang", NULL };
	static char *const pipe[] = { "hangrate", "--canary-pipe", NULL };
	static char *const clean[] = { "hangrate", "--canary-clean", NULL };

	add_canary(l, "hang", hang, EXPECT_DEADLOCKS);
	add_pipe_canary(l, pipe);
	add_canary(l, "clean", clean, EXPECT_COMPLETES);
}
