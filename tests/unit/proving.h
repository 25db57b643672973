/* SPDX-License-Identifier: GPL-3.0-or-later */
/* proving.h: two snapshots of a small world and what is proven of them, for the tests of the proof
 * rule. */
#ifndef TESTS_UNIT_PROVING_H
#define TESTS_UNIT_PROVING_H

#include "runner/prove/prove.h"
#include "tests/unit/world.h"

static struct snapshot first, second;
static struct proof proof;

static void setup(void)
{
	first = world_new(1);
}

static void teardown(void)
{
	world_done(&first);
	world_done(&second);
	proof_done(&proof);
}

/* Two threads of process 1, each waiting for a futex of their own memory. */
static void two_threads(void)
{
	world_process(&first, 1, 0);
	world_thread(&first, 1);
	world_thread(&first, 2);
	world_futex_wait(&first, 0, 0x10);
	world_futex_wait(&first, 1, 0x20);
}

static void prove_unchanged(void)
{
	second = world_copy(&first);
	prove(&first, &second, &proof);
}

#endif
