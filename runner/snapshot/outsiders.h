/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * outsiders.h: the processes beyond the tree and what they hold, kept from one collect to the next.
 *
 * A process gets a descriptor or a mapping only by running. One that has not run since it was read
 * (its count in /proc/PID/schedstat) is not read again, so that a search of the machine costs one
 * small file for each process that sleeps.
 */
#ifndef RUNNER_SNAPSHOT_OUTSIDERS_H
#define RUNNER_SNAPSHOT_OUTSIDERS_H

struct outsiders;

struct outsiders *outsiders_new(void);
void outsiders_free(struct outsiders *o); /* NULL-safe */

#endif
