/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who else could end a wait: by a name, by mapping the page, or the kernel by itself. */
#include "runner/base/util.h"
#include "runner/snapshot/wait/tcp.h"
#include "tests/unit/snapshot_child.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

TestSuite(snapshot_peer, .timeout = 60);

/* --- TCP, pure --- */

static const struct sockdiag_inet open_end = { .established = true, .sendq = 0 };
static const struct sockdiag_inet full_end = { .established = true, .probes = true, .sendq = 9 };

Test(snapshot_peer, tcp_read_is_quiet_when_the_peer_has_sent_nothing)
{
	struct sockdiag_inet other = open_end;

	cr_expect_null(tcp_motion(WAIT_SOCK_READ, NULL, &open_end, &other));
	other.sendq = 1;
	cr_expect_not_null(tcp_motion(WAIT_SOCK_READ, NULL, &open_end, &other));
	other = (struct sockdiag_inet){ .established = false };
	cr_expect_not_null(tcp_motion(WAIT_SOCK_READ, NULL, &open_end, &other));
	cr_expect_not_null(tcp_motion(WAIT_SOCK_READ, NULL, &other, &open_end));
}

Test(snapshot_peer, tcp_write_is_quiet_when_the_window_is_closed)
{
	struct tcp_info info = { 0 };

	cr_expect_null(tcp_motion(WAIT_SOCK_WRITE, &info, &full_end, &open_end));
	cr_expect_not_null(tcp_motion(WAIT_SOCK_WRITE, &info, &open_end, &open_end), "no probes");
	info.tcpi_unacked = 1;
	cr_expect_not_null(tcp_motion(WAIT_SOCK_WRITE, &info, &full_end, &open_end));
	info = (struct tcp_info){ .tcpi_snd_wnd = 1 };
	cr_expect_not_null(tcp_motion(WAIT_SOCK_WRITE, &info, &full_end, &open_end));
}

Test(snapshot_peer, tcp_window_stays_closed_as_long_as_no_segment_fits)
{
	cr_expect_not(tcp_window_may_open(16384, 14784, 4096));
	cr_expect(tcp_window_may_open(400000, 14784, 4096), "the buffer was enlarged");
	cr_expect(tcp_window_may_open(16384, 12288, 4096), "a segment fits");
	cr_expect(tcp_window_may_open(16384, 8192, 65483), "half of it is free");
	cr_expect_not(tcp_window_may_open(16384, 20000, 4096), "more than full");
}

/* 3 * 10 * (2048 + 512) bytes is what the kernel comes to with small windows. */
Test(snapshot_peer, tcp_send_buffer_may_grow)
{
	struct tcp_info info = { .tcpi_snd_mss = 536, .tcpi_snd_cwnd = 4, .tcpi_reordering = 3 };
	uint32_t final = 3 * 10 * (2048 + 512);

	cr_expect(tcp_buffer_is_final(final, UINT64_MAX, &info));
	cr_expect_not(tcp_buffer_is_final(final - 1, UINT64_MAX, &info));
	cr_expect(tcp_buffer_is_final(final - 1, final - 1, &info), "at its limit");
	info.tcpi_snd_cwnd = 20;
	cr_expect_not(tcp_buffer_is_final(final, UINT64_MAX, &info));
	info.tcpi_snd_cwnd = 4;
	info.tcpi_reordering = 40;
	cr_expect_not(tcp_buffer_is_final(final, UINT64_MAX, &info));
}

/* --- names --- */

static bool holds_why(const struct snapshot *s, const void *data)
{
	for (size_t i = 0; i < s->n_threads; i++) {
		const struct thread *t = &s->threads[i];
		const struct object *o = t->n_objects ? thread_object(s, t, 0) : NULL;

		if (strstr(t->rest_why, data) || (o && strstr(o->external_why, data)))
			return true;
	}
	return false;
}

static void expect_why(void (*run)(void *), void *data, const char *why)
{
	pid_t pid = child_start(run, data);
	struct snapshot s;

	cr_assert(child_await(pid, NULL, holds_why, why, &s), "%s", why);
	snapshot_done(&s);
	child_end(pid);
}

static int named_datagram(struct sockaddr_un *ret_name)
{
	struct sockaddr_un none = { .sun_family = AF_UNIX };
	socklen_t n = sizeof(*ret_name);
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	/* An abstract name that the kernel chooses. */
	if (bind(fd, (struct sockaddr *)&none, sizeof(none.sun_family)) < 0 ||
		getsockname(fd, (struct sockaddr *)ret_name, &n) < 0)
		_exit(2);
	return fd;
}

static void read_named_datagram(void *data)
{
	struct sockaddr_un a, b;
	int mine = named_datagram(&a), peer = named_datagram(&b);
	socklen_t n = offsetof(struct sockaddr_un, sun_path) + 6; /* NUL and five digits */
	char byte;

	(void)data;
	if (connect(mine, (struct sockaddr *)&b, n) < 0 ||
		connect(peer, (struct sockaddr *)&a, n) < 0)
		_exit(2);
	_exit(read(mine, &byte, 1) < 0);
}

Test(snapshot_peer, anyone_may_send_to_a_datagram_socket_with_a_name)
{
	expect_why(read_named_datagram, NULL, "datagram socket with a name");
}

/* --- pipes --- */

/* The reading end is in the child alone, the writing end in the parent alone. */
static void write_to_child(void *data)
{
	static const char block[65536];
	int p[2];

	(void)data;
	if (pipe(p) < 0)
		_exit(2);
	if (child_fork() == 0) {
		close(p[1]);
		pause();
		_exit(0);
	}
	close(p[0]);
	while (write(p[1], block, sizeof(block)) > 0)
		;
}

Test(snapshot_peer, a_writer_is_woken_by_who_can_read)
{
	enum wait_kind wait = WAIT_PIPE_WRITE;
	pid_t pid = child_start(write_to_child, NULL);
	const struct object *o;
	struct snapshot s;

	cr_assert(child_await(pid, NULL, holds_root_waits, &wait, &s));
	cr_assert_eq(s.n_processes, 2);
	for (size_t i = 0; i < s.n_threads; i++) {
		if (s.threads[i].tid != pid)
			continue;
		o = thread_object(&s, &s.threads[i], 0);
		cr_expect_not(object_wakes(&s, o, pid));
		cr_expect(object_wakes(&s, o, s.processes[s.processes[0].pid == pid].pid));
	}
	snapshot_done(&s);
	child_end(pid);
}

/* --- futexes --- */

static void wait_in_file_page(void *data)
{
	int fd = open("/proc/self/exe", O_RDONLY);
	uint32_t *word = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);

	(void)data;
	if (word == MAP_FAILED)
		_exit(2);
	_exit(syscall(SYS_futex, word, FUTEX_WAIT, *word, NULL, NULL, 0) < 0);
}

Test(snapshot_peer, anyone_may_map_the_page_of_a_file)
{
	expect_why(wait_in_file_page, NULL, "futex in read-only memory of a file");
}

#ifdef SYS_futex_waitv
static void wait_for_two(void *data)
{
	uint32_t *words =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct futex_waitv list[2];

	(void)data;
	for (size_t i = 0; i < 2; i++)
		list[i] = (struct futex_waitv){ .uaddr = (uintptr_t)&words[i],
			.flags = i ? 2 | 128 : 2 }; /* FUTEX_32, and FUTEX_PRIVATE_FLAG */
	_exit(syscall(SYS_futex_waitv, list, 2, 0, NULL, 0) < 0);
}

Test(snapshot_peer, each_word_of_a_list_is_private_or_not)
{
	enum wait_kind wait = WAIT_FUTEXV;
	struct snapshot s;
	pid_t pid;

	if (syscall(SYS_futex_waitv, NULL, 0, 0, NULL, 0) < 0 && errno == ENOSYS)
		cr_skip_test("futex_waitv() is newer than this kernel");
	pid = child_start(wait_for_two, NULL);
	cr_assert(child_await(pid, NULL, holds_root_waits, &wait, &s));
	cr_assert_eq(s.threads[0].n_objects, 2);
	cr_expect_eq(thread_object(&s, &s.threads[0], 0)->kind, OBJECT_FUTEX_SHARED);
	cr_expect_eq(thread_object(&s, &s.threads[0], 1)->kind, OBJECT_FUTEX_PRIVATE);
	snapshot_done(&s);
	child_end(pid);
}
#endif

/* No waker beyond the memory is looked for behind the private flag (docs/wakers.md): a kernel that
 * lets futex_requeue() take the flag off needs another rule. */
Test(snapshot_peer, private_waits_stay_private)
{
	enum { FUTEX_REQUEUE_NR = 456, U32 = 2, PRIVATE = 128 };
	uint32_t words[2] = { 0 };
	struct {
		uint64_t value, address;
		uint32_t flags, reserved;
	} pair[2] = { { .address = (uintptr_t)&words[0], .flags = U32 | PRIVATE },
		{ .address = (uintptr_t)&words[1], .flags = U32 } };

	if (syscall(FUTEX_REQUEUE_NR, NULL, 0, 0, 0) < 0 && errno == ENOSYS)
		cr_skip_test("futex_requeue() is newer than this kernel");
	cr_assert_eq(syscall(FUTEX_REQUEUE_NR, pair, 0, 0, 1), -1);
	cr_assert_eq(errno, EINVAL);
	pair[1].flags |= PRIVATE;
	cr_assert_eq(syscall(FUTEX_REQUEUE_NR, pair, 0, 0, 1), 0, "the flags were the reason");
}
