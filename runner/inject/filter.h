/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inject/filter.h: a seccomp filter that notifies of some system calls and lets all others pass;
 * made in the runner, installed in a child, its listener handed over by SCM_RIGHTS.
 */
#ifndef RUNNER_INJECT_FILTER_H
#define RUNNER_INJECT_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>

/* Instead of a number: whatever makes a process with memory of its own (fork, clone). */
#define FILTER_FORKS (-1)

/*
 * The calls to be told of, and the filters made for them, one for each descriptor that they let
 * through: handover_fd is the descriptor in the child that inject_filter_install() will send on; a
 * sendmsg() there is not held, for the child must not wait for an answer to the message that
 * carries the listener. It is the same few numbers again and again.
 */
struct filter_cache {
	int *calls;
	size_t n_calls, cap_calls;
	struct filter *filters;
	size_t n_filters, cap_filters;
};
void filter_cache_ask(struct filter_cache *c, int call);
/* 0 or -errno. The program stays owned by the cache. */
int filter_cache_get(struct filter_cache *c, int handover_fd, struct sock_fprog *ret_program);
void filter_cache_done(struct filter_cache *c);

/*
 * In the child: raw system calls only. Installs the filter and sends its listener over handover_fd.
 * Sets no_new_privs only where the kernel asks for it. The listener stays open until exec (closing
 * it may be a call that is held). 0 or -errno.
 */
int inject_filter_install(const struct sock_fprog *program, int handover_fd);

/* Receives what inject_filter_install() sent. The listener, -EAGAIN: not yet; -EPIPE: the child
 * left without; other -errno. */
int inject_filter_receive(int fd);

/* The filter looks for this call, and may hold it. */
bool inject_filter_names(const struct sock_fprog *program, long call);

/* Whether it works here: does it all with a child of its own. 0 or -errno. */
int inject_filter_probe(void);

#endif
