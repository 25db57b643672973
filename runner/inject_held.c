/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/inject_held.h"

#include "runner/util.h"

static void swap(struct held *a, struct held *b)
{
	struct held h = *a;

	*a = *b;
	*b = h;
}

void held_push(struct held_heap *heap, const struct held *h)
{
	size_t i = heap->n;

	heap->all = mem_grow(heap->all, heap->n, &heap->cap, sizeof(*heap->all));
	heap->all[heap->n++] = *h;
	for (; i && heap->all[i].due_ns < heap->all[(i - 1) / 2].due_ns; i = (i - 1) / 2)
		swap(&heap->all[i], &heap->all[(i - 1) / 2]);
}

void held_pop(struct held_heap *heap)
{
	size_t i = 0;

	heap->all[0] = heap->all[--heap->n];
	for (;;) {
		size_t least = i;

		for (size_t c = 2 * i + 1; c <= 2 * i + 2 && c < heap->n; c++)
			if (heap->all[c].due_ns < heap->all[least].due_ns)
				least = c;
		if (least == i)
			return;
		swap(&heap->all[i], &heap->all[least]);
		i = least;
	}
}

void held_done(struct held_heap *heap)
{
	free(heap->all);
	*heap = (struct held_heap){ 0 };
}
