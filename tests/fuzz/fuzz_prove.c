/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Worlds from bytes, indexes out of range included: no crash, and the set is closed. Then the bytes
 * as what surrounds a futex word, as machine code and as /proc/PID/maps. */
#include "runner/arch/arch.h"
#include "runner/explain/lock.h"
#include "runner/prove/prove.h"
#include "runner/explain/unwind.h"
#include "runner/base/util.h"

enum { MAX = 12 };

struct bytes {
	const uint8_t *p, *end;
};

static unsigned int take(struct bytes *b)
{
	return b->p < b->end ? *b->p++ : 0;
}

static size_t *take_indexes(struct bytes *b, size_t *ret_n)
{
	size_t *list;

	*ret_n = take(b) % 4;
	list = mem_alloc(*ret_n * sizeof(*list));
	for (size_t i = 0; i < *ret_n; i++)
		list[i] = take(b) % (MAX + 2);
	return list;
}

static struct snapshot take_world(struct bytes *b)
{
	struct snapshot s = { .root = 1 };

	s.n_processes = take(b) % MAX;
	s.n_threads = take(b) % MAX;
	s.n_objects = take(b) % MAX;
	s.processes = mem_alloc(s.n_processes * sizeof(*s.processes));
	s.threads = mem_alloc(s.n_threads * sizeof(*s.threads));
	s.objects = mem_alloc(s.n_objects * sizeof(*s.objects));
	for (size_t i = 0; i < s.n_processes; i++)
		s.processes[i] = (struct process){ .pid = (pid_t)(take(b) % 4),
			.start_time = 1,
			.parent = take(b) % MAX,
			.readable = take(b) != 255,
			.first_thread = take(b) % (MAX + 1),
			.n_threads = take(b) % (MAX + 1) };
	for (size_t i = 0; i < s.n_threads; i++) {
		struct thread *t = &s.threads[i];

		t->tid = (pid_t)(take(b) % 8);
		t->process = take(b) % (MAX + 1);
		t->rest = (enum rest)(take(b) % 2 ? take(b) % REST_COUNT : REST_YES);
		t->state = "SSSDRZ"[take(b) % 6];
		t->wait = (enum wait_kind)(1 + take(b) % (WAIT_KIND_COUNT - 1));
		t->syscall_nr = take(b) % 2 ? 61 : 202;
		t->args[0] = take(b) % 2;
		t->objects = take_indexes(b, &t->n_objects);
	}
	for (size_t i = 0; i < s.n_objects; i++) {
		struct object *o = &s.objects[i];

		o->kind = (enum object_kind)(take(b) % OBJECT_KIND_COUNT);
		o->wait = (enum wait_kind)(1 + take(b) % (WAIT_KIND_COUNT - 1));
		o->inode = take(b) % 3;
		o->external = take(b) == 255;
		o->unless[0] = take(b) == 254 ? '?' : 0;
		o->fill = o->capacity = o->sendq = o->recvq = o->peer_sendq = o->peer_recvq = -1;
		o->wakers = take_indexes(b, &o->n_wakers);
	}
	return s;
}

static void drop_world(struct snapshot *s)
{
	for (size_t i = 0; i < s->n_threads; i++)
		free(s->threads[i].objects);
	for (size_t i = 0; i < s->n_objects; i++)
		free(s->objects[i].wakers);
	free(s->processes);
	free(s->threads);
	free(s->objects);
}

static void check(bool good)
{
	if (!good)
		abort();
}

/* Everyone who could wake a member is a member, or a zombie. */
static void check_closed(const struct snapshot *s, const struct proof *p)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_threads; i++) {
		const struct thread *t = &s->threads[i];

		n += p->stuck[i];
		if (!p->stuck[i])
			continue;
		check(t->rest == REST_YES && t->n_objects > 0);
		for (size_t k = 0; k < t->n_objects; k++) {
			const struct object *o = &s->objects[t->objects[k]];

			check(!o->external && !o->unless[0] && o->n_wakers > 0);
			for (size_t w = 0; w < o->n_wakers; w++)
				check(o->wakers[w] < s->n_threads &&
					(p->stuck[o->wakers[w]] ||
						s->threads[o->wakers[w]].state == 'Z'));
		}
	}
	check(n == p->n_stuck && (!p->root_stuck || n > 0));
	check(p->n_certain <= p->n_stuck && p->n_stuck <= p->n_unless);
}

static void try_proof(const struct snapshot *first, const struct snapshot *second)
{
	struct proof p;

	prove(first, second, &p);
	check_closed(second, &p);
	proof_done(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = { data, data + size };
	struct snapshot first = take_world(&b), second = take_world(&b);
	struct explain_lock lock;
	struct symbols_map *maps;
	size_t n_maps;
	int64_t distance;
	bool direct;

	try_proof(&first, &second);
	try_proof(&first, &first);
	drop_world(&first);
	drop_world(&second);
	for (int hint = 0; hint < PRIMITIVE_COUNT; hint++) {
		explain_lock_decode((enum explain_primitive)hint, size ? data[0] : 0,
			(const char *)data, size, &lock);
		check(lock.owners[0] <= 1u << 22);
	}
	arch_is_call(data, size, &direct, &distance);
	symbols_parse_maps((const char *)data, size, &maps, &n_maps);
	symbols_free_maps(maps, n_maps);
	return 0;
}
