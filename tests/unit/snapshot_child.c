/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/snapshot_child.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "runner/proc/procfs.h"
#include "runner/proc/open.h"
#include "runner/base/util.h"

pid_t child_fork(void)
{
	pid_t parent = getpid(), pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	return 0;
}

pid_t child_start(void (*run)(void *data), void *data)
{
	pid_t pid = child_fork();
	int null;

	if (pid != 0)
		return pid;
	setpgid(0, 0);
	null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	/* The test's framework has handlers and timers of its own. */
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	run(data);
	_exit(0);
}

static bool processes_are_readable(void)
{
	const char *own = getenv("TESTS_OWN");
	bool readable = true;
	char path[64];
	DIR *proc;

	if (geteuid() == 0 || (own && !strcmp(own, "machine")))
		return true;
	proc = opendir("/proc");
	cr_assert_not_null(proc);
	for (struct dirent *e; (e = readdir(proc));) {
		snprintf(path, sizeof(path), "/proc/%d/fd", atoi(e->d_name));
		readable = readable && (access(path, R_OK) == 0 || errno != EACCES);
	}
	closedir(proc);
	return readable;
}

pid_t child_start_provable(void (*run)(void *data), void *data)
{
	if (!processes_are_readable())
		cr_skip_test("/proc shows processes of other users, and namespaces are refused");
	return child_start(run, data);
}

void child_end(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

bool child_await(pid_t pid, const struct snapshot_options *options, snapshot_predicate holds,
	const void *data, struct snapshot *ret_snapshot)
{
	int64_t until = time_now_ns() + 10 * NSEC_PER_SEC;
	struct timespec pause = { 0, 100000 };

	*ret_snapshot = (struct snapshot){ 0 };
	for (;;) {
		snapshot_done(ret_snapshot);
		if (snapshot_collect(pid, options, ret_snapshot) == 0 && holds(ret_snapshot, data))
			return true;
		if (time_now_ns() > until) {
			snapshot_print(ret_snapshot);
			return false;
		}
		nanosleep(&pause, NULL);
		if (pause.tv_nsec < 20 * NSEC_PER_MSEC)
			pause.tv_nsec *= 2;
	}
}

bool holds_root_waits(const struct snapshot *s, const void *data)
{
	const struct process *root = &s->processes[0];

	for (size_t i = 0; i < root->n_threads; i++)
		if (s->threads[i].wait == *(const enum wait_kind *)data)
			return true;
	return false;
}

bool holds_all_rest(const struct snapshot *s, const void *data)
{
	(void)data;
	for (size_t i = 0; i < s->n_threads; i++) {
		const struct thread *t = &s->threads[i];

		if (t->rest == REST_EXITING)
			continue;
		if (t->rest != REST_YES || t->n_objects == 0)
			return false;
		for (size_t j = 0; j < t->n_objects; j++)
			if (s->objects[t->objects[j]].external)
				return false;
	}
	return s->n_threads > 0;
}

bool holds_some_rest(const struct snapshot *s, const void *data)
{
	for (size_t i = 0; i < s->n_threads; i++)
		if (s->threads[i].rest == *(const enum rest *)data)
			return true;
	return false;
}

bool holds_some_external(const struct snapshot *s, const void *data)
{
	(void)data;
	for (size_t i = 0; i < s->n_threads; i++)
		for (size_t j = 0; j < s->threads[i].n_objects; j++)
			if (s->threads[i].rest == REST_YES &&
				s->objects[s->threads[i].objects[j]].external)
				return true;
	return false;
}

bool holds_timer_condition(const struct snapshot *s, const void *data)
{
	bool any = false;

	for (size_t i = 0; i < s->n_processes; i++)
		any = any || s->processes[i].timer_unless[0];
	return any && holds_all_rest(s, data);
}

const struct object *thread_object(const struct snapshot *s, const struct thread *t, size_t i)
{
	return i < t->n_objects ? &s->objects[t->objects[i]] : NULL;
}

bool object_wakes(const struct snapshot *s, const struct object *o, pid_t process)
{
	for (size_t i = 0; i < o->n_wakers; i++)
		if (s->processes[s->threads[o->wakers[i]].process].pid == process)
			return true;
	return false;
}

void snapshot_print(const struct snapshot *s)
{
	for (size_t i = 0; i < s->n_threads; i++) {
		const struct thread *t = &s->threads[i];

		fprintf(stderr, "%d/%d %s %c %s (%s), %s\n", (int)s->processes[t->process].pid,
			(int)t->tid, t->comm, t->state, rest_name(t->rest), t->rest_why,
			wait_kind_name(t->wait));
		for (size_t j = 0; j < t->n_objects; j++) {
			const struct object *o = &s->objects[t->objects[j]];

			fprintf(stderr, "    %s, %zu wakers, outside '%s'\n", o->name, o->n_wakers,
				o->external_why);
		}
	}
}

static bool no_timer_is_armed(void)
{
	cleanup(cleanup_close) int proc = procfs_open(".", O_RDONLY | O_DIRECTORY);
	cleanup(cleanup_free) char *text = NULL;
	ssize_t n = procfs_read_all(proc, "timer_list", &text);
	struct procfs_armed armed;

	return n > 0 && procfs_parse_timer_list(text, (size_t)n, &armed) == 0 && !armed.alarm &&
	       !armed.posix;
}

static bool holds_rest_or_is_held_up(const struct snapshot *s, const void *data)
{
	bool *held_up = *(bool *const *)data;
	bool rests = holds_all_rest(s, NULL) && !holds_timer_condition(s, NULL);

	*held_up = !rests && !no_timer_is_armed();
	return *held_up || rests;
}

void child_await_no_timer(
	pid_t pid, const struct snapshot_options *options, struct snapshot *ret_snapshot)
{
	bool held_up, *where = &held_up;

	cr_assert(child_await(pid, options, holds_rest_or_is_held_up, &where, ret_snapshot));
	if (!held_up)
		return;
	snapshot_done(ret_snapshot);
	child_end(pid);
	cr_skip_test("/proc/timer_list can't be read, or somebody has a timer armed");
}
