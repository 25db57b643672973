/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A process outside, which has nothing of ours in its tables or under another number or name:
 *   traced_thread	a thread of it that is no leader is traced, ends, and reports to wait()
 *   lock_beside	it has a record lock on one byte, the waiter another one in the same file
 *   queue_deleted	a message queue whose name looks as if it were unlinked
 *   linked_elsewhere	shared memory whose file has its other name in another directory
 *   gate_by_descriptor	it has the file of a shared futex open, and maps it later
 *   thread_ends	the end of a thread of it clears a word and wakes (clear_child_tid)
 *   flock_elsewhere	it has a flock, the tree another lock of another kind on the file
 *   tcp_reset		it has a TCP peer's only other descriptor, and resets
 * modes: traced_thread|lock_beside|queue_deleted|linked_elsewhere|gate_by_descriptor|thread_ends
 * modes: flock_elsewhere|tcp_reset
 *
 * libc: glibc
 * needs: outsider
 */
#include "tests/targets/futex.h"
#include "tests/targets/modes.h"
#include "tests/targets/outsider.h"

#include <mqueue.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/ptrace.h>
#include <sys/stat.h>

static void traced_thread(long ms)
{
	pid_t tid = outsider_ask("thread", ms, -1, ""), child;
	int status, p[2];

	MUST(ptrace(PTRACE_SEIZE, tid, NULL, NULL) == 0);
	MUST(pipe(p) == 0);
	child = target_fork();
	if (child == 0) {
		char c;

		MUST(read(p[0], &c, 1) == 0);
		_exit(0);
	}
	MUST(waitpid(-1, &status, __WALL) == tid);
	kill(child, SIGKILL);
	MUST(waitpid(child, &status, 0) == child);
}

static int temporary_of(char *template)
{
	int fd = mkostemp(template, O_CLOEXEC);

	MUST(fd >= 0 && fchmod(fd, 0666) == 0 && ftruncate(fd, 4096) == 0);
	return fd;
}

static int temporary(char *path)
{
	return temporary_of(target_path(path, "hangrate-target-XXXXXX"));
}

static void lock_beside(long ms)
{
	char path[TARGET_PATH_MAX], argument[TARGET_PATH_MAX + 8];
	struct flock own = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 100, .l_len = 1 };
	struct flock first = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
	int fd = temporary(path);

	MUST(fcntl(fd, F_SETLK, &own) == 0);
	snprintf(argument, sizeof(argument), "%s 0", path);
	outsider_ask("lock", ms, -1, argument);
	MUST(unlink(path) == 0);
	MUST(fcntl(fd, F_SETLKW, &first) == 0);
}

static void flock_elsewhere(long ms)
{
	char path[TARGET_PATH_MAX];
	struct flock own = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
	int fd = temporary(path);

	MUST(fcntl(fd, F_SETLK, &own) == 0);
	outsider_ask("flock", ms, -1, path);
	MUST(unlink(path) == 0);
	MUST(flock(fd, LOCK_EX) == 0);
}

static void queue_deleted(long ms)
{
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 8 };
	char name[64], message[8];
	mqd_t q;

	snprintf(name, sizeof(name), "/hangrate-%d (deleted)", (int)getpid());
	q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0666, &attr);
	MUST(q >= 0 && fchmod(q, 0666) == 0);
	outsider_ask("send_queue", ms, -1, name);
	MUST(mq_receive(q, message, sizeof(message), NULL) >= 0);
	MUST(mq_unlink(name) == 0);
}

static uint32_t *map_word(int fd)
{
	uint32_t *word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	MUST(word != MAP_FAILED);
	close(fd);
	return word;
}

static void linked_elsewhere(long ms)
{
	char path[] = "/dev/shm/hangrate-target-XXXXXX", dir[] = "/dev/shm/hangrate-dir-XXXXXX";
	char other[80];
	int fd = temporary_of(path);
	uint32_t *word = map_word(fd);

	MUST(mkdtemp(dir) && chmod(dir, 0777) == 0);
	snprintf(other, sizeof(other), "%s/word", dir);
	MUST(link(path, other) == 0 && unlink(path) == 0);
	outsider_ask("open_gate", ms, -1, other);
	futex_gate_wait(word, FUTEX_WAIT_SHARED);
	MUST(unlink(other) == 0 && rmdir(dir) == 0);
}

static void wait_for_gate(const char *act, long ms)
{
	char path[TARGET_PATH_MAX];
	uint32_t *word = map_word(temporary(path));

	outsider_ask(act, ms, -1, path);
	MUST(unlink(path) == 0);
	futex_gate_wait(word, FUTEX_WAIT_SHARED);
}

static void gate_by_descriptor(long ms)
{
	wait_for_gate("map_gate", ms);
}

static void thread_ends(long ms)
{
	char path[TARGET_PATH_MAX];
	uint32_t *word = map_word(temporary(path));

	__atomic_store_n(word, 1, __ATOMIC_RELEASE);
	outsider_ask("end_thread", ms, -1, path);
	MUST(unlink(path) == 0);
	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == 1)
		syscall(SYS_futex, word, FUTEX_WAIT_SHARED, 1, NULL, NULL, 0);
}

static void tcp_reset(long ms)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	socklen_t len = sizeof(addr);
	int listener = socket(AF_INET, SOCK_STREAM, 0), a = socket(AF_INET, SOCK_STREAM, 0), b;
	char c;

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	MUST(bind(listener, (struct sockaddr *)&addr, sizeof(addr)) == 0);
	MUST(listen(listener, 1) == 0);
	MUST(getsockname(listener, (struct sockaddr *)&addr, &len) == 0);
	MUST(connect(a, (struct sockaddr *)&addr, sizeof(addr)) == 0);
	b = accept(listener, NULL, NULL);
	MUST(b >= 0);
	outsider_ask("reset", ms, b, "");
	close(b);
	MUST(read(a, &c, 1) < 0 && errno == ECONNRESET);
}

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{ "traced_thread", traced_thread },
		{ "lock_beside", lock_beside },
		{ "queue_deleted", queue_deleted },
		{ "linked_elsewhere", linked_elsewhere },
		{ "gate_by_descriptor", gate_by_descriptor },
		{ "thread_ends", thread_ends },
		{ "flock_elsewhere", flock_elsewhere },
		{ "tcp_reset", tcp_reset },
		{ NULL, NULL },
	};

	outsider_path = argc > 2 ? argv[2] : NULL;
	return modes_main(argc, argv, modes);
}
