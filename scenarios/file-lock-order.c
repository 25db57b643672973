/* SPDX-License-Identifier: MIT */
/* file-lock-order.c: two processes lock two files in opposite order. */
#include "lib/scenario.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

static int files[2][2]; /* of the parent, of the child: an open file description each */

static void open_twice(int file)
{
	char name[] = "/tmp/file-lock-order-XXXXXX";

	files[0][file] = mkstemp(name);
	files[1][file] = open(name, O_RDWR | O_CLOEXEC);
	MUST(files[0][file] >= 0 && files[1][file] >= 0 && unlink(name) == 0);
}

static void set_flock(int fd, bool locked)
{
	CHECK(flock(fd, locked ? LOCK_EX : LOCK_UN) == 0);
}

static void set_ofd(int fd, bool locked)
{
	struct flock lock = { .l_type = locked ? F_WRLCK : F_UNLCK, .l_whence = SEEK_SET };

	CHECK(fcntl(fd, F_OFD_SETLKW, &lock) == 0);
}

static void (*set_lock)(int fd, bool locked);
static bool same_order;

static void lock_both(int first, int second)
{
	set_lock(first, true);
	DELAY_POINT("one-lock");
	set_lock(second, true);
	set_lock(second, false);
	set_lock(first, false);
}

static void child(void *arg)
{
	(void)arg;
	lock_both(files[1][same_order ? 0 : 1], files[1][same_order ? 1 : 0]);
}

static void run(void (*how)(int, bool), bool one_order)
{
	pid_t pid;

	set_lock = how;
	same_order = one_order;
	open_twice(0);
	open_twice(1);
	pid = scenario_fork(FORK, child, NULL);
	lock_both(files[0][0], files[0][1]);
	scenario_wait(pid);
}

/* The hazard: flock() looks for no cycle. */
static void by_flock(void)
{
	run(set_flock, false);
}

/* The hazard: nor do locks of open file descriptions; those of processes do (EDEADLK). */
static void by_ofd(void)
{
	run(set_ofd, false);
}

/* Fix: one order. */
static void one_order(void)
{
	run(set_flock, true);
}

SCENARIO(
	.summary = "two processes lock two files in opposite order",
	.hazard = "the kernel looks for cycles among fcntl() locks of processes only",
	.symptom = IN_LOCK,
	.cause = "file-lock: file-lock + file-lock",
	.knobs = { { "one-lock", DELAY, "0,1ms", "between the first and the second lock" } },
	.variants = {
		{ "flock", "flock() in opposite order", by_flock,
		  { { "*", DEADLOCKS, "each has what the other waits for" } } },
		{ "ofd", "F_OFD_SETLKW in opposite order", by_ofd,
		  { { "*", DEADLOCKS, "each has what the other waits for" } } },
		{ "one-order", "flock() in one order", one_order,
		  { { "*", COMPLETES, "who has the first gets the second" } } },
	},
	.refs = { "flock(2)", "fcntl(2), Open file description locks" },
);
