/* SPDX-License-Identifier: MIT */
/* sysv-sem-undo.c: a process is killed while it has a System V semaphore. */
#include "lib/scenario.h"

#include <sched.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <unistd.h>

static int semaphore;

static void add(short n, short flags)
{
	struct sembuf op = { .sem_num = 0, .sem_op = n, .sem_flg = flags };

	CHECK(semop(semaphore, &op, 1) == 0);
}

static void kill_the_owner(short flags)
{
	pid_t pid;

	/* It outlives its processes. Where this is allowed, it ends with its namespace. */
	(void)unshare(CLONE_NEWIPC);
	semaphore = semget(IPC_PRIVATE, 1, 0600);
	MUST(semaphore >= 0);
	add(1, 0);
	pid = fork();
	MUST(pid >= 0);
	if (pid == 0) {
		add(-1, flags);
		raise(SIGKILL);
	}
	MUST(waitpid(pid, NULL, 0) == pid);
	add(-1, flags);
	MUST(semctl(semaphore, 0, IPC_RMID) == 0);
}

/* The hazard: the semaphore stays taken. */
static void plain(void)
{
	kill_the_owner(0);
}

/* Fix: the kernel takes back what an ended process did. */
static void undo(void)
{
	kill_the_owner(SEM_UNDO);
}

SCENARIO(
	.summary = "the owner of a System V semaphore was killed",
	.hazard = "a semaphore does not know who has taken it",
	.symptom = IN_LOCK,
	.cause = "lost-wakeup: system-v-semaphore",
	.variants = {
		{ "plain", "semop() without SEM_UNDO", plain,
		  { { "*", HANGS, "nobody is left who would give it back" } }, .timeout_ms = 200 },
		{ "undo", "semop() with SEM_UNDO", undo,
		  { { "*", COMPLETES, "the kernel gives it back" } } },
	},
	.refs = { "semop(2)", "https://github.com/osvenskan/posix_ipc/issues/53" },
);
