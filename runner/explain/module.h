/* SPDX-License-Identifier: GPL-3.0-or-later */
/* explain/module.h: what the path of a program or library tells of it. Pure. */
#ifndef RUNNER_EXPLAIN_MODULE_H
#define RUNNER_EXPLAIN_MODULE_H

#include <stdbool.h>

/* "libc.so.6" of "/lib/libc.so.6". */
const char *module_base_name(const char *path);
/* What a package manager installed: not what the user is working on. */
bool module_is_system(const char *path);
/* A libc or a compiler's library: nobody changes them, so their names do, and their lines are not
 * worth the reading. */
bool module_is_libc(const char *path);

#endif
