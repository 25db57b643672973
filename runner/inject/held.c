/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/inject/held.h"

#include "runner/base/util.h"

static void swap(struct held *a, struct held *b)
{
	struct held h = *a;

	*a = *b;
	*b = h;
}

static void sift_up(struct held_heap *heap, size_t i)
{
	for (; i && heap->all[i].due_ns < heap->all[(i - 1) / 2].due_ns; i = (i - 1) / 2)
		swap(&heap->all[i], &heap->all[(i - 1) / 2]);
}

static void sift_down(struct held_heap *heap, size_t i)
{
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

static void remove_at(struct held_heap *heap, size_t i)
{
	heap->all[i] = heap->all[--heap->n];
	if (i == heap->n)
		return;
	sift_up(heap, i);
	sift_down(heap, i);
}

void held_push(struct held_heap *heap, const struct held *h)
{
	heap->all = mem_grow(heap->all, heap->n, &heap->cap, sizeof(*heap->all));
	heap->all[heap->n++] = *h;
	sift_up(heap, heap->n - 1);
}

void held_pop(struct held_heap *heap)
{
	remove_at(heap, 0);
}

bool held_remove(struct held_heap *heap, uint64_t id, struct held *ret_held)
{
	for (size_t i = 0; i < heap->n; i++) {
		if (heap->all[i].id != id)
			continue;
		*ret_held = heap->all[i];
		remove_at(heap, i);
		return true;
	}
	return false;
}

void held_done(struct held_heap *heap)
{
	free(heap->all);
	*heap = (struct held_heap){ 0 };
}
