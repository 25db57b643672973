/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/lint/lint.h"

#include "lib/protocol.h"
#include "runner/proc/facts.h"
#include "runner/proc/open.h"
#include "runner/snapshot/snapshot.h"
#include "runner/explain/explain.h"
#include "runner/explain/unwind.h"
#include "runner/base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#define MAX_NAMES 16

struct lint_child {
	int fd;
	pid_t pid, forker;
	struct symbols *symbols; /* NULL until needed */
	char *fork;
	char **held;
	size_t n_held, cap_held;
};

static void free_lines(char **lines, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(lines[i]);
	free(lines);
}

static void add_line(char ***lines, size_t *n, size_t *cap, char *line)
{
	*lines = mem_grow(*lines, *n, cap, sizeof(**lines));
	(*lines)[(*n)++] = line;
}

static void child_done(struct lint_child *c)
{
	close(c->fd);
	symbols_free(c->symbols);
	free(c->fork);
	free_lines(c->held, c->n_held);
}

/* --- in words --- */

struct names {
	pid_t pid;
	char *text;
	int left;
};

static int add_name(void *data, int tid)
{
	struct names *n = data;
	char comm[PROCFS_COMM_SIZE], *longer;

	procfs_read_comm(n->pid, tid, comm);
	longer = mem_printf("%s %d \"%s\"", n->text, tid, comm);
	free(n->text);
	n->text = longer;
	return --n->left == 0;
}

static char *fork_text(pid_t child, const struct hangrate_lint *m)
{
	struct names n = { .pid = procfs_read_parent(child), .left = MAX_NAMES };
	char *path cleanup(cleanup_free) = mem_printf("%d/task", (int)n.pid);
	int dir cleanup(cleanup_close) = procfs_open(path, O_RDONLY | O_DIRECTORY);

	n.text = mem_printf("fork in thread %d of process %d; %" PRIu32 " threads alive:",
		(int)m->tid, (int)n.pid, m->count);
	if (dir >= 0)
		procfs_each_number(dir, add_name, &n);
	return n.text;
}

static struct symbols *symbols_of(struct lint_child *c)
{
	if (!c->symbols && symbols_open(c->pid, &c->symbols) < 0)
		c->symbols = NULL;
	return c->symbols;
}

static char *place_text(struct lint_child *c, uint64_t address)
{
	return symbols_of(c) ? explain_address(c->symbols, address)
			     : mem_printf("0x%" PRIx64, address);
}

static char *lock_text(struct lint_child *c, uint64_t object)
{
	bool symbol;

	return symbols_of(c) ? symbols_name_data(c->symbols, object, &symbol)
			     : mem_printf("0x%" PRIx64, object);
}

/* What the target sends is no string until it is made one. */
static char *function_text(const struct hangrate_lint *m)
{
	char *s = mem_strndup(m->function, sizeof(m->function));

	for (char *p = s; *p; p++)
		if (*p <= ' ' || *p > '~')
			*p = '?';
	return s;
}

static void add_held(struct lint_child *c, const struct hangrate_lint *m)
{
	char *lock cleanup(cleanup_free) = lock_text(c, m->object);
	char *place cleanup(cleanup_free) = place_text(c, m->address);
	char *function cleanup(cleanup_free) = function_text(m);

	add_line(&c->held, &c->n_held, &c->cap_held,
		mem_printf("%s, by thread %d, taken with %s in %s", lock, (int)m->tid, function,
			place));
}

static char *what_text(struct lint_child *c, const struct hangrate_lint *m)
{
	char *function cleanup(cleanup_free) = function_text(m);
	char *lock cleanup(cleanup_free) = NULL, *place cleanup(cleanup_free) = NULL;

	if (m->kind == HANGRATE_LINT_CALLED)
		return mem_printf("the child calls %s, which is not async-signal-safe", function);
	lock = lock_text(c, m->object);
	place = place_text(c, m->taken);
	if (m->tid && m->tid == c->forker)
		return mem_printf(
			"the child takes %s (%s), which the thread that forked held since %s", lock,
			function, place);
	if (m->tid)
		return mem_printf(
			"the child takes %s (%s), which thread %d held at the fork since %s", lock,
			function, (int)m->tid, place);
	return mem_printf(
		"the child takes %s (%s), which other threads take too (in %s) and no fork handler holds",
		lock, function, place);
}

static void add_stack(struct lint_child *c, struct lint_finding *f)
{
	struct snapshot_options options = { .complete = true };
	struct unwind_stack stack = { 0 };
	struct symbols *symbols; /* of its own: a session is attached once */
	struct snapshot s;
	struct unwind *u;

	if (symbols_open(c->pid, &symbols) < 0)
		return;
	if (snapshot_collect(c->pid, &options, &s) < 0) {
		symbols_free(symbols);
		return;
	}
	u = unwind_new(symbols, c->pid, true);
	if (s.n_threads)
		unwind_thread(u, &s.threads[0], true, &stack);
	/* The innermost is the system call in which our preload, left out already, waits for us. */
	for (size_t i = 1; i < stack.n; i++)
		add_line(
			&f->stack, &f->n_stack, &f->cap_stack, unwind_frame_text(&stack.frames[i]));
	unwind_stack_done(&stack);
	unwind_free(u);
	symbols_free(symbols);
	snapshot_done(&s);
}

static bool same_call(const struct lint_finding *f, const char *what, const char *place)
{
	return !strcmp(f->what, what) && f->n_stack && !strcmp(f->stack[0], place);
}

static void add_finding(struct lint *l, struct lint_child *c, const struct hangrate_lint *m)
{
	char *what = what_text(c, m), *place = place_text(c, m->address);
	struct lint_finding *f;

	for (size_t i = 0; i < l->n_findings; i++) {
		if (!same_call(&l->findings[i], what, place))
			continue;
		l->findings[i].count++;
		free(what);
		free(place);
		return;
	}
	l->findings = mem_grow(l->findings, l->n_findings, &l->cap_findings, sizeof(*f));
	f = &l->findings[l->n_findings++];
	f->what = what;
	f->count = 1;
	f->fork = mem_strdup(c->fork);
	for (size_t i = 0; i < c->n_held; i++)
		add_line(&f->held, &f->n_held, &f->cap_held, mem_strdup(c->held[i]));
	add_stack(c, f);
	if (f->n_stack)
		free(place);
	else
		add_line(&f->stack, &f->n_stack, &f->cap_stack, place);
	f->fold = lint_fold(f->stack, f->n_stack);
}

/* --- connections --- */

int lint_init(struct lint *l)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	socklen_t len;

	*l = (struct lint){ 0 };
	l->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->listener < 0)
		return -errno;
	snprintf(l->name, sizeof(l->name), "hangrate-lint-%d-%" PRIx64, (int)getpid(),
		(uint64_t)time_now_ns());
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(l->name));
	memcpy(a.sun_path + 1, l->name, strlen(l->name));
	if (bind(l->listener, (struct sockaddr *)&a, len) < 0 || listen(l->listener, 128) < 0) {
		close(l->listener);
		return -errno;
	}
	return 0;
}

static void finding_done(struct lint_finding *f)
{
	free(f->what);
	free(f->fork);
	free_lines(f->held, f->n_held);
	free_lines(f->stack, f->n_stack);
}

void lint_done(struct lint *l)
{
	for (size_t i = 0; i < l->n_children; i++)
		child_done(&l->children[i]);
	free(l->children);
	free(l->watched);
	for (size_t i = 0; i < l->n_findings; i++)
		finding_done(&l->findings[i]);
	free(l->findings);
	close(l->listener);
}

static void accept_child(struct lint *l)
{
	int fd = accept4(l->listener, NULL, NULL, SOCK_CLOEXEC);
	struct ucred cred;
	socklen_t len = sizeof(cred);
	struct lint_child *c;

	if (fd < 0)
		return;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0) {
		close(fd);
		return;
	}
	l->children = mem_grow(l->children, l->n_children, &l->cap_children, sizeof(*c));
	c = &l->children[l->n_children++];
	c->fd = fd;
	c->pid = cred.pid;
	c->fork = mem_strdup("fork");
}

/* A child that closed its line and came back is one fork. */
static void count_fork(struct lint *l, pid_t child, uint32_t threads)
{
	for (size_t i = 0; i < l->n_watched; i++)
		if (l->watched[i] == child)
			return;
	l->watched = mem_grow(l->watched, l->n_watched, &l->cap_watched, sizeof(*l->watched));
	l->watched[l->n_watched++] = child;
	l->n_forks++;
	if (threads > l->most_threads)
		l->most_threads = threads;
}

/* false: it has executed something or is gone. */
static bool hear(struct lint *l, struct lint_child *c)
{
	struct hangrate_lint m;
	ssize_t n = recv(c->fd, &m, sizeof(m), MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n != sizeof(m))
		return false;
	switch (m.kind) {
	case HANGRATE_LINT_FORKED:
		free(c->fork);
		c->fork = fork_text(c->pid, &m);
		c->forker = m.tid;
		count_fork(l, c->pid, m.count);
		break;
	case HANGRATE_LINT_HELD:
		add_held(c, &m);
		break;
	case HANGRATE_LINT_CALLED:
	case HANGRATE_LINT_LOCKED:
		add_finding(l, c, &m);
		break;
	default:
		return false;
	}
	return send(c->fd, "", 1, MSG_NOSIGNAL) == 1;
}

int lint_serve(struct lint *l, int fd, int timeout_ms)
{
	size_t n = l->n_children + 2;
	struct pollfd *p cleanup(cleanup_free) = mem_alloc(n * sizeof(*p));
	int r;

	p[0] = (struct pollfd){ fd, POLLIN, 0 };
	p[1] = (struct pollfd){ l->listener, POLLIN, 0 };
	for (size_t i = 0; i < l->n_children; i++)
		p[i + 2] = (struct pollfd){ l->children[i].fd, POLLIN, 0 };
	r = poll(p, n, timeout_ms);
	if (r <= 0)
		return r < 0 ? -errno : -ETIMEDOUT;
	/* From the end, so that removing one moves only those that were served. */
	for (size_t i = l->n_children; i-- > 0;) {
		if (!p[i + 2].revents || hear(l, &l->children[i]))
			continue;
		child_done(&l->children[i]);
		l->children[i] = l->children[--l->n_children];
	}
	if (p[1].revents)
		accept_child(l);
	return p[0].revents ? 1 : 0;
}
