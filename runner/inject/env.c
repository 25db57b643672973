/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inject/env.c: what a target inherits from the engines: environment and descriptors. */
#include "runner/inject/engine.h"
#include "runner/base/util.h"

#include <fcntl.h>

void inject_env_add(struct inject_env *env, const char *name, const char *value)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < env->n; i++) {
		if (strncmp(env->strings[i], name, len) || env->strings[i][len] != '=')
			continue;
		free(env->strings[i]);
		env->strings[i] = mem_printf("%s=%s", name, value);
		return;
	}
	env->strings = mem_grow(env->strings, env->n, &env->cap, sizeof(*env->strings));
	env->strings[env->n++] = mem_printf("%s=%s", name, value);
	env->strings = mem_grow(env->strings, env->n, &env->cap, sizeof(*env->strings));
}

int inject_fd_high(int fd)
{
	int high = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, INJECT_HIGH_FD);

	if (high < 0)
		return fd;
	close(fd);
	return high;
}
