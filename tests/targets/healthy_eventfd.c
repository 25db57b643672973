/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A read of an eventfd; a thread that slept writes it, main joins nobody before.
 */
#include "tests/targets/target.h"

#include <sys/eventfd.h>

static int fd;

static void *write_later(void *arg)
{
	uint64_t one = 1;

	target_sleep_ms(*(long *)arg);
	MUST(write(fd, &one, sizeof(one)) == sizeof(one));
	return NULL;
}

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	pthread_t thread;
	uint64_t n;

	fd = eventfd(0, EFD_CLOEXEC);
	MUST(fd >= 0);
	thread = target_thread(write_later, &ms);
	MUST(read(fd, &n, sizeof(n)) == sizeof(n));
	pthread_join(thread, NULL);
	return 0;
}
