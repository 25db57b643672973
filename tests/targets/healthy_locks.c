/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Locks and leases of files, which a child gives back in one of the rarer ways:
 *   lease_broken	open() of a file on which a child has a lease that it gives back
 *   permission		open() that a child must permit (fanotify; root only)
 *   range_freed	a child frees a part of the bytes that it has locked
 *   own_file_closed	an open-file-description lock goes with its file
 *   lock_over_exec	a flock goes when a child becomes another program
 *   lock_killed	it goes when a child that pauses is killed by its timer
 * modes: lease_broken|permission|range_freed|own_file_closed|lock_over_exec|lock_killed
 *
 * libc: glibc
 */
#include "tests/targets/modes.h"
#include "tests/targets/ownfile.h"

#include <signal.h>
#include <sys/fanotify.h>
#include <sys/file.h>
#include <sys/time.h>

static int p[2];

static void lease_broken(long ms)
{
	pid_t pid;

	close(open_own());
	MUST(pipe(p) == 0);
	pid = target_fork();
	if (pid == 0) {
		int fd = open(path, O_RDONLY);

		signal(SIGIO, SIG_IGN);
		MUST(fcntl(fd, F_SETLEASE, F_RDLCK) == 0);
		target_write_byte(p[1]);
		target_sleep_ms(ms);
		MUST(fcntl(fd, F_SETLEASE, F_UNLCK) == 0);
		modes_end();
	}
	target_read_byte(p[0]);
	MUST(open(path, O_RDWR) >= 0);
	target_reap(pid);
	unlink(path);
}

static void permission(long ms)
{
	struct fanotify_event_metadata e;
	int fan = fanotify_init(FAN_CLASS_CONTENT, O_RDONLY);
	pid_t pid;

	if (fan < 0)
		return; /* not permitted */
	close(open_own());
	pid = target_fork();
	if (pid == 0) {
		struct fanotify_response r = { .response = FAN_ALLOW };

		MUST(read(fan, &e, sizeof(e)) == sizeof(e));
		target_sleep_ms(ms);
		r.fd = e.fd;
		MUST(write(fan, &r, sizeof(r)) == sizeof(r));
		modes_end();
	}
	MUST(fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN_PERM, AT_FDCWD, path) == 0);
	MUST(open(path, O_RDONLY) >= 0);
	target_reap(pid);
	close(fan);
	unlink(path);
}

static void lock_range(int fd, int command, short type, off_t start, off_t n)
{
	struct flock l = { .l_type = type, .l_start = start, .l_len = n };

	MUST(fcntl(fd, command, &l) == 0);
}

static void range_freed(long ms)
{
	int fd = open_own();
	pid_t pid;

	MUST(pipe(p) == 0);
	pid = target_fork();
	if (pid == 0) {
		lock_range(fd, F_SETLK, F_WRLCK, 0, 100);
		target_write_byte(p[1]);
		target_sleep_ms(ms);
		lock_range(fd, F_SETLK, F_UNLCK, 40, 20);
		modes_end();
	}
	target_read_byte(p[0]);
	lock_range(fd, F_SETLKW, F_WRLCK, 50, 5);
	target_reap(pid);
	unlink(path);
}

static void own_file_closed(long ms)
{
	int fd = open_own();
	pid_t pid;

	MUST(pipe(p) == 0);
	pid = target_fork();
	if (pid == 0) {
		int own = open(path, O_RDWR);

		lock_range(own, F_OFD_SETLK, F_WRLCK, 0, 0);
		target_write_byte(p[1]);
		target_sleep_ms(ms);
		close(own);
		modes_end();
	}
	target_read_byte(p[0]);
	lock_range(fd, F_OFD_SETLKW, F_RDLCK, 0, 10);
	target_reap(pid);
	unlink(path);
}

static void end_child(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	MUST(waitpid(pid, &status, 0) == pid);
}

/* Of a child's own; it has said so. */
static pid_t lock_in_child(int *ret_fd)
{
	pid_t pid;

	*ret_fd = open_own();
	MUST(pipe(p) == 0);
	pid = target_fork();
	if (pid == 0) {
		int own = open(path, O_RDWR | O_CLOEXEC);

		close(*ret_fd);
		MUST(flock(own, LOCK_EX) == 0);
		target_write_byte(p[1]);
	} else {
		target_read_byte(p[0]);
	}
	return pid;
}

static void lock_over_exec(long ms)
{
	int fd;
	pid_t pid = lock_in_child(&fd);

	if (pid == 0) {
		target_sleep_ms(ms);
		execl("/bin/sleep", "sleep", "infinity", NULL);
		_exit(TARGET_BROKEN);
	}
	MUST(flock(fd, LOCK_EX) == 0);
	end_child(pid);
	unlink(path);
}

static void lock_killed(long ms)
{
	struct itimerval v = { .it_value = { ms / 1000, ms % 1000 * 1000 } };
	int fd;
	pid_t pid = lock_in_child(&fd);

	if (pid == 0) {
		MUST(setitimer(ITIMER_REAL, &v, NULL) == 0);
		for (;;)
			pause();
	}
	MUST(flock(fd, LOCK_SH) == 0);
	end_child(pid);
	unlink(path);
}

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{ "lease_broken", lease_broken },
		{ "permission", permission },
		{ "range_freed", range_freed },
		{ "own_file_closed", own_file_closed },
		{ "lock_over_exec", lock_over_exec },
		{ "lock_killed", lock_killed },
		{ NULL, NULL },
	};

	return modes_main(argc, argv, modes);
}
