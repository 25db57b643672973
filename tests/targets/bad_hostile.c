/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One way each, by name, to get away from who started it or to do it harm; argv[1] says which. What
 * stays would sleep for hours. "fuse" needs root and a folder to mount on.
 */
#include "tests/targets/target.h"

#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>

static char **args;

static void stay(void)
{
	for (;;)
		target_sleep_ms(3600 * 1000);
}

static void session(void)
{
	if (target_fork() == 0) {
		setsid();
		stay();
	}
}

static void daemonize(void)
{
	pid_t pid = target_fork();

	if (pid)
		target_reap(pid);
	else if (setsid() > 0 && target_fork() == 0)
		stay();
	else
		_exit(0);
}

static void subreaper(void)
{
	if (target_fork())
		return;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (int i = 0; i < 4; i++)
		daemonize();
	stay();
}

/* Traces its sibling, which stops at every signal, and never lets it go. */
static void tracer(void)
{
	pid_t sibling = target_fork();

	if (sibling == 0)
		stay();
	if (target_fork())
		return;
	ptrace(PTRACE_SEIZE, sibling, NULL, (void *)(PTRACE_O_TRACEFORK | PTRACE_O_TRACEEXIT));
	ptrace(PTRACE_INTERRUPT, sibling, NULL, NULL);
	stay();
}

static void stop_parent(void)
{
	kill(getppid(), SIGSTOP);
}

static void kill_parent(void)
{
	kill(getppid(), SIGKILL);
	stay();
}

/* For who is alone in a pid namespace. The kernel spares the caller itself. */
static void kill_all(void)
{
	if (getpid() > 10)
		_exit(TARGET_BROKEN);
	if (target_fork() == 0)
		kill(-1, SIGKILL);
	stay();
}

static void limits(void)
{
	static const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_NOFILE, &none);
	setrlimit(RLIMIT_NPROC, &none);
	setrlimit(RLIMIT_FSIZE, &none);
	setrlimit(RLIMIT_STACK, &none);
	setrlimit(RLIMIT_LOCKS, &none);
}

static void descriptors(void)
{
	for (int fd = 0; fd < 1024; fd++)
		close(fd);
	session();
}

static void ignore_signals(void)
{
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_IGN);
	session();
}

/* Without an end; some limit on processes has to stop it. */
static void bomb_in(void (*escape)(void))
{
	target_sleep_ms(1);
	for (int i = 0; i < 100000; i++)
		if (fork() == 0)
			escape();
	stay();
}

static void nothing(void)
{
}

static void new_session(void)
{
	setsid();
}

static void bomb(void)
{
	bomb_in(nothing);
}

static void bomb_of_sessions(void)
{
	bomb_in(new_session);
}

/* <linux/fuse.h>, which musl-gcc does not find. */
struct fuse_request {
	uint32_t length, opcode;
	uint64_t unique, node;
	uint32_t uid, gid, pid, unused;
};
struct fuse_hello {
	uint32_t length;
	int32_t error;
	uint64_t unique;
	uint32_t major, minor, readahead, flags;
	uint16_t background, congestion;
	uint32_t max_write, granularity, unused[9];
};

/* The first request asks for the version; the others stay without an answer. */
static void *answer_hello_only(void *fuse)
{
	static char room[1 << 17] __attribute__((aligned(8)));
	struct fuse_request *request = (struct fuse_request *)room;
	int fd = (int)(intptr_t)fuse;
	struct fuse_hello hello = {
		.length = sizeof(hello), .major = 7, .minor = 31, .max_write = 4096
	};

	MUST(read(fd, room, sizeof(room)) > 0);
	hello.unique = request->unique;
	MUST(write(fd, &hello, sizeof(hello)) == sizeof(hello));
	while (read(fd, room, sizeof(room)) > 0)
		;
	return NULL;
}

/* Asks a file system that it serves itself, and never answers. No signal ends that wait. */
static void fuse(void)
{
	char options[128];
	struct stat st;
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	MUST(fd >= 0 && args[2]);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	MUST(mount("hangrate", args[2], "fuse", 0, options) == 0);
	target_thread(answer_hello_only, (void *)(intptr_t)fd);
	MUST(stat(args[2], &st) == 0);
}

static const struct {
	const char *name;
	void (*run)(void);
} ways[] = {
	{ "session", session },
	{ "daemon", daemonize },
	{ "subreaper", subreaper },
	{ "tracer", tracer },
	{ "stop-parent", stop_parent },
	{ "kill-parent", kill_parent },
	{ "kill-all", kill_all },
	{ "limits", limits },
	{ "descriptors", descriptors },
	{ "ignore-signals", ignore_signals },
	{ "bomb", bomb },
	{ "bomb-of-sessions", bomb_of_sessions },
	{ "fuse", fuse },
};

int main(int argc, char **argv)
{
	args = argv;
	for (size_t i = 0; argc > 1 && i < sizeof(ways) / sizeof(ways[0]); i++)
		if (strcmp(argv[1], ways[i].name) == 0) {
			ways[i].run();
			return 0;
		}
	return TARGET_BROKEN;
}
