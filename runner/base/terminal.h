/* SPDX-License-Identifier: GPL-3.0-or-later */
/* terminal.h: what a descriptor can show, as the user wants it. */
#ifndef RUNNER_BASE_TERMINAL_H
#define RUNNER_BASE_TERMINAL_H

#include <stdbool.h>

/* A terminal whose line can be written again (not TERM=dumb). */
bool terminal_has_cursor(int fd);
/* A terminal that knows colours (not TERM=dumb), and NO_COLOR is not set. */
bool terminal_has_colour(int fd);
/* Columns; where it is no terminal what $COLUMNS asks for; 0: not known. */
int terminal_width(int fd);

#endif
