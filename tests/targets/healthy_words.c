/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Words in memory, and faults on pages, that another process or thread ends:
 *   remapped		the word's page has been moved by mremap()
 *   hole		its page has been cut out of the file
 *   memfd_sent		a child is sent the file, and maps it only then
 *   huge		the word is in a huge page
 *   ended_process	the end of a process with our memory clears a word
 *   new_wake		futex_wake() and futex_wait() of Linux 6.7
 *   new_requeue	futex_requeue() of Linux 6.7
 *   any_of_shared	the second word of futex_waitv() is shared
 *   written_by_sibling	process_vm_writev() changes the word, and a signal makes the waiter look
 *   told_of_discard	madvise() waits until who serves page faults has been told
 *   write_protected	write() of a page by a system call that must be let through first
 * modes: remapped|hole|memfd_sent|huge|ended_process|new_wake|new_requeue|any_of_shared
 * modes: written_by_sibling|told_of_discard|write_protected
 *
 * libc: glibc
 */
#include "tests/targets/await.h"
#include "tests/targets/futex.h"
#include "tests/targets/modes.h"
#include "tests/targets/passfd.h"

#include <linux/futex.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

static int p[2];

static uint32_t *map_shared(int fd)
{
	void *m = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	MUST(m != MAP_FAILED);
	return m;
}

static int make_file(unsigned int flags, off_t size)
{
	int fd = memfd_create("word", flags);

	if (fd < 0 || ftruncate(fd, size) < 0)
		return -1;
	return fd;
}

/* The word tells nobody that it was woken: on a slow machine nobody may sleep there yet. */
static void wake(uint32_t *word)
{
	while (syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0) == 0)
		target_sleep_ms(1);
}

static void wait_word(uint32_t *word)
{
	while (syscall(SYS_futex, word, FUTEX_WAIT, 0, NULL, NULL, 0) < 0)
		MUST(errno == EINTR);
}

static pid_t wake_later(uint32_t *word, long ms)
{
	pid_t pid = modes_later(ms);

	if (pid == 0) {
		wake(word);
		modes_end();
	}
	return pid;
}

static void *wait_in_thread(void *arg)
{
	await_say();
	wait_word(arg);
	return NULL;
}

/* Where the thread has slept there is nothing any more, or another page. */
static void remapped(long ms)
{
	uint32_t *word = map_shared(make_file(0, 4096));
	pid_t pid = wake_later(word, ms + 10);
	pthread_t t;

	t = target_thread(wait_in_thread, word);
	await_call(SYS_futex);
	MUST(mremap(word, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, target_shared(4096)) !=
		MAP_FAILED);
	pthread_join(t, NULL);
	target_reap(pid);
}

static void hole(long ms)
{
	int fd = make_file(0, 4096);
	uint32_t *word = map_shared(fd);
	pid_t pid = wake_later(word, ms + 10);
	pthread_t t;

	*word = 0;
	t = target_thread(wait_in_thread, word);
	await_call(SYS_futex);
	MUST(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) == 0);
	pthread_join(t, NULL);
	target_reap(pid);
}

static void memfd_sent(long ms)
{
	int d[2], fd;
	pid_t pid;
	uint32_t *word;

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, d) == 0);
	pid = modes_later(ms);
	if (pid == 0) {
		wake(map_shared(passfd_receive(d[1])));
		modes_end();
	}
	fd = make_file(0, 4096);
	word = map_shared(fd);
	passfd_send(d[0], fd);
	close(fd);
	close(d[1]);
	wait_word(word);
	target_reap(pid);
}

static void huge(long ms)
{
	int fd = make_file(MFD_HUGETLB, 2 << 20);
	void *m = fd < 0 ? MAP_FAILED
			 : mmap(NULL, 2 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	pid_t pid;

	if (m == MAP_FAILED)
		return; /* none are set aside */
	pid = wake_later((uint32_t *)m + 2000, ms);
	wait_word((uint32_t *)m + 2000);
	target_reap(pid);
}

static int sleep_and_end(void *arg)
{
	syscall(SYS_nanosleep, arg, NULL);
	syscall(SYS_exit, 0);
	return 0;
}

static void ended_process(long ms)
{
	static char stack[65536] __attribute__((aligned(16)));
	static pid_t tid = 1;
	struct timespec nap = { ms / 1000, ms % 1000 * 1000000 };
	pid_t pid = clone(sleep_and_end, stack + sizeof(stack),
		CLONE_VM | CLONE_CHILD_CLEARTID | SIGCHLD, &nap, NULL, NULL, &tid);

	MUST(pid > 0);
	while (__atomic_load_n(&tid, __ATOMIC_ACQUIRE))
		syscall(SYS_futex, &tid, FUTEX_WAIT, 1, NULL, NULL, 0);
	target_reap(pid);
}

enum { SYS_FUTEX_WAKE = 454, SYS_FUTEX_WAIT = 455, SYS_FUTEX_REQUEUE = 456, SIZE_U32 = 2 };

static void new_wait(uint32_t *word)
{
	while (syscall(SYS_FUTEX_WAIT, word, 0UL, ~0U + 0UL, SIZE_U32, NULL, 0) < 0)
		if (errno != EINTR)
			break; /* an old kernel */
}

static void new_wake(long ms)
{
	uint32_t *word = target_shared(4096);
	pid_t pid = modes_later(ms);

	if (pid == 0) {
		while (syscall(SYS_FUTEX_WAKE, word, ~0U + 0UL, 1, SIZE_U32) == 0)
			target_sleep_ms(1);
		modes_end();
	}
	new_wait(word);
	target_reap(pid);
}

static void new_requeue(long ms)
{
	uint32_t *words = target_shared(4096);
	struct futex_waitv both[] = { { .uaddr = (uintptr_t)words, .flags = SIZE_U32 },
		{ .uaddr = (uintptr_t)(words + 1), .flags = SIZE_U32 } };
	pid_t pid = modes_later(ms);

	if (pid == 0) {
		while (syscall(SYS_FUTEX_REQUEUE, both, 0, 0, 1) == 0)
			target_sleep_ms(1);
		target_sleep_ms(ms / 2);
		syscall(SYS_futex, words + 1, FUTEX_WAKE, 1, NULL, NULL, 0);
		modes_end();
	}
	new_wait(words);
	target_reap(pid);
}

static void any_of_shared(long ms)
{
	static uint32_t own;
	uint32_t *word = target_shared(4096);
	struct futex_waitv words[] = { { .uaddr = (uintptr_t)&own,
					       .flags = FUTEX_32 | FUTEX_PRIVATE_FLAG },
		{ .uaddr = (uintptr_t)word, .flags = FUTEX_32 } };
	pid_t pid = modes_later(ms);

	if (pid == 0) {
		__atomic_store_n(word, 1, __ATOMIC_RELEASE);
		syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
		modes_end();
	}
	while (!__atomic_load_n(word, __ATOMIC_ACQUIRE) &&
		(syscall(SYS_futex_waitv, words, 2, 0, NULL, 0) >= 0 || errno != ENOSYS))
		;
	target_reap(pid);
}

static void nothing(int signo)
{
	(void)signo;
}

static void written_by_sibling(long ms)
{
	static volatile uint32_t word, *own = &word;
	struct sigaction a = { .sa_handler = nothing };
	pid_t parent = getpid(), pid;

	MUST(sigaction(SIGUSR1, &a, NULL) == 0);
	pid = modes_later(ms);
	if (pid == 0) {
		uint32_t one = 1;
		struct iovec from = { &one, sizeof(one) }, to = { (void *)own, sizeof(one) };

		MUST(process_vm_writev(parent, &from, 1, &to, 1, 0) == sizeof(one));
		/* Until we are killed: it may not sleep yet. */
		for (;; target_sleep_ms(1))
			kill(parent, SIGUSR1);
	}
	while (!word)
		syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
	kill(pid, SIGKILL);
	MUST(waitpid(pid, NULL, 0) == pid);
}

static char *watch_page(int *ret_uffd, uint64_t feature, uint64_t mode)
{
	struct uffdio_api api = { .api = UFFD_API, .features = feature };
	struct uffdio_register r = { .mode = mode };
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int u = (int)syscall(SYS_userfaultfd, O_CLOEXEC);

	if (u < 0)
		return NULL; /* not permitted */
	page[0] = 1;
	r.range.start = (uintptr_t)page;
	r.range.len = 4096;
	if (ioctl(u, UFFDIO_API, &api) < 0)
		return NULL; /* an old kernel */
	MUST(ioctl(u, UFFDIO_REGISTER, &r) == 0);
	*ret_uffd = u;
	return page;
}

static void told_of_discard(long ms)
{
	struct uffd_msg m;
	int u;
	char *page = watch_page(&u, UFFD_FEATURE_EVENT_REMOVE, UFFDIO_REGISTER_MODE_MISSING);
	pid_t pid;

	if (!page)
		return;
	pid = modes_later(ms);
	if (pid == 0) {
		MUST(read(u, &m, sizeof(m)) == sizeof(m) && m.event == UFFD_EVENT_REMOVE);
		modes_end();
	}
	MUST(madvise(page, 4096, MADV_DONTNEED) == 0);
	target_reap(pid);
}

static void write_protected(long ms)
{
	struct uffdio_writeprotect w = { .mode = UFFDIO_WRITEPROTECT_MODE_WP };
	int u;
	char *page = watch_page(&u, UFFD_FEATURE_PAGEFAULT_FLAG_WP, UFFDIO_REGISTER_MODE_WP);
	pid_t pid;

	if (!page)
		return;
	w.range.start = (uintptr_t)page;
	w.range.len = 4096;
	MUST(pipe(p) == 0);
	target_write_byte(p[1]);
	pid = modes_later(ms);
	if (pid == 0) {
		w.mode = 0;
		MUST(ioctl(u, UFFDIO_WRITEPROTECT, &w) == 0);
		modes_end();
	}
	MUST(ioctl(u, UFFDIO_WRITEPROTECT, &w) == 0);
	MUST(read(p[0], page, 1) == 1);
	target_reap(pid);
}

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{ "remapped", remapped },
		{ "hole", hole },
		{ "memfd_sent", memfd_sent },
		{ "huge", huge },
		{ "ended_process", ended_process },
		{ "new_wake", new_wake },
		{ "new_requeue", new_requeue },
		{ "any_of_shared", any_of_shared },
		{ "written_by_sibling", written_by_sibling },
		{ "told_of_discard", told_of_discard },
		{ "write_protected", write_protected },
		{ NULL, NULL },
	};

	return modes_main(argc, argv, modes);
}
