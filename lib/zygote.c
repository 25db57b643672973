/* SPDX-License-Identifier: MIT */
/* zygote.c: allocates nothing and uses no stream, so that the program finds both untouched. */
#include "lib/zygote.h"

#include "lib/protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#ifndef PR_GET_TID_ADDRESS
#define PR_GET_TID_ADDRESS 40
#endif
#ifndef CLONE_PARENT
#define CLONE_PARENT 0x00008000
#endif

#define SELF_MAX 4096 /* of the libc's description of a thread */
#define MUSL_MAX 128  /* its thread id stands before that */

/* What clone() does not give to the child. */
struct thread {
	int *tid;     /* where the libc keeps it */
	void *clear;  /* of set_tid_address() */
	void *robust; /* of set_robust_list() */
	size_t robust_size;
};

struct zygote {
	int socket;
	pid_t keeper;
	struct thread thread;
	struct hangrate_zygote_order order; /* stays: the environment points into it */
};

static struct zygote zygote;

/* --- may this process be forked? --- */

/* The file, or its first part; terminated. -1: it cannot be read. */
static ssize_t read_file(const char *path, char *text, size_t size)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	size_t n = 0;
	ssize_t got = fd < 0 ? -1 : 0;

	while (fd >= 0 && n < size - 1 && (got = read(fd, text + n, size - 1 - n)) > 0)
		n += (size_t)got;
	if (fd >= 0)
		close(fd);
	text[n] = '\0';
	return got < 0 ? -1 : (ssize_t)n;
}

/* The number behind "\nName:"; -1: not there. */
static long field(const char *text, const char *name)
{
	const char *at = strstr(text, name);
	long value = 0;

	if (!at)
		return -1;
	at += strlen(name);
	at += strspn(at, " \t");
	if (*at < '0' || *at > '9')
		return -1;
	for (; *at >= '0' && *at <= '9'; at++)
		value = 10 * value + (*at - '0');
	return value;
}

static enum hangrate_zygote_refusal check_status(int *ret_detail)
{
	char text[4096];
	long threads, locked;

	if (read_file("/proc/self/status", text, sizeof(text)) < 0)
		return HANGRATE_ZYGOTE_UNKNOWN;
	threads = field(text, "\nThreads:");
	locked = field(text, "\nVmLck:");
	*ret_detail = (int)threads;
	if (threads != 1)
		return threads < 0 ? HANGRATE_ZYGOTE_UNKNOWN : HANGRATE_ZYGOTE_THREADS;
	return locked > 0 ? HANGRATE_ZYGOTE_LOCKED : HANGRATE_ZYGOTE_READY;
}

static enum hangrate_zygote_refusal check_children(void)
{
	char text[16];
	ssize_t n = read_file("/proc/thread-self/children", text, sizeof(text));

	if (n < 0)
		return HANGRATE_ZYGOTE_UNKNOWN;
	return n ? HANGRATE_ZYGOTE_CHILDREN : HANGRATE_ZYGOTE_READY;
}

static int number(const char *s)
{
	int n = 0;

	for (; *s >= '0' && *s <= '9'; s++)
		n = 10 * n + (*s - '0');
	return n;
}

/* Of <linux/dirent.h>. */
struct entry {
	uint64_t ino;
	int64_t off;
	unsigned short size;
	unsigned char type;
	char name[];
};

/* One that is open beside the standard ones would be shared by all trials. */
static enum hangrate_zygote_refusal check_descriptors(int *ret_detail)
{
	int fd = (int)syscall(
		SYS_openat, AT_FDCWD, "/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char entries[2048] __attribute__((aligned(8)));
	enum hangrate_zygote_refusal r = HANGRATE_ZYGOTE_READY;
	long n;

	if (fd < 0)
		return HANGRATE_ZYGOTE_UNKNOWN;
	while ((n = syscall(SYS_getdents64, fd, entries, sizeof(entries))) > 0)
		for (long at = 0; at < n;) {
			const struct entry *e = (const void *)(entries + at);
			int open = number(e->name);

			at += e->size;
			if (e->name[0] == '.' || open <= 2 || open == fd || open == zygote.socket)
				continue;
			*ret_detail = open;
			r = HANGRATE_ZYGOTE_DESCRIPTORS;
		}
	close(fd);
	return n < 0 ? HANGRATE_ZYGOTE_UNKNOWN : r;
}

/* "7f..-7f.. rw-s ...": a lock there would be common to all trials. */
static bool is_shared(const char *line)
{
	const char *rights = strchr(line, ' ');

	return rights && rights[1] && rights[2] == 'w' && rights[3] && rights[4] == 's';
}

static enum hangrate_zygote_refusal check_mappings(void)
{
	char text[8192];
	int fd = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC);
	enum hangrate_zygote_refusal r = HANGRATE_ZYGOTE_READY;
	size_t kept = 0;
	ssize_t n = 0;

	while (fd >= 0 && kept < sizeof(text) - 1 &&
		(n = read(fd, text + kept, sizeof(text) - 1 - kept)) > 0) {
		char *line = text, *end;

		text[kept + (size_t)n] = '\0';
		for (; (end = strchr(line, '\n')); line = end + 1)
			if (is_shared(line))
				r = HANGRATE_ZYGOTE_SHARED;
		kept = strlen(line);
		memmove(text, line, kept);
	}
	if (fd >= 0)
		close(fd);
	return fd < 0 || n < 0 || kept ? HANGRATE_ZYGOTE_UNKNOWN : r;
}

static enum hangrate_zygote_refusal check_timers(void)
{
	static const int which[] = { ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF };
	char text[16];

	for (size_t i = 0; i < sizeof(which) / sizeof(which[0]); i++) {
		struct itimerval armed = { { 0, 0 }, { 0, 0 } };

		syscall(SYS_getitimer, which[i], &armed);
		if (armed.it_value.tv_sec || armed.it_value.tv_usec)
			return HANGRATE_ZYGOTE_TIMERS;
	}
	switch (read_file("/proc/self/timers", text, sizeof(text))) {
	case 0:
		return HANGRATE_ZYGOTE_READY;
	case -1:
		return HANGRATE_ZYGOTE_UNKNOWN;
	default:
		return HANGRATE_ZYGOTE_TIMERS;
	}
}

/* glibc has the kernel clear the thread's id; musl has it clear a lock, and keeps the id near the
 * beginning of the thread's description. */
static bool find_tid(struct thread *t)
{
	int tid = (int)syscall(SYS_gettid);
	char *self = (char *)pthread_self();
	char *clear = t->clear;
	int *found = NULL;

	if (clear >= self && clear < self + SELF_MAX && *(int *)(void *)clear == tid) {
		t->tid = (int *)(void *)clear;
		return true;
	}
	for (size_t at = 0; at < MUSL_MAX; at += sizeof(int)) {
		int *word = (int *)(void *)(self + at);

		if (*word != tid)
			continue;
		if (found)
			return false;
		found = word;
	}
	t->tid = found;
	return found;
}

static enum hangrate_zygote_refusal check_thread(struct thread *t)
{
	if (syscall(SYS_prctl, PR_GET_TID_ADDRESS, &t->clear, 0, 0, 0) < 0 ||
		syscall(SYS_get_robust_list, 0, &t->robust, &t->robust_size) < 0 || !find_tid(t))
		return HANGRATE_ZYGOTE_UNKNOWN;
	return HANGRATE_ZYGOTE_READY;
}

static enum hangrate_zygote_refusal check(int *ret_detail)
{
	enum hangrate_zygote_refusal r = check_status(ret_detail);

	if (!r)
		r = check_children();
	if (!r)
		r = check_descriptors(ret_detail);
	if (!r)
		r = check_mappings();
	if (!r)
		r = check_timers();
	return r ? r : check_thread(&zygote.thread);
}

/* --- the environment --- */

static bool has_name(const char *string, const char *name, size_t len)
{
	return !strncmp(string, name, len) && string[len] == '=';
}

/* It is no variable of the program's, not even for /proc/self/environ. */
static void remove_variable(char **envp, const char *name)
{
	char **to = envp;

	for (; *envp; envp++)
		if (has_name(*envp, name, strlen(name)))
			memset(*envp, 0, strlen(*envp));
		else
			*to++ = *envp;
	*to = NULL;
}

/* We stand first: the rest is the user's. */
static void remove_preload(char **envp)
{
	static const char name[] = "LD_PRELOAD", ours[] = "hangrate-zygote";

	for (; *envp; envp++) {
		char *value = *envp + sizeof(name), *rest;

		if (!has_name(*envp, name, sizeof(name) - 1))
			continue;
		rest = strchr(value, ':');
		if (!memmem(value, rest ? (size_t)(rest - value) : strlen(value), ours,
			    sizeof(ours) - 1))
			return;
		if (rest)
			memmove(value, rest + 1, strlen(rest));
		else
			remove_variable(envp, name);
		return;
	}
}

/* False: the program was not started with a variable of that name. */
static bool set_variable(char **envp, char *string)
{
	size_t len = strcspn(string, "=");

	for (; *envp; envp++)
		if (has_name(*envp, string, len)) {
			*envp = string;
			return true;
		}
	return false;
}

static bool set_variables(char **envp, char *strings)
{
	for (char *s = strings; *s; s += strlen(s) + 1)
		if (!set_variable(envp, s))
			return false;
	return true;
}

/* --- orders --- */

/* The number of descriptors; -1: the keeper is gone. */
static int receive(int fds[1 + HANGRATE_ZYGOTE_FDS])
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int[1 + HANGRATE_ZYGOTE_FDS]))];
	} control;
	struct iovec iov = { &zygote.order, sizeof(zygote.order) - 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;
	ssize_t n;

	m.msg_control = &control;
	m.msg_controllen = sizeof(control);
	do
		n = syscall(SYS_recvmsg, zygote.socket, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	c = n > (ssize_t)offsetof(struct hangrate_zygote_order, env) ? CMSG_FIRSTHDR(&m) : NULL;
	if (!c || c->cmsg_type != SCM_RIGHTS || zygote.order.magic != HANGRATE_ZYGOTE_MAGIC)
		return -1;
	memcpy(fds, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
	return (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
}

static bool move(int from, int to)
{
	bool good = syscall(SYS_dup3, from, to, 0) >= 0;

	close(from);
	return good;
}

static bool place(const int *fds)
{
	bool good = syscall(SYS_dup3, fds[0], 1, 0) >= 0 && move(fds[0], 2);

	for (uint32_t i = 0; i < zygote.order.n_fds; i++)
		good &= move(fds[1 + i], zygote.order.numbers[i]);
	return good;
}

/* As an executed child is set up by runner/trial/spawn.c. */
static void become_trial(char **envp, const int *fds)
{
	const struct thread *t = &zygote.thread;

	close(zygote.socket);
	*t->tid = (int)syscall(SYS_gettid);
	syscall(SYS_set_tid_address, t->clear);
	if (t->robust)
		syscall(SYS_set_robust_list, t->robust, t->robust_size);
	syscall(SYS_setsid);
	syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (syscall(SYS_getppid) != zygote.keeper || !place(fds) ||
		!set_variables(envp, zygote.order.env))
		syscall(SYS_exit_group, HANGRATE_EXIT_BROKEN);
	errno = 0;
}

static void answer(const void *data, size_t size)
{
	while (syscall(SYS_sendto, zygote.socket, data, size, MSG_NOSIGNAL, NULL, 0) < 0 &&
		errno == EINTR)
		;
}

/* Its own copies of the first trial's output would look like writers. */
static void say_hello(void)
{
	struct hangrate_zygote_hello hello = { .magic = HANGRATE_ZYGOTE_MAGIC };
	int detail = 0;

	hello.pid = (int32_t)syscall(SYS_getpid);
	hello.refusal = check(&detail);
	hello.detail = detail;
	if (syscall(SYS_dup3, 0, 1, 0) < 0 || syscall(SYS_dup3, 0, 2, 0) < 0)
		hello.refusal = HANGRATE_ZYGOTE_UNKNOWN;
	answer(&hello, sizeof(hello));
}

void zygote_serve(char **envp)
{
	static const char name[] = HANGRATE_ENV_ZYGOTE;
	int fds[1 + HANGRATE_ZYGOTE_FDS], n;

	zygote.socket = -1;
	for (char **e = envp; *e; e++)
		if (has_name(*e, name, sizeof(name) - 1))
			zygote.socket = number(*e + sizeof(name));
	if (zygote.socket < 0)
		return;
	zygote.keeper = (pid_t)syscall(SYS_getppid);
	syscall(SYS_fcntl, zygote.socket, F_SETFD, FD_CLOEXEC);
	remove_variable(envp, name);
	remove_preload(envp);
	say_hello();
	while ((n = receive(fds)) >= 0) {
		int32_t pid = -EPROTO;

		if ((uint32_t)n == 1 + zygote.order.n_fds)
			pid = (int32_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
		if (!pid) {
			become_trial(envp, fds);
			return;
		}
		if (pid < 0 && pid != -EPROTO)
			pid = -errno;
		for (int i = 0; i < n; i++)
			close(fds[i]);
		answer(&pid, sizeof(pid));
	}
	syscall(SYS_exit_group, 0);
}
