/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mq_receive() of an empty queue; a child that slept sends.
 */
#include "tests/targets/target.h"

#include <mqueue.h>

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 16 };
	char name[64], msg[16];
	pid_t pid;
	mqd_t q;

	snprintf(name, sizeof(name), "/hangrate-target-%d", (int)getpid());
	q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
	MUST(q != (mqd_t)-1 && mq_unlink(name) == 0);
	pid = target_fork();
	if (pid == 0) {
		target_sleep_ms(ms);
		MUST(mq_send(q, "x", 1, 0) == 0);
		_exit(0);
	}
	MUST(mq_receive(q, msg, sizeof(msg), NULL) == 1);
	target_reap(pid);
	return 0;
}
