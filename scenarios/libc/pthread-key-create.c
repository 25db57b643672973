/* SPDX-License-Identifier: MIT */
/* pthread-key-create.c: a thread makes and deletes keys at the fork, and the child does. */
#include "lib/scenario.h"

#include <pthread.h>

static void make_and_delete(void)
{
	pthread_key_t key;

	CHECK(pthread_key_create(&key, NULL) == 0);
	CHECK(pthread_setspecific(key, &key) == 0);
	CHECK(pthread_getspecific(key) == &key);
	CHECK(pthread_key_delete(key) == 0);
}

LIBC_SCENARIO(.summary = "pthread_key_create() in the child",
	.hazard = "musl guards the keys by a lock", .stress = make_and_delete,
	.child = make_and_delete,
	.fork = { { "glibc", COMPLETES, "keys are taken by compare-and-exchange" },
		{ "musl<1.2.4", MAY,
			"fork() takes the keys' lock from 1.2.4 on; it is held for an instant" },
		{ "musl", COMPLETES, "fork() takes the keys' lock" } },
	.behind = { { "glibc", COMPLETES, "keys are taken by compare-and-exchange" },
		{ "musl", MAY, "nobody takes the lock" } }, );
