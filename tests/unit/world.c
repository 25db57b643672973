/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/base/hash.h"
#include "tests/unit/world.h"

#include "runner/base/util.h"

#include <sys/syscall.h>

struct snapshot world_new(pid_t root)
{
	return (struct snapshot){ .root = root };
}

static void *copy_of(const void *p, size_t size)
{
	void *c = mem_alloc(size);

	if (size)
		memcpy(c, p, size);
	return c;
}

struct snapshot world_copy(const struct snapshot *s)
{
	struct snapshot c = *s;

	c.processes = copy_of(s->processes, s->n_processes * sizeof(*s->processes));
	c.threads = copy_of(s->threads, s->n_threads * sizeof(*s->threads));
	c.objects = copy_of(s->objects, s->n_objects * sizeof(*s->objects));
	c.cap_processes = s->n_processes;
	c.cap_threads = s->n_threads;
	c.cap_objects = s->n_objects;
	for (size_t i = 0; i < c.n_threads; i++) {
		struct thread *t = &c.threads[i];

		t->objects = copy_of(t->objects, t->n_objects * sizeof(size_t));
		t->cap_objects = t->n_objects;
	}
	for (size_t i = 0; i < c.n_objects; i++) {
		struct object *o = &c.objects[i];

		o->wakers = copy_of(o->wakers, o->n_wakers * sizeof(size_t));
		o->cap_wakers = o->n_wakers;
	}
	return c;
}

void world_done(struct snapshot *s)
{
	for (size_t i = 0; i < s->n_threads; i++)
		free(s->threads[i].objects);
	for (size_t i = 0; i < s->n_objects; i++)
		free(s->objects[i].wakers);
	free(s->processes);
	free(s->threads);
	free(s->objects);
	*s = (struct snapshot){ 0 };
}

size_t world_process(struct snapshot *s, pid_t pid, pid_t ppid)
{
	struct process *p;

	s->processes = mem_grow(s->processes, s->n_processes, &s->cap_processes, sizeof(*p));
	p = &s->processes[s->n_processes];
	*p = (struct process){ .pid = pid,
		.ppid = ppid,
		.start_time = 1000 + (uint64_t)pid,
		.comm = "p",
		.parent = SIZE_MAX,
		.mm = s->n_processes,
		.readable = true,
		.first_thread = s->n_threads };
	for (size_t i = 0; i < s->n_processes; i++)
		if (s->processes[i].pid == ppid)
			p->parent = i;
	return s->n_processes++;
}

size_t world_thread(struct snapshot *s, pid_t tid)
{
	struct thread *t;

	s->threads = mem_grow(s->threads, s->n_threads, &s->cap_threads, sizeof(*t));
	t = &s->threads[s->n_threads];
	*t = (struct thread){ .tid = tid,
		.process = s->n_processes - 1,
		.comm = "t",
		.state = 'S',
		.rest = REST_YES,
		.syscall_nr = SYS_futex,
		.sp = 0x7000,
		.pc = 0x4000,
		.voluntary = 1,
		.wait = WAIT_FUTEX,
		.wait_fd = -1 };
	s->processes[t->process].n_threads++;
	return s->n_threads++;
}

size_t world_object(struct snapshot *s, enum object_kind kind, enum wait_kind wait, uint64_t id)
{
	struct object *o;

	s->objects = mem_grow(s->objects, s->n_objects, &s->cap_objects, sizeof(*o));
	o = &s->objects[s->n_objects];
	*o = (struct object){ .kind = kind,
		.wait = wait,
		.fill = -1,
		.capacity = -1,
		.sendq = -1,
		.recvq = -1,
		.peer_sendq = -1,
		.peer_recvq = -1 };
	if (kind == OBJECT_FUTEX_PRIVATE)
		o->address = id;
	else
		o->inode = id;
	return s->n_objects++;
}

void world_wait(struct snapshot *s, size_t thread, size_t object)
{
	struct thread *t = &s->threads[thread];

	t->objects = mem_grow(t->objects, t->n_objects, &t->cap_objects, sizeof(size_t));
	t->objects[t->n_objects++] = object;
	t->wait = t->n_objects > 1 ? WAIT_POLL : s->objects[object].wait;
}

void world_waker(struct snapshot *s, size_t object, size_t thread)
{
	struct object *o = &s->objects[object];

	o->wakers = mem_grow(o->wakers, o->n_wakers, &o->cap_wakers, sizeof(size_t));
	o->wakers[o->n_wakers++] = thread;
}

void world_wakers_of(struct snapshot *s, size_t object, size_t process)
{
	const struct process *p = &s->processes[process];

	for (size_t i = 0; i < p->n_threads; i++)
		world_waker(s, object, p->first_thread + i);
}

void world_wakes_up(struct snapshot *s, size_t thread)
{
	struct thread *t = &s->threads[thread];

	t->rest = REST_RUNNING;
	t->state = 'R';
	t->syscall_nr = -1;
	t->wait = WAIT_NONE;
	t->n_objects = 0;
	t->voluntary++;
}

size_t world_futex_wait(struct snapshot *s, size_t thread, uint64_t address)
{
	size_t o = world_object(s, OBJECT_FUTEX_PRIVATE, WAIT_FUTEX, address);

	s->objects[o].process = s->threads[thread].process;
	world_wait(s, thread, o);
	s->threads[thread].args[0] = address;
	world_wakers_of(s, o, s->threads[thread].process);
	return o;
}

uint64_t world_random(uint64_t *seed, uint64_t below)
{
	uint64_t z = hash_mix(*seed);

	*seed += HASH_GOLDEN;
	return below ? z % below : z;
}
