/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Properties of the proof over generated worlds. A seed that fails is named: it fails again. */
#include "runner/prove/prove.h"
#include "runner/base/util.h"
#include "tests/unit/model.h"
#include "tests/unit/world.h"

#include <criterion/criterion.h>

TestSuite(prove_worlds);

enum { WORLDS = 4000, RUNS = 30000 };

/* --- worlds of any shape, also such as no kernel would make --- */

static struct snapshot random_world(uint64_t *seed)
{
	struct snapshot s = world_new(1);
	size_t n_objects = 1 + world_random(seed, 8);
	pid_t tid = 1;

	for (uint64_t p = 1 + world_random(seed, 4); p > 0; p--) {
		world_process(&s, tid, tid - 1);
		for (uint64_t t = 1 + world_random(seed, 3); t > 0; t--)
			world_thread(&s, tid++);
	}
	for (size_t i = 0; i < n_objects; i++) {
		static const enum object_kind kinds[] = { OBJECT_PIPE, OBJECT_CHILDREN,
			OBJECT_FUTEX_SHARED, OBJECT_SOCKET };

		world_object(&s, kinds[world_random(seed, 4)], WAIT_PIPE_READ, i);
		for (uint64_t w = 1 + world_random(seed, 3); w > 0; w--)
			world_waker(&s, i, world_random(seed, s.n_threads));
	}
	for (size_t t = 0; t < s.n_threads; t++) {
		for (uint64_t w = 1 + world_random(seed, 2); w > 0; w--)
			world_wait(&s, t, world_random(seed, n_objects));
		if (world_random(seed, 8) == 0)
			world_wakes_up(&s, t);
	}
	return s;
}

/* The rule word for word, with no regard for cost. */
static void naive_proof(const struct snapshot *s, bool *stuck)
{
	bool changed = true;

	for (size_t i = 0; i < s->n_threads; i++)
		stuck[i] = s->threads[i].rest == REST_YES;
	while (changed) {
		changed = false;
		for (size_t i = 0; i < s->n_threads; i++) {
			const struct thread *t = &s->threads[i];

			for (size_t k = 0; stuck[i] && k < t->n_objects; k++) {
				const struct object *o = &s->objects[t->objects[k]];

				for (size_t w = 0; w < o->n_wakers; w++)
					if (o->wakers[w] != i && !stuck[o->wakers[w]] && stuck[i]) {
						stuck[i] = false;
						changed = true;
					}
			}
		}
	}
}

Test(prove_worlds, is_the_rule_and_nothing_else)
{
	size_t stuck_worlds = 0;

	for (uint64_t n = 0; n < WORLDS; n++) {
		uint64_t seed = n;
		struct snapshot s = random_world(&seed);
		cleanup(cleanup_free) bool *expected = mem_alloc(s.n_threads * sizeof(bool));
		struct proof p;

		prove(&s, &s, &p);
		naive_proof(&s, expected);
		for (size_t i = 0; i < s.n_threads; i++) {
			cr_assert_eq(p.stuck[i], expected[i], "seed %zu thread %zu", (size_t)n, i);
			if (p.released_by[i] != SIZE_MAX)
				cr_assert(!p.stuck[i] && !p.stuck[p.released_by[i]], "seed %zu",
					(size_t)n);
		}
		stuck_worlds += p.n_stuck > 0;
		proof_done(&p);
		world_done(&s);
	}
	cr_assert_gt(stuck_worlds, WORLDS / 20);
	cr_assert_lt(stuck_worlds, WORLDS - WORLDS / 20);
}

Test(prove_worlds, one_more_waker_never_makes_the_set_larger)
{
	for (uint64_t n = 0; n < WORLDS; n++) {
		uint64_t seed = n;
		struct snapshot s = random_world(&seed);
		struct proof before, after;

		prove(&s, &s, &before);
		world_waker(&s, world_random(&seed, s.n_objects), world_random(&seed, s.n_threads));
		prove(&s, &s, &after);
		for (size_t i = 0; i < s.n_threads; i++)
			cr_assert(before.stuck[i] || !after.stuck[i], "seed %zu", (size_t)n);
		cr_assert(before.root_stuck || !after.root_stuck, "seed %zu", (size_t)n);
		proof_done(&before);
		proof_done(&after);
		world_done(&s);
	}
}

/* The same world with its objects, and its threads within each process, in reverse. */
static struct snapshot reversed(const struct snapshot *s)
{
	struct snapshot r = world_copy(s);

	for (size_t p = 0; p < s->n_processes; p++)
		for (size_t i = 0; i < s->processes[p].n_threads; i++) {
			size_t first = s->processes[p].first_thread;
			size_t last = first + s->processes[p].n_threads - 1;

			if (i == 0)
				for (size_t k = first; k <= last; k++)
					free(r.threads[k].objects);
			r.threads[last - i] = s->threads[first + i];
			r.threads[last - i].objects =
				mem_alloc(s->threads[first + i].n_objects * sizeof(size_t));
			for (size_t k = 0; k < s->threads[first + i].n_objects; k++)
				r.threads[last - i].objects[k] =
					s->n_objects - 1 -
					s->threads[first + i]
						.objects[s->threads[first + i].n_objects - 1 - k];
		}
	for (size_t i = 0; i < s->n_objects; i++) {
		const struct object *from = &s->objects[i];
		size_t *wakers = mem_alloc(from->n_wakers * sizeof(size_t));

		for (size_t k = 0; k < from->n_wakers; k++) {
			const struct process *p =
				&s->processes[s->threads[from->wakers[k]].process];

			wakers[from->n_wakers - 1 - k] =
				2 * p->first_thread + p->n_threads - 1 - from->wakers[k];
		}
		free(r.objects[s->n_objects - 1 - i].wakers);
		r.objects[s->n_objects - 1 - i] = *from;
		r.objects[s->n_objects - 1 - i].wakers = wakers;
	}
	return r;
}

static bool is_stuck(const struct snapshot *s, const struct proof *p, pid_t tid)
{
	for (size_t i = 0; i < s->n_threads; i++)
		if (s->threads[i].tid == tid)
			return p->stuck[i];
	return false;
}

Test(prove_worlds, order_does_not_matter)
{
	for (uint64_t n = 0; n < WORLDS; n++) {
		uint64_t seed = n;
		struct snapshot s = random_world(&seed), r = reversed(&s);
		struct proof a, b;

		prove(&s, &s, &a);
		prove(&s, &r, &b);
		cr_assert_eq(a.n_stuck, b.n_stuck, "seed %zu", (size_t)n);
		cr_assert_eq(a.root_stuck, b.root_stuck, "seed %zu", (size_t)n);
		for (size_t i = 0; i < s.n_threads; i++)
			cr_assert_eq(a.stuck[i], is_stuck(&r, &b, s.threads[i].tid), "seed %zu",
				(size_t)n);
		proof_done(&a);
		proof_done(&b);
		world_done(&s);
		world_done(&r);
	}
}

/* --- worlds that run --- */

static void check_future(
	struct model *m, const struct snapshot *s, const struct proof *p, uint64_t n)
{
	model_run(m, 600);
	for (size_t i = 0; i < s->n_threads; i++)
		if (p->stuck[i])
			cr_assert_eq(model_activity(m, s->threads[i].tid), s->threads[i].voluntary,
				"seed %zu: thread %d was stuck and has run", (size_t)n,
				s->threads[i].tid);
}

/* Both collects are taken while the world runs on between any two reads; what is proven then must
 * hold in every future, of which one is tried. */
Test(prove_worlds, nobody_who_is_stuck_ever_runs_again)
{
	size_t partly = 0, wholly = 0, healthy = 0;

	for (uint64_t n = 0; n < RUNS; n++) {
		struct model *m = model_new(n);
		struct snapshot first, second;
		struct proof p;

		model_run(m, (unsigned int)(n % 97));
		first = model_collect(m, n % 9);
		model_run(m, (unsigned int)(n % 5));
		second = model_collect(m, n % 9);
		prove(&first, &second, &p);
		check_future(m, &second, &p, n);
		wholly += p.root_stuck;
		partly += p.n_stuck > 0 && !p.root_stuck;
		healthy += p.n_stuck == 0;
		proof_done(&p);
		world_done(&first);
		world_done(&second);
		model_free(m);
	}
	cr_assert_gt(partly, RUNS / 100);
	cr_assert_gt(wholly, RUNS / 100);
	cr_assert_gt(healthy, RUNS / 10);
}

/* The case that the second collect is there for. */
Test(prove_worlds, asleep_in_turn_is_not_asleep_at_once)
{
	size_t looked_stuck = 0;

	for (uint64_t n = 0; n < RUNS; n++) {
		struct model *m = model_new_ping_pong(n);
		struct snapshot first, second;
		struct proof one, both;

		model_run(m, (unsigned int)(n % 97));
		first = model_collect(m, 6);
		second = model_collect(m, 6);
		prove(&first, &first, &one);
		prove(&first, &second, &both);
		looked_stuck += one.n_stuck > 0;
		cr_assert_eq(both.n_stuck, 0, "seed %zu", (size_t)n);
		proof_done(&one);
		proof_done(&both);
		world_done(&first);
		world_done(&second);
		model_free(m);
	}
	cr_assert_gt(looked_stuck, RUNS / 1000, "one collect alone would have been enough");
}

/* And the other way round: a world where nobody can take one more step is proven to be stuck. */
Test(prove_worlds, a_world_that_stands_still_is_proven)
{
	size_t still = 0;

	for (uint64_t n = 0; n < WORLDS; n++) {
		struct model *m = model_new(n);
		struct snapshot first, second;
		struct proof p;
		size_t blocked = 0;

		if (!model_run(m, 20000)) {
			first = model_collect(m, 0);
			second = model_collect(m, 0);
			prove(&first, &second, &p);
			for (size_t i = 0; i < second.n_threads; i++)
				blocked += second.threads[i].rest == REST_YES;
			cr_assert_eq(p.n_stuck, blocked, "seed %zu", (size_t)n);
			still += blocked > 0;
			proof_done(&p);
			world_done(&first);
			world_done(&second);
		}
		model_free(m);
	}
	cr_assert_gt(still, WORLDS / 10);
}
