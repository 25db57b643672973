/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mappings of a process as plain data. Pure. */
#include "runner/explain/symbols.h"

#include "runner/proc/procfs.h"
#include "runner/base/util.h"

void symbols_parse_maps(const char *text, size_t n, struct symbols_map **ret_maps, size_t *ret_n)
{
	struct scan s = scan_text(text, n);
	struct symbols_map *maps = NULL;
	struct procfs_map map;
	size_t n_maps = 0, cap = 0;

	while (procfs_next_map(&s, &map)) {
		maps = mem_grow(maps, n_maps, &cap, sizeof(*maps));
		maps[n_maps++] = (struct symbols_map){ .begin = map.begin,
			.end = map.end,
			.execute = map.execute,
			.is_start = map.name.p < map.name.end && *map.name.p == '/' && !map.offset,
			.name = mem_strndup(map.name.p, scan_left(&map.name)) };
	}
	*ret_maps = maps;
	*ret_n = n_maps;
}

void symbols_free_maps(struct symbols_map *maps, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(maps[i].name);
	free(maps);
}
