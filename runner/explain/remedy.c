/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of the cause classes, and what usually ends such a hang for good. Pure. */
#include "runner/explain/internal.h"

#include "runner/base/util.h"
#include "runner/snapshot/wait/wait.h"

static const struct {
	const char *name, *remedy;
} classes[] = {
	[CLASS_ORPHANED_LOCK] = { "orphaned-lock",
		"after fork() in a program with threads call only async-signal-safe functions until exec(), or hold the lock across fork() with pthread_atfork()" },
	[CLASS_SELF_LOCK] = { "self-lock",
		"unlock before this call, or call a variant that expects the lock to be held" },
	[CLASS_ABANDONED_LOCK] = { "abandoned-lock",
		"unlock on every way out of the thread, or make the mutex robust" },
	[CLASS_MIXED] = { "mixed", "do not wait while holding what the other side needs" },
	[CLASS_LOCK_CYCLE] = { "lock-cycle", "take these locks in one order everywhere" },
	[CLASS_FILE_LOCK] = { "file-lock",
		"take the file locks in one order everywhere, or all of them by fcntl(), which the kernel checks for cycles" },
	[CLASS_PIPE] = { "pipe",
		"read what the other side writes while waiting for it (poll() or a thread), and close the ends that a process does not use" },
	[CLASS_SOCKET] = { "socket",
		"read while there is something to read instead of writing on, or make the sockets non-blocking" },
	[CLASS_QUEUE] = { "queue",
		"receive what the other side sends while sending, or use a queue for each direction and never wait for room in both" },
	[CLASS_LOST_WAKEUP] = { "lost-wakeup",
		"test a condition under the lock before each wait, and find out who should have given the wake-up" },
	[CLASS_SIGNAL_WAIT] = { "signal-wait",
		"find out which signal should end this wait: no unblocked signal has a handler" },
	[CLASS_CHILD_WAIT] = { "child-wait", "find out what the child waits for" },
	[CLASS_NONE] = { "", "" },
};
_Static_assert(ARRAY_SIZE(classes) == CLASS_COUNT, "a row for each class");

const char *explain_class_name(enum cause_class c)
{
	return classes[c].name;
}

const char *explain_class_remedy(enum cause_class c)
{
	return classes[c].remedy;
}

static bool is_interrupted(const struct explain_thread *t)
{
	for (size_t i = 0; i < t->stack.n; i++)
		if (t->stack.frames[i].interrupted)
			return true;
	return false;
}

static bool is_rwlock(const struct explain_thread *t)
{
	return t->lock.primitive == PRIMITIVE_RWLOCK || t->lock.primitive == PRIMITIVE_RW_LOCK;
}

static bool is_join(const struct explanation *e, size_t thread)
{
	return thread != SIZE_MAX && e->threads[thread].lock.primitive == PRIMITIVE_JOIN;
}

/* --- in the words of the program's language --- */

/* The innermost code of the user's is a signal handler or a destructor of Python: it runs at any
 * moment, amid what holds the lock. */
static bool runs_at_any_moment(const struct explain_thread *t)
{
	const struct language_stack *l = &t->language;
	size_t i = 0;

	while (i < l->n && l->frames[i].library)
		i++;
	if (i == l->n || !l->frames[i].function)
		return false;
	return strstr(l->frames[i].function, "__del__") || strstr(l->frames[i].function, "on_") ||
	       strstr(l->frames[i].function, "handle") || strstr(l->frames[i].function, "signal");
}

static const struct {
	const char *language;
	enum cause_class class;
	enum wait_purpose purpose; /* WAITS_FOR_NOTHING: any */
	const char *text;
} by_language[] = {
	{ "Python", CLASS_ORPHANED_LOCK, WAITS_FOR_NOTHING,
		"start processes with multiprocessing.get_context(\"spawn\") or subprocess, or fork before the first thread starts" },
	{ "Python", CLASS_SELF_LOCK, WAITS_FOR_NOTHING,
		"use threading.RLock, or release the lock before this call" },
	{ "Python", CLASS_ABANDONED_LOCK, WAITS_FOR_NOTHING,
		"take locks by `with`, and share none with a process that may be killed: a file lock ends with its holder" },
	{ "Python", CLASS_PIPE, WAITS_FOR_SPACE,
		"read while the other side writes: subprocess.run(capture_output=True) or Popen.communicate() instead of wait() or reading one pipe after the other" },
	{ "Python", CLASS_PIPE, WAITS_FOR_INPUT,
		"close the ends that a process does not use, those that children inherit too, so that the reader sees the end" },
	{ "Ruby", CLASS_PIPE, WAITS_FOR_SPACE,
		"read stdout and stderr at the same time: Open3.capture3, or a thread for each" },
	{ "Perl", CLASS_PIPE, WAITS_FOR_SPACE,
		"read both pipes at the same time with IO::Select, or send one of them to a file" },
	{ "PHP", CLASS_PIPE, WAITS_FOR_SPACE,
		"read all pipes with stream_select(), or give proc_open() a file for stderr" },
	{ "Node", CLASS_PIPE, WAITS_FOR_SPACE,
		"read the child's output (its 'data' event), or let it inherit: stdio: 'inherit'" },
	{ "Node", CLASS_SOCKET, WAITS_FOR_SPACE,
		"read the child's output (its 'data' event), or let it inherit: stdio: 'inherit'" },
	{ "Node", CLASS_SOCKET, WAITS_FOR_INPUT,
		"end the child's input when all is written: child.stdin.end()" },
	{ "Tcl", CLASS_PIPE, WAITS_FOR_SPACE,
		"make the channel non-blocking (fconfigure -blocking 0) and read it by fileevent" },
	{ "Rust", CLASS_PIPE, WAITS_FOR_SPACE,
		"use Command::output() or Child::wait_with_output(), which read while they wait" },
	{ "Go", CLASS_PIPE, WAITS_FOR_SPACE,
		"let os/exec read it (cmd.Output(), cmd.Stderr = &buffer), or read it to its end before Wait()" },
	{ "shell", CLASS_PIPE, WAITS_FOR_INPUT,
		"close the write end wherever it is kept (exec 3>&-), and start background jobs with their output elsewhere" },
	{ "Rust", CLASS_SELF_LOCK, WAITS_FOR_NOTHING,
		"end the guard before this call: drop(guard), or a block around it" },
	{ "C++", CLASS_SELF_LOCK, WAITS_FOR_NOTHING,
		"unlock before this call, split off a function that expects the lock to be held, or use std::recursive_mutex" },
	{ "C++", CLASS_LOCK_CYCLE, WAITS_FOR_NOTHING,
		"take these locks together by std::scoped_lock, or in one order everywhere" },
	{ "C++", CLASS_ABANDONED_LOCK, WAITS_FOR_NOTHING,
		"hold the mutex by std::lock_guard or std::scoped_lock, which unlock on every way out" },
};

static const char *ending_language(const struct explain_thread *t)
{
	static const struct {
		const char *ending, *language;
	} endings[] = { { ".rs", "Rust" }, { ".go", "Go" }, { ".cc", "C++" }, { ".cpp", "C++" },
		{ ".cxx", "C++" }, { ".hpp", "C++" }, { ".C", "C++" } };
	const struct unwind_frame *f = explain_where(t);
	const char *dot = f && f->place.file ? strrchr(f->place.file, '.') : NULL;

	for (size_t i = 0; dot && i < ARRAY_SIZE(endings); i++)
		if (!strcmp(dot, endings[i].ending))
			return endings[i].language;
	return NULL;
}

static const char *command_language(const struct explanation *e, size_t process)
{
	static const struct {
		const char *command, *language;
	} commands[] = { { "python", "Python" }, { "ruby", "Ruby" }, { "perl", "Perl" },
		{ "php", "PHP" }, { "node ", "Node" }, { "tclsh", "Tcl" }, { "bash ", "shell" },
		{ "sh ", "shell" } };
	const char *command = e->commands ? e->commands[process] : NULL;

	for (size_t i = 0; command && i < ARRAY_SIZE(commands); i++)
		if (!strncmp(command, commands[i].command, strlen(commands[i].command)))
			return commands[i].language;
	return NULL;
}

static const char *language_of(const struct explanation *e, size_t thread)
{
	const char *own = e->threads[thread].language.language, *ending;

	if (own)
		return own;
	ending = ending_language(&e->threads[thread]);
	return ending ? ending : command_language(e, e->s->threads[thread].process);
}

/* Of a pipe that a foreign program (seq, cat) can't write to, the reader's: the next who is told of
 * and has one. */
static const char *language_to_tell(const struct explanation *e)
{
	cleanup(cleanup_free) size_t *told = mem_alloc((e->s->n_threads + 1) * sizeof(size_t));
	const char *language = language_of(e, e->leaf);
	size_t n;

	if (language || e->class < CLASS_FILE_LOCK)
		return language;
	n = explain_list_told(e, told);
	for (size_t i = 0; i < n && !language; i++)
		language = language_of(e, told[i]);
	return language;
}

static const char *remedy_of_language(const struct explanation *e)
{
	const char *language = language_to_tell(e);
	enum wait_purpose purpose = wait_row(e->s->threads[e->leaf].wait)->purpose;

	for (size_t i = 0; language && i < ARRAY_SIZE(by_language); i++)
		if (by_language[i].class == e->class &&
			!strcmp(by_language[i].language, language) &&
			(by_language[i].purpose == WAITS_FOR_NOTHING ||
				by_language[i].purpose == purpose))
			return by_language[i].text;
	return NULL;
}

/* --- of what is waited for --- */

static const char *remedy_of_orphan(const struct explain_thread *t)
{
	if (t->lock.primitive == PRIMITIVE_OPENMP || t->lock.primitive == PRIMITIVE_BARRIER)
		return "start the threads after the last fork(), in the process that uses them, or exec() after fork()";
	if (t->owner_is == OWNER_BEFORE_FORK)
		return "unlock it before fork(), or in the child before anything there wants it";
	return NULL;
}

static const char *remedy_of_self_lock(const struct explain_thread *t)
{
	if (t->language.holds_itself)
		return "an asyncio lock cannot be taken twice: await a coroutine that expects it to be held";
	if (t->language.n && runs_at_any_moment(t))
		return "take no lock in a signal handler, destructor or callback that may run while it is held; queue.SimpleQueue may be used there";
	if (is_interrupted(t))
		return "call only async-signal-safe functions in a signal handler: set a flag or write to a pipe, and do the work outside";
	if (is_rwlock(t))
		return "give the read lock back before asking for the write lock";
	if (t->lock.primitive == PRIMITIVE_ONCE)
		return "do not ask, in an initialiser, for what it initialises";
	return NULL;
}

static const char *remedy_of_cycle(const struct explanation *e, const struct explain_thread *t)
{
	if (t->owner_is != OWNER_HERE && is_rwlock(t))
		return "do not ask for a read-write lock that the thread already holds: pass the fact on, or give it back first";
	if (is_join(e, e->leaf) || is_join(e, t->owner))
		return "wait for a thread to end only while holding nothing that it needs";
	return NULL;
}

/* A wait for an event: who was to bring it about, and when. */
static const char *remedy_of_event(const struct explain_thread *t)
{
	const char *name = t->function.name ? t->function.name : "";

	switch (t->language.wait) {
	case LANGUAGE_WAIT_QUEUE:
		return "put an end mark (None) into the queue for each consumer, also when the producer fails";
	case LANGUAGE_WAIT_QUEUE_ROOM:
		return "keep a consumer alive as long as somebody puts, or use an unbounded queue";
	case LANGUAGE_WAIT_QUEUE_DONE:
		return "call task_done() for each item that get() gave, also when its work fails (finally)";
	case LANGUAGE_WAIT_FUTURE:
		return "do not wait, in a worker or an event loop, for work that needs the same worker or loop; set a result on every way out";
	case LANGUAGE_WAIT_BARRIER:
		return "start as many threads as the barrier counts, and abort() it when one of them fails";
	case LANGUAGE_WAIT_SEMAPHORE:
		return "release the semaphore on every way out: `with`, or finally";
	default:
		break;
	}
	if (t->lock.primitive == PRIMITIVE_BARRIER)
		return "let as many threads arrive as it counts, also when one of them fails";
	if (t->lock.primitive == PRIMITIVE_SEMAPHORE)
		return "post the semaphore once for each wait, also when the work fails";
	if (!strcmp(name, "message of a channel"))
		return "drop every sender before waiting for the receiver to end: also the first one, of which others are clones";
	if (!strcmp(name, "free place of a channel"))
		return "receive while the other side sends, or make the channel larger";
	if (!strcmp(name, "std::future"))
		return "do not wait, in a worker, for work that needs the same worker; set the promise on every way out";
	return NULL;
}

/* Both sides wait to read: nobody has anything to read while he writes on. */
static const char *remedy_of_reader(const struct explanation *e)
{
	return e->class == CLASS_SOCKET &&
			       wait_row(e->s->threads[e->leaf].wait)->purpose == WAITS_FOR_INPUT
		       ? "let one side send before both receive, and close or shut down an end when all is sent"
		       : NULL;
}

/* Some other process reads from a pipe, and that one should write to it, or close it. */
static bool is_read_by_both(const struct explanation *e, size_t thread)
{
	size_t own = e->s->threads[thread].process, who[1], back[1];

	if (e->s->threads[thread].wait != WAIT_PIPE_READ ||
		explain_waker_processes(e, thread, who, 1) != 1 || who[0] == own)
		return false;
	for (size_t i = 0; i < e->s->n_threads; i++)
		if (e->s->threads[i].process == who[0] && e->s->threads[i].wait == WAIT_PIPE_READ &&
			explain_waker_processes(e, i, back, 1) == 1 && back[0] == own)
			return true;
	return false;
}

static const char *remedy_of_file(const struct explanation *e)
{
	if (explain_holds_file_itself(e, e->leaf))
		return "lock the file once and hand that descriptor on: a second open() of it is locked out, also in one process";
	if (e->class == CLASS_PIPE && is_read_by_both(e, e->leaf))
		return "write out what is buffered (flush) before waiting for the answer, and close the pipe when all is written";
	return wait_row(e->s->threads[e->leaf].wait)->fix;
}

static const char *remedy_of_wait(const struct explanation *e)
{
	const struct explain_thread *t = &e->threads[e->leaf];
	const char *event;

	switch (e->class) {
	case CLASS_ORPHANED_LOCK:
		return remedy_of_orphan(t);
	case CLASS_SELF_LOCK:
		return remedy_of_self_lock(t);
	case CLASS_LOCK_CYCLE:
		return remedy_of_cycle(e, t);
	case CLASS_LOST_WAKEUP:
		if (explain_is_eventfd_writer(&e->s->threads[e->leaf]))
			return "read the eventfd as often as it is written to, or make it EFD_NONBLOCK";
		event = remedy_of_event(t);
		return event ? event : wait_row(e->s->threads[e->leaf].wait)->fix;
	default:
		return remedy_of_file(e);
	}
}

const char *explain_remedy(const struct explanation *e)
{
	const char *go, *own, *language;

	if (e->leaf == SIZE_MAX)
		return explain_class_remedy(e->class);
	go = explain_go_remedy(e->threads[e->leaf].go);
	own = remedy_of_wait(e);
	language = remedy_of_language(e);
	if (!language)
		language = remedy_of_reader(e);
	return go ? go : own ? own : language ? language : explain_class_remedy(e->class);
}
