/* SPDX-License-Identifier: GPL-3.0-or-later */
/* before_main.c: a constructor leaves what a fork would not copy, or would share: the word in
 * BEFORE. Each process that is constructed adds a byte to the file CONSTRUCTED, each main() of
 * another process one to FORKED. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

static pid_t constructed;

static void add_byte(const char *variable)
{
	const char *path = getenv(variable);
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;

	if (fd < 0)
		return;
	(void)!write(fd, ".", 1);
	close(fd);
}

static void *sleep_on(void *arg)
{
	for (;;)
		pause();
	return arg;
}

__attribute__((constructor)) static void before_main(void)
{
	const char *what = getenv("BEFORE");
	struct itimerval hour = { { 0, 0 }, { 3600, 0 } };
	pthread_t thread;
	int fds[2];

	constructed = getpid();
	add_byte("CONSTRUCTED");
	if (!what)
		return;
	if (!strcmp(what, "thread"))
		pthread_create(&thread, NULL, sleep_on, NULL);
	if (!strcmp(what, "child") && !fork())
		sleep_on(NULL);
	if (!strcmp(what, "descriptor") && pipe(fds) < 0)
		_exit(1);
	if (!strcmp(what, "shared"))
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!strcmp(what, "timer"))
		setitimer(ITIMER_REAL, &hour, NULL);
	if (!strcmp(what, "locked"))
		mlock(&hour, 1);
	if (!strcmp(what, "end"))
		_exit(0);
	if (!strcmp(what, "words"))
		(void)!write(1, "constructed\n", 12);
}

int main(void)
{
	if (getpid() != constructed)
		add_byte("FORKED");
	return 0;
}
