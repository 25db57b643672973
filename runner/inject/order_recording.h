/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inject/order_recording.h: what the preload recorded about the order of locks in one trial
 * (struct hangrate_order), copied and checked: the target can write anything there. Pure.
 */
#ifndef RUNNER_INJECT_ORDER_RECORDING_H
#define RUNNER_INJECT_ORDER_RECORDING_H

#include "lib/protocol.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Every table but edges keeps its places, to which indices refer. Entries that were not published
 * are zero. */
struct order_recording {
	struct hangrate_order_process *processes;
	struct hangrate_order_module *modules;
	struct hangrate_order_thread *threads;
	struct hangrate_order_link *links;
	uint32_t *
		link_to; /* of each link the thread that it is about; HANGRATE_ORDER_NOBODY: none */
	struct hangrate_order_lock *locks; /* HANGRATE_ORDER_LOCKS of them */
	struct hangrate_order_edge *edges; /* n_edges, none of them empty */
	size_t n_processes, n_modules, n_threads, n_links, n_edges;
	uint64_t acquisitions, dropped;
};

/* Edges that name what is not there are left out and count as dropped. */
void order_recording_read(const struct hangrate_order *shared, struct order_recording *ret);
void order_recording_done(struct order_recording *r);

/*
 * "prog+0x1234[@prog+0x5678]": a place that an edge holds or wants at (its held_at or wanted_at).
 * The caller is added where others take locks there, too: the place is in a wrapper. NULL: it is in
 * code that has no name which another trial would know. The caller frees it.
 */
char *order_recording_place(
	const struct order_recording *r, uint32_t thread, const uint64_t at[HANGRATE_ORDER_FRAMES]);
/* "prog+0x1234": an address of a thread's process, as the preload names places; "?+0x..." where it
 * is in no file that was loaded at the start. The caller frees it. */
char *order_recording_name(const struct order_recording *r, uint32_t thread, uint64_t address);
/* The same of a process. */
char *order_recording_name_in(const struct order_recording *r, uint32_t process, uint64_t address);
/* NULL: none. */
const struct hangrate_order_module *order_recording_module(
	const struct order_recording *r, uint32_t process, uint64_t address);
/* The id of a place as the preload makes it of its name. Never 0. */
uint64_t order_place_id(const char *name);

#endif
