/* SPDX-License-Identifier: GPL-3.0-or-later */
/* zygote.c: in the keeper nothing allocates, locks or writes to a stream (keeper_main.c). */
#include "runner/trial/zygote.h"

#include "lib/protocol.h"
#include "runner/base/hash.h"
#include "runner/base/util.h"
#include "runner/trial/keeper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* How long a program may take to reach main(), and a zygote to fork. */
#define HELLO_LIMIT_MS 10000
#define FORK_LIMIT_MS 5000

static const char prefix[] = "HANGRATE_";

/* --- the table --- */

bool zygotes_have(const struct zygotes *z, pid_t pid)
{
	for (unsigned int i = 0; i < ZYGOTES_MAX; i++)
		if (pid && __atomic_load_n(&z->all[i].pid, __ATOMIC_SEQ_CST) == pid)
			return true;
	return false;
}

static void forget(struct zygotes *z, struct zygote *g)
{
	if (!g->pid)
		return;
	close(g->socket);
	z->n--;
	__atomic_store_n(&g->pid, 0, __ATOMIC_SEQ_CST);
}

void zygotes_reaped(struct zygotes *z, pid_t pid)
{
	for (unsigned int i = 0; i < ZYGOTES_MAX; i++)
		if (z->all[i].pid == pid) {
			forget(z, &z->all[i]);
			z->all[i].key = 0;
		}
}

/* It sleeps in a read of ours, or has not reached main(). */
static void end(struct zygotes *z, struct zygote *g)
{
	if (!g->pid)
		return;
	kill(-g->pid, SIGKILL);
	kill(g->pid, SIGKILL);
	while (waitpid(g->pid, NULL, 0) < 0 && errno == EINTR)
		;
	forget(z, g);
}

void zygotes_end(struct zygotes *z)
{
	for (unsigned int i = 0; i < ZYGOTES_MAX; i++) {
		end(z, &z->all[i]);
		z->all[i].key = 0;
	}
}

/* The one of that key, or a place for it. */
static struct zygote *find(struct zygotes *z, uint64_t key)
{
	struct zygote *oldest = &z->all[0];

	for (unsigned int i = 0; i < ZYGOTES_MAX; i++) {
		if (z->all[i].key == key)
			return &z->all[i];
		if (z->all[i].used < oldest->used)
			oldest = &z->all[i];
	}
	end(z, oldest);
	*oldest = (struct zygote){ .key = key };
	return oldest;
}

/* --- a new one --- */

/* True: a message is there. False: it takes too long, or the runner wants something else. */
static bool wait_message(int socket, int channel, int limit_ms)
{
	struct pollfd p[] = { { .fd = socket, .events = POLLIN },
		{ .fd = channel, .events = POLLIN } };
	int64_t until = time_now_ns() + limit_ms * NSEC_PER_MSEC, left;

	for (;;) {
		left = until - time_now_ns();
		if (left <= 0)
			return false;
		if (poll(p, 2, (int)(left / NSEC_PER_MSEC) + 1) < 0 && errno != EINTR)
			return false;
		if (p[0].revents)
			return true;
		if (p[1].revents)
			return false;
	}
}

static int start(struct zygotes *z, struct zygote *g, const struct spawner *s,
	const struct spawn_request *q, struct spawn_stack *stack)
{
	struct spawn_request own = *q;
	int pair[2], error = 0, r;
	pid_t pid = 0;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	own.inject =
		(struct inject_child){ .fds = { HANGRATE_ZYGOTE_FD }, .n_fds = 1, .handover = -1 };
	own.inject_at[0] = pair[1];
	r = spawn_trial(s, &own, stack, &pid, &error);
	close(pair[1]);
	if (r < 0) {
		close(pair[0]);
		return r;
	}
	g->socket = pair[0];
	z->n++;
	__atomic_store_n(&g->pid, pid, __ATOMIC_SEQ_CST);
	if (error)
		end(z, g);
	return error;
}

/* Another process may have inherited the socket: of a shell script, say. */
static int hear_hello(struct zygotes *z, struct zygote *g, int channel)
{
	struct hangrate_zygote_hello hello = { 0 };

	g->refusal = HANGRATE_ZYGOTE_SILENT;
	if (wait_message(g->socket, channel, HELLO_LIMIT_MS) &&
		recv(g->socket, &hello, sizeof(hello), MSG_DONTWAIT) == sizeof(hello) &&
		hello.magic == HANGRATE_ZYGOTE_MAGIC && hello.pid == g->pid) {
		g->refusal = hello.refusal;
		g->detail = hello.detail;
	}
	if (!g->refusal)
		return 0;
	end(z, g);
	return -ENOTSUP;
}

/* --- a trial --- */

/* False: there is no room. */
static bool put_env(struct hangrate_zygote_order *order, char *const *env)
{
	size_t at = 0;

	for (; *env; env++) {
		size_t size = strlen(*env) + 1;

		if (strncmp(*env, prefix, sizeof(prefix) - 1) ||
			!strncmp(*env, HANGRATE_ENV_ZYGOTE "=", sizeof(HANGRATE_ENV_ZYGOTE)))
			continue;
		if (at + size + 2 > sizeof(order->env))
			return false;
		memcpy(order->env + at, *env, size);
		at += size;
	}
	order->env[at] = '\0';
	return true;
}

static int send_order(const struct zygote *g, const struct spawn_request *q)
{
	static struct hangrate_zygote_order order;
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int[1 + HANGRATE_ZYGOTE_FDS]))];
	} control = { 0 };
	struct iovec iov = { &order, sizeof(order) - 1 };
	size_t n = q->inject.n_fds;
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control };
	int fds[1 + HANGRATE_ZYGOTE_FDS] = { q->output };

	order = (struct hangrate_zygote_order){ .magic = HANGRATE_ZYGOTE_MAGIC,
		.n_fds = (uint32_t)n };
	if (!put_env(&order, q->env) || n > HANGRATE_ZYGOTE_FDS)
		return -E2BIG;
	for (size_t i = 0; i < n; i++) {
		order.numbers[i] = q->inject.fds[i];
		fds[1 + i] = q->inject_at[i];
	}
	m.msg_controllen = CMSG_SPACE((1 + n) * sizeof(int));
	control.align.cmsg_level = SOL_SOCKET;
	control.align.cmsg_type = SCM_RIGHTS;
	control.align.cmsg_len = CMSG_LEN((1 + n) * sizeof(int));
	memcpy(CMSG_DATA(&control.align), fds, (1 + n) * sizeof(int));
	while (sendmsg(g->socket, &m, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

/* -EPIPE: it has ended. */
static int hear_pid(const struct zygote *g, int channel)
{
	int32_t pid;
	ssize_t n;

	if (!wait_message(g->socket, channel, FORK_LIMIT_MS))
		return -ETIMEDOUT;
	n = recv(g->socket, &pid, sizeof(pid), MSG_DONTWAIT);
	if (n == sizeof(pid))
		return pid;
	return n == 0 || (n < 0 && errno == ECONNRESET) ? -EPIPE : -EPROTO;
}

static int fork_one(struct zygotes *z, struct zygote *g, const struct spawn_request *q, int channel)
{
	int r = send_order(g, q);

	if (!r)
		r = hear_pid(g, channel);
	if (r > 0)
		return r;
	end(z, g); /* whatever it is doing: the next trial gets a new one */
	g->key = 0;
	return r;
}

static int start_and_hear(struct zygotes *z, struct zygote *g, const struct spawner *s,
	const struct spawn_request *q, struct spawn_stack *stack, int channel)
{
	int r = start(z, g, s, q, stack);

	return r ? r : hear_hello(z, g, channel);
}

static pid_t spawn_once(struct zygotes *z, struct zygote *g, const struct spawner *s,
	const struct spawn_request *q, struct spawn_stack *stack, int channel)
{
	int r = g->refusal ? -ENOTSUP : 0;

	g->used = ++z->clock;
	if (!r && !g->pid)
		r = start_and_hear(z, g, s, q, stack, channel);
	return r ? r : fork_one(z, g, q, channel);
}

/*
 * The trial before may have killed its zygote, and the kill may still be on its way: what it meets
 * forks no more (do_exit() closes the socket), so the order can go to another.
 */
pid_t zygotes_spawn(struct zygotes *z, const struct spawner *s, const struct spawn_request *q,
	struct spawn_stack *stack, int channel, struct keeper_report *report)
{
	struct zygote *g = find(z, q->zygote_key);
	bool had_served = g->pid;
	pid_t r = spawn_once(z, g, s, q, stack, channel);

	if (r == -EPIPE && had_served) {
		g = find(z, q->zygote_key);
		r = spawn_once(z, g, s, q, stack, channel);
	}
	report->refusal = g->refusal;
	report->refusal_detail = g->detail;
	return r;
}

/* --- in the runner --- */

uint64_t zygote_key(const struct spawn_request *q)
{
	uint64_t key = hash_string(HASH_START, q->path);

	for (char *const *a = q->argv; *a; a++)
		key = hash_string(key, *a);
	for (char *const *e = q->env; *e; e++)
		if (!strncmp(*e, prefix, sizeof(prefix) - 1))
			key = hash_words(key, *e, strcspn(*e, "="));
	return key ? key : 1;
}

char *zygote_describe(int refusal, int detail)
{
	static const char *const why[HANGRATE_ZYGOTE_REFUSALS] = {
		[HANGRATE_ZYGOTE_READY] = "",
		[HANGRATE_ZYGOTE_THREADS] = "has %d threads before main()",
		[HANGRATE_ZYGOTE_CHILDREN] = "has child processes before main()",
		[HANGRATE_ZYGOTE_DESCRIPTORS] = "has descriptor %d open before main()",
		[HANGRATE_ZYGOTE_SHARED] = "has writable shared memory before main()",
		[HANGRATE_ZYGOTE_TIMERS] = "has an armed timer before main()",
		[HANGRATE_ZYGOTE_LOCKED] = "has locked memory before main()",
		[HANGRATE_ZYGOTE_UNKNOWN] =
			"does not let itself be forked: /proc, the kernel or the libc do not tell what that needs",
		[HANGRATE_ZYGOTE_SILENT] = "did not come to main()",
	};
	const char *at;

	if (refusal <= 0 || refusal >= HANGRATE_ZYGOTE_REFUSALS)
		return mem_strdup("cannot be forked");
	at = strstr(why[refusal], "%d");
	if (!at)
		return mem_strdup(why[refusal]);
	return mem_printf("%.*s%d%s", (int)(at - why[refusal]), why[refusal], detail, at + 2);
}
