/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/campaign/leftovers.h"

#include "runner/base/printable.h"
#include "runner/base/util.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAMES_SHOWN = 3 };
#define TEMPORARY_MIN 8 /* fewer may well be of somebody else */

struct names {
	char **all; /* sorted */
	size_t n, cap;
};

struct place {
	const char *path;
	const char *what; /* of what is no file: NULL */
	const char
		*id_name; /* its column with the number, and with the creator's user and process */
	const char *user_name, *pid_name;
	bool temporary;
};

/* proc(5): /proc/sysvipc. */
static const struct place places[] = {
	{ .path = "/dev/shm" },
	{ .path = "/dev/mqueue" },
	{ .path = NULL, .temporary = true }, /* $TMPDIR or /tmp */
	{ "/proc/sysvipc/shm", "System V shared memory", "shmid", "cuid", "cpid" },
	{ "/proc/sysvipc/sem", "System V semaphores", "semid", "cuid" },
	{ "/proc/sysvipc/msg", "System V queues", "msqid", "cuid" },
};

struct leftovers {
	struct names before[ARRAY_SIZE(places)];
};

/* --- lists of names --- */

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add(struct names *l, const char *name)
{
	l->all = mem_grow(l->all, l->n, &l->cap, sizeof(*l->all));
	l->all[l->n++] = mem_strdup(name);
}

static bool has(const struct names *l, const char *name)
{
	return l->n && bsearch(&name, l->all, l->n, sizeof(*l->all), compare);
}

static void names_done(struct names *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->all[i]);
	free(l->all);
	*l = (struct names){};
}

/* --- what is there --- */

static const char *path_of(const struct place *p)
{
	const char *own = getenv("TMPDIR");

	if (p->path)
		return p->path;
	return own && *own ? own : "/tmp";
}

static void list_folder(const char *path, struct names *ret_names)
{
	DIR *d = opendir(path);
	const struct dirent *e;

	while (d && (e = readdir(d)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			add(ret_names, e->d_name);
	if (d)
		closedir(d);
}

/* The place of a word in the heading, -1: it has none. */
static int column_of(char *heading, const char *word)
{
	char *rest = heading, *at;
	int n = 0;

	for (; word && (at = strtok_r(rest, " \n", &rest)); n++)
		if (!strcmp(at, word))
			return n;
	return -1;
}

static char *word_at(const char *line, int column)
{
	for (;; column--) {
		line += strspn(line, " \n");
		if (!column || !*line)
			return mem_strndup(line, strcspn(line, " \n"));
		line += strcspn(line, " \n");
	}
}

static int find_column(const char *heading, const char *word)
{
	char *copy cleanup(cleanup_free) = mem_strdup(heading);

	return column_of(copy, word);
}

static bool is_alive(const char *pid)
{
	return kill((pid_t)strtol(pid, NULL, 10), 0) == 0 || errno == EPERM;
}

/* Those of this user whose creator is dead, if that is told. */
static void list_objects(const struct place *p, struct names *ret_names)
{
	FILE *f cleanup(cleanup_fclose) = fopen(p->path, "re");
	char line[512];
	int id, user, pid;

	if (!f || !fgets(line, sizeof(line), f))
		return;
	id = find_column(line, p->id_name);
	user = find_column(line, p->user_name);
	pid = find_column(line, p->pid_name);
	while (id >= 0 && user >= 0 && fgets(line, sizeof(line), f)) {
		char *name cleanup(cleanup_free) = word_at(line, id);
		char *owner cleanup(cleanup_free) = word_at(line, user);
		char *creator cleanup(cleanup_free) = pid < 0 ? NULL : word_at(line, pid);

		if (strtoul(owner, NULL, 10) == geteuid() && !(creator && is_alive(creator)))
			add(ret_names, name);
	}
}

static void list(const struct place *p, struct names *ret_names)
{
	*ret_names = (struct names){};
	if (p->what)
		list_objects(p, ret_names);
	else
		list_folder(path_of(p), ret_names);
	if (ret_names->n)
		qsort(ret_names->all, ret_names->n, sizeof(*ret_names->all), compare);
}

/* --- what is new --- */

static bool is_of_this_user(const struct place *p, const char *name)
{
	char *path cleanup(cleanup_free) = mem_printf("%s/%s", path_of(p), name);
	struct stat st;

	return p->what || (lstat(path, &st) == 0 && st.st_uid == geteuid());
}

static void find_new(const struct place *p, const struct names *before, struct names *ret_new)
{
	struct names now;

	list(p, &now);
	*ret_new = (struct names){};
	for (size_t i = 0; i < now.n; i++)
		if (!has(before, now.all[i]) && is_of_this_user(p, now.all[i]))
			add(ret_new, now.all[i]);
	names_done(&now);
}

/* Frees text. */
static char *append(char *text, const char *more, const char *end)
{
	char *longer = mem_printf("%s%s%s", text ? text : "", more, end);

	free(text);
	return longer;
}

static char *describe(const struct place *p, const struct names *n)
{
	char *text = p->what ? mem_printf("%zu %s (", n->n, p->what)
			     : mem_printf("%zu in %s (", n->n, path_of(p));

	for (size_t i = 0; i < n->n && i < NAMES_SHOWN; i++) {
		char *name cleanup(cleanup_free) = printable_copy(n->all[i], strlen(n->all[i]));

		text = append(text, i ? ", " : "", name);
	}
	return append(text, n->n > NAMES_SHOWN ? ", ..." : "", ")");
}

/* A name in shared memory is of few programs; what has none, or lies in everybody's folder, has to
 * be about as much as there were trials. */
static bool is_telling(const struct place *p, const struct names *n, uint64_t trials)
{
	if (!p->temporary && !p->what)
		return n->n > 0;
	return n->n > 0 && n->n >= trials / 2 && (!p->temporary || n->n >= TEMPORARY_MIN);
}

struct leftovers *leftovers_begin(void)
{
	struct leftovers *l = mem_alloc(sizeof(*l));

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		list(&places[i], &l->before[i]);
	return l;
}

void leftovers_free(struct leftovers *l)
{
	for (size_t i = 0; l && i < ARRAY_SIZE(places); i++)
		names_done(&l->before[i]);
	free(l);
}

char *leftovers_describe(const struct leftovers *l, uint64_t trials)
{
	char *all = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		const struct place *p = &places[i];
		struct names fresh;

		find_new(p, &l->before[i], &fresh);
		if (is_telling(p, &fresh, trials)) {
			char *one cleanup(cleanup_free) = describe(p, &fresh);

			all = append(all, all ? ", " : "", one);
		}
		names_done(&fresh);
	}
	return all;
}
