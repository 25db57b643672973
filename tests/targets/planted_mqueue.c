/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parent and child both fill the other's queue before they receive. The queues are unlinked: nobody
 * else can open them.
 *
 * class: queue
 * holder: no
 */
#include "tests/targets/target.h"

#include <mqueue.h>

enum { MESSAGES = 4 };

static mqd_t new_queue(char which)
{
	struct mq_attr attr = { .mq_maxmsg = MESSAGES, .mq_msgsize = 8 };
	char name[64];
	mqd_t q;

	snprintf(name, sizeof(name), "/hangrate-target-%d-%c", (int)getpid(), which);
	q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
	MUST(q != (mqd_t)-1 && mq_unlink(name) == 0);
	return q;
}

int main(void)
{
	mqd_t up = new_queue('u'), down = new_queue('d'), out, in;
	pid_t pid = target_fork();
	char msg[8];

	out = pid ? down : up;
	in = pid ? up : down;
	target_say_last();
	for (int i = 0; i <= MESSAGES; i++)
		MUST(mq_send(out, "x", 1, 0) == 0);
	for (int i = 0; i <= MESSAGES; i++)
		MUST(mq_receive(in, msg, sizeof(msg), NULL) == 1);
	if (pid)
		target_reap(pid);
	return 0;
}
