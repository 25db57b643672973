/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a call was given in memory is something else by now; the kernel goes by its copy. A process
 * outside ends the wait as it was asked for:
 *   poll_list		the list of poll()
 *   select_sets	the sets of select()
 *   waitv_list		the words of futex_waitv()
 *   message_name	the receiver of sendmsg()
 *   lock_range		the range of F_SETLKW, and the tree has a lock there
 * modes: poll_list|select_sets|waitv_list|message_name|lock_range
 *
 * libc: glibc
 * needs: outsider
 */
#include "tests/targets/await.h"
#include "tests/targets/futex.h"
#include "tests/targets/modes.h"
#include "tests/targets/outsider.h"

#include <linux/futex.h>
#include <poll.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/un.h>

static struct pollfd list[1];
static fd_set set;
static struct futex_waitv words[1];
static struct msghdr message;
static struct flock range;
static int fd;

static void *poll_it(void *arg)
{
	await_say();
	MUST(poll(list, 1, -1) == 1);
	return arg;
}

static void *select_it(void *arg)
{
	await_say();
	MUST(select(fd + 1, &set, NULL, NULL, NULL) == 1);
	return arg;
}

static void *wait_for_words(void *arg)
{
	await_say();
	syscall(SYS_futex_waitv, words, 1, 0, NULL, 0);
	return arg;
}

static void *send_it(void *arg)
{
	await_say();
	/* A starved target may come when the outsider has gone. */
	MUST(sendmsg(fd, &message, 0) > 0 || errno == ECONNREFUSED);
	return arg;
}

static void *lock_it(void *arg)
{
	await_say();
	MUST(fcntl(fd, F_OFD_SETLKW, &range) == 0);
	return arg;
}

/* A pipe of which the outsider has the only writing end. */
static int read_end(long ms)
{
	int p[2];

	MUST(pipe(p) == 0);
	outsider_ask("write", ms, p[1], "");
	close(p[1]);
	return p[0];
}

static int own_pipe(void)
{
	int p[2];

	MUST(pipe(p) == 0);
	return p[0];
}

static void poll_list(long ms)
{
	pthread_t t;

	list[0] = (struct pollfd){ read_end(ms), POLLIN, 0 };
	t = target_thread(poll_it, NULL);
	await_call(SYS_poll);
	list[0].fd = own_pipe();
	pthread_join(t, NULL);
}

static void select_sets(long ms)
{
	int other = own_pipe();
	pthread_t t;

	fd = read_end(ms);
	FD_SET(fd, &set);
	t = target_thread(select_it, NULL);
	await_either(SYS_select, SYS_pselect6);
	FD_CLR(fd, &set);
	FD_SET(other, &set);
	pthread_join(t, NULL);
}

static void waitv_list(long ms)
{
	static uint32_t own_word;
	char path[TARGET_PATH_MAX];
	int file = mkostemp(target_path(path, "hangrate-target-XXXXXX"), O_CLOEXEC);
	uint32_t *word;
	pthread_t t;

	MUST(file >= 0 && fchmod(file, 0666) == 0 && ftruncate(file, 4096) == 0);
	word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	MUST(word != MAP_FAILED);
	outsider_ask("map_gate", ms, -1, path);
	MUST(unlink(path) == 0 && close(file) == 0);
	words[0] = (struct futex_waitv){ .uaddr = (uintptr_t)word, .flags = 2 /* 32 bits */ };
	t = target_thread(wait_for_words, NULL);
	await_call(SYS_futex_waitv);
	words[0] = (struct futex_waitv){ .uaddr = (uintptr_t)&own_word, .flags = 2 | 128 };
	pthread_join(t, NULL);
}

static void message_name(long ms)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(addr);
	int s[2], named = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct iovec iov = { "x", 1 };
	pthread_t t;

	MUST(named >= 0 && bind(named, (struct sockaddr *)&addr, sizeof(sa_family_t)) == 0);
	MUST(getsockname(named, (struct sockaddr *)&addr, &len) == 0);
	MUST(socketpair(AF_UNIX, SOCK_DGRAM, 0, s) == 0);
	fd = s[0];
	message = (struct msghdr){ .msg_iov = &iov, .msg_iovlen = 1 };
	MUST(sendmsg(fd, &message, 0) > 0); /* to its own peer, who has something to read */
	message.msg_name = &addr;
	message.msg_namelen = len;
	while (sendmsg(fd, &message, MSG_DONTWAIT) > 0)
		;
	outsider_ask("drain", ms, named, "");
	close(named);
	t = target_thread(send_it, NULL);
	await_call(SYS_sendmsg);
	message.msg_name = NULL;
	message.msg_namelen = 0;
	pthread_join(t, NULL);
}

static void lock_range(long ms)
{
	char path[TARGET_PATH_MAX], argument[TARGET_PATH_MAX + 8];
	struct flock own = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 100, .l_len = 1 };
	int other;
	pthread_t t;

	fd = mkostemp(target_path(path, "hangrate-target-XXXXXX"), O_CLOEXEC);
	other = open(path, O_RDWR | O_CLOEXEC);
	MUST(fd >= 0 && other >= 0 && fchmod(fd, 0666) == 0);
	MUST(fcntl(other, F_OFD_SETLK, &own) == 0);
	snprintf(argument, sizeof(argument), "%s 0", path);
	outsider_ask("lock", ms, -1, argument);
	MUST(unlink(path) == 0);
	range = (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
	t = target_thread(lock_it, NULL);
	await_call(SYS_fcntl);
	range = own;
	pthread_join(t, NULL);
}

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{ "poll_list", poll_list },
		{ "select_sets", select_sets },
		{ "waitv_list", waitv_list },
		{ "message_name", message_name },
		{ "lock_range", lock_range },
		{ NULL, NULL },
	};

	outsider_path = argc > 2 ? argv[2] : NULL;
	return modes_main(argc, argv, modes);
}
