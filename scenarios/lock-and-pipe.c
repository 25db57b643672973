/* SPDX-License-Identifier: MIT */
/* lock-and-pipe.c: a process holds a file lock and waits for a message of one who wants the lock.
 */
#include "lib/scenario.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static int file, message[2];

static void set_lock(short type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET };

	CHECK(fcntl(file, F_SETLKW, &lock) == 0);
}

static void lock_and_tell(void *arg)
{
	(void)arg;
	set_lock(F_WRLCK);
	CHECK(write(message[1], "m", 1) == 1);
}

static pid_t start(void)
{
	char name[] = "/tmp/lock-and-pipe-XXXXXX";
	pid_t pid;

	file = mkstemp(name);
	MUST(file >= 0 && unlink(name) == 0 && pipe2(message, O_CLOEXEC) == 0);
	set_lock(F_WRLCK);
	pid = scenario_fork(FORK, lock_and_tell, NULL);
	return pid;
}

static void receive(void)
{
	char byte;

	CHECK(close(message[1]) == 0);
	CHECK(read(message[0], &byte, 1) == 1);
}

/* The hazard: the kernel's search for cycles knows of locks, not of pipes. */
static void locked(void)
{
	pid_t pid = start();

	receive();
	set_lock(F_UNLCK);
	scenario_wait(pid);
}

/* Fix: unlock before the wait. */
static void unlocked(void)
{
	pid_t pid = start();

	set_lock(F_UNLCK);
	receive();
	scenario_wait(pid);
}

SCENARIO(
	.summary = "a cycle of a file lock and a pipe",
	.hazard = "one process waits for the lock, its owner for a message of the other",
	.symptom = IN_READ,
	.cause = "mixed: file-lock + pipe-read",
	.variants = {
		{ "locked", "reads while it holds the lock", locked,
		  { { "*", DEADLOCKS, "the only writer waits for the lock" } } },
		{ "unlocked", "unlocks, then reads", unlocked,
		  { { "*", COMPLETES, "the writer gets the lock" } } },
	},
	.refs = { "fcntl(2), Advisory record locking",
		"https://github.com/Tencent/MMKV/pull/261" },
);
