/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The cheap first look: one small file a thread, until the first that runs or waits with a time
 * limit. Says nothing about who could wake whom.
 */
#include <errno.h>
#include <fcntl.h>

#include "runner/proc/procfs.h"
#include "runner/proc/open.h"
#include "runner/snapshot/snapshot.h"
#include "runner/snapshot/call.h"
#include "runner/base/util.h"

#define NAME_SIZE 48
/* More processes than this: let the collect do it. */
#define MAX_PROBE 256

struct look {
	pid_t pids[MAX_PROBE];
	size_t n_pids;
	int tasks;
	char buffer[16384];
};

static bool call_may_rest(const struct procfs_syscall *s)
{
	struct call call;

	if (s->running || s->nr < 0)
		return false;
	call_decode(s->nr, s->args, &call);
	return call.kind == CALL_WAITS;
}

static void look_push(struct look *l, pid_t pid)
{
	if (l->n_pids < MAX_PROBE)
		l->pids[l->n_pids++] = pid;
}

/* An ended leader has no call any more: -1 with no stack. It blocks no proof. */
static int look_thread(void *data, int tid)
{
	struct look *l = data;
	struct procfs_syscall call;
	char name[NAME_SIZE];
	struct scan text;
	ssize_t n;
	pid_t pid;

	procfs_name(name, sizeof(name), "", tid, "/syscall");
	n = procfs_read_record(l->tasks, name, l->buffer, sizeof(l->buffer));
	if (n == -EACCES || n == -EPERM) /* it may have ended: who collects looks closer */
		return 0;
	if (n < 0 || procfs_parse_syscall(l->buffer, (size_t)n, &call) < 0)
		return n == -ESRCH ? 0 : 1;
	if (!call_may_rest(&call) && !(call.nr == -1 && call.sp == 0 && !call.running))
		return 1;
	procfs_name(name, sizeof(name), "", tid, "/children");
	n = procfs_read(l->tasks, name, l->buffer, sizeof(l->buffer));
	text = scan_text(l->buffer, n > 0 ? (size_t)n : 0);
	while (procfs_next_pid(&text, &pid))
		look_push(l, pid);
	return 0;
}

static bool look_process(struct look *l, int proc, pid_t pid)
{
	char name[NAME_SIZE];
	int r;

	procfs_name(name, sizeof(name), "", pid, "/task");
	l->tasks = openat(proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l->tasks < 0)
		return errno == ENOENT;
	r = procfs_each_number(l->tasks, look_thread, l);
	close(l->tasks);
	return r <= 0;
}

bool snapshot_worth_collecting(pid_t root, const struct snapshot_options *options)
{
	cleanup(cleanup_close) int proc = procfs_open(".", O_RDONLY | O_DIRECTORY);
	struct look l;
	bool worth = proc >= 0;

	l.n_pids = 0;
	look_push(&l, root);
	for (size_t i = 0; options && i < options->n_extra; i++)
		look_push(&l, options->extra[i]);
	for (size_t i = 0; worth && i < l.n_pids; i++)
		worth = look_process(&l, proc, l.pids[i]);
	return worth;
}
