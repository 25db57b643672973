/* SPDX-License-Identifier: MIT */
/* sysv-queue-full.c: a System V message queue is full, and its reader is the one who sends. */
#include "lib/scenario.h"

#include <errno.h>
#include <sched.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <unistd.h>

#define SIZE 8000 /* of a message; a queue takes kernel.msgmnb bytes, 16384 by default */
#define MESSAGES 5

struct message {
	long type;
	char text[SIZE];
};

static int queue;
static int flags;

static void talk(void *arg)
{
	static struct message m = { .type = 1 };
	int sent = 0;

	(void)arg;
	for (int i = 0; i < MESSAGES; i++) {
		int error = msgsnd(queue, &m, SIZE, flags);

		CHECK(error == 0 || errno == EAGAIN);
		sent += error == 0;
	}
	while (sent--)
		CHECK(msgrcv(queue, &m, SIZE, 1, 0) == SIZE);
}

static void run(int how)
{
	/* A queue outlives its processes. Where this is allowed, it ends with its namespace. */
	(void)unshare(CLONE_NEWIPC);
	queue = msgget(IPC_PRIVATE, 0600);
	flags = how;
	MUST(queue >= 0);
	talk(NULL);
	MUST(msgctl(queue, IPC_RMID, NULL) == 0);
}

/* The hazard: nobody takes a message out while all are busy sending. */
static void blocking(void)
{
	run(0);
}

/* Fix: IPC_NOWAIT, and read before the rest is sent. */
static void nonblocking(void)
{
	run(IPC_NOWAIT);
}

SCENARIO(
	.summary = "a System V message queue is full",
	.hazard = "msgsnd() waits for room, and who would receive is sending",
	.symptom = IN_WRITE,
	.cause = "queue: system-v-send",
	.variants = {
		{ "blocking", "msgsnd() without a flag", blocking,
		  { { "*", HANGS, "the only receiver sends" } }, .timeout_ms = 200 },
		{ "nowait", "msgsnd() with IPC_NOWAIT", nonblocking,
		  { { "*", COMPLETES, "a full queue is told by EAGAIN" } } },
	},
	.refs = { "msgop(2)" },
);
