/* SPDX-License-Identifier: GPL-3.0-or-later */
/* snapshot/place.h: does a function of the kernel belong to a kind of wait? Pure. */
#ifndef RUNNER_SNAPSHOT_PLACE_H
#define RUNNER_SNAPSHOT_PLACE_H

#include <stdbool.h>
#include <stddef.h>

/* places: as in wait/kinds.def, "a|b*"; name: n bytes of /proc/PID/wchan, "b_c.isra.0". */
bool place_fits(const char *places, const char *name, size_t n);

#endif
