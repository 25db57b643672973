/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Connections that no process accepts. */
#include "runner/explain/blocked_facts.h"

#include "runner/proc/open.h"
#include "runner/proc/procfs.h"
#include "runner/base/util.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

/* The inode of the socket that listens under this name, of /proc/PID/net/unix; 0 none. */
static unsigned long find_listener(const struct process *p, const char *name)
{
	enum { LISTENS = 0x10000 }; /* __SO_ACCEPTCON */
	cleanup(cleanup_free) char *path = mem_printf("%d/net/unix", (int)p->pid);
	cleanup(cleanup_fclose) FILE *f = procfs_fopen(path);
	char line[512], found[256];
	unsigned long inode, flags;

	/* "Num: RefCount Protocol Flags Type St Inode Path" */
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%*s %*s %*s %lx %*s %*s %lu %255s", &flags, &inode, found) == 3 &&
			flags & LISTENS && !strcmp(found, name))
			return inode;
	return 0;
}

/* connect(fd, address, length) */
char *blocked_describe_connect(const struct snapshot *s, size_t thread, const struct symbols *y)
{
	const struct thread *t = &s->threads[thread];
	const struct process *p = &s->processes[t->process];
	struct sockaddr_un a = { 0 };
	size_t n = t->args[2] < sizeof(a) ? t->args[2] : sizeof(a);
	cleanup(cleanup_free) char *name = NULL, *link = NULL, *who = NULL;
	size_t owner = SIZE_MAX;
	unsigned long inode;

	if (t->syscall_nr != SYS_connect || !y || symbols_read(y, t->args[1], &a, n) < 0 ||
		a.sun_family != AF_UNIX || n <= offsetof(struct sockaddr_un, sun_path))
		return NULL;
	n -= offsetof(struct sockaddr_un, sun_path);
	name = a.sun_path[0] ? mem_strndup(a.sun_path, n)
			     : mem_printf("@%.*s", (int)n - 1, a.sun_path + 1);
	inode = find_listener(p, name);
	if (inode) {
		link = mem_printf("socket:[%lu]", inode);
		owner = blocked_find_by_link(s, link);
	}
	who = owner == SIZE_MAX ? mem_strdup("its owner") : blocked_name_process(s, owner, t);
	return mem_printf(
		"connects to the Unix socket %s, whose backlog is full: %s does not accept", name,
		who);
}

/* --- TCP --- */

bool blocked_parse_tcp(const char *line, struct blocked_tcp *ret_tcp)
{
	struct blocked_tcp tcp = { .state = 0 };

	/* "sl local remote st tx:rx tr:when retrnsmt uid timeout inode ..." */
	if (sscanf(line, "%*s %39s %39s %x %*s %*s %*s %*s %*s %lu", tcp.local, tcp.remote,
		    &tcp.state, &tcp.inode) != 4)
		return false;
	*ret_tcp = tcp;
	return true;
}

enum { ESTABLISHED = 1, LISTENS = 10 };

static const char *port_of(const char *address)
{
	const char *colon = strrchr(address, ':');

	return colon ? colon + 1 : "";
}

struct table {
	struct blocked_tcp *rows;
	size_t n, cap;
};

static void read_table(const struct process *p, const char *name, struct table *t)
{
	cleanup(cleanup_free) char *path = mem_printf("%d/net/%s", (int)p->pid, name);
	cleanup(cleanup_fclose) FILE *f = procfs_fopen(path);
	struct blocked_tcp row;
	char line[512];

	while (f && fgets(line, sizeof(line), f))
		if (blocked_parse_tcp(line, &row)) {
			t->rows = mem_grow(t->rows, t->n, &t->cap, sizeof(row));
			t->rows[t->n++] = row;
		}
}

static const struct blocked_tcp *find_own(const struct table *t, unsigned long inode)
{
	for (size_t i = 0; inode && i < t->n; i++)
		if (t->rows[i].inode == inode)
			return &t->rows[i];
	return NULL;
}

/* The other end, which no process has. */
static bool is_unaccepted(const struct table *t, const struct blocked_tcp *own)
{
	for (size_t i = 0; i < t->n; i++)
		if (!t->rows[i].inode && t->rows[i].state == ESTABLISHED &&
			!strcmp(t->rows[i].local, own->remote) &&
			!strcmp(t->rows[i].remote, own->local))
			return true;
	return false;
}

static char *describe_unaccepted(const struct snapshot *s, const struct thread *t,
	const struct table *table, const struct blocked_tcp *own)
{
	unsigned int port = (unsigned int)strtoul(port_of(own->remote), NULL, 16);

	for (size_t i = 0; i < table->n; i++) {
		const struct blocked_tcp *row = &table->rows[i];
		cleanup(cleanup_free) char *link = NULL, *name = NULL;
		size_t owner;

		if (row->state != LISTENS || strcmp(port_of(row->local), port_of(own->remote)) != 0)
			continue;
		link = mem_printf("socket:[%lu]", row->inode);
		owner = blocked_find_by_link(s, link);
		if (owner == SIZE_MAX)
			continue;
		name = blocked_name_process(s, owner, t);
		return mem_printf(
			"reads from a connection to TCP port %u, which %s has not accepted yet (it waits in the backlog)",
			port, name);
	}
	return mem_printf(
		"reads from a connection to TCP port %u that nobody has accepted yet", port);
}

char *blocked_describe_backlog(const struct snapshot *s, size_t thread)
{
	const struct thread *t = &s->threads[thread];
	const struct process *p = &s->processes[t->process];
	struct table table = { 0 };
	const struct blocked_tcp *own;
	char link[64], *text = NULL;
	unsigned long inode = 0;

	blocked_read_link(p, t->wait_fd, link, sizeof(link));
	if (sscanf(link, "socket:[%lu]", &inode) != 1)
		return NULL;
	read_table(p, "tcp", &table);
	read_table(p, "tcp6", &table);
	own = find_own(&table, inode);
	if (own && is_unaccepted(&table, own))
		text = describe_unaccepted(s, t, &table, own);
	free(table.rows);
	return text;
}
