/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inject/trap.c: the engine that does not wait for luck. A few trials only look: which locks do
 * other threads take (the preload tells), which system calls do they make (the filter tells) in a
 * process that forks? Every further trial keeps one such site open until the fork has returned.
 *
 * Locks are kept open inside the target (lib/preload_watch.c), by the thread that comes when the
 * fork waits or, tried later, by one that waits for the fork. System calls are kept open here: the
 * call that makes the process is held until another thread of it makes the call that is the site;
 * that one stays until the child is there. No thread is held longer than BOUND_NS.
 *
 * Where none of these hangs, one more trial looks for locks by their address: words that the
 * processor can watch (lib/preload_words.c).
 */
#include "runner/inject/callers.h"
#include "runner/inject/engine.h"
#include "runner/inject/listen.h"
#include "runner/inject/sites.h"
#include "runner/arch/arch.h"
#include "runner/base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define BOUND_NS (50 * NSEC_PER_MSEC)
#define LOOK_TRIALS 2
#define LOOK_WORDS_TRIALS 2  /* the second if the first finds none */
#define LOOK_CHILD_NS 100000 /* first look for the child; doubled each time */

/* Calls that are made under locks, libc's own among them. Not those that mostly wait: nothing is
 * kept open by a thread that had nothing to do. */
static const char *const usual_calls[] = { "write", "writev", "pwrite64", "read", "readv",
	"pread64", "brk", "mmap", "munmap", "madvise", "mprotect", "mremap", "open", "openat",
	"close", "fstat", "stat", "newfstatat", "statx", "lseek", "fcntl", "ioctl", "access",
	"readlink", "unlink", "rename", "getdents64", "socket", "connect", "sendto", "sendmsg",
	"recvfrom", "recvmsg", "clock_nanosleep", "nanosleep", "sched_yield", "getrandom",
	"rt_sigaction" };

struct trap {
	struct sites sites;
	const struct inject_program *program;
	char *library; /* for LD_PRELOAD; NULL: system calls only */
	bool calls;    /* seccomp works here */
	bool null;
	unsigned int looked; /* trials that only look, begun so far */
	unsigned int looked_for_words;
	bool looking_for_words;
	int text_refused; /* errno, 0: never */
	struct filter_cache look_filters;
	int numbers[ARRAY_SIZE(usual_calls)];
	struct filter_cache *site_filters; /* by index of the site */
	size_t n_site_filters;
};

struct trap_trial {
	struct trap *cell;
	size_t site;        /* SIZE_MAX: only looks */
	struct site target; /* a copy, without the name */
	const struct hangrate_counters *counters;
	struct hangrate_trap *page; /* NULL: no preload */
	enum hangrate_trap_how how;
	bool searches; /* looks, or is the first to try its site */
	int page_fd;
	struct listen *listen; /* NULL: no system calls */
	struct callers callers[ARRAY_SIZE(usual_calls)];
	/* The meeting: a fork that is held, then the call that is kept open for it. */
	uint64_t fork_id, call_id; /* 0: none */
	pid_t forker;
	struct callers hoped; /* forked before any thread had made the call, and waited */
	char children[256];   /* of the forker before it forked */
	int64_t look_ns, look_step_ns;
	uint64_t forks, sprung;
};

/* --- cells --- */

static bool trap_wanted(const struct inject_spec *spec)
{
	for (size_t i = 0; i < spec->n_rules; i++)
		if (spec->rules[i].where == INJECT_TRAP)
			return true;
	return false;
}

/* One listener a process tree: rules for system calls have it already. */
static bool listener_taken(const struct inject_spec *spec)
{
	for (size_t i = 0; i < spec->n_rules; i++)
		if (spec->rules[i].where == INJECT_SYSCALL || spec->rules[i].where == INJECT_CLASS)
			return true;
	return false;
}

static int trap_cell_new(const struct inject_cell *cell, void **ret_state, char **ret_why)
{
	char *library = NULL, *why cleanup(cleanup_free) = NULL;
	struct trap *s;
	int r = listener_taken(cell->spec) ? -EBUSY : inject_filter_probe();

	why = inject_preload_for(cell->program, &library);
	if (r < 0 && !library) {
		*ret_why = mem_printf(
			"%s; seccomp notification is refused here: %s", why, strerror(-r));
		return 1;
	}
	s = mem_alloc(sizeof(*s));
	s->program = cell->program;
	s->library = library;
	s->calls = r == 0;
	s->null = cell->arm == ARM_NULL;
	filter_cache_ask(&s->look_filters, FILTER_FORKS);
	for (size_t i = 0; i < ARRAY_SIZE(usual_calls); i++) {
		s->numbers[i] = inject_call_number(usual_calls[i]);
		filter_cache_ask(&s->look_filters, s->numbers[i]);
	}
	if (!s->null)
		sites_load(&s->sites, s->program->memory);
	sites_limit(&s->sites, s->library, s->calls);
	*ret_state = s;
	return 0;
}

static void trap_cell_free(void *state)
{
	struct trap *s = state;

	if (!s->null)
		sites_save(&s->sites, s->program->memory);
	for (size_t i = 0; i < s->n_site_filters; i++)
		filter_cache_done(&s->site_filters[i]);
	free(s->site_filters);
	filter_cache_done(&s->look_filters);
	sites_done(&s->sites);
	free(s->library);
	free(s);
}

static struct filter_cache *filters_of(struct trap *s, size_t site)
{
	if (site >= s->n_site_filters) {
		s->site_filters =
			mem_realloc(s->site_filters, s->sites.n * sizeof(*s->site_filters));
		memset(s->site_filters + s->n_site_filters, 0,
			(s->sites.n - s->n_site_filters) * sizeof(*s->site_filters));
		s->n_site_filters = s->sites.n;
	}
	if (!s->site_filters[site].n_calls) {
		filter_cache_ask(&s->site_filters[site], FILTER_FORKS);
		filter_cache_ask(&s->site_filters[site], (int)s->sites.all[site].id);
	}
	return &s->site_filters[site];
}

/* --- what the loop hears --- */

static bool is_fork(const struct seccomp_notif *n)
{
	return arch_is_fork(n->data.nr);
}

/* A trial that only looks. */
static void look(struct trap_trial *t, const struct seccomp_notif *n)
{
	struct sites *sites = &t->cell->sites;

	for (size_t i = 0; i < ARRAY_SIZE(usual_calls); i++) {
		int nr = t->cell->numbers[i];

		if (is_fork(n) && callers_others(&t->callers[i], (pid_t)n->pid))
			sites_at(sites, SITE_CALL, (uint64_t)nr, usual_calls[i])->seen++;
		if (n->data.nr == nr)
			callers_add(&t->callers[i], (pid_t)n->pid);
	}
}

/* A site was passed in an earlier trial. Here its thread may have begun late, on a busy machine:
 * that is hoped for once a process, as it may also be some other process that has the site. */
static bool may_come(struct trap_trial *t, pid_t forker)
{
	if (callers_others(&t->callers[0], forker))
		return true;
	for (size_t i = 0; i < t->hoped.n; i++)
		if (callers_same_process(forker, t->hoped.tid[i]))
			return false;
	if (t->hoped.n == CALLERS_MAX || !callers_has_threads(forker))
		return false;
	callers_add(&t->hoped, forker);
	return true;
}

static int64_t on_fork(struct trap_trial *t, const struct seccomp_notif *n, int64_t now_ns)
{
	if (t->fork_id || t->call_id || !may_come(t, (pid_t)n->pid))
		return 0;
	t->fork_id = n->id;
	t->forker = (pid_t)n->pid;
	return now_ns + BOUND_NS;
}

/* The site itself: worth holding when a fork of the same process waits for it. */
static int64_t on_site(struct trap_trial *t, const struct seccomp_notif *n, int64_t now_ns)
{
	uint64_t id = t->fork_id;

	callers_add(&t->callers[0], (pid_t)n->pid);
	if (!id || !callers_may_hold_for(t->forker, (pid_t)n->pid))
		return 0;
	t->fork_id = 0;
	callers_read_children(t->forker, t->children, sizeof(t->children));
	if (!listen_let_go(t->listen, id))
		return 0;
	t->sprung++;
	t->call_id = n->id;
	t->look_step_ns = LOOK_CHILD_NS;
	t->look_ns = now_ns + t->look_step_ns;
	return now_ns + BOUND_NS;
}

static int64_t on_call(void *arg, const struct seccomp_notif *n, int64_t now_ns)
{
	struct trap_trial *t = arg;

	if (n->data.arch != ARCH_AUDIT)
		return 0;
	t->forks += is_fork(n);
	if (t->site == SIZE_MAX) {
		if (!t->cell->null)
			look(t, n);
		return 0;
	}
	return is_fork(n) ? on_fork(t, n, now_ns) : on_site(t, n, now_ns);
}

/* The child is listed once its memory has been copied. */
static int64_t on_wake(void *arg, int64_t now_ns)
{
	struct trap_trial *t = arg;
	char children[sizeof(t->children)];

	if (t->fork_id && !listen_holds(t->listen, t->fork_id))
		t->fork_id = 0; /* no thread came in time */
	if (!t->call_id)
		return 0;
	if (now_ns < t->look_ns)
		return t->look_ns;
	callers_read_children(t->forker, children, sizeof(children));
	if (strcmp(children, t->children) || !listen_holds(t->listen, t->call_id)) {
		listen_let_go(t->listen, t->call_id);
		t->call_id = 0;
		return 0;
	}
	t->look_step_ns *= 2;
	t->look_ns = now_ns + t->look_step_ns;
	return t->look_ns;
}

/* --- one trial --- */

static void trial_free(struct trap_trial *t)
{
	listen_free(t->listen);
	if (t->how == HANGRATE_TRAP_LOOK_WORDS)
		t->cell->looking_for_words = false;
	if (t->page)
		munmap(t->page, HANGRATE_TRAP_SIZE);
	if (t->page_fd >= 0)
		close(t->page_fd);
	free(t);
}

static int page_open(struct trap_trial *t, struct inject_env *env)
{
	char fd[16];

	t->page_fd = inject_fd_high(memfd_create("hangrate-trap", MFD_CLOEXEC));
	if (t->page_fd < 0 || ftruncate(t->page_fd, HANGRATE_TRAP_SIZE) < 0)
		return -errno;
	t->page = mmap(NULL, HANGRATE_TRAP_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, t->page_fd, 0);
	if (t->page == MAP_FAILED) {
		t->page = NULL;
		return -errno;
	}
	t->page->magic = HANGRATE_TRAP_MAGIC;
	t->page->bound_ns = BOUND_NS;
	if (t->site != SIZE_MAX && t->target.kind != SITE_CALL)
		t->page->target = t->target.id;
	t->page->how = t->how;
	snprintf(fd, sizeof(fd), "%d", t->page_fd);
	inject_env_add(env, HANGRATE_ENV_TRAP, fd);
	inject_env_add(env, "LD_PRELOAD", t->cell->library);
	return 0;
}

/* What the trial listens to; NULL: nothing. */
static struct filter_cache *filters_for(struct trap_trial *t)
{
	if (!t->cell->calls)
		return NULL;
	if (t->site == SIZE_MAX)
		return t->how == HANGRATE_TRAP_LOOK_WORDS ? NULL : &t->cell->look_filters;
	return t->target.kind == SITE_CALL ? filters_of(t->cell, t->site) : NULL;
}

static bool only_looks(struct trap *s)
{
	if (s->null)
		return true;
	if (sites_any_hung(&s->sites) || s->looked >= LOOK_TRIALS)
		return false;
	s->looked++;
	return true;
}

/* One at a time: what it finds is worth more than another look. */
static bool looks_for_words(struct trap *s)
{
	if (!s->library || s->text_refused || s->looking_for_words ||
		s->looked_for_words >= LOOK_WORDS_TRIALS || sites_has(&s->sites, SITE_WORD) ||
		!sites_are_exhausted(&s->sites))
		return false;
	s->looked_for_words++;
	s->looking_for_words = true;
	return true;
}

/* What the trial is for. */
static void choose(struct trap_trial *t)
{
	struct trap *s = t->cell;

	t->site = SIZE_MAX;
	if (only_looks(s)) {
		t->searches = !s->null;
		return;
	}
	if (looks_for_words(s)) {
		t->how = HANGRATE_TRAP_LOOK_WORDS;
		t->searches = true;
		return;
	}
	t->site = sites_choose(&s->sites);
	if (t->site == SIZE_MAX)
		return;
	t->target = s->sites.all[t->site];
	t->searches = t->target.tries == 1;
	if (t->target.kind == SITE_AHEAD)
		t->how = HANGRATE_TRAP_AHEAD;
	else if (t->target.kind == SITE_WORD)
		t->how = HANGRATE_TRAP_WORD;
}

static int trap_trial_new(void *state, uint64_t seed, struct hangrate_counters *counters,
	struct inject_env *env, void **ret_trial)
{
	struct trap *s = state;
	struct trap_trial *t = mem_alloc(sizeof(*t));
	struct listen_user user = { .on_call = on_call, .on_wake = on_wake, .arg = t };
	struct filter_cache *filters;
	int r = 0;

	(void)seed;
	t->cell = s;
	t->page_fd = -1;
	t->counters = (void *)((char *)counters + HANGRATE_COUNTERS_PRELOAD);
	choose(t);
	filters = filters_for(t);
	if (s->library)
		r = page_open(t, env);
	if (r == 0 && filters)
		r = listen_new(filters, &user, &t->listen);
	if (r < 0) {
		if (t->site != SIZE_MAX)
			sites_over(&s->sites, t->site, false);
		trial_free(t);
		return r;
	}
	*ret_trial = t;
	return 0;
}

static void trap_child(const void *trial, struct inject_child *c)
{
	const struct trap_trial *t = trial;

	if (t->page_fd >= 0)
		c->fds[c->n_fds++] = t->page_fd;
	if (t->listen)
		listen_child(t->listen, c);
}

static int trap_attach(void *trial, pid_t pid)
{
	struct trap_trial *t = trial;

	(void)pid;
	return t->listen ? listen_attach(t->listen) : -1;
}

static int trap_on_event(void *trial)
{
	struct trap_trial *t = trial;

	return t->listen ? listen_on_event(t->listen) : 0;
}

static size_t trap_pending(void *trial, const pid_t **ret_tids)
{
	struct trap_trial *t = trial;

	return t->listen ? listen_pending(t->listen, ret_tids) : 0;
}

/* Sites that the preload saw. Those of the null arm teach nothing: nothing is chosen there. */
static void learn_sites(struct trap_trial *t)
{
	for (size_t i = 0; i < HANGRATE_TRAP_SITES && t->page->sites[i].id; i++) {
		const struct hangrate_trap_site *p = &t->page->sites[i];
		char where[sizeof(p->where) + 1] = "";
		struct site *s;

		memcpy(where, p->where, sizeof(p->where)); /* a target can write anything */
		for (char *c = where; *c; c++)
			if (*c <= ' ' || *c > '~')
				*c = '?';
		if (!where[0])
			where[0] = '?';
		if (p->kind == HANGRATE_TRAP_LOCK_WORD) {
			sites_at(&t->cell->sites, SITE_WORD, p->id, where)->seen += p->passed;
			continue;
		}
		sites_at(&t->cell->sites, SITE_AHEAD, p->id, where)->seen += p->passed;
		s = sites_at(&t->cell->sites, SITE_LOCK, p->id, where);
		s->seen += p->passed;
		s->held += p->held;
	}
}

static bool trap_finish(void *trial, bool hung, struct record_counters *counters)
{
	struct trap_trial *t = trial;
	bool there = t->listen ? listen_arrived(t->listen) : t->page != NULL;
	uint64_t held = 0, ns = 0;

	if (t->page &&
		!(__atomic_load_n(&t->counters->loaded, __ATOMIC_RELAXED) & HANGRATE_ENGINE_TRAP))
		there = false;
	if (t->listen)
		listen_totals(t->listen, &held, &ns);
	if (t->page && !t->cell->null)
		learn_sites(t);
	if (t->page && t->page->refused) {
		t->cell->text_refused = t->page->refused;
		sites_leave_out(&t->cell->sites, SITE_WORD);
	}
	if (t->site != SIZE_MAX)
		sites_over(&t->cell->sites, t->site, hung);
	if (counters) {
		counters->armed += t->site != SIZE_MAX;
		counters->passed += t->listen ? t->forks : t->page ? t->page->forks : 0;
		counters->fired += t->sprung + (t->page ? t->page->sprung : 0);
		counters->delay_ns += ns + (t->page ? t->page->delay_ns : 0);
	}
	trial_free(t);
	return there;
}

static bool trap_searches(const void *trial)
{
	return ((const struct trap_trial *)trial)->searches;
}

static char *trap_note(const void *state)
{
	const struct trap *s = state;

	return s->text_refused ? mem_printf("lock words can't be watched here: %s",
					 strerror(s->text_refused))
			       : NULL;
}

const struct inject_engine inject_engine_trap = {
	.name = "trap",
	.bit = HANGRATE_ENGINE_TRAP,
	.wanted = trap_wanted,
	.cell_new = trap_cell_new,
	.cell_free = trap_cell_free,
	.trial_new = trap_trial_new,
	.child = trap_child,
	.attach = trap_attach,
	.on_event = trap_on_event,
	.pending = trap_pending,
	.finish = trap_finish,
	.searches = trap_searches,
	.note = trap_note,
};
