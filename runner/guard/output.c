/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/guard/output.h"

#include "runner/base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define WRITE_LIMIT_MS 5000
#define FDS_WITHOUT_CLOSE_RANGE 4096

static void close_between(unsigned int first, unsigned int last)
{
	if (first > last)
		return;
#ifdef SYS_close_range
	if (syscall(SYS_close_range, first, last, 0) == 0)
		return;
#endif
	for (unsigned int fd = first; fd <= last && fd < FDS_WITHOUT_CLOSE_RANGE; fd++)
		close((int)fd);
}

/* Of those from 3 on. -1: none. */
static void close_all_but(int a, int b)
{
	const int kept[] = { a < b ? a : b, a < b ? b : a };
	unsigned int from = 3;

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		if (kept[i] < 3)
			continue;
		close_between(from, (unsigned int)kept[i] - 1);
		from = (unsigned int)kept[i] + 1;
	}
	close_between(from, UINT_MAX);
}

static int open_itself(int fd, int flags)
{
	cleanup(cleanup_free) char *name = mem_printf("/proc/self/fd/%d", fd);

	return open(name, flags | O_CLOEXEC);
}

void guard_output_take(struct guard_output *o, int kept)
{
	struct stat st;
	int null;

	*o = (struct guard_output){ .fd = -1 };
	for (int i = 0; i < 2; i++)
		if (fstat(i + 1, &st) == 0 && S_ISFIFO(st.st_mode))
			o->pipes[i] = st.st_ino;
	o->is_path = o->pipes[1] != 0;
	if (o->is_path)
		o->fd = open_itself(STDERR_FILENO, O_PATH);
	if (o->fd < 0) {
		o->is_path = false;
		o->fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	}
	close_all_but(o->fd, kept);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; fd < 3; fd++) {
		if (null >= 0 && null != fd)
			dup2(null, fd);
		else if (null < 0)
			close(fd);
	}
	if (null > 2)
		close(null);
}

void guard_output_done(struct guard_output *o)
{
	cleanup_close(&o->fd);
	o->fd = -1;
}

/* Without O_NONBLOCK, a pipe without a reader at work would block the guard. The flag belongs to
 * this open file only. */
int guard_output_open(const struct guard_output *o)
{
	int fd;

	if (!o->is_path)
		return fcntl(o->fd, F_DUPFD_CLOEXEC, 3);
	fd = open_itself(o->fd, O_WRONLY | O_NONBLOCK);
	if (fd >= 0)
		fcntl(fd, F_SETFL, O_WRONLY);
	return fd;
}

static void write_bounded(int fd, const char *text, size_t n)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	while (n && poll(&p, 1, WRITE_LIMIT_MS) == 1 && !(p.revents & (POLLERR | POLLNVAL))) {
		ssize_t r = write(fd, text, n < PIPE_BUF ? n : PIPE_BUF);

		if (r < 0 && errno != EAGAIN && errno != EINTR)
			return;
		if (r > 0) {
			text += r;
			n -= (size_t)r;
		}
	}
}

void guard_output_write(const struct guard_output *o, const char *text, size_t n)
{
	int fd;

	if (!o->is_path) {
		write_bounded(o->fd, text, n);
		return;
	}
	fd = open_itself(o->fd, O_WRONLY | O_NONBLOCK);
	if (fd < 0)
		return;
	write_bounded(fd, text, n);
	close(fd);
}

void guard_output_printf(const struct guard_output *o, const char *fmt, ...)
{
	char *text;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	guard_output_write(o, text, (size_t)n);
	free(text);
}
