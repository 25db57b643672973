/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Readers of /proc: whole files, links, numbered directories. */
#include "runner/proc/procfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>

#include "runner/base/util.h"

/* A file of a process that has ended meanwhile is not there, or reads as ESRCH. */
static ssize_t read_error(void)
{
	return errno == ENOENT ? -ESRCH : -errno;
}

static ssize_t read_file(int dir, const char *name, char *buffer, size_t size, bool one_record)
{
	cleanup(cleanup_close) int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t n = 0;
	ssize_t r;

	if (fd < 0)
		return read_error();
	while (n < size) {
		r = read(fd, buffer + n, size - n);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return read_error();
		n += (size_t)r;
		if (r == 0 || (one_record && n < size))
			return (ssize_t)n;
	}
	return -EFBIG;
}

/* seq_file hands out a page or so at a time: only a read of 0 is the end. */
ssize_t procfs_read(int dir, const char *name, char *buffer, size_t size)
{
	return read_file(dir, name, buffer, size, false);
}

/* single_open(): the record is made as a whole before any of it is handed out. */
ssize_t procfs_read_record(int dir, const char *name, char *buffer, size_t size)
{
	return read_file(dir, name, buffer, size, true);
}

ssize_t procfs_read_link(int dir, const char *name, char *buffer, size_t size)
{
	ssize_t n = readlinkat(dir, name, buffer, size);

	if (n < 0)
		return read_error();
	return (size_t)n < size ? n : -EFBIG;
}

ssize_t procfs_read_all(int dir, const char *name, char **ret_text)
{
	size_t size = 16384;
	char *text = NULL;
	ssize_t n;

	do {
		size *= 2;
		text = mem_realloc(text, size);
		n = procfs_read(dir, name, text, size - 1);
	} while (n == -EFBIG && size < (size_t)256 << 20);
	if (n < 0) {
		free(text);
		return n;
	}
	text[n] = '\0';
	*ret_text = text;
	return n;
}

static int dirent_number(const struct dirent64 *d)
{
	struct scan s = scan_text(d->d_name, strlen(d->d_name));
	uint64_t n;

	/* scan_u64() takes blanks, and no name in /proc begins with one. */
	if (!scan_u64(&s, 10, &n) || scan_left(&s) || n > INT32_MAX)
		return -1;
	return (int)n;
}

int procfs_each_entry(int dir, procfs_each_entry_fn each, void *data)
{
	_Alignas(struct dirent64) char buffer[8192];
	long n;
	int r;

	if (lseek(dir, 0, SEEK_SET) < 0)
		return -errno;
	while ((n = syscall(SYS_getdents64, dir, buffer, sizeof(buffer))) > 0) {
		for (long at = 0; at < n;) {
			const struct dirent64 *d = (const struct dirent64 *)(buffer + at);
			int number = dirent_number(d);

			at += d->d_reclen;
			r = number < 0 ? 0 : each(data, number, d->d_ino);
			if (r)
				return r;
		}
	}
	return n < 0 ? (int)read_error() : 0;
}

struct each_number {
	procfs_each_fn each;
	void *data;
};

static int each_number(void *data, int number, uint64_t inode)
{
	const struct each_number *e = data;

	(void)inode;
	return e->each(e->data, number);
}

int procfs_each_number(int dir, procfs_each_fn each, void *data)
{
	struct each_number e = { each, data };

	return procfs_each_entry(dir, each_number, &e);
}

void procfs_name(char *buffer, size_t size, const char *prefix, int number, const char *suffix)
{
	size_t prefix_n = strlen(prefix), suffix_n = strlen(suffix), n = 0;
	char digits[12];

	do
		digits[n++] = (char)('0' + number % 10);
	while (number /= 10);
	if (prefix_n + n + suffix_n + 1 > size)
		abort();
	memcpy(buffer, prefix, prefix_n);
	for (size_t i = 0; i < n; i++)
		buffer[prefix_n + i] = digits[n - 1 - i];
	memcpy(buffer + prefix_n + n, suffix, suffix_n + 1);
}
