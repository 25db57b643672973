/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/base/environ.h"

#include "runner/base/util.h"

/* How many entries a list has; adds the bytes of their strings. */
static size_t count(char *const *list, size_t *bytes)
{
	size_t n = 0;

	for (; list && list[n]; n++)
		*bytes += strlen(list[n]) + 1;
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
	size_t bytes = 0, n = count(base, &bytes), total = n;
	char **env, *copy;

	bytes = 0; /* those of base are borrowed */
	for (size_t i = 0; i < n_more; i++)
		total += count(more[i], &bytes);
	env = mem_alloc((total + 1) * sizeof(*env) + bytes);
	copy = (char *)(env + total + 1);
	for (size_t i = 0; i < n; i++)
		env[i] = base[i];
	for (size_t i = 0; i < n_more; i++)
		for (size_t j = 0; more[i] && more[i][j]; j++) {
			put(env, &n, strcpy(copy, more[i][j]));
			copy += strlen(copy) + 1;
		}
	return env;
}
