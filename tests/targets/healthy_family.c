/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Processes and threads that are related in unusual ways; one of them sleeps and ends the wait:
 *   shared_files	a process with our descriptors, not our memory (CLONE_FILES), closes
 *   shared_handlers	one with our memory and handlers (CLONE_SIGHAND) wakes
 *   sibling		a grandchild made with CLONE_PARENT is waited for
 *   subreaper		an orphan two levels down comes to us
 *   clone_child	a child that ends without a signal (__WCLONE)
 *   waitid_pidfd	waitid(P_PIDFD)
 *   other_group	a child that joins the process group that is waited for
 *   exec_by_thread	a thread replaces the program, and its waiting siblings with it
 *   exit_by_thread	a thread ends the process that another one waits in
 *   cleared_word	a thread's end clears a word that it has chosen (set_tid_address)
 *   robust_process	the end of a process marks a shared lock (FUTEX_OWNER_DIED)
 *   wake_op		FUTEX_WAKE_OP, on the second word
 *   bitset		FUTEX_WAKE_BITSET
 *   pi_requeue		FUTEX_CMP_REQUEUE_PI, then the lock is given back
 *   pid_namespace	the first process of a pid namespace ends, and the others with it
 *   semaphore_undo	the end of a process gives a System V semaphore back (SEM_UNDO)
 *   semaphore_gone	the set is removed
 *   lock_by_close	a record lock goes with any descriptor of the file
 *   lock_downgraded	an exclusive flock becomes a shared one
 * modes: shared_files|shared_handlers|sibling|subreaper|clone_child|waitid_pidfd|other_group
 * modes: exec_by_thread|exit_by_thread|cleared_word|robust_process|wake_op|bitset|pi_requeue
 * modes: pid_namespace|semaphore_undo|semaphore_gone|lock_by_close|lock_downgraded
 *
 * libc: glibc
 */
#include "tests/targets/futex.h"
#include "tests/targets/modes.h"

#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/sem.h>

static char stack[65536] __attribute__((aligned(16)));
static uint32_t word, second;
static struct timespec nap;
static int p[2];

static void set_nap(long ms)
{
	nap = (struct timespec){ ms / 1000, ms % 1000 * 1000000 };
}

static int start(int (*run)(void *arg), int flags)
{
	pid_t pid = clone(run, stack + sizeof(stack), flags, NULL);

	MUST(pid > 0);
	return pid;
}

static int close_later(void *arg)
{
	syscall(SYS_nanosleep, &nap, NULL);
	close(p[1]);
	syscall(SYS_nanosleep, &(struct timespec){ 0, 20000000 }, NULL);
	_exit(arg != NULL);
}

static void shared_files(long ms)
{
	char c;
	pid_t pid;

	set_nap(ms);
	MUST(pipe(p) == 0);
	pid = start(close_later, CLONE_FILES | SIGCHLD);
	MUST(read(p[0], &c, 1) == 0);
	target_reap(pid);
}

static int wake_later(void *arg)
{
	syscall(SYS_nanosleep, &nap, NULL);
	futex_gate_open(&word, FUTEX_WAKE_OWN);
	(void)arg;
	return 0;
}

static void shared_handlers(long ms)
{
	pid_t pid;

	set_nap(ms);
	pid = start(wake_later, CLONE_VM | CLONE_SIGHAND | CLONE_FS | SIGCHLD);
	futex_gate_wait(&word, FUTEX_WAIT_OWN);
	target_reap(pid);
}

static int sleep_and_end(void *arg)
{
	syscall(SYS_nanosleep, &nap, NULL);
	_exit(arg != NULL);
}

static void sibling(long ms)
{
	int status;
	pid_t child;

	set_nap(ms);
	child = target_fork();
	if (child == 0) {
		start(sleep_and_end, CLONE_PARENT | SIGCHLD);
		pause();
	}
	MUST(waitpid(-1, &status, 0) > 0);
	kill(child, SIGKILL);
	MUST(waitpid(child, &status, 0) == child);
}

static void subreaper(long ms)
{
	int status;
	pid_t child;

	MUST(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0 && pipe(p) == 0);
	child = target_fork();
	if (child == 0) {
		char c;

		if (target_fork() > 0) {
			MUST(read(p[0], &c, 1) == 1);
			_exit(0);
		}
		if (target_fork() > 0)
			_exit(0);
		target_sleep_ms(ms);
		_exit(3);
	}
	do
		MUST(waitpid(-1, &status, 0) > 0);
	while (!WIFEXITED(status) || WEXITSTATUS(status) != 3);
	target_write_byte(p[1]);
	target_reap(child);
}

static void clone_child(long ms)
{
	int status;
	pid_t pid;

	set_nap(ms);
	pid = start(sleep_and_end, 0);
	MUST(waitpid(pid, &status, __WCLONE) == pid);
}

static void waitid_pidfd(long ms)
{
	siginfo_t info;
	pid_t pid = modes_later(ms);
	int fd;

	if (pid == 0)
		_exit(0);
	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	MUST(fd >= 0 && waitid(3 /* P_PIDFD */, (id_t)fd, &info, WEXITED) == 0);
}

static void other_group(long ms)
{
	int status;
	pid_t group = target_fork(), pid;

	if (group == 0) {
		setpgid(0, 0);
		pause();
	}
	setpgid(group, group);
	pid = modes_later(ms);
	if (pid == 0) {
		MUST(setpgid(0, group) == 0);
		_exit(0);
	}
	MUST(waitpid(-group, &status, 0) == pid);
	kill(group, SIGKILL);
	MUST(waitpid(group, &status, 0) == group);
}

static void *read_for_ever(void *arg)
{
	char c;

	MUST(read(p[0], &c, 1) == 1);
	return arg;
}

static void *exec_later(void *arg)
{
	syscall(SYS_nanosleep, &nap, NULL);
	execlp("true", "true", (char *)NULL);
	return arg;
}

static void *exit_later(void *arg)
{
	syscall(SYS_nanosleep, &nap, NULL);
	_exit(0);
	return arg;
}

static void end_by_thread(long ms, void *(*end)(void *))
{
	set_nap(ms);
	MUST(pipe(p) == 0);
	target_thread(end, NULL);
	read_for_ever(NULL);
}

static void exec_by_thread(long ms)
{
	end_by_thread(ms, exec_later);
}

static void exit_by_thread(long ms)
{
	end_by_thread(ms, exit_later);
}

static void *clear_word(void *arg)
{
	MUST(syscall(SYS_set_tid_address, arg) > 0);
	syscall(SYS_nanosleep, &nap, NULL);
	syscall(SYS_exit, 0);
	return arg;
}

static void cleared_word(long ms)
{
	set_nap(ms);
	word = 1;
	target_thread(clear_word, &word);
	while (__atomic_load_n(&word, __ATOMIC_ACQUIRE))
		syscall(SYS_futex, &word, FUTEX_WAIT, 1, NULL, NULL, 0);
}

static void robust_process(long ms)
{
	pthread_mutex_t *lock = target_shared(4096);
	pthread_barrier_t *locked = target_barrier(2);
	pthread_mutexattr_t attr;
	pid_t pid;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(lock, &attr);
	pid = target_fork();
	if (pid == 0) {
		pthread_mutex_lock(lock);
		pthread_barrier_wait(locked);
		target_sleep_ms(ms);
		_exit(0);
	}
	pthread_barrier_wait(locked);
	MUST(pthread_mutex_lock(lock) == EOWNERDEAD);
	target_reap(pid);
}

static void *wake_by_op(void *arg)
{
	syscall(SYS_nanosleep, &nap, NULL);
	second = 1;
	syscall(SYS_futex, &word, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 0, 1L, &second,
		FUTEX_OP(FUTEX_OP_SET, 1, FUTEX_OP_CMP_EQ, 1));
	return arg;
}

static void wake_op(long ms)
{
	set_nap(ms);
	target_thread(wake_by_op, NULL);
	while (!__atomic_load_n(&second, __ATOMIC_ACQUIRE))
		syscall(SYS_futex, &second, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, NULL, NULL, 0);
}

static void *wake_by_bit(void *arg)
{
	syscall(SYS_nanosleep, &nap, NULL);
	word = 1;
	syscall(SYS_futex, &word, FUTEX_WAKE_BITSET | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 4);
	return arg;
}

static void bitset(long ms)
{
	set_nap(ms);
	target_thread(wake_by_bit, NULL);
	while (!__atomic_load_n(&word, __ATOMIC_ACQUIRE))
		syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 0, NULL, NULL, 6);
}

static void *requeue_and_unlock(void *arg)
{
	MUST(syscall(SYS_futex, &second, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0, NULL, NULL, 0) ==
		0);
	while (syscall(SYS_futex, &word, FUTEX_CMP_REQUEUE_PI | FUTEX_PRIVATE_FLAG, 1, 0L, &second,
		       0) != 1)
		sched_yield();
	syscall(SYS_nanosleep, &nap, NULL);
	MUST(syscall(SYS_futex, &second, FUTEX_UNLOCK_PI | FUTEX_PRIVATE_FLAG) == 0);
	return arg;
}

static void pi_requeue(long ms)
{
	set_nap(ms);
	target_thread(requeue_and_unlock, NULL);
	MUST(syscall(SYS_futex, &word, FUTEX_WAIT_REQUEUE_PI | FUTEX_PRIVATE_FLAG, 0, NULL, &second,
		     0) == 0);
}

/* Of a namespace of its own: what it started is killed with it. */
static int first_process(void *arg)
{
	if (target_fork() == 0) {
		read_for_ever(NULL);
		_exit(0);
	}
	target_sleep_ms(nap.tv_sec * 1000 + nap.tv_nsec / 1000000);
	_exit(arg != NULL);
}

static void pid_namespace(long ms)
{
	pid_t pid;

	set_nap(ms);
	MUST(pipe(p) == 0);
	pid = clone(first_process, stack + sizeof(stack), CLONE_NEWPID | SIGCHLD, NULL);
	if (pid < 0 && errno == EPERM)
		return;
	MUST(pid > 0);
	target_reap(pid);
}

static int semaphore_set(void)
{
	int set = semget(IPC_PRIVATE, 1, 0600);

	MUST(set >= 0);
	return set;
}

static void semaphore_undo(long ms)
{
	struct sembuf up = { .sem_op = 1 }, undone = { .sem_op = -1, .sem_flg = SEM_UNDO };
	struct sembuf down = { .sem_op = -1 };
	int set = semaphore_set();
	pid_t pid;

	MUST(semop(set, &up, 1) == 0 && pipe(p) == 0);
	pid = target_fork();
	if (pid == 0) {
		MUST(semop(set, &undone, 1) == 0);
		target_write_byte(p[1]);
		target_sleep_ms(ms);
		_exit(0);
	}
	target_read_byte(p[0]);
	MUST(semop(set, &down, 1) == 0);
	MUST(semctl(set, 0, IPC_RMID) == 0);
	target_reap(pid);
}

static void semaphore_gone(long ms)
{
	struct sembuf down = { .sem_op = -1 };
	int set = semaphore_set();
	pid_t pid = modes_later(ms);

	if (pid == 0) {
		MUST(semctl(set, 0, IPC_RMID) == 0);
		modes_end();
	}
	MUST(semop(set, &down, 1) < 0 && errno == EIDRM);
	target_reap(pid);
}

static int temporary(char *path)
{
	int fd = mkostemp(target_path(path, "hangrate-target-XXXXXX"), O_CLOEXEC);

	MUST(fd >= 0);
	return fd;
}

static void lock_by_close(long ms)
{
	char path[TARGET_PATH_MAX];
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = temporary(path);
	pid_t pid;

	MUST(pipe(p) == 0);
	pid = target_fork();
	if (pid == 0) {
		int other = open(path, O_RDWR);

		MUST(other >= 0 && fcntl(fd, F_SETLKW, &whole) == 0);
		target_write_byte(p[1]);
		target_sleep_ms(ms);
		close(other);
		modes_end();
	}
	target_read_byte(p[0]);
	MUST(fcntl(fd, F_SETLKW, &whole) == 0 && unlink(path) == 0);
	target_reap(pid);
}

static void lock_downgraded(long ms)
{
	char path[TARGET_PATH_MAX];
	int fd = temporary(path);
	pid_t pid;

	MUST(pipe(p) == 0);
	pid = target_fork();
	if (pid == 0) {
		int own = open(path, O_RDWR);

		MUST(own >= 0 && flock(own, LOCK_EX) == 0);
		target_write_byte(p[1]);
		target_sleep_ms(ms);
		MUST(flock(own, LOCK_SH) == 0);
		modes_end();
	}
	target_read_byte(p[0]);
	MUST(flock(fd, LOCK_SH) == 0 && unlink(path) == 0);
	target_reap(pid);
}

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{ "shared_files", shared_files },
		{ "shared_handlers", shared_handlers },
		{ "sibling", sibling },
		{ "subreaper", subreaper },
		{ "clone_child", clone_child },
		{ "waitid_pidfd", waitid_pidfd },
		{ "other_group", other_group },
		{ "exec_by_thread", exec_by_thread },
		{ "exit_by_thread", exit_by_thread },
		{ "cleared_word", cleared_word },
		{ "robust_process", robust_process },
		{ "wake_op", wake_op },
		{ "bitset", bitset },
		{ "pi_requeue", pi_requeue },
		{ "pid_namespace", pid_namespace },
		{ "semaphore_undo", semaphore_undo },
		{ "semaphore_gone", semaphore_gone },
		{ "lock_by_close", lock_by_close },
		{ "lock_downgraded", lock_downgraded },
		{ NULL, NULL },
	};

	return modes_main(argc, argv, modes);
}
