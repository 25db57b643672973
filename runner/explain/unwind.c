/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/explain/unwind.h"

#include "runner/arch/arch.h"
#include "runner/base/util.h"
#include "runner/trace/trace.h"

#include <inttypes.h>

enum {
	MAX_FRAMES = 64,
	MAX_GUESSES = 8,     /* restarts behind a frame that could not be left */
	MAX_CANDIDATES = 24, /* return addresses that a guess tries */
	SCAN_WORDS = 2048,
};

/* What is known of a frame: enough to go on from. */
struct registers {
	uint64_t pc, sp, fp;
	bool fp_known;
};

struct raw_frame {
	struct registers regs;
	bool returns; /* pc is a return address */
};

struct raw_stack {
	struct raw_frame frame[MAX_FRAMES];
	size_t n;
	bool whole; /* frame information led to the end of the stack */
};

struct unwind {
	struct symbols *symbols;
	pid_t pid;
	Dwfl *attached; /* reads stopped threads; NULL: not asked for, or refused */
	struct tracer *tracer;
	Dwfl *reader; /* starts from the registers below */
	bool reader_tried, reader_is_own;
	pid_t tid;
	struct registers start;
};

/* --- frames by libdwfl --- */

static pid_t next_thread(Dwfl *dwfl, void *arg, void **thread_arg)
{
	struct unwind *u = arg;

	(void)dwfl;
	if (*thread_arg)
		return 0;
	*thread_arg = u;
	return u->tid;
}

static bool get_thread(Dwfl *dwfl, pid_t tid, void *arg, void **thread_arg)
{
	struct unwind *u = arg;

	(void)dwfl;
	*thread_arg = u;
	return tid == u->tid;
}

static bool memory_read(Dwfl *dwfl, Dwarf_Addr address, Dwarf_Word *ret_word, void *arg)
{
	struct unwind *u = arg;

	(void)dwfl;
	return symbols_read(u->symbols, address, ret_word, sizeof(*ret_word)) == 0;
}

static bool set_registers(Dwfl_Thread *thread, void *arg)
{
	const struct unwind *u = arg;
	Dwarf_Word sp = u->start.sp, fp = u->start.fp, pc = u->start.pc;

	if (u->start.fp_known && !dwfl_thread_state_registers(thread, ARCH_DWARF_FP, 1, &fp))
		return false;
	if (!dwfl_thread_state_registers(thread, ARCH_DWARF_SP, 1, &sp))
		return false;
	if (ARCH_PC_IS_REGISTER)
		return dwfl_thread_state_registers(thread, ARCH_DWARF_RETURN, 1, &pc);
	dwfl_thread_state_register_pc(thread, pc);
	return true;
}

static const Dwfl_Thread_Callbacks read_only = {
	.next_thread = next_thread,
	.get_thread = get_thread,
	.memory_read = memory_read,
	.set_initial_registers = set_registers,
};

static int take_frame(Dwfl_Frame *state, void *arg)
{
	struct raw_stack *stack = arg;
	struct raw_frame f = { 0 };
	Dwarf_Word word;
	bool activation;

	if (stack->n == MAX_FRAMES || !dwfl_frame_pc(state, &f.regs.pc, &activation))
		return DWARF_CB_ABORT;
	f.returns = !activation;
	if (dwfl_frame_reg(state, ARCH_DWARF_SP, &word) == 0)
		f.regs.sp = word;
	if (dwfl_frame_reg(state, ARCH_DWARF_FP, &word) == 0) {
		f.regs.fp = word;
		f.regs.fp_known = true;
	}
	stack->frame[stack->n++] = f;
	return DWARF_CB_OK;
}

/* A frame outside of any code is not one; what led there was wrong. */
static void cut_nonsense(const struct symbols *s, struct raw_stack *stack)
{
	for (size_t i = 1; i < stack->n; i++) {
		const struct symbols_map *m = symbols_find_map(s, stack->frame[i].regs.pc - 1);

		if (m && m->execute)
			continue;
		stack->n = i;
		stack->whole = false;
	}
}

/* Frame information says where a stack ends: a return address that is undefined (System V ABI, and
 * _start and clone() of the libcs follow it). */
static bool is_bottom(Dwfl *dwfl, const struct raw_frame *f)
{
	Dwarf_Addr pc = f->regs.pc - f->returns, bias;
	Dwfl_Module *mod = dwfl_addrmodule(dwfl, pc);
	Dwarf_Op mem[3], *ops = NULL;
	Dwarf_Frame *frame;
	Dwarf_CFI *cfi;
	size_t n_ops = 1;
	bool bottom;

	cfi = mod ? dwfl_module_eh_cfi(mod, &bias) : NULL;
	if (!cfi || dwarf_cfi_addrframe(cfi, pc - bias, &frame) != 0)
		return false;
	bottom = dwarf_frame_register(frame, ARCH_DWARF_RETURN, mem, &ops, &n_ops) == 0 && !n_ops &&
		 ops;
	free(frame);
	return bottom;
}

/* libdwfl reports success too where a frame needed a register that is not known. */
static void run(const struct unwind *u, Dwfl *dwfl, struct raw_stack *ret_stack)
{
	bool ok;

	ret_stack->n = 0;
	ok = dwfl && dwfl_getthread_frames(dwfl, u->tid, take_frame, ret_stack) == 0;
	ret_stack->whole =
		ok && ret_stack->n && is_bottom(dwfl, &ret_stack->frame[ret_stack->n - 1]);
	cut_nonsense(u->symbols, ret_stack);
}

/* One session serves one thread after the other and any number of starts of each: the registers
 * are asked for again every time. */
static Dwfl *reader(struct unwind *u)
{
	if (u->reader_tried)
		return u->reader;
	u->reader_tried = true;
	u->reader_is_own = u->attached != NULL;
	u->reader =
		u->reader_is_own ? symbols_new_session(u->symbols) : symbols_session(u->symbols);
	if (u->reader && !dwfl_attach_state(u->reader, NULL, u->pid, &read_only, u)) {
		if (u->reader_is_own)
			dwfl_end(u->reader);
		u->reader = NULL;
	}
	return u->reader;
}

/* --- return addresses on the stack --- */

struct candidate {
	struct registers regs;
	bool sure; /* a direct call of the very function that the frame is in: decides */
};

/* A function without a name is taken to be no longer than this. */
enum { NAMELESS_BYTES = 2048 };

/* callee: where the function that holds `inside` begins, 0 unknown. */
static bool is_return_address(
	struct symbols *s, uint64_t pc, uint64_t inside, uint64_t callee, bool *ret_sure)
{
	const struct symbols_map *m = symbols_find_map(s, pc - 1);
	unsigned char before[ARCH_CALL_BYTES];
	int64_t distance;
	bool direct;

	if (!m || !m->execute ||
		symbols_read(s, pc - ARCH_CALL_BYTES, before, sizeof(before)) < 0 ||
		!arch_is_call(before, sizeof(before), &direct, &distance))
		return false;
	/* Behind a call that never returns the next function begins: an address of that one. */
	if (symbols_function_start(s, pc) == pc)
		return false;
	if (direct) {
		uint64_t called = pc + (uint64_t)distance;

		*ret_sure = callee ? called == callee
				   : called <= inside && inside - called < NAMELESS_BYTES;
	}
	return true;
}

/* Where the caller of this frame may be. The word below a return address is the caller's fp where
 * functions keep a frame pointer. */
static size_t find_candidates(struct symbols *s, const struct registers *from, struct candidate *c)
{
	uint64_t words[SCAN_WORDS];
	const struct symbols_map *m = symbols_find_map(s, from->sp);
	uint64_t callee = symbols_function_start(s, from->pc);
	size_t n_words, n = 0;

	if (!m || from->sp % sizeof(uint64_t))
		return 0;
	n_words = (m->end - from->sp) / sizeof(uint64_t);
	if (n_words > SCAN_WORDS)
		n_words = SCAN_WORDS;
	if (symbols_read(s, from->sp, words, n_words * sizeof(uint64_t)) < 0)
		return 0;
	for (size_t i = 0; i < n_words && n < MAX_CANDIDATES; i++) {
		uint64_t at = from->sp + i * sizeof(uint64_t), fp = i ? words[i - 1] : 0;
		bool sure = false;

		if (!is_return_address(s, words[i], from->pc, callee, &sure))
			continue;
		c[n++] = (struct candidate){
			.regs = { .pc = words[i],
				.sp = at + sizeof(uint64_t),
				.fp = fp,
				.fp_known = fp > at && fp < m->end && fp % 8 == 0 },
			.sure = sure,
		};
	}
	return n;
}

/* A caller is looked up by the call, one byte before the address it returns to. */
static void try_candidate(struct unwind *u, const struct candidate *c, struct raw_stack *ret_stack)
{
	u->start = c->regs;
	u->start.pc--;
	run(u, reader(u), ret_stack);
	if (!ret_stack->n) {
		ret_stack->frame[0].regs = u->start;
		ret_stack->n = 1;
	}
	ret_stack->frame[0].regs.pc = c->regs.pc;
	ret_stack->frame[0].returns = true;
}

/*
 * The best continuation: a stack that frame information follows to its end is hardly a chance hit,
 * nor is a call of the very function we are in. Else the nearest address.
 */
static bool guess_caller(
	struct unwind *u, const struct registers *from, struct raw_stack *ret_stack)
{
	struct candidate c[MAX_CANDIDATES];
	size_t n = find_candidates(u->symbols, from, c);
	struct raw_stack tried;
	int best = -1;

	for (size_t i = 0; i < n && best < 2; i++) {
		int score;

		try_candidate(u, &c[i], &tried);
		score = (c[i].sure ? 2 : 0) + (tried.whole && tried.n > 1 ? 1 : 0);
		if (score <= best)
			continue;
		best = score;
		*ret_stack = tried;
	}
	return best >= 0;
}

/* --- a thread --- */

/* Our own interposer is no part of the program: with it a cause would have another name in the
 * injected arm than in the bare one. Unpacked from the program its name goes on with libc and hash.
 */
static bool is_interposer(const struct symbols_place *p)
{
	return p->module && (!strcmp(p->module, "libhangrate-preload.so") ||
				    !strncmp(p->module, "hangrate-preload-", 17));
}

static void add_frame(struct symbols *s, struct unwind_stack *stack, const struct raw_frame *f,
	uint64_t cfa, bool guessed)
{
	struct symbols_place places[SYMBOLS_MAX_PLACES];
	size_t n = symbols_places(s, f->regs.pc, f->returns, places, ARRAY_SIZE(places));
	bool interrupted = stack->n && !f->returns && !guessed;

	for (size_t i = 0; i < n; i++) {
		if (is_interposer(&places[i])) {
			symbols_place_done(&places[i]);
			continue;
		}
		stack->frames =
			mem_grow(stack->frames, stack->n, &stack->cap, sizeof(*stack->frames));
		stack->frames[stack->n++] = (struct unwind_frame){ .place = places[i],
			.pc = f->regs.pc,
			.registers = { .pc = f->regs.pc - f->returns,
				.cfa = cfa,
				.sp = f->regs.sp,
				.fp = f->regs.fp,
				.fp_known = f->regs.fp_known },
			.guessed = guessed,
			.inlined = i + 1 < n,
			.interrupted = interrupted };
	}
}

static void add_frames(
	struct symbols *s, struct unwind_stack *stack, const struct raw_stack *raw, bool guessed)
{
	for (size_t i = 0; i < raw->n && stack->n < MAX_FRAMES; i++)
		add_frame(s, stack, &raw->frame[i], i + 1 < raw->n ? raw->frame[i + 1].regs.sp : 0,
			guessed);
}

struct attached_run {
	struct unwind *u;
	const struct thread *t;
	struct raw_stack *stack;
};

/* libdwfl's own way to attach (PTRACE_ATTACH) would leave a SIGTRAP to a thread that executes a
 * program meanwhile, of which it dies. Whether the thread is still in the same call is no matter.
 */
static void run_stopped(void *arg)
{
	struct attached_run *a = arg;
	struct traced x;

	traced_stop(a->u->tracer, a->t, &x);
	if (x.stopped)
		run(a->u, a->u->attached, a->stack);
	traced_let_go(&x);
}

/* A thread in the kernel's uninterruptible wait (a vfork() parent) would not stop. */
static bool run_attached(struct unwind *u, const struct thread *t, struct raw_stack *ret_stack)
{
	struct attached_run a = { u, t, ret_stack };

	ret_stack->n = 0;
	if (u->attached && (t->state == 'S' || t->state == 'R'))
		tracer_run(u->tracer, run_stopped, &a);
	return ret_stack->n > 0;
}

static void run_read_only(struct unwind *u, const struct thread *t, struct raw_stack *ret_stack)
{
	u->start = (struct registers){ .pc = t->pc, .sp = t->sp };
	run(u, reader(u), ret_stack);
	if (!ret_stack->n) {
		ret_stack->frame[0] = (struct raw_frame){ .regs = u->start };
		ret_stack->n = 1;
	}
}

/* The function of the outermost frame; "" where it has no name, or there is no frame. */
static const char *outermost(const struct unwind_stack *stack)
{
	const char *function = stack->n ? stack->frames[stack->n - 1].place.function : NULL;

	return function ? function : "";
}

struct unwind *unwind_new(struct symbols *s, pid_t pid, bool attach)
{
	struct unwind *u = mem_alloc(sizeof(*u));

	*u = (struct unwind){ .symbols = s, .pid = pid };
	if (attach && symbols_session(s))
		u->tracer = tracer_new();
	if (u->tracer && dwfl_linux_proc_attach(symbols_session(s), pid, true) == 0)
		u->attached = symbols_session(s);
	return u;
}

void unwind_free(struct unwind *u)
{
	if (u && u->reader_is_own && u->reader)
		dwfl_end(u->reader);
	if (u)
		tracer_free(u->tracer);
	free(u);
}

/* A stack of Go's runtime ends where the runtime switched to it: what lies beyond are calls that
 * have come back. */
static bool is_whole(const struct unwind_stack *stack, const struct raw_stack *raw)
{
	/* Nothing of interest is further out than main(), which frame information may not tell. */
	return raw->whole || !strcmp(outermost(stack), "main") ||
	       ((stack->attached || stack->n > 1) && !stack->frames[stack->n - 1].guessed &&
		       !strncmp(outermost(stack), "runtime.", 8));
}

void unwind_thread(
	struct unwind *u, const struct thread *t, bool guess, struct unwind_stack *ret_stack)
{
	struct unwind_stack stack = { 0 };
	struct raw_stack raw;

	u->tid = t->tid;
	stack.attached = run_attached(u, t, &raw);
	if (!stack.attached) {
		*ret_stack = stack;
		if (t->syscall_nr < -1 || !t->pc)
			return;
		run_read_only(u, t, &raw);
	}
	add_frames(u->symbols, &stack, &raw, false);
	/* A vfork() child runs on its parent's stack: there is nothing left to find. */
	for (int i = 0; guess && i < MAX_GUESSES && !is_whole(&stack, &raw); i++) {
		if (t->wait == WAIT_VFORK)
			break;
		struct registers from = raw.frame[raw.n - 1].regs;

		if (!guess_caller(u, &from, &raw))
			break;
		add_frames(u->symbols, &stack, &raw, true);
	}
	*ret_stack = stack;
}

void unwind_stack_done(struct unwind_stack *stack)
{
	for (size_t i = 0; i < stack->n; i++)
		symbols_place_done(&stack->frames[i].place);
	free(stack->frames);
	*stack = (struct unwind_stack){ 0 };
}

char *unwind_frame_text(const struct unwind_frame *f)
{
	const struct symbols_place *p = &f->place;
	const char *mark = f->guessed ? "? " : "";

	if (p->function && p->file)
		return mem_printf("%s%s (%s:%d)", mark, p->function, p->file, p->line);
	if (p->function)
		return mem_printf("%s%s (%s)", mark, p->function, p->module);
	return mem_printf("%s%s+0x%" PRIx64, mark, p->module, p->offset);
}

/* Where a stub of the PLT leads to; 0: it is none. */
static uint64_t follow_stub(const struct symbols *s, uint64_t stub)
{
	unsigned char code[ARCH_STUB_BYTES];
	uint64_t slot, target;

	if (symbols_read(s, stub, code, sizeof(code)) < 0)
		return 0;
	slot = arch_stub_slot(code, stub);
	return !slot || symbols_read(s, slot, &target, sizeof(target)) < 0 ? 0 : target;
}

char *unwind_called_function(struct symbols *s, uint64_t return_address)
{
	unsigned char before[ARCH_CALL_BYTES];
	struct symbols_place place;
	uint64_t called, target;
	int64_t distance;
	bool direct;
	char *name;

	if (symbols_read(s, return_address - ARCH_CALL_BYTES, before, sizeof(before)) < 0 ||
		!arch_is_call(before, sizeof(before), &direct, &distance) || !direct)
		return NULL;
	called = return_address + (uint64_t)distance;
	target = follow_stub(s, called);
	symbols_place(s, target ? target : called, false, &place);
	name = mem_strdup(place.function);
	symbols_place_done(&place);
	return name;
}
