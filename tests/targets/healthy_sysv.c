/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * semop() on a System V semaphore, then msgrcv() of a queue; a child that slept ends both waits.
 */
#include "tests/targets/target.h"

#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>

struct message {
	long type;
	char text[8];
};

static void give(int set, int queue, long ms)
{
	struct message m = { .type = 1 };
	struct sembuf up = { .sem_op = 1 };

	target_sleep_ms(ms / 2);
	MUST(semop(set, &up, 1) == 0);
	target_sleep_ms(ms / 2);
	MUST(msgsnd(queue, &m, sizeof(m.text), 0) == 0);
}

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	int set = semget(IPC_PRIVATE, 1, 0600), queue = msgget(IPC_PRIVATE, 0600);
	struct sembuf down = { .sem_op = -1 };
	struct message m;
	pid_t pid;

	MUST(set >= 0 && queue >= 0);
	pid = target_fork();
	if (pid == 0) {
		give(set, queue, ms);
		_exit(0);
	}
	MUST(semop(set, &down, 1) == 0);
	MUST(msgrcv(queue, &m, sizeof(m.text), 0, 0) >= 0);
	target_reap(pid);
	MUST(semctl(set, 0, IPC_RMID) == 0 && msgctl(queue, IPC_RMID, NULL) == 0);
	return 0;
}
