/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inject/held.h: the threads that are held in a notification, first due first. A binary heap. */
#ifndef RUNNER_INJECT_HELD_H
#define RUNNER_INJECT_HELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct held {
	int64_t since_ns, due_ns;
	uint64_t id; /* of the notification */
	pid_t tid;
};

struct held_heap {
	struct held *all; /* [0] is due first; NULL when never used */
	size_t n, cap;
};

void held_push(struct held_heap *heap, const struct held *h);
/* Removes the first; there must be one. */
void held_pop(struct held_heap *heap);
/* Removes the one with that id, wherever it is; false: there is none. */
bool held_remove(struct held_heap *heap, uint64_t id, struct held *ret_held);
void held_done(struct held_heap *heap);

#endif
