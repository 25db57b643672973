/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * System calls on any descriptor (read, write and their kin): which kind of wait they are is up to
 * the file, so they belong to no kind. The kinds say which files are theirs (wait_ops.takes).
 */
#include <sys/socket.h>
#include <sys/sysmacros.h>

#include "runner/snapshot/internal.h"
#include "runner/snapshot/wait/wait.h"

/* What no kind of wait takes, in words: "a terminal, /dev/pts/3". */
static void describe(struct collect *c, size_t process, const struct fd_entry *e, char ret_text[64])
{
	static const char *const kinds[] = {
		[PROCFS_LINK_PATH] = "a file",
		[PROCFS_LINK_TIMERFD] = "a timer",
		[PROCFS_LINK_SIGNALFD] = "a signalfd",
		[PROCFS_LINK_PIDFD] = "a pidfd",
		[PROCFS_LINK_EPOLL] = "an epoll",
		[PROCFS_LINK_IO_URING] = "an io_uring",
		[PROCFS_LINK_OTHER] = "a file of another kind",
	};
	const char *kind =
		e->kind < ARRAY_SIZE(kinds) && kinds[e->kind] ? kinds[e->kind] : "a file";
	char name[48], link[48] = "";
	ssize_t n;

	if (e->kind == PROCFS_LINK_PATH && S_ISCHR(e->type))
		/* Consoles, terminals of their own, and the slaves of pseudo-terminals. */
		kind = major(e->rdev) == 4 || major(e->rdev) == 5 || major(e->rdev) / 8 == 17
			       ? "a terminal"
			       : "a device";
	if (e->kind == PROCFS_LINK_PATH) {
		procfs_name(name, sizeof(name), "fd/", e->fd, "");
		n = readlinkat(c->aux[process].live, name, link, sizeof(link) - 1);
		link[n > 0 ? n : 0] = '\0';
	}
	snprintf(ret_text, 64, "%s%s%.40s", kind, link[0] ? ", " : "", link);
}

void resolve_entry(
	struct collect *c, size_t thread, const struct fd_entry *e, bool writes, bool polled)
{
	const struct wait_ops *ops = wait_ops_of_fd(e);
	struct thread *t = &c->s->threads[thread];
	char text[64];

	if (ops) {
		ops->resolve(c, thread, e, writes, polled);
		return;
	}
	describe(c, t->process, e, text);
	t->timerfd = t->timerfd || e->kind == PROCFS_LINK_TIMERFD;
	thread_mark_runnable(t, REST_EXTERNAL, "waits on fd %d, %s", e->fd, text);
}

/* sendto() and sendmsg() with an address go to whom the address says. */
static bool names_receiver(struct collect *c, const struct thread *t)
{
	struct msghdr m;

	if (t->syscall_nr == SYS_sendto)
		return t->args[4] != 0;
	if (t->syscall_nr == SYS_sendmsg || t->syscall_nr == SYS_sendmmsg)
		return memory_read(c, t->process, t->args[1], &m, sizeof(m)) < 0 || m.msg_name;
	return false;
}

static void resolve_call(struct collect *c, size_t thread, const struct call *call)
{
	bool accepts = call->access == ACCESS_ACCEPT;
	struct thread *t = &c->s->threads[thread];
	const struct fd_entry *e = thread_fd(c, thread, call->fd);

	t->wait_fd = call->fd;
	if (!e) {
		thread_mark_runnable(
			t, REST_UNREADABLE, "%s: fd %d is not open any more", call->name, call->fd);
	} else if (accepts || call->access == ACCESS_CONNECT) {
		t->wait = accepts ? WAIT_SOCK_ACCEPT : WAIT_SOCK_CONNECT;
		if (e->kind == PROCFS_LINK_SOCKET)
			resolve_socket(c, thread, e, t->wait, false);
		else
			thread_mark_runnable(t, REST_UNREADABLE, "%s: fd %d is no socket any more",
				call->name, call->fd);
	} else if (names_receiver(c, t)) {
		t->wait = WAIT_SOCK_WRITE;
		thread_mark_runnable(t, REST_EXTERNAL, "%s to an address", call->name);
	} else {
		resolve_entry(c, thread, e, call->access == ACCESS_WRITE, false);
	}
}

static void decode_write(const uint64_t a[6], struct call *c)
{
	c->fd = (int)a[0];
	c->access = ACCESS_WRITE;
}

static void decode_accept(const uint64_t a[6], struct call *c)
{
	c->fd = (int)a[0];
	c->access = ACCESS_ACCEPT;
}

static void decode_connect(const uint64_t a[6], struct call *c)
{
	c->fd = (int)a[0];
	c->access = ACCESS_CONNECT;
}

static void decode_recvmmsg(const uint64_t a[6], struct call *c)
{
	c->fd = (int)a[0];
	if (a[4])
		call_set_timed(c, "timeout");
}

static const struct wait_call calls[] = {
	WAIT_CALL(read, call_decode_fd, resolve_call),
	WAIT_CALL(write, decode_write, resolve_call),
	WAIT_CALL(readv, call_decode_fd, resolve_call),
	WAIT_CALL(writev, decode_write, resolve_call),
	WAIT_CALL(preadv2, call_decode_fd, resolve_call),
	WAIT_CALL(pwritev2, decode_write, resolve_call),
	WAIT_CALL(recvfrom, call_decode_fd, resolve_call),
	WAIT_CALL(recvmsg, call_decode_fd, resolve_call),
	WAIT_CALL(recvmmsg, decode_recvmmsg, resolve_call),
	WAIT_CALL(sendto, decode_write, resolve_call),
	WAIT_CALL(sendmsg, decode_write, resolve_call),
	WAIT_CALL(sendmmsg, decode_write, resolve_call),
	WAIT_CALL(accept, decode_accept, resolve_call),
	WAIT_CALL(accept4, decode_accept, resolve_call),
	WAIT_CALL(connect, decode_connect, resolve_call),
};

WAIT_OPS(wait_descriptor_ops, calls, NULL, NULL, NULL, NULL, NULL, NULL);
