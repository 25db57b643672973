/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two threads each make a pipe to a child that reads until its end. The writing ends are not closed
 * on exec: where one forks while the other has its pipe and not yet its child, each child holds the
 * other's pipe open for ever. "ok": a lock is held from pipe() to close().
 */
#include "tests/targets/race.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *feed(void *arg)
{
	int ends[2];
	pid_t child;

	if (race_is_ok)
		pthread_mutex_lock(&lock);
	MUST(pipe(ends) == 0);
	child = fork();
	MUST(child >= 0);
	if (child == 0) {
		char c;

		close(ends[1]);
		while (read(ends[0], &c, 1) > 0)
			;
		_exit(0);
	}
	close(ends[0]);
	(void)!write(ends[1], "x", 1);
	close(ends[1]);
	if (race_is_ok)
		pthread_mutex_unlock(&lock);
	target_reap(child);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t one, two;

	race_start(argc, argv);
	one = target_thread(feed, NULL);
	target_sleep_ms(2);
	two = target_thread(feed, NULL);
	pthread_join(one, NULL);
	pthread_join(two, NULL);
	return 0;
}
