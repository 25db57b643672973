/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/environ.h"

#include "runner/util.h"

static size_t count(char *const *list)
{
	size_t n = 0;

	while (list && list[n])
		n++;
	return n;
}

static void put(char **env, size_t *n, char *entry)
{
	size_t name = strcspn(entry, "=");

	for (size_t i = 0; i < *n; i++) {
		if (strncmp(env[i], entry, name) || env[i][name] != '=')
			continue;
		env[i] = entry;
		return;
	}
	env[(*n)++] = entry;
}

char **environ_merge(char *const *base, char *const *const *more, size_t n_more)
{
	size_t n = count(base), total = n;
	char **env;

	for (size_t i = 0; i < n_more; i++)
		total += count(more[i]);
	env = mem_alloc((total + 1) * sizeof(*env));
	for (size_t i = 0; i < n; i++)
		env[i] = base[i];
	for (size_t i = 0; i < n_more; i++)
		for (size_t j = 0; more[i] && more[i][j]; j++)
			put(env, &n, more[i][j]);
	return env;
}
