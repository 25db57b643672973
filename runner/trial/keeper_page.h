/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * keeper_page.h: what a keeper and the runner have in common: one shared mapping, and the messages
 * on their socket. Known to keeper.c and keeper_main.c only.
 */
#ifndef RUNNER_TRIAL_KEEPER_PAGE_H
#define RUNNER_TRIAL_KEEPER_PAGE_H

#include "runner/trial/init.h"
#include "runner/trial/keeper.h"
#include "runner/trial/zygote.h"

enum keeper_phase {
	KEEPER_IDLE,
	KEEPER_RUNNING,
	KEEPER_CLEARING, /* the program has ended */
};

struct keeper_page {
	size_t room; /* for data */
	/* Written by the runner before it orders a start; its pointers lead into data. */
	struct spawn_request request;
	int64_t backstop_ns;
	/* Written by the keeper, read by the runner at any time. */
	pid_t root;
	int phase;            /* enum keeper_phase */
	unsigned int reaping; /* odd while a child is being reaped */
	int error;            /* of the child that has not executed */
	/* Of a trial in a pid namespace of its own: its init is the keeper's only child. */
	pid_t init;
	struct init_shared inner;
	struct zygotes zygotes; /* children of the keeper that belong to no trial */
	char data[] __attribute__((aligned(16)));
};

/* From the runner. */
enum keeper_order {
	KEEPER_START = 1,
	KEEPER_END,
};

/* A start carries descriptors: output, then those of the injector, then its handover. */
#define KEEPER_FDS_MAX (1 + INJECT_CHILD_FDS + 1)

/* The process itself; 0, 1 and 2 are /dev/null. Never returns. */
_Noreturn void keeper_main(struct keeper_page *page, const struct spawner *s, int channel);

#endif
