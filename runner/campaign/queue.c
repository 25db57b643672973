/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/campaign/queue.h"

void queue_done(struct queue *q)
{
	plan_walk_done(&q->walk);
	pending_done(&q->pending);
	pending_done(&q->again);
}

void queue_resume(struct queue *q, struct pending *again)
{
	q->again = *again;
	*again = (struct pending){};
	q->walk.position = q->pending.next = q->again.next;
	for (size_t i = 0; i < q->again.n; i++)
		pending_add(&q->pending, q->again.at[i]);
}

bool queue_next(struct queue *q, struct plan_trial *ret_trial)
{
	if (q->is_held) {
		*ret_trial = q->held;
		q->is_held = false;
		return true;
	}
	while (q->again.n)
		if (plan_at(q->plan, &q->walk, q->again.at[--q->again.n], ret_trial))
			return true;
	return plan_next(q->plan, &q->walk, ret_trial);
}

bool queue_next_canary(struct queue *q, struct plan_trial *ret_trial)
{
	while (queue_next(q, ret_trial)) {
		if (ret_trial->index) {
			q->held = *ret_trial;
			q->is_held = true;
			return false;
		}
		if (q->plan->cells[ret_trial->cell].canary)
			return true;
		pending_add(&q->pending, ret_trial->position);
	}
	return false;
}

void queue_begin(struct queue *q, const struct plan_trial *t)
{
	pending_add(&q->pending, t->position);
}

void queue_over(struct queue *q, uint64_t position)
{
	pending_over(&q->pending, position);
}
