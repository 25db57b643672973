/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * demangle.h: C++ and Rust names as their authors wrote them, by libiberty.
 */
#ifndef RUNNER_EXPLAIN_DEMANGLE_H
#define RUNNER_EXPLAIN_DEMANGLE_H

/* "app::Logger::write" of a function, without its parameters, or "app::Logger::instance()::l" of a
 * variable; any other name as it is. Names come from the target: what would take too long or grow
 * too big stays mangled. The caller frees. */
char *demangle(const char *name);

#endif
