/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snapshot/memory.h: bytes and mappings of the tree's processes, and who shares memory with whom.
 * Used in snapshot/ only.
 */
#ifndef RUNNER_SNAPSHOT_MEMORY_H
#define RUNNER_SNAPSHOT_MEMORY_H

#include "runner/proc/procfs.h"
#include "runner/snapshot/snapshot.h"

struct collect;

/* Bytes of another process's memory: 0 or -errno, never a part. */
int memory_read(
	const struct collect *c, size_t process, uint64_t address, void *ret_bytes, size_t n);

/* What the thread gave to its call at this address is still what it was: nobody else could have
 * changed it. On its own stack that is taken for granted. */
bool memory_is_own(struct collect *c, size_t thread, uint64_t address);

/* Numbers the memories of all processes of the tree. */
void mm_assign(struct collect *c);
/* True also if they cannot be told apart. */
bool mm_is_same(struct collect *c, size_t process, pid_t stranger);
/* The parent beyond the tree has, or may have, the same memory. */
bool mm_is_external(struct collect *c, size_t process);

/* Text of /proc/PID/maps, read at the first use and kept by the collect. 0 or -errno. */
int maps_read(struct collect *c, size_t process);
/* The mapping of an address; -errno. Its name is good as long as the collect. */
int map_find(struct collect *c, size_t process, uint64_t address, struct procfs_map *ret_map);
/* Is the file mapped? Only after maps_read(). */
bool maps_file(struct collect *c, size_t process, uint64_t dev, uint64_t inode);
/* named.c: somebody who does not have this mapping's memory yet can find it by a name or a key. */
bool memory_has_name(const struct collect *c, size_t process, const struct procfs_map *map);
/* named.c: all processes that map the file see one device and number. Not so on an overlay. True
 * only where that is certain. dev, inode: as in maps. */
bool file_is_plain(int process_dir, uint64_t dev);
bool memory_is_plain(const struct collect *c, size_t process, const struct procfs_map *map);
/* Some process of the tree has memory that it can write and share with another. */
bool tree_shares_memory(struct collect *c);
/* Is something of this name mapped? True also if unknown. */
bool maps_have(struct collect *c, size_t process, const char *name);
bool maps_have_aio(struct collect *c, size_t process); /* true also if unknown */

#endif
