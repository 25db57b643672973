/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/uio.h>

#include "runner/snapshot/internal.h"

void thread_mark_runnable(struct thread *t, enum rest rest, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	t->rest = rest;
	vsnprintf(t->rest_why, sizeof(t->rest_why), fmt, ap);
	va_end(ap);
}

void object_set_external(struct collect *c, size_t object, const char *fmt, ...)
{
	struct object *o = &c->s->objects[object];
	va_list ap;

	if (o->external)
		return; /* the first reason stands */
	va_start(ap, fmt);
	o->external = true;
	vsnprintf(o->external_why, sizeof(o->external_why), fmt, ap);
	va_end(ap);
}

void object_set_unless(struct collect *c, size_t object, const char *fmt, ...)
{
	struct object *o = &c->s->objects[object];
	va_list ap;

	if (o->unless[0])
		return;
	va_start(ap, fmt);
	vsnprintf(o->unless, sizeof(o->unless), fmt, ap);
	va_end(ap);
}

void thread_set_unless(struct thread *t, const char *fmt, ...)
{
	va_list ap;

	if (t->unless[0])
		return;
	va_start(ap, fmt);
	vsnprintf(t->unless, sizeof(t->unless), fmt, ap);
	va_end(ap);
}

static bool object_same(const struct snapshot *s, const struct object *a, const struct object *b)
{
	if (a->kind != b->kind || a->wait != b->wait || a->dev != b->dev || a->inode != b->inode ||
		a->offset != b->offset)
		return false;
	if (a->kind == OBJECT_CHILDREN)
		return false; /* each waiter asks for its own */
	return (a->kind != OBJECT_FUTEX_PRIVATE && a->kind != OBJECT_SIGNAL) ||
	       (a->address == b->address &&
		       s->processes[a->process].mm == s->processes[b->process].mm);
}

size_t object_intern(struct collect *c, const struct object *key, bool *ret_new)
{
	struct snapshot *s = c->s;

	*ret_new = false;
	for (size_t i = 0; i < s->n_objects; i++)
		if (object_same(s, &s->objects[i], key))
			return i;
	s->objects = mem_grow(s->objects, s->n_objects, &s->cap_objects, sizeof(*s->objects));
	s->objects[s->n_objects] = *key;
	s->objects[s->n_objects].fill = s->objects[s->n_objects].capacity = -1;
	s->objects[s->n_objects].sendq = s->objects[s->n_objects].recvq = -1;
	s->objects[s->n_objects].peer_sendq = s->objects[s->n_objects].peer_recvq = -1;
	*ret_new = true;
	return s->n_objects++;
}

void object_add_process(struct collect *c, size_t object, size_t process)
{
	struct object *o = &c->s->objects[object];
	const struct process *p = &c->s->processes[process];

	/* A process is added at one go, so looking for any of its threads finds all. */
	for (size_t i = 0; i < o->n_wakers; i++)
		if (c->s->threads[o->wakers[i]].process == process)
			return;
	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++) {
		if (!thread_alive(&c->s->threads[i]))
			continue;
		o->wakers = mem_grow(o->wakers, o->n_wakers, &o->cap_wakers, sizeof(*o->wakers));
		o->wakers[o->n_wakers++] = i;
	}
}

void object_add_everyone(struct collect *c, size_t object)
{
	for (size_t i = 0; i < c->s->n_processes; i++)
		object_add_process(c, object, i);
}

void thread_add_object(struct collect *c, size_t thread, size_t object)
{
	struct thread *t = &c->s->threads[thread];

	for (size_t i = 0; i < t->n_objects; i++)
		if (t->objects[i] == object)
			return;
	t->objects = mem_grow(t->objects, t->n_objects, &t->cap_objects, sizeof(*t->objects));
	t->objects[t->n_objects++] = object;
}
