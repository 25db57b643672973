/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The end, stop or exec of another process or thread ends the wait, or the kernel ends a process
 * for it: grandchild		poll() of a grandchild's pidfd
 *   one_thread		poll() of a pidfd that stands for a thread
 *   continued		waitid() until a stopped child goes on, which another child lets it
 *   stops_later	waitid() until a child stops
 *   traced_stop	a traced child's signal is told to its tracer
 *   parent_thread	the thread that made a child ends, which kills the child (PR_SET_PDEATHSIG)
 *   tracer		a tracer's end kills the process that is traced (PTRACE_O_EXITKILL)
 *   vfork_exec		a child of vfork() sleeps, then becomes another program
 *   vfork_twice	it has a child of vfork() of its own
 *   exec_closes	a program that a child becomes does not get the pipe's end
 *   orphaned_group	the kernel lets a stopped process group go on that has lost its last parent
 * outside
 *   session		the kernel hangs up on a terminal's foreground when the leader of its
 * session ends ignored_children	SIGCHLD is ignored: wait() returns when the last child has
 * ended killed_by_filter	a child ends by its seccomp filter
 *   descends		an orphan's end is told to the first process of its pid namespace
 * modes: grandchild|one_thread|continued|stops_later|traced_stop|parent_thread|tracer|vfork_exec
 * modes: vfork_twice|exec_closes|orphaned_group|session|ignored_children|killed_by_filter|descends
 *
 * libc: glibc
 */
#include "tests/targets/modes.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>

static int p[2];
static long duration_ms;

static void poll_pidfd(pid_t pid, unsigned int flags)
{
	struct pollfd f = { .fd = (int)syscall(SYS_pidfd_open, pid, flags), .events = POLLIN };

	if (f.fd < 0 && (errno == ESRCH || (flags && errno == EINVAL)))
		return; /* it has ended; an old kernel */
	MUST(f.fd >= 0 && poll(&f, 1, -1) == 1);
}

static void grandchild(long ms)
{
	pid_t pid, grandchild;

	MUST(pipe(p) == 0);
	pid = target_fork();
	if (pid == 0) {
		grandchild = modes_later(ms);
		if (grandchild == 0)
			_exit(0);
		MUST(write(p[1], &grandchild, sizeof(grandchild)) == sizeof(grandchild));
		target_reap(grandchild);
		_exit(0);
	}
	MUST(read(p[0], &grandchild, sizeof(grandchild)) == sizeof(grandchild));
	poll_pidfd(grandchild, 0);
	target_reap(pid);
}

static void *sleep_and_end(void *arg)
{
	__atomic_store_n((pid_t *)arg, (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
	target_write_byte(p[1]);
	target_sleep_ms(duration_ms);
	return NULL;
}

static void one_thread(long ms)
{
	pid_t tid;
	pthread_t t;

	duration_ms = ms;
	MUST(pipe(p) == 0);
	t = target_thread(sleep_and_end, &tid);
	target_read_byte(p[0]);
	poll_pidfd(__atomic_load_n(&tid, __ATOMIC_ACQUIRE), O_EXCL);
	pthread_join(t, NULL);
}

static void stop_now(void)
{
	MUST(kill(getpid(), SIGSTOP) == 0);
}

static void wait_until(pid_t pid, int event)
{
	siginfo_t info;

	MUST(waitid(P_PID, (id_t)pid, &info, event) == 0 && info.si_pid == pid);
}

static void end_child(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	MUST(waitpid(pid, &status, 0) == pid);
}

static void continued(long ms)
{
	pid_t sleeper = target_fork(), pid;

	if (sleeper == 0) {
		stop_now();
		for (;;)
			pause();
	}
	wait_until(sleeper, WSTOPPED);
	pid = modes_later(ms);
	if (pid == 0) {
		kill(sleeper, SIGCONT);
		modes_end();
	}
	wait_until(sleeper, WCONTINUED);
	end_child(sleeper);
	target_reap(pid);
}

static void stops_later(long ms)
{
	pid_t pid = modes_later(ms);

	if (pid == 0) {
		stop_now();
		_exit(0);
	}
	wait_until(pid, WSTOPPED);
	end_child(pid);
}

static void traced_stop(long ms)
{
	int status;
	pid_t pid = target_fork();

	if (pid == 0) {
		MUST(ptrace(PTRACE_TRACEME, 0, 0, 0) == 0);
		target_sleep_ms(ms);
		raise(SIGUSR1);
		_exit(0);
	}
	MUST(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
	MUST(ptrace(PTRACE_CONT, pid, 0, 0) == 0);
	target_reap(pid);
}

static void *make_child_and_end(void *arg)
{
	pid_t pid = target_fork();

	if (pid == 0) {
		MUST(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
		target_write_byte(p[1]);
		for (;;)
			pause();
	}
	target_read_byte(p[0]);
	__atomic_store_n((pid_t *)arg, pid, __ATOMIC_RELEASE);
	target_sleep_ms(duration_ms);
	return NULL;
}

static void parent_thread(long ms)
{
	int status;
	pid_t pid = 0;
	pthread_t t;

	duration_ms = ms;
	MUST(pipe(p) == 0);
	t = target_thread(make_child_and_end, &pid);
	MUST(pthread_detach(t) == 0);
	while (!__atomic_load_n(&pid, __ATOMIC_ACQUIRE))
		target_sleep_ms(1);
	MUST(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
}

static void tracer(long ms)
{
	int status;
	pid_t sleeper, pid;

	MUST(pipe(p) == 0);
	sleeper = target_fork();
	if (sleeper == 0)
		for (;;)
			pause();
	pid = target_fork();
	if (pid == 0) {
		MUST(ptrace(PTRACE_SEIZE, sleeper, 0, PTRACE_O_EXITKILL) == 0);
		target_sleep_ms(ms);
		_exit(0);
	}
	MUST(waitpid(sleeper, &status, 0) == sleeper && WIFSIGNALED(status));
	target_reap(pid);
}

static void vfork_exec(long ms)
{
	pid_t pid = vfork();

	if (pid == 0) {
		target_sleep_ms(ms);
		execl("/bin/true", "true", NULL);
		_exit(TARGET_BROKEN);
	}
	target_reap(pid);
}

static void vfork_twice(long ms)
{
	pid_t pid = vfork();

	if (pid == 0) {
		pid_t inner = vfork();

		if (inner == 0) {
			target_sleep_ms(ms);
			_exit(0);
		}
		_exit(waitpid(inner, NULL, 0) != inner);
	}
	target_reap(pid);
}

static void exec_closes(long ms)
{
	char c;
	pid_t pid;

	MUST(pipe2(p, O_CLOEXEC) == 0);
	pid = modes_later(ms);
	if (pid == 0) {
		execl("/bin/sleep", "sleep", "infinity", NULL);
		_exit(TARGET_BROKEN);
	}
	close(p[1]);
	MUST(read(p[0], &c, 1) == 0);
	end_child(pid);
}

/* SIGHUP, too. */
static void orphaned_group(long ms)
{
	char c;
	pid_t pid;

	MUST(pipe(p) == 0);
	pid = target_fork();
	if (pid == 0) {
		pid_t stopped;

		MUST(setsid() >= 0);
		stopped = target_fork();
		if (stopped == 0) {
			MUST(setpgid(0, 0) == 0);
			stop_now();
			for (;;)
				pause();
		}
		close(p[1]);
		wait_until(stopped, WSTOPPED);
		target_sleep_ms(ms);
		_exit(0);
	}
	close(p[1]);
	MUST(read(p[0], &c, 1) == 0);
	target_reap(pid);
}

static void session(long ms)
{
	char c;
	int master, slave;
	pid_t pid;

	MUST(openpty(&master, &slave, NULL, NULL, NULL) == 0 && pipe(p) == 0);
	pid = target_fork();
	if (pid == 0) {
		MUST(setsid() >= 0 && ioctl(slave, TIOCSCTTY, 0) == 0);
		if (target_fork() == 0)
			for (;;)
				pause();
		close(p[1]);
		target_sleep_ms(ms);
		_exit(0);
	}
	close(p[1]);
	MUST(read(p[0], &c, 1) == 0);
	target_reap(pid);
}

static void ignored_children(long ms)
{
	MUST(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
	for (long i = 1; i <= 2; i++)
		if (modes_later(ms * i / 2) == 0)
			_exit(0);
	MUST(wait(NULL) < 0 && errno == ECHILD);
}

static void killed_by_filter(long ms)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(code[0]), code };
	int status;
	pid_t pid = target_fork();

	if (pid == 0) {
		MUST(prctl(PR_SET_DUMPABLE, 0) == 0);
		MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
		MUST(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == 0);
		target_sleep_ms(ms);
		syscall(SYS_getppid);
	}
	MUST(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
}

/* Of the parent's namespace the orphan is unknown to the first process of its own. */
static int first_process(void *arg)
{
	pid_t child = target_fork();
	int status, n = 0;

	if (child == 0) {
		if (target_fork() == 0)
			target_sleep_ms(*(long *)arg);
		_exit(0);
	}
	while (wait(&status) > 0)
		n++;
	_exit(n != 2);
}

static void descends(long ms)
{
	static char stack[65536] __attribute__((aligned(16)));
	pid_t pid = clone(first_process, stack + sizeof(stack), CLONE_NEWPID | SIGCHLD, &ms);

	if (pid < 0)
		pid = clone(first_process, stack + sizeof(stack),
			CLONE_NEWUSER | CLONE_NEWPID | SIGCHLD, &ms);
	if (pid > 0) /* permitted */
		target_reap(pid);
}

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{ "grandchild", grandchild },
		{ "one_thread", one_thread },
		{ "continued", continued },
		{ "stops_later", stops_later },
		{ "traced_stop", traced_stop },
		{ "parent_thread", parent_thread },
		{ "tracer", tracer },
		{ "vfork_exec", vfork_exec },
		{ "vfork_twice", vfork_twice },
		{ "exec_closes", exec_closes },
		{ "orphaned_group", orphaned_group },
		{ "session", session },
		{ "ignored_children", ignored_children },
		{ "killed_by_filter", killed_by_filter },
		{ "descends", descends },
		{ NULL, NULL },
	};

	return modes_main(argc, argv, modes);
}
