/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/model.h"

#include "runner/base/util.h"
#include "tests/unit/world.h"

enum {
	MAX_PROCESSES = 12,
	MAX_THREADS = 48,
	PRIVATE_LOCKS = 3,
	SHARED_LOCKS = 2,
	PIPES = 3,
	PIPE_CAPACITY = 2,
	MAX_PROGRAM = 12,
};

enum operation {
	OP_LOCK,
	OP_UNLOCK,
	OP_LOCK_SHARED,
	OP_UNLOCK_SHARED,
	OP_READ,
	OP_WRITE,
	OP_CLOSE_READ,
	OP_CLOSE_WRITE,
	OP_SLEEP,
	OP_COMPUTE,
	OP_THREAD,
	OP_FORK,
	OP_WAIT_CHILD,
	OP_COUNT,
};

enum state { RUNNABLE, BLOCKED, SLEEPING, DEAD };

struct instruction {
	enum operation op;
	int what;
};

struct model_thread {
	int process;
	enum state state;
	bool inside; /* has begun its operation: the file stays open for it, also when it is closed
		      */
	uint64_t activity;
	struct instruction program[MAX_PROGRAM];
	int length, next;
};

struct model_process {
	int parent;
	bool zombie, reaped;
	int leader;
	bool locked[PRIVATE_LOCKS]; /* copied by fork, held or not */
	int owner[PRIVATE_LOCKS];
	bool reads[PIPES], writes[PIPES];
};

struct model {
	uint64_t seed;
	bool endless; /* programs begin again for ever */
	int n_processes, n_threads;
	struct model_process processes[MAX_PROCESSES];
	struct model_thread threads[MAX_THREADS];
	bool shared_locked[SHARED_LOCKS];
	int shared_owner[SHARED_LOCKS];
	int fill[PIPES];
};

static int draw(struct model *m, int below)
{
	return (int)world_random(&m->seed, (uint64_t)below);
}

/* Locks are mostly taken to be given back, else every world would be stuck at once. */
static void write_program(struct model *m, struct model_thread *t)
{
	int held = -1;

	t->length = 3 + draw(m, MAX_PROGRAM - 4);
	for (int i = 0; i < t->length; i++) {
		enum operation op = (enum operation)draw(m, OP_COUNT);
		struct instruction in = { op, draw(m, 6) };

		if (held >= 0 && draw(m, 3) == 0) {
			in = (struct instruction){ OP_UNLOCK, held };
			held = -1;
		} else if (op == OP_LOCK) {
			held = in.what;
		}
		t->program[i] = in;
	}
}

static int add_thread(struct model *m, int process)
{
	struct model_thread *t = &m->threads[m->n_threads];

	*t = (struct model_thread){ .process = process, .state = RUNNABLE, .activity = 1 };
	write_program(m, t);
	return m->n_threads++;
}

struct model *model_new(uint64_t seed)
{
	struct model *m = mem_alloc(sizeof(*m));
	struct model_process *root = &m->processes[0];

	m->seed = seed;
	m->n_processes = 1;
	root->parent = -1;
	for (int i = 0; i < PIPES; i++)
		root->reads[i] = root->writes[i] = true;
	root->leader = add_thread(m, 0);
	for (int i = draw(m, 3); i > 0; i--)
		add_thread(m, 0);
	return m;
}

struct model *model_new_ping_pong(uint64_t seed)
{
	static const struct instruction programs[2][2] = {
		{ { OP_READ, 0 }, { OP_WRITE, 1 } },
		{ { OP_WRITE, 0 }, { OP_READ, 1 } },
	};
	struct model *m = model_new(seed);

	m->endless = true;
	m->n_threads = 0;
	for (int i = 0; i < 2; i++) {
		struct model_thread *t = &m->threads[add_thread(m, 0)];

		memcpy(t->program, programs[i], sizeof(programs[i]));
		t->length = 2;
	}
	return m;
}

void model_free(struct model *m)
{
	free(m);
}

/* --- what an operation waits for --- */

static bool is_inside(const struct model_thread *t, enum operation op, int pipe)
{
	return t->state != DEAD && t->inside && t->program[t->next].op == op &&
	       t->program[t->next].what % PIPES == pipe;
}

static bool anyone(const struct model *m, int pipe, bool writer)
{
	for (int i = 0; i < m->n_threads; i++)
		if (is_inside(&m->threads[i], writer ? OP_WRITE : OP_READ, pipe))
			return true;
	for (int i = 0; i < m->n_processes; i++) {
		const struct model_process *p = &m->processes[i];

		if (!p->zombie && (writer ? p->writes[pipe] : p->reads[pipe]))
			return true;
	}
	return false;
}

static int find_zombie(const struct model *m, int parent)
{
	for (int i = 0; i < m->n_processes; i++)
		if (m->processes[i].parent == parent && m->processes[i].zombie &&
			!m->processes[i].reaped)
			return i;
	return -1;
}

static bool has_children(const struct model *m, int parent)
{
	for (int i = 0; i < m->n_processes; i++)
		if (m->processes[i].parent == parent && !m->processes[i].reaped)
			return true;
	return false;
}

static bool must_wait(const struct model *m, int thread)
{
	const struct model_thread *t = &m->threads[thread];
	const struct model_process *p = &m->processes[t->process];
	const struct instruction *in = &t->program[t->next];
	int pipe = in->what % PIPES;

	switch (in->op) {
	case OP_LOCK:
		return p->locked[in->what % PRIVATE_LOCKS];
	case OP_LOCK_SHARED:
		return m->shared_locked[in->what % SHARED_LOCKS];
	case OP_READ:
		return (p->reads[pipe] || t->inside) && !m->fill[pipe] && anyone(m, pipe, true);
	case OP_WRITE:
		return (p->writes[pipe] || t->inside) && m->fill[pipe] == PIPE_CAPACITY &&
		       anyone(m, pipe, false);
	case OP_WAIT_CHILD:
		return has_children(m, t->process) && find_zombie(m, t->process) < 0;
	default:
		return false;
	}
}

/* Like the kernel: a thread that could go on is made runnable, and checks again itself. */
static void wake_all(struct model *m)
{
	for (int i = 0; i < m->n_threads; i++) {
		struct model_thread *t = &m->threads[i];

		if (t->state != BLOCKED || must_wait(m, i))
			continue;
		t->state = RUNNABLE;
		t->activity++;
	}
}

/* --- steps --- */

static void end_thread(struct model *m, int thread)
{
	struct model_thread *t = &m->threads[thread];
	struct model_process *p = &m->processes[t->process];

	t->state = DEAD;
	t->activity++;
	for (int i = 0; i < m->n_threads; i++)
		if (m->threads[i].process == t->process && m->threads[i].state != DEAD)
			return;
	p->zombie = true;
	for (int i = 0; i < m->n_processes; i++)
		if (m->processes[i].parent == t->process)
			m->processes[i].parent = -1;
}

static void fork_process(struct model *m, int parent)
{
	struct model_process *p = &m->processes[m->n_processes];

	if (m->n_processes == MAX_PROCESSES || m->n_threads == MAX_THREADS)
		return;
	*p = m->processes[parent];
	p->parent = parent;
	for (int i = 0; i < PRIVATE_LOCKS; i++)
		p->owner[i] = -1;
	p->leader = add_thread(m, m->n_processes++);
}

static void unlock(bool *locked, int *owner, int thread)
{
	if (*locked && *owner == thread)
		*locked = false;
}

static void execute(struct model *m, int thread)
{
	struct model_thread *t = &m->threads[thread];
	struct model_process *p = &m->processes[t->process];
	const struct instruction in = t->program[t->next++];
	int lock = in.what % PRIVATE_LOCKS, shared = in.what % SHARED_LOCKS, pipe = in.what % PIPES;
	bool inside = t->inside;
	int zombie;

	t->inside = false;
	switch (in.op) {
	case OP_LOCK:
		p->locked[lock] = true;
		p->owner[lock] = thread;
		break;
	case OP_UNLOCK:
		unlock(&p->locked[lock], &p->owner[lock], thread);
		break;
	case OP_LOCK_SHARED:
		m->shared_locked[shared] = true;
		m->shared_owner[shared] = thread;
		break;
	case OP_UNLOCK_SHARED:
		unlock(&m->shared_locked[shared], &m->shared_owner[shared], thread);
		break;
	case OP_READ:
		if ((p->reads[pipe] || inside) && m->fill[pipe])
			m->fill[pipe]--;
		break;
	case OP_WRITE:
		if ((p->writes[pipe] || inside) && m->fill[pipe] < PIPE_CAPACITY)
			m->fill[pipe]++;
		break;
	case OP_CLOSE_READ:
		p->reads[pipe] = false;
		break;
	case OP_CLOSE_WRITE:
		p->writes[pipe] = false;
		break;
	case OP_SLEEP:
		t->state = SLEEPING;
		t->activity++;
		break;
	case OP_THREAD:
		if (m->n_threads < MAX_THREADS)
			add_thread(m, t->process);
		break;
	case OP_FORK:
		fork_process(m, t->process);
		break;
	case OP_WAIT_CHILD:
		zombie = find_zombie(m, t->process);
		if (zombie >= 0)
			m->processes[zombie].reaped = true;
		break;
	default:
		break;
	}
}

static void step(struct model *m, int thread)
{
	struct model_thread *t = &m->threads[thread];

	if (t->state == SLEEPING) {
		t->state = RUNNABLE;
		t->activity++;
	} else if (t->next == t->length && (m->endless || draw(m, 4))) {
		t->next = 0;
	} else if (t->next == t->length) {
		end_thread(m, thread);
	} else if (must_wait(m, thread)) {
		t->state = BLOCKED;
		t->inside = true;
		t->activity++;
	} else {
		execute(m, thread);
	}
	wake_all(m);
}

bool model_run(struct model *m, unsigned int n)
{
	while (n--) {
		int can[MAX_THREADS], n_can = 0;

		for (int i = 0; i < m->n_threads; i++)
			if (m->threads[i].state == RUNNABLE || m->threads[i].state == SLEEPING)
				can[n_can++] = i;
		if (!n_can)
			return false;
		step(m, can[draw(m, n_can)]);
	}
	return true;
}

uint64_t model_activity(const struct model *m, pid_t tid)
{
	return m->threads[tid - 1].activity;
}

/* --- snapshots; a thread's tid is its number and one, a process's pid that of its leader --- */

/* Objects by number: private locks of each process, shared locks, reads, writes, children. */
static size_t object_of(struct snapshot *s, const struct model_thread *t, size_t process)
{
	const struct instruction *in = &t->program[t->next];
	uint64_t pid = (uint64_t)s->processes[process].pid;

	switch (in->op) {
	case OP_LOCK:
		return world_object(s, OBJECT_FUTEX_PRIVATE, WAIT_FUTEX,
			pid * 100 + (uint64_t)(in->what % PRIVATE_LOCKS));
	case OP_LOCK_SHARED:
		return world_object(
			s, OBJECT_FUTEX_SHARED, WAIT_FUTEX, (uint64_t)(in->what % SHARED_LOCKS));
	case OP_READ:
		return world_object(s, OBJECT_PIPE, WAIT_PIPE_READ, (uint64_t)(in->what % PIPES));
	case OP_WRITE:
		return world_object(s, OBJECT_PIPE, WAIT_PIPE_WRITE, (uint64_t)(in->what % PIPES));
	default:
		return world_object(s, OBJECT_CHILDREN, WAIT_CHILD, pid);
	}
}

static void read_thread(struct model *m, struct snapshot *s, int thread, size_t *ret_object)
{
	const struct model_thread *t = &m->threads[thread];
	size_t i = world_thread(s, thread + 1);
	struct thread *to = &s->threads[i];

	*ret_object = SIZE_MAX;
	to->voluntary = t->activity;
	to->pc = (uint64_t)t->next;
	if (t->state == BLOCKED) {
		*ret_object = object_of(s, t, s->n_processes - 1);
		world_wait(s, i, *ret_object);
		return;
	}
	to->wait = WAIT_NONE;
	to->rest = t->state == RUNNABLE   ? REST_RUNNING
		   : t->state == SLEEPING ? REST_TIMED
					  : REST_EXITING;
	to->state = t->state == RUNNABLE ? 'R' : t->state == SLEEPING ? 'S' : 'Z';
}

/* What a process held when it was read: the wakers follow from that, not from the truth now. */
struct seen {
	int process;
	bool reads[PIPES], writes[PIPES];
	bool zombie;
	int parent;
};

static void read_process(struct model *m, struct snapshot *s, int process, unsigned int churn,
	struct seen *ret_seen, size_t *objects)
{
	const struct model_process *p = &m->processes[process];

	*ret_seen = (struct seen){ .process = process, .zombie = p->zombie, .parent = p->parent };
	memcpy(ret_seen->reads, p->reads, sizeof(p->reads));
	memcpy(ret_seen->writes, p->writes, sizeof(p->writes));
	world_process(s, p->leader + 1, p->parent < 0 ? 0 : m->processes[p->parent].leader + 1);
	/* The leader stays as a zombie, every other dead thread is gone. */
	for (int i = 0; i < m->n_threads; i++) {
		if (m->threads[i].process != process ||
			(m->threads[i].state == DEAD && i != p->leader))
			continue;
		read_thread(m, s, i, &objects[s->n_threads]);
		model_run(m, churn ? (unsigned int)draw(m, (int)churn + 1) : 0);
	}
}

static bool may_wake(
	const struct object *o, size_t waiter, const struct seen *seen, size_t candidate)
{
	const struct seen *c = &seen[candidate];

	switch (o->wait) {
	case WAIT_PIPE_READ:
		return !c->zombie && c->writes[o->inode];
	case WAIT_PIPE_WRITE:
		return !c->zombie && c->reads[o->inode];
	case WAIT_CHILD:
		return c->parent == seen[waiter].process;
	default:
		return !c->zombie && (o->kind == OBJECT_FUTEX_SHARED || waiter == candidate);
	}
}

struct snapshot model_collect(struct model *m, unsigned int churn)
{
	struct snapshot s = world_new(m->processes[0].leader + 1);
	struct seen seen[MAX_PROCESSES];
	size_t objects[MAX_THREADS + 1], n_seen = 0;

	for (int i = 0; i < m->n_processes; i++)
		if (!m->processes[i].reaped)
			read_process(m, &s, i, churn, &seen[n_seen++], objects);
	for (size_t t = 0; t < s.n_threads; t++) {
		const struct thread *waiter = &s.threads[t];

		for (size_t k = 0; waiter->n_objects && k < n_seen; k++)
			if (may_wake(&s.objects[waiter->objects[0]], waiter->process, seen, k))
				world_wakers_of(&s, waiter->objects[0], k);
	}
	return s;
}
