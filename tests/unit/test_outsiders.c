/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Beside many processes: who has not run is not read again, and nobody is forgotten. */
#include "runner/base/util.h"
#include "runner/snapshot/internal.h"
#include "runner/snapshot/outsider.h"
#include "runner/snapshot/snapshot.h"
#include "tests/unit/scratch.h"
#include "tests/unit/snapshot_child.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(outsiders, .timeout = 60);

enum { MANY = 120 };

static void sleep_for_ever(void *data)
{
	(void)data;
	for (;;)
		pause();
}

/* Of a pipe of which it has both ends. */
static void read_pipe(void *data)
{
	char byte;

	_exit(read(*(int *)data, &byte, 1) < 0);
}

static void read_own_pipe(void *data)
{
	int own[2];

	(void)data;
	if (pipe(own) < 0)
		_exit(1);
	read_pipe(own);
}

/* Whether somebody beyond the tree holds what its first thread waits for. */
static bool is_external(pid_t root, struct outsiders *o)
{
	const struct snapshot_options options = { .outsiders = o, .complete = true };
	enum wait_kind reads = WAIT_PIPE_READ;
	struct snapshot s;
	bool external;

	cr_assert(child_await(root, &options, holds_root_waits, &reads, &s));
	cr_assert_eq(s.threads[0].n_objects, 1);
	external = s.objects[s.threads[0].objects[0]].external;
	snapshot_done(&s);
	return external;
}

Test(outsiders, who_was_in_the_last_tree_is_beyond_the_next)
{
	struct outsiders *o = outsiders_new();
	pid_t sleepers[MANY], reader, holder;
	int p[2];

	for (int i = 0; i < MANY; i++)
		sleepers[i] = child_start(sleep_for_ever, NULL);
	cr_assert_eq(pipe(p), 0);
	reader = child_start_provable(read_pipe, &p[0]);
	holder = child_start_provable(read_own_pipe, NULL);
	close(p[0]);
	close(p[1]);
	/* The first search lists all; from then on the kernel tells who has run, where it may. */
	for (int i = 0; i < 3; i++)
		cr_expect(is_external(reader, o), "search %d", i);
	for (int i = 0; i < 3; i++) {
		cr_expect_not(is_external(holder, o), "its own pipe, %d", i);
		cr_expect(is_external(reader, o), "once more, %d", i);
	}
	child_end(holder);
	cr_expect_not(is_external(reader, o), "the holder has ended");
	child_end(reader);
	for (int i = 0; i < MANY; i++)
		child_end(sleepers[i]);
	outsiders_free(o);
}

static void write_file(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	cr_assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

/* A /proc with one process of one thread, which says that it sleeps. */
static int make_proc(const char *place, const char *call)
{
	char path[SCRATCH_MAX];
	int proc;

	scratch_folder(path);
	proc = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cr_assert(mkdirat(proc, "12", 0700) == 0 && mkdirat(proc, "12/task", 0700) == 0);
	cr_assert(mkdirat(proc, "12/task/12", 0700) == 0);
	cr_assert(mkdirat(proc, "12/task/12/fd", 0700) == 0);
	for (int i = 0; i < 2; i++) {
		write_file(proc, i ? "12/task/12/stat" : "12/stat",
			"12 (x) S 1 12 12 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 100 0 0 0 0 0 0 0 "
			"0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n");
		write_file(proc, i ? "12/task/12/schedstat" : "12/schedstat", "1000 10 5\n");
	}
	write_file(proc, "12/task/12/wchan", place);
	write_file(proc, "12/task/12/syscall", call);
	cr_assert_eq(symlinkat("/dev/null", proc, "12/task/12/fd/0"), 0);
	return proc;
}

/* What a second search knows of it, after it has got one more without its runs having changed. */
static size_t files_seen(const char *place, const char *call)
{
	struct snapshot s = { 0 };
	struct collect c = { .s = &s, .proc = make_proc(place, call) };
	struct outsiders *o = outsiders_new();
	size_t n;

	cr_assert_eq(outsiders_refresh(&c, o), 0);
	cr_assert_eq(o->n, 1);
	cr_assert_eq(o->all[0].fds.n, 1);
	cr_assert_eq(symlinkat("/dev/null", c.proc, "12/task/12/fd/1"), 0);
	cr_assert_eq(outsiders_refresh(&c, o), 0);
	cr_assert_eq(o->n, 1);
	n = o->all[0].fds.n;
	outsiders_free(o);
	close(c.proc);
	return n;
}

/* It is woken without a switch, and counted nowhere (ttwu_runnable). */
Test(outsiders, who_is_still_on_its_processor_is_read_again)
{
	cr_expect_eq(files_seen("0", "running\n"), 2);
}

Test(outsiders, who_has_left_its_processor_is_read_once)
{
	cr_expect_eq(files_seen("do_poll", "running\n"), 1, "by its place");
	cr_expect_eq(files_seen("0", "7 0x1 0x1 0x1 0x1 0x1 0x1 0x1 0x1\n"), 1, "by its call");
}
