/* SPDX-License-Identifier: MIT */
/* once-recursive.c: an initialiser under pthread_once() needs what it initialises. */
#include "lib/scenario.h"

#include <pthread.h>
#include <stdbool.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool configured;

static void init(void);

static void get_config(void)
{
	CHECK(pthread_once(&once, init) == 0);
	CHECK(configured);
}

static void init(void)
{
	configured = true;
	get_config(); /* the log asks for its level, say */
}

static void init_alone(void)
{
	configured = true;
}

/* The hazard: the second call waits until the first is over. */
static void recursive(void)
{
	get_config();
}

/* Fix: the initialiser uses what it has, not the public door. */
static void split(void)
{
	CHECK(pthread_once(&once, init_alone) == 0);
	CHECK(configured);
}

SCENARIO(
	.summary = "a pthread_once() initialiser calls pthread_once() again",
	.hazard = "pthread_once() waits for the initialiser, which is itself",
	.symptom = IN_FUTEX,
	.cause = "self-lock: once",
	.variants = {
		{ "recursive", "init() calls get_config()", recursive,
		  { { "*", DEADLOCKS, "the thread waits for itself" } } },
		{ "split", "init() calls nothing that waits", split,
		  { { "*", COMPLETES, "the initialiser returns" } } },
	},
	.refs = { "POSIX.1-2024 pthread_once()",
		"https://github.com/mattias800/prosper/issues/979" },
);
