/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/base/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool terminal_has_cursor(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) && (!term || strcmp(term, "dumb") != 0);
}

bool terminal_has_colour(int fd)
{
	const char *no_colour = getenv("NO_COLOR");

	return terminal_has_cursor(fd) && (!no_colour || !*no_colour);
}

/* A number between those in which a table can be printed, or 0. */
static int width_wanted(void)
{
	const char *columns = getenv("COLUMNS");
	char *end;
	long n = columns ? strtol(columns, &end, 10) : 0;

	return n >= 40 && n <= 1000 && !*end ? (int)n : 0;
}

int terminal_width(int fd)
{
	struct winsize size;

	if (!isatty(fd))
		return width_wanted();
	return !ioctl(fd, TIOCGWINSZ, &size) ? size.ws_col : 0;
}
