/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * answerer.h: a process outside the trial that answers later. It is a server of tests/audit: on
 * its Unix socket it takes a line "MS", with an fd or without, and after that time writes one
 * byte to the fd, or to the connection. (A target never starts it: it would be inside the trial.)
 */
#ifndef TESTS_ANSWERER_H
#define TESTS_ANSWERER_H

#include "tests/targets/target.h"

#include <sys/un.h>

static inline int answerer_ask(int argc, char **argv, long ms)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	MUST(argc > 2 && strlen(argv[2]) < sizeof(addr.sun_path));
	memcpy(addr.sun_path, argv[2], strlen(argv[2]) + 1);
	MUST(fd >= 0 && connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0);
	MUST(dprintf(fd, "%ld\n", ms) > 0);
	return fd;
}

#endif
