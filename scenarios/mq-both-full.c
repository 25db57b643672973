/* SPDX-License-Identifier: MIT */
/* mq-both-full.c: two processes fill each other's POSIX message queue before they read their own.
 */
#include "lib/scenario.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <unistd.h>

#define DEPTH 2
#define MESSAGES 8

static mqd_t queue[2];

/* Unlinked at once: no other program finds it. */
static mqd_t make_queue(char which)
{
	struct mq_attr attr = { .mq_maxmsg = DEPTH, .mq_msgsize = 1 };
	char name[64];
	mqd_t q;

	snprintf(name, sizeof(name), "/mq-both-full-%d%c", (int)getpid(), which);
	q = mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600, &attr);
	if (q == (mqd_t)-1)
		scenario_skip("no POSIX message queues here");
	MUST(mq_unlink(name) == 0);
	return q;
}

static void send_then_receive(mqd_t out, mqd_t in)
{
	char byte;

	for (int i = 0; i < MESSAGES; i++)
		CHECK(mq_send(out, "m", 1, 0) == 0);
	for (int i = 0; i < MESSAGES; i++)
		CHECK(mq_receive(in, &byte, 1, NULL) == 1);
}

static void in_turns(mqd_t out, mqd_t in)
{
	char byte;

	for (int i = 0; i < MESSAGES; i++) {
		CHECK(mq_send(out, "m", 1, 0) == 0);
		CHECK(mq_receive(in, &byte, 1, NULL) == 1);
	}
}

static void (*talk)(mqd_t out, mqd_t in);

static void child(void *arg)
{
	(void)arg;
	talk(queue[1], queue[0]);
}

static void run(void (*how)(mqd_t, mqd_t))
{
	pid_t pid;

	talk = how;
	queue[0] = make_queue('a');
	queue[1] = make_queue('b');
	pid = scenario_fork(FORK, child, NULL);
	talk(queue[0], queue[1]);
	scenario_wait(pid);
}

/* The hazard: both queues are full. */
static void send_first(void)
{
	run(send_then_receive);
}

/* Fix: never more on the way than a queue holds. */
static void turns(void)
{
	run(in_turns);
}

SCENARIO(
	.summary = "two processes fill each other's message queue",
	.hazard = "each waits for room in a queue that the other reads later",
	.symptom = IN_WRITE,
	.cause = "queue: mqueue-send",
	.variants = {
		{ "send-first", "send all, then receive all", send_first,
		  { { "*", HANGS, "nobody receives" } }, .timeout_ms = 200 },
		{ "turns", "send one, receive one", turns,
		  { { "*", COMPLETES, "a queue holds what is on the way" } } },
	},
	.refs = { "mq_overview(7)" },
);
