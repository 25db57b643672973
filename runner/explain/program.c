/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/explain/program.h"

#include "runner/base/printable.h"
#include "runner/base/shell.h"
#include "runner/base/util.h"
#include "runner/proc/open.h"
#include "runner/proc/procfs.h"

#include <fcntl.h>

enum { MAX_LENGTH = 60, MAX_READ = 4096 };

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* "/srv/app/worker.py" of "python3 /srv/app/worker.py", the first argument that is no option. */
static bool is_script(const char *argument, size_t index)
{
	return index == 1 && *argument == '/';
}

/* Cuts at a character's beginning. */
static void cut(char **text, size_t length)
{
	char *whole = *text;

	if (strlen(whole) <= length)
		return;
	while (length && ((unsigned char)whole[length] & 0xc0) == 0x80)
		length--;
	*text = mem_printf("%.*s...", (int)length, whole);
	free(whole);
}

/* A title that the process has given itself stands in the first argument: blanks are its own. */
static char *argument_text(const char *argument, size_t index)
{
	if (index == 0)
		return mem_strdup(base_name(argument));
	return shell_quote(is_script(argument, index) ? base_name(argument) : argument);
}

char *program_shorten(const char *cmdline, size_t n)
{
	char *line = NULL;
	size_t index = 0;

	for (size_t at = 0; at < n; index++) {
		cleanup(cleanup_free) char *argument =
			mem_strndup(cmdline + at, strnlen(cmdline + at, n - at));
		cleanup(cleanup_free) char *text = NULL, *before = line;

		at += strlen(argument) + 1;
		/* A title is followed by NULs. */
		if (!*argument && index) {
			before = NULL;
			continue;
		}
		text = argument_text(argument, index);
		line = before ? mem_printf("%s %s", before, text) : mem_strdup(text);
	}
	if (!line || !*line) {
		free(line);
		return NULL;
	}
	printable_clean(line);
	cut(&line, MAX_LENGTH);
	return line;
}

char *program_read(pid_t pid)
{
	char name[48], text[MAX_READ];
	cleanup(cleanup_close) int fd = -1;
	ssize_t n;

	procfs_name(name, sizeof(name), "", pid, "/cmdline");
	fd = procfs_open(name, O_RDONLY);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text));
	return n > 0 ? program_shorten(text, (size_t)n) : NULL;
}
