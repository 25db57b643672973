/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * golang/language.h: where Go's runtime is in a process.
 */
#ifndef RUNNER_EXPLAIN_GOLANG_LANGUAGE_H
#define RUNNER_EXPLAIN_GOLANG_LANGUAGE_H

#include <stdbool.h>
#include <stdint.h>

struct symbols;

struct go_location {
	uint64_t moduledata;
	int minor; /* of Go 1.minor */
};
/* In the program itself or in a library; false: no Go that is known. Reads its data once. */
bool go_locate(struct symbols *s, struct go_location *ret_location);

#endif
