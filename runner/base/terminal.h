/* SPDX-License-Identifier: GPL-3.0-or-later */
/* terminal.h: what a descriptor can show, as the user wants it. */
#ifndef RUNNER_BASE_TERMINAL_H
#define RUNNER_BASE_TERMINAL_H

#include <stdbool.h>

/* A terminal that knows colours (not TERM=dumb), and NO_COLOR is not set. */
bool terminal_has_colour(int fd);
/* Columns; 0: not a terminal, or it does not say. */
int terminal_width(int fd);

#endif
