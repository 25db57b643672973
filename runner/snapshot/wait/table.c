/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/snapshot/wait/wait.h"

#include "runner/base/util.h"

static const struct wait_row rows[] = {
	[WAIT_NONE] = { .name = "none",
		.purpose = WAITS_FOR_NOTHING,
		.class = CLASS_NONE,
		.verb = "does not wait" },
#define WAIT_KIND(id, file, name_, purpose_, class_, verb_, duty_, fix_, places_) \
	[WAIT_##id] = { .name = (name_),                                          \
		.purpose = (purpose_),                                            \
		.class = (class_),                                                \
		.verb = (verb_),                                                  \
		.duty = (duty_),                                                  \
		.fix = (fix_),                                                    \
		.places = (places_),                                              \
		.ops = &wait_##file##_ops },
#include "runner/snapshot/wait/kinds.def"
#undef WAIT_KIND
};
_Static_assert(ARRAY_SIZE(rows) == WAIT_KIND_COUNT, "a row for each kind of wait");

const struct wait_row *wait_row(enum wait_kind k)
{
	return (unsigned)k < WAIT_KIND_COUNT ? &rows[k] : &rows[WAIT_NONE];
}

static const struct wait_call *find_in(const struct wait_ops *ops, int64_t nr)
{
	for (size_t i = 0; i < ops->n_calls; i++)
		if (ops->calls[i].nr == nr)
			return &ops->calls[i];
	return NULL;
}

const struct wait_call *wait_find_call(int64_t nr)
{
	const struct wait_call *found = find_in(&wait_descriptor_ops, nr);

	for (size_t k = WAIT_NONE + 1; !found && k < WAIT_KIND_COUNT; k++)
		if (rows[k].ops != rows[k - 1].ops)
			found = find_in(rows[k].ops, nr);
	return found;
}

const struct wait_ops *wait_ops_of_fd(const struct fd_entry *e)
{
	for (size_t k = WAIT_NONE + 1; k < WAIT_KIND_COUNT; k++)
		if (rows[k].ops->takes && rows[k].ops->takes(e))
			return rows[k].ops;
	return NULL;
}

bool wait_is_held_by(const struct object *o, pid_t tid, const struct fd_entry *e)
{
	const struct wait_ops *ops = wait_row(o->wait)->ops;

	return ops && ops->holds && ops->holds(o, tid, e);
}
