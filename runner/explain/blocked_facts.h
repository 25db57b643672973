/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * blocked_facts.h: what the files of blocked.h ask /proc. Only they include it.
 */
#ifndef RUNNER_EXPLAIN_BLOCKED_FACTS_H
#define RUNNER_EXPLAIN_BLOCKED_FACTS_H

#include "runner/explain/symbols.h"
#include "runner/snapshot/snapshot.h"

/* The target of /proc/PID/fd/N; "" unknown. */
void blocked_read_link(const struct process *p, int fd, char *ret_name, size_t size);
/* The first process of the tree that has a descriptor of this name; SIZE_MAX none. */
size_t blocked_find_by_link(const struct snapshot *s, const char *wanted);
/* "server (pid 12)", or "this very process". The caller frees. */
char *blocked_name_process(const struct snapshot *s, size_t process, const struct thread *t);

/* blocked_socket.c: NULL where it is nothing of the kind; the caller frees. */
/* connect() to a Unix socket whose queue of connections is full. */
char *blocked_describe_connect(const struct snapshot *s, size_t thread, const struct symbols *y);
/* A read from a connection that the other side has not accepted yet. */
char *blocked_describe_backlog(const struct snapshot *s, size_t thread);

/* One line of /proc/PID/net/tcp. Pure; false: it is none. */
struct blocked_tcp {
	char local[40], remote[40]; /* as the kernel writes them: "0100007F:1F90" */
	unsigned int state;         /* 1 established, 10 listens */
	unsigned long inode;        /* 0: not accepted yet */
};
bool blocked_parse_tcp(const char *line, struct blocked_tcp *ret_tcp);

#endif
