/* SPDX-License-Identifier: GPL-3.0-or-later */
/* keeper.c: the runner's side of a keeper. */
#include "runner/trial/keeper_page.h"

#include "runner/base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* Requests differ from trial to trial by little, but a new keeper costs a fork. */
#define ROOM_MIN ((size_t)256 * 1024)
/* How often the list of orphans is read while it changes. */
#define LIST_TRIES 100

struct keeper {
	struct keeper_page *page;
	pid_t pid;
	int channel, children;
};

/* --- the request --- */

static size_t strings_size(char *const *strings)
{
	size_t size = sizeof(char *);

	for (; *strings; strings++)
		size += sizeof(char *) + strlen(*strings) + 1;
	return size;
}

static size_t request_size(const struct spawn_request *q)
{
	return strlen(q->path) + 1 + strings_size(q->argv) + strings_size(q->env) +
	       q->inject.program.len * sizeof(struct sock_filter) + 4 * sizeof(char *);
}

static void *put(char **at, const void *from, size_t size)
{
	char *to = *at;

	memcpy(to, from, size);
	*at += (size + 15) & ~(size_t)15;
	return to;
}

static char *const *put_strings(char **at, char *const *strings)
{
	size_t n = 0;
	char **list, *text;

	while (strings[n])
		n++;
	list = put(at, strings, (n + 1) * sizeof(char *));
	text = *at;
	for (size_t i = 0; i < n; i++) {
		list[i] = text;
		text = stpcpy(text, strings[i]) + 1;
	}
	*at = text + (-(uintptr_t)text & 15);
	return list;
}

/* The mapping lies at the same address in both processes, so its pointers hold in both. */
static void put_request(struct keeper_page *page, const struct spawn_request *q)
{
	char *at = page->data;

	page->request = *q;
	page->request.path = put(&at, q->path, strlen(q->path) + 1);
	page->request.argv = put_strings(&at, q->argv);
	page->request.env = put_strings(&at, q->env);
	if (q->inject.program.len)
		page->request.inject.program.filter = put(&at, q->inject.program.filter,
			q->inject.program.len * sizeof(struct sock_filter));
}

bool keeper_fits(const struct keeper *k, const struct spawn_request *q)
{
	return request_size(q) + 64 <= k->page->room;
}

/* --- life --- */

static void close_all_but(int a, int b)
{
	int low = a < b ? a : b, high = a < b ? b : a;

	if (close_range(3, (unsigned int)low - 1, 0) < 0 && errno == ENOSYS) {
		for (int fd = 3; fd < (int)sysconf(_SC_OPEN_MAX) && fd < 1 << 16; fd++)
			if (fd != a && fd != b)
				close(fd);
		return;
	}
	if (low + 1 < high)
		close_range((unsigned int)low + 1, (unsigned int)high - 1, 0);
	close_range((unsigned int)high + 1, ~0U, 0);
}

/* In the new process: no descriptor of the runner's stays open here. */
static _Noreturn void become_keeper(
	struct keeper_page *page, const struct spawner *s, int channel, int null)
{
	/* Out of the way of 0, 1 and 2. */
	channel = fcntl(channel, F_DUPFD_CLOEXEC, 3);
	null = fcntl(null, F_DUPFD_CLOEXEC, 3);
	if (channel < 0 || null < 0)
		_exit(1);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	close_all_but(channel, null);
	close(null);
	keeper_main(page, s, channel);
}

static void free_mapping(struct keeper *k)
{
	if (k->page)
		munmap(k->page, sizeof(*k->page) + k->page->room);
	if (k->channel >= 0)
		close(k->channel);
	if (k->children >= 0)
		close(k->children);
	free(k);
}

static int fork_keeper(struct keeper *k, const struct spawner *s)
{
	int null cleanup(cleanup_close) = open("/dev/null", O_RDWR | O_CLOEXEC);
	int pair[2];

	if (null < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	k->channel = pair[0];
	k->pid = fork();
	if (!k->pid)
		become_keeper(k->page, s, pair[1], null);
	close(pair[1]);
	if (k->pid < 0)
		return -errno;
	k->children = spawn_children_open(k->pid);
	return k->children < 0 ? k->children : 0;
}

int keeper_new(const struct spawner *s, const struct spawn_request *q, struct keeper **ret_keeper)
{
	struct keeper *k = mem_alloc(sizeof(*k));
	size_t room = 2 * request_size(q);
	void *page;
	int r;

	if (room < ROOM_MIN)
		room = ROOM_MIN;
	*k = (struct keeper){ .channel = -1, .children = -1 };
	page = mmap(NULL, sizeof(*k->page) + room, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	r = page == MAP_FAILED ? -errno : 0;
	if (!r) {
		k->page = page;
		k->page->room = room;
		r = fork_keeper(k, s);
	}
	if (r < 0 && k->pid > 0)
		keeper_kill(k);
	else if (r < 0)
		free_mapping(k);
	else
		*ret_keeper = k;
	return r;
}

void keeper_kill(struct keeper *k)
{
	kill(k->pid, SIGKILL);
	while (waitpid(k->pid, NULL, 0) < 0 && errno == EINTR)
		;
	free_mapping(k);
}

void keeper_release(struct keeper *k)
{
	if (!k || k->channel < 0)
		return;
	close(k->channel);
	k->channel = -1;
}

/* One that its trial has stopped goes on. */
void keeper_free(struct keeper *k, int64_t until_ns)
{
	if (!k)
		return;
	keeper_release(k);
	while (!waitpid(k->pid, NULL, WNOHANG)) {
		kill(k->pid, SIGCONT);
		if (time_now_ns() > until_ns)
			break;
		usleep(200);
	}
	free_mapping(k);
}

/* --- trials --- */

static int send_order(struct keeper *k, int order, const int *fds, size_t n)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int[KEEPER_FDS_MAX]))];
	} control = { 0 };
	struct iovec iov = { &order, sizeof(order) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (n) {
		m.msg_control = &control;
		m.msg_controllen = CMSG_SPACE(n * sizeof(int));
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(&control.align), fds, n * sizeof(int));
	}
	while (sendmsg(k->channel, &m, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

void keeper_set_deadline(struct keeper *k, int64_t deadline_ns)
{
	int64_t backstop = deadline_ns < INT64_MAX - KEEPER_BACKSTOP_NS
				   ? deadline_ns + KEEPER_BACKSTOP_NS
				   : INT64_MAX;

	__atomic_store_n(&k->page->backstop_ns, backstop, __ATOMIC_SEQ_CST);
}

int keeper_start(struct keeper *k, const struct spawn_request *q, int64_t deadline_ns)
{
	const struct inject_child *c = &q->inject;
	int fds[KEEPER_FDS_MAX], r;
	size_t n = 0;

	put_request(k->page, q);
	keeper_set_deadline(k, deadline_ns);
	k->page->root = k->page->init = 0;
	fds[n++] = q->output;
	for (size_t i = 0; i < c->n_fds; i++)
		fds[n++] = c->fds[i];
	if (c->handover >= 0)
		fds[n++] = c->handover;
	__atomic_store_n(&k->page->phase, KEEPER_RUNNING, __ATOMIC_RELEASE);
	r = send_order(k, KEEPER_START, fds, n);
	if (r < 0)
		__atomic_store_n(&k->page->phase, KEEPER_IDLE, __ATOMIC_RELEASE);
	return r;
}

void keeper_end(struct keeper *k)
{
	send_order(k, KEEPER_END, NULL, 0);
}

int keeper_read(struct keeper *k, struct keeper_report *ret_report)
{
	ssize_t n = recv(k->channel, ret_report, sizeof(*ret_report), MSG_DONTWAIT);

	if (n == (ssize_t)sizeof(*ret_report))
		return 1;
	return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -EPIPE;
}

pid_t keeper_pid(const struct keeper *k)
{
	return k->pid;
}

int keeper_fd(const struct keeper *k)
{
	return k->channel;
}

pid_t keeper_root(const struct keeper *k)
{
	return __atomic_load_n(&k->page->root, __ATOMIC_SEQ_CST);
}

pid_t keeper_parent(const struct keeper *k)
{
	return k->page->init ? k->page->init : k->pid;
}

bool keeper_is_clearing(const struct keeper *k)
{
	return __atomic_load_n(&k->page->phase, __ATOMIC_ACQUIRE) == KEEPER_CLEARING;
}

/* The children of the keeper, or of the init of the trial's pid namespace. */
static int list_children(const struct keeper *k, pid_t *pids, int max)
{
	int list cleanup(cleanup_close) = -1;

	if (!k->page->init)
		return spawn_children(k->children, pids, (size_t)max);
	list = spawn_children_open(k->page->init);
	return list < 0 ? -1 : spawn_children(list, pids, (size_t)max);
}

static unsigned int count_reaped(const struct keeper *k)
{
	const struct keeper_page *page = k->page;

	return __atomic_load_n(
		page->init ? &page->inner.reaping : &page->reaping, __ATOMIC_SEQ_CST);
}

/* A child that is reaped while the list is read may hide another one: then it is read anew. */
int keeper_orphans(const struct keeper *k, pid_t *pids, int max)
{
	for (int i = 0; i < LIST_TRIES; i++) {
		unsigned int before = count_reaped(k);
		pid_t root = keeper_root(k);
		int n = list_children(k, pids, max), kept = 0;

		if (before % 2 || before != count_reaped(k))
			continue;
		for (int c = 0; c < n; c++)
			if (pids[c] != root && !zygotes_have(&k->page->zygotes, pids[c]))
				pids[kept++] = pids[c];
		return n < 0 ? n : kept;
	}
	return -1;
}
