/* SPDX-License-Identifier: GPL-3.0-or-later */
/* is_itself.c: a program that checks whether it is what an executed one would be: its ids as the
 * libc and the kernel know them, its session, descriptors, environment, signals and threads. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CHECK(what)  \
	if (!(what)) \
	fail(#what)

extern char **environ;
static pthread_t main_thread;

static void fail(const char *what)
{
	fprintf(stderr, "wrong: %s\n", what);
	exit(1);
}

static int descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n - 3; /* ".", ".." and d's own */
}

static void check_kernel(void)
{
	char link[64] = "", comm[32] = "", path[64];
	int signal = 0, fd;
	struct stat out, err;
	sigset_t mask;

	CHECK(readlink("/proc/self", link, sizeof(link) - 1) > 0 && atoi(link) == getpid());
	CHECK(getsid(0) == getpid() && getpgrp() == getpid());
	snprintf(path, sizeof(path), "/proc/%d/comm", getppid());
	fd = open(path, O_RDONLY);
	CHECK(fd >= 0 && read(fd, comm, sizeof(comm) - 1) > 0);
	close(fd);
	CHECK(!strcmp(comm, "hangrate-keeper\n"));
	CHECK(!prctl(PR_GET_PDEATHSIG, &signal) && signal == SIGKILL);
	CHECK(descriptors() == 3);
	CHECK(!fstat(1, &out) && !fstat(2, &err) && S_ISFIFO(out.st_mode) &&
		out.st_ino == err.st_ino);
	CHECK(!sigprocmask(SIG_BLOCK, NULL, &mask) && !sigismember(&mask, SIGCHLD));
}

static void check_environment(void)
{
	for (char **e = environ; *e; e++)
		CHECK(strncmp(*e, "HANGRATE_", 9) && !strstr(*e, "hangrate-zygote"));
	CHECK(getenv("KEPT") && !strcmp(getenv("KEPT"), "kept"));
}

static void *join_main(void *arg)
{
	CHECK(!pthread_join(main_thread, NULL));
	exit(0);
	return arg;
}

static void check_libc(void)
{
	pthread_mutexattr_t attr;
	pthread_mutex_t m;

	CHECK(getpid() == (pid_t)syscall(SYS_gettid));
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
	CHECK(!pthread_mutex_init(&m, &attr) && !pthread_mutex_lock(&m));
	CHECK(pthread_mutex_lock(&m) == EDEADLK);
	CHECK((*(int *)&m != 0) && !pthread_mutex_unlock(&m));
	signal(SIGUSR1, SIG_IGN);
	CHECK(!raise(SIGUSR1) && !pthread_kill(pthread_self(), SIGUSR1));
}

/* The libc kept the kernel's promise to clear the id of a thread that ends: or the join hangs. */
int main(void)
{
	pthread_t thread;

	check_kernel();
	check_environment();
	check_libc();
	main_thread = pthread_self();
	CHECK(!pthread_create(&thread, NULL, join_main, NULL));
	pthread_exit(NULL);
}
