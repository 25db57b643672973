/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sockets: who is at the other end, and can the kernel alone still move something.
 *
 * A time limit that hangs on the socket (SO_RCVTIMEO) and the ends of a TCP connection are not in
 * /proc: the descriptor is duplicated for a moment and asked. Where that is refused, the thread is
 * not at rest. Holders of the socket's own end count as wakers too: they may shut it down.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>

#include "runner/snapshot/internal.h"
#include "runner/snapshot/place.h"
#include "runner/snapshot/wait/tcp.h"
#include "runner/snapshot/wait/wait.h"
#include "runner/proc/sockdiag.h"
#include "runner/proc/socket.h"

struct sock {
	struct collect *c;
	size_t thread;
	const struct fd_entry *e;
	enum wait_kind wait;
	bool polled; /* by poll: the socket's own time limits do not apply */
	int fd;      /* ours */
	int netlink;
	int domain, type, protocol, listens;
};

static bool is_socket(const struct fd_entry *e)
{
	return e->kind == PROCFS_LINK_SOCKET;
}

/* Of either end. */
static bool holds(const struct object *o, pid_t tid, const struct fd_entry *e)
{
	(void)tid;
	return is_socket(e) && (e->inode == o->inode || e->inode == o->peer_inode);
}

static struct thread *waiter(const struct sock *s)
{
	return &s->c->s->threads[s->thread];
}

static void external(const struct sock *s, const char *why)
{
	thread_mark_runnable(waiter(s), REST_EXTERNAL, "%s of fd %d: %s", wait_kind_name(s->wait),
		s->e->fd, why);
}

/* A netlink socket for the namespace that the waiter is in; one a collect for our own. */
int netlink_for(struct collect *c, size_t process)
{
	char mine[64], its[64];
	ssize_t n = procfs_read_link(c->proc, "self/ns/net", mine, sizeof(mine));
	ssize_t m = procfs_read_link(c->aux[process].live, "ns/net", its, sizeof(its));

	if (n <= 0 || m <= 0)
		return -EACCES;
	if (n != m || memcmp(mine, its, (size_t)n) != 0) {
		if (c->aux[process].netlink <= 0)
			c->aux[process].netlink = sockdiag_open(c->aux[process].pidfd);
		return c->aux[process].netlink;
	}
	if (c->netlink <= 0)
		c->netlink = sockdiag_open(-1);
	return c->netlink;
}

static struct object *socket_object(struct sock *s, uint64_t peer_inode)
{
	struct object key = {
		.kind = OBJECT_SOCKET,
		.wait = s->wait,
		.inode = s->e->inode,
	};
	bool new;
	size_t o = object_intern(s->c, &key, &new);

	thread_add_object(s->c, s->thread, o);
	if (new) {
		s->c->s->objects[o].peer_inode = peer_inode;
		object_add_holders(s->c, o, holds);
	}
	return &s->c->s->objects[o];
}

static bool peer_is_held(struct sock *s, uint64_t peer)
{
	const struct object key = { .kind = OBJECT_SOCKET, .inode = peer };

	for (size_t i = 0; i < s->c->s->n_processes; i++) {
		const struct fd_table *t = process_fds(s->c, i);

		for (size_t j = 0; j < t->n; j++)
			if (holds(&key, 0, &t->entries[j]))
				return true;
	}
	return false;
}

/* The peer's queue is full, not the socket's own buffer. */
static bool waits_for_peer(const struct sock *s)
{
	char name[48], text[64];
	ssize_t n;

	procfs_name(name, sizeof(name), "task/", waiter(s)->tid, "/wchan");
	n = procfs_read_record(s->c->aux[waiter(s)->process].dir, name, text, sizeof(text));
	return n > 0 && place_fits("unix_wait_for_peer", text, (size_t)n);
}

static void resolve_unix(struct sock *s)
{
	struct sockdiag_unix mine, other;
	struct object *o;

	if (s->wait != WAIT_SOCK_READ && s->wait != WAIT_SOCK_WRITE) {
		external(s, "Unix socket with a name");
		return;
	}
	if (sockdiag_ask_unix(s->netlink, s->e->inode, &mine) < 0) {
		external(s, "the kernel does not say who the peer is");
		return;
	}
	/* Any process that knows the name may send a datagram; without one only the peer can. */
	if (s->type == SOCK_DGRAM && s->wait == WAIT_SOCK_READ && mine.named) {
		external(s, "datagram socket with a name");
		return;
	}
	/* Its own buffer also holds what it has sent to others, who may read it. */
	if (s->type == SOCK_DGRAM && s->wait == WAIT_SOCK_WRITE && !waits_for_peer(s))
		thread_set_unless(waiter(s), "somebody else reads what the socket has sent him");
	if (!mine.peer || sockdiag_ask_unix(s->netlink, mine.peer, &other) < 0) {
		external(s, "has no peer");
		return;
	}
	if (!peer_is_held(s, mine.peer)) {
		external(s, "its peer is not in the tree");
		return;
	}
	o = socket_object(s, mine.peer);
	o->sendq = mine.sendq;
	o->recvq = mine.recvq;
	o->peer_sendq = other.sendq;
	o->peer_recvq = other.recvq;
	snprintf(o->name, sizeof(o->name), "unix %s [%llu]-[%llu]",
		s->type == SOCK_STREAM  ? "stream"
		: s->type == SOCK_DGRAM ? "dgram"
					: "seqpacket",
		(unsigned long long)mine.inode, (unsigned long long)mine.peer);
}

static void end_name(const struct sockaddr_storage *a, char *buffer, size_t size)
{
	char text[INET6_ADDRSTRLEN];

	if (a->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)a;

		inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text));
		snprintf(buffer, size, "%s:%u", text, ntohs(in->sin_port));
	} else {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)a;

		inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text));
		snprintf(buffer, size, "[%s]:%u", text, ntohs(in6->sin6_port));
	}
}

static void resolve_tcp(struct sock *s)
{
	struct sockaddr_storage local = { 0 }, peer = { 0 };
	socklen_t local_n = sizeof(local), peer_n = sizeof(peer);
	char from[64], to[64];
	struct sockdiag_inet mine, other;
	const char *motion;
	struct object *o;

	if (s->wait != WAIT_SOCK_READ && s->wait != WAIT_SOCK_WRITE) {
		/* A connection attempt ends by itself when its retries are used up. */
		thread_mark_runnable(waiter(s), REST_TIMED, "connect of fd %d", s->e->fd);
		return;
	}
	if (getsockname(s->fd, (struct sockaddr *)&local, &local_n) < 0 ||
		getpeername(s->fd, (struct sockaddr *)&peer, &peer_n) < 0 ||
		sockdiag_ask_tcp(s->netlink, &local, &peer, &mine) < 0 ||
		sockdiag_ask_tcp(s->netlink, &peer, &local, &other) < 0) {
		external(s, "its TCP peer is not on this host");
		return;
	}
	if (other.inode == 0 || !peer_is_held(s, other.inode)) {
		external(s, "its TCP peer is not in the tree");
		return;
	}
	/* Named and counted also while the kernel may still move something: it is what is waited
	 * on. */
	o = socket_object(s, other.inode);
	motion = tcp_in_motion(
		s->c, &(struct tcp_wait){ s->wait, s->fd, s->netlink, &mine, &other });
	if (motion)
		external(s, motion);
	o->sendq = mine.sendq;
	o->recvq = mine.recvq;
	o->peer_sendq = other.sendq;
	o->peer_recvq = other.recvq;
	end_name(&local, from, sizeof(from));
	end_name(&peer, to, sizeof(to));
	snprintf(o->name, sizeof(o->name), "tcp %.45s-%.45s", from, to);
}

/* In a network namespace of the trial's own, only its processes can connect. */
static void resolve_accept(struct sock *s)
{
	struct collect *c = s->c;
	char mine[64], its[64];
	ssize_t n, m;
	struct object *listening;

	if (!c->options->own_netns || s->domain == AF_UNIX) {
		external(s, "anyone may connect");
		return;
	}
	s->wait = WAIT_SOCK_ACCEPT;
	/* With it the kernel hands over a connection that has sent nothing when time is up. */
	if (s->protocol == IPPROTO_TCP &&
		socket_option(s->fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 1) != 0) {
		external(s, "TCP_DEFER_ACCEPT");
		return;
	}
	listening = socket_object(s, 0);
	snprintf(listening->name, sizeof(listening->name), "listening socket:[%llu]",
		(unsigned long long)s->e->inode);
	n = procfs_read_link(c->aux[waiter(s)->process].live, "ns/net", mine, sizeof(mine));
	for (size_t i = 0; i < c->s->n_processes; i++) {
		if (!process_alive(c->s, i))
			continue;
		m = procfs_read_link(c->aux[i].live, "ns/net", its, sizeof(its));
		if (n <= 0 || m <= 0 || (n == m && memcmp(mine, its, (size_t)n) == 0))
			object_add_process(c, (size_t)(listening - c->s->objects), i);
	}
}

/* Somebody else has this end too, and may have set its options. */
static bool is_shared(struct sock *s)
{
	size_t mine = waiter(s)->process;

	if (s->c->s->processes[mine].n_threads > 1)
		return true;
	for (size_t i = 0; i < s->c->s->n_processes; i++) {
		const struct fd_table *t = process_fds(s->c, i);

		for (size_t j = 0; i != mine && j < t->n; j++)
			if (is_socket(&t->entries[j]) && t->entries[j].inode == s->e->inode)
				return true;
	}
	return false;
}

static void resolve_open_socket(struct sock *s)
{
	bool reads = s->wait == WAIT_SOCK_READ || s->wait == WAIT_SOCK_ACCEPT;

	s->domain = socket_option(s->fd, SOL_SOCKET, SO_DOMAIN, -1);
	s->type = socket_option(s->fd, SOL_SOCKET, SO_TYPE, -1);
	s->protocol = socket_option(s->fd, SOL_SOCKET, SO_PROTOCOL, -1);
	s->listens = socket_option(s->fd, SOL_SOCKET, SO_ACCEPTCONN, 0);
	if (!s->polled && socket_has_timeout(s->fd, reads ? SO_RCVTIMEO : SO_SNDTIMEO)) {
		thread_mark_runnable(waiter(s), REST_TIMED, "%s of fd %d, %s",
			wait_kind_name(s->wait), s->e->fd, reads ? "SO_RCVTIMEO" : "SO_SNDTIMEO");
		return;
	}
	/* A call keeps the limit that it began with, whatever has become of the option since. */
	if (!s->polled && is_shared(s))
		thread_set_unless(waiter(s),
			"a call on the socket began with a time limit (%s) that was switched off since",
			reads ? "SO_RCVTIMEO" : "SO_SNDTIMEO");
	s->netlink = netlink_for(s->c, waiter(s)->process);
	if (s->netlink < 0)
		external(s, "its network namespace can't be asked");
	else if (!socket_same_network(s->fd, s->netlink))
		external(s, "it was made in another network namespace");
	else if (s->listens)
		resolve_accept(s);
	else if (s->domain == AF_UNIX)
		resolve_unix(s);
	else if ((s->domain == AF_INET || s->domain == AF_INET6) && s->protocol == IPPROTO_TCP)
		resolve_tcp(s);
	else
		external(s, "socket family not supported: peers unknown");
}

void resolve_socket(struct collect *c, size_t thread, const struct fd_entry *e, enum wait_kind wait,
	bool polled)
{
	struct sock s = { .c = c, .thread = thread, .e = e, .wait = wait, .polled = polled };
	size_t process = c->s->threads[thread].process;

	s.fd = process_dup_fd(c, process, e);
	if (s.fd < 0) {
		thread_mark_runnable(&c->s->threads[thread], REST_UNREADABLE, "socket fd %d: %s",
			e->fd, strerror(-s.fd));
		return;
	}
	resolve_open_socket(&s);
	close(s.fd);
}

static void resolve(
	struct collect *c, size_t thread, const struct fd_entry *e, bool writes, bool polled)
{
	enum wait_kind wait = writes ? WAIT_SOCK_WRITE : WAIT_SOCK_READ;

	if (!polled)
		c->s->threads[thread].wait = wait;
	resolve_socket(c, thread, e, wait, polled);
}

/* TCP delivers behind the back of two sleeping threads: a reader whose peer has sent something that
 * is not acknowledged, and a writer whose peer has read everything, are about to be woken. */
static bool is_quiet(const struct object *a, const struct object *b)
{
	if (!wait_is_unchanged(a, b))
		return false;
	if (b->wait == WAIT_SOCK_READ)
		return b->peer_sendq <= 0;
	return b->wait != WAIT_SOCK_WRITE || b->peer_recvq != 0;
}

/* Reads, writes, accept and connect: wait/descriptor.c. */
static const struct wait_call calls[] = {};

WAIT_OPS(wait_socket_ops, calls, is_socket, resolve, holds, is_quiet, NULL, NULL);
