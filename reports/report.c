/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report.c: the formats, and writing one so that a reader never sees half of it. */
#include "reports/report.h"

#include "runner/base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sys/stat.h>

#define ROW(id, name, help) { name, help, report_##id },
const struct report_format report_formats[] = { RECORD_FORMATS(ROW){ NULL } };

const struct report_format *report_find(const char *name)
{
	for (const struct report_format *f = report_formats; f->name; f++)
		if (!strcmp(f->name, name))
			return f;
	return NULL;
}

/* Into memory first: stdio forgets why it could not write. */
static int render(const struct report_format *f, const struct report_input *in, int fd)
{
	char *text cleanup(cleanup_free) = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int r;

	if (!out)
		return -errno;
	r = f->render(in, out);
	if (fclose(out) && r >= 0)
		r = -ENOMEM;
	for (size_t done = 0; r >= 0 && done < size;) {
		ssize_t n = write(fd, text + done, size - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			return -errno;
	}
	return r;
}

/* Its mode: of the file that it replaces, else what umask leaves. */
static int set_mode(int fd, const char *path)
{
	struct stat st;
	mode_t mask;

	if (stat(path, &st) == 0)
		return fchmod(fd, st.st_mode & 07777) < 0 ? -errno : 0;
	mask = umask(0);
	umask(mask);
	return fchmod(fd, 0666 & ~mask) < 0 ? -errno : 0;
}

static int write_temporary(
	const struct report_format *f, const struct report_input *in, int fd, const char *path)
{
	int r = render(f, in, fd);

	if (r >= 0)
		r = set_mode(fd, path);
	if (r >= 0 && fsync(fd) < 0)
		r = -errno;
	if (close(fd) < 0 && r >= 0)
		r = -errno;
	return r;
}

static int write_direct(
	const struct report_format *f, const struct report_input *in, const char *path)
{
	int fd cleanup(cleanup_close) = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -errno : render(f, in, fd);
}

int report_check(const char *path)
{
	char *copy cleanup(cleanup_free) = mem_strdup(path);
	struct stat st;

	if (!strcmp(path, "-"))
		return 0;
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : access(path, W_OK) < 0 ? -errno : 0;
	return access(dirname(copy), W_OK | X_OK) < 0 ? -errno : 0;
}

int report_write(const struct report_format *f, const struct report_input *in, const char *path)
{
	char *target cleanup(cleanup_free) = NULL, *temporary cleanup(cleanup_free) = NULL;
	struct stat st;
	int fd, r;

	if (!strcmp(path, "-"))
		return fflush(stdout) ? -errno : render(f, in, STDOUT_FILENO);
	/* a device or a pipe cannot be replaced; a link is followed, and what it names replaced */
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : write_direct(f, in, path);
	target = realpath(path, NULL);
	if (!target)
		target = mem_strdup(path);
	temporary = mem_printf("%s.XXXXXX", target);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = write_temporary(f, in, fd, target);
	if (r >= 0 && rename(temporary, target) < 0)
		r = -errno;
	if (r < 0)
		unlink(temporary);
	return r;
}
