/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tracer.h: what tracer.c and trace.c know of each other; for the rest, see trace.h. */
#ifndef RUNNER_TRACE_TRACER_H
#define RUNNER_TRACE_TRACER_H

#include "runner/trace/trace.h"

/* One that has not stopped in time. Copied. */
void tracer_add_late(struct tracer *t, const struct traced *x);
/* It has stopped with this status of waitpid(). */
void traced_note_stop(struct traced *x, int status);

#endif
