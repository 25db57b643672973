/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a TCP connection may still do by itself: retransmit, probe a closed window, enlarge a
 * buffer, give up.
 */
#include "runner/snapshot/wait/tcp.h"

#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <unistd.h>

#include "runner/proc/socket.h"
#include "runner/snapshot/internal.h"

#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72
#endif
#define BUF_LOCK_SEND 1

/*
 * Does the full send buffer stay full? The kernel enlarges it by itself when an acknowledgement
 * comes (tcp_new_space, tcp_sndbuf_expand), and the next one to a zero-window probe may be just
 * that. Not if the size was set by the program, is at its limit, or is what would come out anyway.
 */
bool tcp_buffer_is_final(uint32_t size, uint64_t max, const struct tcp_info *info)
{
	uint64_t segment = 1, wanted;
	uint32_t nr = 10;

	if (info->tcpi_snd_cwnd > nr)
		nr = info->tcpi_snd_cwnd;
	if (info->tcpi_reordering + 1 > nr)
		nr = info->tcpi_reordering + 1;
	/* The segment with its headers, rounded up as the allocator does, and the sk_buff. */
	while (segment < (uint64_t)info->tcpi_snd_mss + 1024)
		segment *= 2;
	wanted = 3 * nr * (segment + 512); /* factor 2, with BBR 3 */
	return size >= wanted || size >= max;
}

/* The limit is one of the network namespace; only our own can be read. */
static uint64_t tcp_wmem_max(struct collect *c, const struct tcp_wait *w)
{
	struct scan s;
	uint64_t low, usual, max;
	ssize_t n;

	if (w->netlink != c->netlink)
		return UINT64_MAX;
	if (c->tcp_wmem_max)
		return c->tcp_wmem_max;
	n = procfs_read(c->proc, "sys/net/ipv4/tcp_wmem", c->buffer, sizeof(c->buffer));
	s = scan_text(c->buffer, n > 0 ? (size_t)n : 0);
	if (scan_u64(&s, 10, &low) && scan_u64(&s, 10, &usual) && scan_u64(&s, 10, &max))
		c->tcp_wmem_max = max;
	else
		c->tcp_wmem_max = UINT64_MAX;
	return c->tcp_wmem_max;
}

static bool buffers_read(int fd, uint32_t ret_memory[SK_MEMINFO_VARS])
{
	socklen_t n = SK_MEMINFO_VARS * sizeof(*ret_memory);

	return getsockopt(fd, SOL_SOCKET, SO_MEMINFO, ret_memory, &n) == 0 &&
	       n >= SK_MEMINFO_VARS * sizeof(*ret_memory);
}

static const char *send_buffer_motion(
	struct collect *c, const struct tcp_wait *w, const struct tcp_info *info)
{
	uint32_t memory[SK_MEMINFO_VARS];

	if (!buffers_read(w->fd, memory))
		return "its send buffer can't be read";
	if (socket_option(w->fd, SOL_SOCKET, SO_BUF_LOCK, 0) & BUF_LOCK_SEND ||
		tcp_buffer_is_final(memory[SK_MEMINFO_SNDBUF], tcp_wmem_max(c, w), info))
		return NULL;
	return "its send buffer may still grow";
}

const char *tcp_motion(enum wait_kind wait, const struct tcp_info *info,
	const struct sockdiag_inet *mine, const struct sockdiag_inet *other)
{
	if (!mine->established || !other->established)
		return "TCP connection opens or closes";
	/* What the peer has sent may still have to be sent again. */
	if (wait == WAIT_SOCK_READ)
		return other->sendq > 0 ? "data on its way" : NULL;
	/* Window closed and nothing in flight: only reading at the peer opens it. */
	if (!mine->probes || info->tcpi_unacked || info->tcpi_snd_wnd)
		return "data on its way";
	return NULL;
}

bool tcp_window_may_open(uint32_t size, uint32_t used, uint32_t segment)
{
	uint32_t room = size > used ? size - used : 0;

	return room >= segment || room >= size / 2;
}

static bool tcp_info_read(int fd, struct tcp_info *ret_info)
{
	socklen_t n = sizeof(*ret_info);

	*ret_info = (struct tcp_info){ 0 };
	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, ret_info, &n) == 0 &&
	       n > offsetof(struct tcp_info, tcpi_snd_wnd);
}

/* A descriptor of ours for the peer, of any process of the tree that has it; -1. */
static int peer_open(struct collect *c, uint64_t inode)
{
	int fd = -1;

	for (size_t i = 0; i < c->s->n_processes && fd < 0; i++) {
		const struct fd_table *t = process_fds(c, i);

		for (size_t j = 0; j < t->n && fd < 0; j++)
			if (t->entries[j].kind == PROCFS_LINK_SOCKET &&
				t->entries[j].inode == inode)
				fd = process_dup_fd(c, i, &t->entries[j]);
	}
	return fd < 0 ? -1 : fd;
}

/*
 * The peer answers the next probe by the window that it has then, and does not tell when its buffer
 * is enlarged (__tcp_select_window). It gives up what it has to send itself when its own time is
 * up, and then answers by a reset (tcp_probe_timer).
 */
static const char *peer_motion(struct collect *c, const struct tcp_wait *w)
{
	cleanup(cleanup_close) int fd = peer_open(c, w->other->inode);
	uint32_t memory[SK_MEMINFO_VARS];
	struct tcp_info info;

	if (fd < 0 || !buffers_read(fd, memory) || !tcp_info_read(fd, &info))
		return "its peer can't be asked";
	if (socket_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 1) > 0)
		return "its peer has TCP_USER_TIMEOUT";
	if (tcp_window_may_open(memory[SK_MEMINFO_RCVBUF],
		    memory[SK_MEMINFO_RMEM_ALLOC] + memory[SK_MEMINFO_BACKLOG], info.tcpi_rcv_mss))
		return "its peer has room to receive";
	return NULL;
}

const char *tcp_in_motion(struct collect *c, const struct tcp_wait *w)
{
	struct tcp_info info;
	const char *motion;

	if (socket_option(w->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 1) > 0)
		return "TCP_USER_TIMEOUT";
	/* Probes without an answer end the connection, at both ends. */
	if (socket_option(w->fd, SOL_SOCKET, SO_KEEPALIVE, 1) || w->mine->keepalive ||
		w->other->keepalive)
		return "SO_KEEPALIVE";
	if (!socket_loopback_is_up(w->fd))
		return "its network is down";
	if (w->wait == WAIT_SOCK_READ)
		return tcp_motion(w->wait, NULL, w->mine, w->other);
	if (!tcp_info_read(w->fd, &info))
		return "TCP state unknown";
	motion = tcp_motion(w->wait, &info, w->mine, w->other);
	if (!motion)
		motion = send_buffer_motion(c, w, &info);
	return motion ? motion : peer_motion(c, w);
}
