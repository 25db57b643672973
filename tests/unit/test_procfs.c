/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parsers of /proc: text as real kernels wrote it, and text that no kernel would write.
 * over 500 lines: each file of /proc has its own samples. */
#include <sys/prctl.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "runner/proc/facts.h"
#include "runner/proc/procfs.h"
#include "runner/base/util.h"

TestSuite(procfs, .timeout = 30);

#define TEXT(s) s, sizeof(s) - 1

static const char status_text[] = "Name:\tgo build\n"
				  "Umask:\t0022\n"
				  "State:\tS (sleeping)\n"
				  "Tgid:\t9001\n"
				  "Ngid:\t0\n"
				  "Pid:\t9002\n"
				  "PPid:\t8954\n"
				  "TracerPid:\t17\n"
				  "Uid:\t0\t0\t0\t0\n"
				  "Groups:\t \n"
				  "NStgid:\t9001\n"
				  "VmPeak:\t    3060 kB\n"
				  "Threads:\t7\n"
				  "SigQ:\t0/96365\n"
				  "SigPnd:\t0000000000000000\n"
				  "ShdPnd:\t0000000000000100\n"
				  "SigBlk:\t0000000000010000\n"
				  "SigIgn:\t0000000000000006\n"
				  "SigCgt:\tfffffffd7fc1feff\n"
				  "CapInh:\t0000000000000000\n"
				  "Seccomp:\t2\n"
				  "Seccomp_filters:\t3\n"
				  "Cpus_allowed:\t3\n"
				  "voluntary_ctxt_switches:\t41\n"
				  "nonvoluntary_ctxt_switches:\t3\n";

Test(procfs, timers)
{
	struct scan s = scan_text(TEXT("ID: 0\nsignal: 32/0\nClockID: 1\nID: 12\nClockID: 0\n"));
	uint64_t id;

	cr_assert(procfs_next_timer(&s, &id));
	cr_assert_eq(id, 0);
	cr_assert(procfs_next_timer(&s, &id));
	cr_assert_eq(id, 12);
	cr_assert_not(procfs_next_timer(&s, &id));
	cr_assert(procfs_timers_are_listed(TEXT("ID: 0\nsignal: 32/0000561cde985470\n"
						"notify: signal/tid.8720\nClockID: 1\n"
						"ID: 1\nsignal: 0/0\nClockID: 0\n")));
	cr_assert_not(procfs_timers_are_listed(TEXT("ID: 0\nClockID: 1\nID: 1\nClockID: -6\n")));
	cr_assert_not(procfs_timers_are_listed(TEXT("ID: 0\nClockID: 8\n")), "an alarm clock");
	cr_assert_not(procfs_timers_are_listed(TEXT("ID: 0\nsignal: 32/0\n")));
}

Test(procfs, timer_list)
{
	struct procfs_armed armed;

	cr_assert_eq(procfs_parse_timer_list(TEXT("Timer List Version: v0.10\nactive timers:\n"
						  " #0: <0000000d3>, hrtimer_wakeup, S:01\n"
						  " # expires at 1-2 nsecs\n"),
			     &armed),
		0);
	cr_assert(!armed.alarm && !armed.posix);
	cr_assert_eq(procfs_parse_timer_list(TEXT(" #0: <0000000d3>, tick_nohz_handler, S:01\n"
						  " #12: <0000000d4>, it_real_fn, S:01, cron, 7/1\n"
						  " #13: <0000000d5>, hrtimer_wakeup, S:01\n"),
			     &armed),
		0);
	cr_assert(armed.alarm && !armed.posix);
	cr_assert_eq(
		procfs_parse_timer_list(TEXT(" #3: <0000000d4>, posix_timer_fn, S:01\n"), &armed),
		0);
	cr_assert(!armed.alarm && armed.posix);
	/* Masked by a container; no names compiled in; no timer at all. */
	cr_assert_eq(procfs_parse_timer_list("", 0, &armed), -EINVAL);
	cr_assert_eq(
		procfs_parse_timer_list(TEXT(" #0: <0000000d3>, 0xffffffff81, S:01\n"), &armed),
		-EINVAL);
	cr_assert_eq(procfs_parse_timer_list(TEXT("Timer List Version: v0.10\n"), &armed), -EINVAL);
}

Test(procfs, status)
{
	struct procfs_status s;

	cr_assert_eq(procfs_parse_status(TEXT(status_text), &s), 0);
	cr_assert_str_eq(s.comm, "go build");
	cr_assert_eq(s.state, 'S');
	cr_assert_eq(s.tgid, 9001);
	cr_assert_eq(s.pid, 9002);
	cr_assert_eq(s.ppid, 8954);
	cr_assert_eq(s.tracer, 17);
	cr_assert_eq(s.n_threads, 7);
	cr_assert_eq(s.shared_pending, 0x100);
	cr_assert_eq(s.blocked, 0x10000);
	cr_assert_eq(s.caught, 0xfffffffd7fc1feff);
	cr_assert(s.filtered);
	cr_assert_eq(s.ignored, 6);
	cr_assert(s.filtered);
	cr_assert_eq(s.n_filters, 3);
	cr_assert_eq(s.voluntary, 41);
	cr_assert_eq(s.involuntary, 3);
}

/* Processes without memory lack the line, and so do kernels before 4.15. */
Test(procfs, status_tells_of_a_core_dump)
{
	char text[2 * sizeof(status_text)];
	struct procfs_status s;

	for (int dumps = 0; dumps < 2; dumps++) {
		const char *rest = strstr(status_text, "Threads:");
		int n = snprintf(text, sizeof(text), "%.*sCoreDumping:\t%d\n%s",
			(int)(rest - status_text), status_text, dumps, rest);

		cr_assert_eq(procfs_parse_status(text, (size_t)n, &s), 0);
		cr_assert_eq(s.dumps_core, dumps);
	}
	cr_assert_eq(procfs_parse_status(TEXT(status_text), &s), 0);
	cr_assert_not(s.dumps_core);
}

/* However much of it is missing at the end, it is no status. */
Test(procfs, status_cut_short)
{
	struct procfs_status s;

	for (size_t n = 0; n < sizeof(status_text) - 3; n++)
		cr_assert_eq(procfs_parse_status(status_text, n, &s), -EINVAL, "%zu bytes", n);
}

Test(procfs, stat_with_a_name_that_looks_like_fields)
{
	struct procfs_stat s;

	cr_assert_eq(procfs_parse_stat(
			     TEXT("15436 (v) R 1 (x) D 15417 15410 4200 0 -1 4194304 109 0 0 0 0 "
				  "0 0 0 20 0 1 0 205512 2400256 243\n"),
			     &s),
		0);
	cr_assert_eq(s.pid, 15436);
	cr_assert_str_eq(s.comm, "v) R 1 (x");
	cr_assert_eq(s.state, 'D');
	cr_assert_eq(s.ppid, 15417);
	cr_assert_eq(s.pgrp, 15410);
	cr_assert_eq(s.faults, 109);
	cr_assert_eq(s.start_time, 205512);
	cr_assert_eq(s.tty, 0);
	cr_assert_eq(procfs_parse_stat(
			     TEXT("9 (a) S 1 9 9 34817 9 4194304 0 0 0 0 0 0 0 0 20 0 1 0 5"), &s),
		0);
	cr_assert_eq(s.tty, makedev(136, 1));
	cr_assert_eq(s.start_time, 5);
	cr_assert_eq(procfs_parse_stat(TEXT("1 (a) S 0 1 1"), &s), -EINVAL);
	cr_assert_eq(procfs_parse_stat(TEXT("1 a S 0 1 1"), &s), -EINVAL);
	cr_assert_eq(procfs_parse_stat("", 0, &s), -EINVAL);
}

Test(procfs, inner_pid_is_the_last_of_the_line)
{
	cr_assert_eq(procfs_parse_inner_pid(TEXT("Name:\tx\nNSpid:\t812\t31\t2\nNSpgid:\t7\n")), 2);
	cr_assert_eq(procfs_parse_inner_pid(TEXT("NSpid:\t812\n")), 812);
	cr_assert_eq(procfs_parse_inner_pid(TEXT("NSpid:\n")), 0);
	cr_assert_eq(procfs_parse_inner_pid(TEXT("Name:\tNSpid: 3\n")), 0);
	cr_assert_eq(procfs_parse_inner_pid("", 0), 0);
}

Test(procfs, ids_in_every_pid_namespace)
{
	pid_t ids[2] = { 0 };

	cr_assert_eq(
		procfs_parse_ids(TEXT("NSpid:\t812\t31\t2\nNSpgid:\t7\n"), "NSpid:", ids, 2), 3);
	cr_assert_eq(ids[0], 812);
	cr_assert_eq(ids[1], 31);
	cr_assert_eq(procfs_parse_ids(TEXT("NSpid:\t812\nNSpgid:\t7\n"), "NSpgid:", ids, 2), 1);
	cr_assert_eq(ids[0], 7);
	cr_assert_eq(procfs_parse_ids(TEXT("NSpid:\n"), "NSpid:", ids, 2), 0);
	cr_assert_eq(procfs_parse_ids(TEXT("NSpid:\t99999999999\n"), "NSpid:", ids, 2), 0);
	cr_assert_eq(procfs_parse_ids("", 0, "NSpid:", ids, 2), 0);
}

Test(procfs, facts_of_this_process)
{
	pid_t pid = getpid();
	char comm[PROCFS_COMM_SIZE];

	prctl(PR_SET_NAME, "facts) R 1");
	procfs_read_comm(pid, pid, comm);
	cr_assert_str_eq(comm, "facts) R 1");
	cr_assert_eq(procfs_read_parent(pid), getppid());
	cr_assert(procfs_has_thread(pid, pid));
	cr_assert_not(procfs_has_thread(getppid(), pid));
	cr_assert_gt(procfs_read_faults(pid, pid), 0);
	cr_assert_eq(procfs_read_faults(pid, 1), -1);
	cr_assert_gt(procfs_read_inner_tid(pid), 0);
	/* A process that is none. */
	procfs_read_comm(0, 0, comm);
	cr_assert_str_eq(comm, "");
	cr_assert_eq(procfs_read_parent(0), 0);
}

Test(procfs, syscall)
{
	struct procfs_syscall s;

	cr_assert_eq(procfs_parse_syscall(
			     TEXT("202 0x55b114081162 0x80 0x2 0x0 0x7faabf744850 0xffffffff "
				  "0x7ffc485057f0 0x7faabf8053b8\n"),
			     &s),
		0);
	cr_assert_eq(s.nr, 202);
	cr_assert_not(s.running);
	cr_assert_eq(s.args[0], 0x55b114081162);
	cr_assert_eq(s.args[5], 0xffffffff);
	cr_assert_eq(s.sp, 0x7ffc485057f0);
	cr_assert_eq(s.pc, 0x7faabf8053b8);
	cr_assert_eq(procfs_parse_syscall(TEXT("running\n"), &s), 0);
	cr_assert(s.running);
	cr_assert_eq(procfs_parse_syscall(TEXT("-1 0x7ffc485057f0 0x7faabf8053b8\n"), &s), 0);
	cr_assert_eq(s.nr, -1);
	cr_assert_eq(procfs_parse_syscall(TEXT("202 0x1 0x2 0x3 0x4 0x5 0x6 0x7\n"), &s), -EINVAL);
	cr_assert_eq(procfs_parse_syscall("", 0, &s), -EINVAL);
}

Test(procfs, links)
{
	static const struct {
		const char *text;
		enum procfs_link kind;
		uint64_t inode;
	} links[] = {
		{ "pipe:[412048]", PROCFS_LINK_PIPE, 412048 },
		{ "socket:[3866]", PROCFS_LINK_SOCKET, 3866 },
		{ "anon_inode:[eventfd]", PROCFS_LINK_EVENTFD, 0 },
		{ "anon_inode:[eventpoll]", PROCFS_LINK_EPOLL, 0 },
		{ "anon_inode:[timerfd]", PROCFS_LINK_TIMERFD, 0 },
		{ "anon_inode:[pidfd]", PROCFS_LINK_PIDFD, 0 },
		{ "anon_inode:[io_uring]", PROCFS_LINK_IO_URING, 0 },
		{ "anon_inode:inotify", PROCFS_LINK_OTHER, 0 },
		{ "/tmp/pipe:[1]", PROCFS_LINK_PATH, 0 },
		{ "/dev/null", PROCFS_LINK_PATH, 0 },
		{ "net:[4026531840]", PROCFS_LINK_OTHER, 0 },
	};
	enum procfs_link kind;
	uint64_t inode;

	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		cr_assert_eq(
			procfs_parse_link(links[i].text, strlen(links[i].text), &kind, &inode), 0);
		cr_assert_eq(kind, links[i].kind, "%s", links[i].text);
		cr_assert_eq(inode, links[i].inode);
	}
	cr_assert_eq(procfs_parse_link(TEXT("pipe:[12"), &kind, &inode), -EINVAL);
	cr_assert_eq(
		procfs_parse_link(TEXT("pipe:[99999999999999999999999]"), &kind, &inode), -EINVAL);
	cr_assert_eq(procfs_parse_link("", 0, &kind, &inode), -EINVAL);
}

Test(procfs, fdinfo)
{
	struct procfs_fdinfo f;

	cr_assert_eq(procfs_parse_fdinfo(TEXT("pos:\t0\nflags:\t02000002\nmnt_id:\t15\nino:\t1036\n"
					      "eventfd-count:               1f\neventfd-id: 7\n"
					      "eventfd-semaphore: 0\n"),
			     &f),
		0);
	cr_assert_eq(f.flags, 02000002);
	cr_assert_eq(f.eventfd_count, 0x1f);
	cr_assert_eq(f.eventfd_id, 7);
	cr_assert_eq(f.pid, -1);
	cr_assert_eq(f.scm_fds, -1);
	cr_assert_not(f.has_lock);
	cr_assert_eq(procfs_parse_fdinfo(TEXT("pos:\t0\nflags:\t02\nscm_fds: 2\n"), &f), 0);
	cr_assert_eq(f.scm_fds, 2);
	cr_assert_eq(f.tty_index, -1);
	cr_assert_eq(procfs_parse_fdinfo(TEXT("flags:\t0100002\ntty-index:\t3\n"), &f), 0);
	cr_assert_eq(f.tty_index, 3);
	cr_assert_eq(procfs_parse_fdinfo(TEXT("flags:\t02\nPid:\t-1\nlock:\t1: FLOCK\n"), &f), 0);
	cr_assert(f.has_lock);
	cr_assert_eq(procfs_parse_fdinfo(TEXT("pos:\t0\n"), &f), -EINVAL);
}

Test(procfs, mounts)
{
	static const char text[] =
		"broken\n36 35 98:1 / /a rw,noatime master:1 shared:2 - ext3 /dev/root rw\n"
		"37 35 0:50 / /b rw - autofs x rw,fd=6,pipe_ino=77\n";
	struct scan s = scan_text(text, sizeof(text) - 1);
	struct procfs_mount m;

	cr_assert(procfs_next_mount(&s, &m));
	cr_assert_eq(m.dev, makedev(98, 1));
	cr_assert(scan_equals(&m.type, "ext3"));
	cr_assert(scan_equals(&m.options, "rw"));
	cr_assert(procfs_next_mount(&s, &m));
	cr_assert_eq(m.dev, makedev(0, 50));
	cr_assert(scan_equals(&m.options, "rw,fd=6,pipe_ino=77"));
	cr_assert_not(procfs_next_mount(&s, &m));
}

Test(procfs, fdinfo_locks)
{
	static const char text[] = "pos:\t0\nflags:\t02\n"
				   "lock:\t1: FLOCK  ADVISORY  WRITE 7 fe:00:11 0 EOF\n"
				   "lock:\t2: OFDLCK\n"
				   "lock:\t3: OFDLCK ADVISORY  READ -1 fe:00:12 3 4\nmnt_id:\t5\n";
	struct scan s = scan_text(TEXT(text));
	struct procfs_lock l;

	cr_assert(procfs_next_fdinfo_lock(&s, &l));
	cr_assert_eq(l.kind, PROCFS_LOCK_FLOCK);
	cr_assert_eq(l.pid, 7);
	cr_assert(procfs_next_fdinfo_lock(&s, &l));
	cr_assert_eq(l.kind, PROCFS_LOCK_OFD);
	cr_assert_eq(l.inode, 12);
	cr_assert_eq(l.last, 4);
	cr_assert_not(procfs_next_fdinfo_lock(&s, &l));
}

Test(procfs, epoll)
{
	static const char text[] = "pos:\t0\nflags:\t02\n"
				   "tfd:        5 events:       19 data:                5  pos:0 "
				   "ino:6a sdev:9\n"
				   "tfd:       12 events: 40000000 data: ffffffffffffffff  pos:0 "
				   "ino:408 sdev:f\n";
	struct scan s = scan_text(TEXT(text));
	struct procfs_epoll e;

	cr_assert(procfs_next_epoll(&s, &e));
	cr_assert_eq(e.fd, 5);
	cr_assert_eq(e.events, 0x19);
	cr_assert_eq(e.inode, 0x6a);
	cr_assert(procfs_next_epoll(&s, &e));
	cr_assert_eq(e.fd, 12);
	cr_assert_eq(e.events, 0x40000000);
	cr_assert_not(procfs_next_epoll(&s, &e));
}

Test(procfs, maps)
{
	static const char text[] =
		"55a1-55a2 r--p 00000000 fe:00 398 /usr/bin/a b\n"
		"nonsense\n"
		"7f36b27bc000-7f36b27dc000 rw-p 00000000 00:00 0 \n"
		"7f36b2800000-7f36b2801000 rw-s 00002000 00:01 77   /dev/zero (deleted)\n";
	struct scan s = scan_text(TEXT(text));
	struct procfs_map m;

	cr_assert(procfs_next_map(&s, &m));
	cr_assert(scan_equals(&m.name, "/usr/bin/a b"));
	cr_assert_eq(m.dev, makedev(0xfe, 0));
	cr_assert_not(m.shared);
	cr_assert(procfs_next_map(&s, &m));
	cr_assert_eq(m.begin, 0x7f36b27bc000);
	cr_assert_eq(m.inode, 0);
	cr_assert(m.write);
	cr_assert(procfs_next_map(&s, &m));
	cr_assert(m.shared);
	cr_assert_eq(m.offset, 0x2000);
	cr_assert_eq(m.inode, 77);
	cr_assert_not(procfs_next_map(&s, &m));
}

Test(procfs, locks)
{
	static const char text[] = "1: POSIX  ADVISORY  WRITE 7280 fe:00:398608 0 EOF\n"
				   "1: -> POSIX  ADVISORY  WRITE 7281 fe:00:398608 0 EOF\n"
				   "2: FLOCK  ADVISORY  READ 1364 fe:00:762137 0 EOF\n"
				   "10: OFDLCK ADVISORY  READ -1 00:06:3 5 99\n"
				   "11: LEASE  ACTIVE    READ 5 00:06:4 0 EOF\n";
	struct scan s = scan_text(TEXT(text));
	struct procfs_lock l;

	cr_assert(procfs_next_lock(&s, &l));
	cr_assert_eq(l.kind, PROCFS_LOCK_POSIX);
	cr_assert_eq(l.pid, 7280);
	cr_assert(l.write);
	cr_assert_not(l.waits);
	cr_assert_eq(l.dev, makedev(0xfe, 0));
	cr_assert_eq(l.inode, 398608);
	cr_assert_eq(l.first, 0);
	cr_assert_eq(l.last, UINT64_MAX);
	cr_assert(procfs_next_lock(&s, &l));
	cr_assert(l.waits);
	cr_assert_eq(l.pid, 7281);
	cr_assert(procfs_next_lock(&s, &l));
	cr_assert_eq(l.kind, PROCFS_LOCK_FLOCK);
	cr_assert_not(l.write);
	cr_assert(procfs_next_lock(&s, &l));
	cr_assert_eq(l.kind, PROCFS_LOCK_OFD);
	cr_assert_eq(l.pid, -1);
	cr_assert_eq(l.first, 5);
	cr_assert_eq(l.last, 99);
	cr_assert(procfs_next_lock(&s, &l));
	cr_assert_eq(l.kind, PROCFS_LOCK_OTHER);
	cr_assert_not(procfs_next_lock(&s, &l));
}

Test(procfs, scheduling)
{
	uint64_t ns;

	cr_assert_eq(
		procfs_parse_exec_start(TEXT("cat (8961, #threads: 1)\n-----\n"
					     "se.exec_start                                :       "
					     "1336673.184616\nse.vruntime     :   180.917093\n"),
			&ns),
		0);
	cr_assert_eq(ns, 1336673184616);
	cr_assert_eq(procfs_parse_exec_start(TEXT("se.vruntime : 1.000000\n"), &ns), -EINVAL);
	cr_assert_eq(procfs_parse_runtime(TEXT("1060381 3465097 3\n"), &ns), 0);
	cr_assert_eq(ns, 1060381);
}

Test(procfs, processor)
{
	int cpu = -1;

	cr_assert_eq(
		procfs_parse_processor(
			TEXT("7 (a) b) S 1 7 7 0 -1 4194560 90 0 0 0 0 0 0 0 20 0 1 0 5 2703360 "
			     "228 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0\n"),
			&cpu),
		0);
	cr_assert_eq(cpu, 1);
	cr_assert_eq(procfs_parse_processor(TEXT("7 (a) S 1 7\n"), &cpu), -EINVAL);
	cr_assert_eq(procfs_parse_processor(TEXT("7\n"), &cpu), -EINVAL);
	cr_assert_eq(cpu, 1);
}

Test(procfs, children)
{
	struct scan s = scan_text(TEXT("15438 15440 \n"));
	pid_t pid;

	cr_assert(procfs_next_pid(&s, &pid));
	cr_assert_eq(pid, 15438);
	cr_assert(procfs_next_pid(&s, &pid));
	cr_assert_eq(pid, 15440);
	cr_assert_not(procfs_next_pid(&s, &pid));
}

/* What this machine's kernel writes must be readable too. */
Test(procfs, own_process)
{
	int dir = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct procfs_status status;
	struct procfs_stat stat;
	char text[16384];
	ssize_t n;

	n = procfs_read(dir, "status", text, sizeof(text));
	cr_assert_gt(n, 0);
	cr_assert_eq(procfs_parse_status(text, (size_t)n, &status), 0);
	cr_assert_eq(status.pid, getpid());
	cr_assert_eq(status.ppid, getppid());
	n = procfs_read(dir, "stat", text, sizeof(text));
	cr_assert_eq(procfs_parse_stat(text, (size_t)n, &stat), 0);
	cr_assert_eq(stat.pid, getpid());
	cr_assert_eq(procfs_read(dir, "stat", text, 10), -EFBIG);
	cr_assert_eq(procfs_read(dir, "no such file", text, sizeof(text)), -ESRCH);
	close(dir);
}

Test(procfs, numbers)
{
	struct scan s = scan_text(TEXT("18446744073709551615 18446744073709551616"));
	uint64_t n;

	cr_assert(scan_u64(&s, 10, &n));
	cr_assert_eq(n, UINT64_MAX);
	cr_assert_not(scan_u64(&s, 10, &n));
	s = scan_text(TEXT("0xffffffffffffffff"));
	cr_assert(scan_u64(&s, 16, &n));
	cr_assert_eq(n, UINT64_MAX);
	s = scan_text(TEXT("0x"));
	cr_assert(scan_u64(&s, 16, &n));
	cr_assert_eq(scan_left(&s), 1);
}

Test(procfs, a_lease_is_told_from_other_locks)
{
	struct procfs_fdinfo info;

	cr_assert_eq(
		procfs_parse_fdinfo(TEXT("pos:\t0\nflags:\t0100000\nlock:\t1: FLOCK  ADVISORY  "
					 "WRITE 12 fe:00:7 0 EOF\n"),
			&info),
		0);
	cr_assert(info.has_lock);
	cr_assert_not(info.has_lease);
	cr_assert_eq(
		procfs_parse_fdinfo(TEXT("pos:\t0\nflags:\t0100000\nlock:\t1: LEASE  ACTIVE    "
					 "READ 12 fe:00:7 0 EOF\n"),
			&info),
		0);
	cr_assert(info.has_lease);
}

Test(procfs, whom_a_message_queue_tells)
{
	pid_t pid = -1;

	cr_assert_eq(procfs_parse_mqueue(
			     TEXT("QSIZE:0          NOTIFY:0     SIGNO:0     NOTIFY_PID:0     \n"),
			     &pid),
		0);
	cr_assert_eq(pid, 0);
	cr_assert_eq(procfs_parse_mqueue(
			     TEXT("QSIZE:129        NOTIFY:2     SIGNO:0     NOTIFY_PID:8260  \n"),
			     &pid),
		0);
	cr_assert_eq(pid, 8260);
	cr_assert_eq(procfs_parse_mqueue(TEXT("QSIZE:0 NOTIFY_PID:\n"), &pid), -EINVAL);
	cr_assert_eq(procfs_parse_mqueue(TEXT(""), &pid), -EINVAL);
}
