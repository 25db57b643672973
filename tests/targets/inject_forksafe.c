/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A correct program that forks beside 4 busy threads: the child calls what the threads call, which
 * both libcs protect, and no lock of its own is ever held by another thread. Any hang under an
 * injector is the injector's. argv[1]: how many forks (4).
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static atomic_bool over;
static int null_fd;

static void work(pthread_mutex_t *own, unsigned int n)
{
	char *volatile p = malloc(n % 4096 + 1);

	pthread_mutex_lock(own);
	if (write(null_fd, p, 1) != 1)
		abort();
	pthread_mutex_unlock(own);
	free(p);
	getppid();
}

static void *busy(void *arg)
{
	pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
	unsigned int n = 0;

	(void)arg;
	while (!over)
		work(&own, n++);
	return NULL;
}

int main(int argc, char **argv)
{
	int forks = argc > 1 ? atoi(argv[1]) : 4, status;
	pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
	pthread_t threads[4];

	null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	for (int i = 0; i < 4; i++)
		if (pthread_create(&threads[i], NULL, busy, NULL))
			return 2;
	for (int i = 0; i < forks; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return 2;
		if (pid == 0) {
			for (unsigned int n = 0; n < 8; n++)
				work(&own, n * 500);
			_exit(0);
		}
		if (waitpid(pid, &status, 0) != pid || status)
			return 1;
	}
	over = true;
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
