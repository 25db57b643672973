/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * connect() to a Unix listener with a full backlog; the server sleeps before it accepts.
 */
#include "tests/targets/target.h"

#include <sys/un.h>

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(addr);
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	MUST(listener >= 0);
	MUST(bind(listener, (struct sockaddr *)&addr, sizeof(sa_family_t)) == 0);
	MUST(getsockname(listener, (struct sockaddr *)&addr, &len) == 0);
	MUST(listen(listener, 0) == 0);
	pid = target_fork();
	if (pid == 0) {
		target_sleep_ms(ms);
		for (int i = 0; i < 2; i++)
			MUST(accept(listener, NULL, NULL) >= 0);
		_exit(0);
	}
	close(listener);
	for (int i = 0; i < 2; i++) {
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

		MUST(fd >= 0 && connect(fd, (struct sockaddr *)&addr, len) == 0);
	}
	target_reap(pid);
	return 0;
}
