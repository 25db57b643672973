/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The readers of machine code, on that of the processor that the tests run on. */
#include "runner/arch/arch.h"
#include "runner/base/util.h"

#include <criterion/criterion.h>

struct call {
	unsigned char bytes[8];
	size_t n;
	bool call, direct;
	int64_t distance;
};

#define AT UINT64_C(0x401000)

#if defined(__x86_64__)
static const struct call calls[] = {
	{ { 0x90, 0x90, 0xe8, 4, 0, 0, 0 }, 7, true, true, 4 },
	{ { 0x90, 0x90, 0xe8, 0xf0, 0xff, 0xff, 0xff }, 7, true, true, -16 },
	{ { 0x90, 0x90, 0x90, 0x90, 0x90, 0xff, 0xd0 }, 7, true, false },  /* *%rax */
	{ { 0x90, 0x90, 0x90, 0x90, 0x41, 0xff, 0xd4 }, 7, true, false },  /* *%r12 */
	{ { 0x90, 0xff, 0x15, 1, 2, 3, 4 }, 7, true, false },              /* *x(%rip) */
	{ { 0x90, 0x90, 0x90, 0x90, 0xff, 0x50, 0x18 }, 7, true, false },  /* *24(%rax) */
	{ { 0xff, 0x94, 0x24, 1, 2, 3, 4 }, 7, true, false },              /* *x(%rsp) */
	{ { 0x90, 0x90, 0x90, 0x90, 0x90, 0xff, 0xe0 }, 7, false, false }, /* jmp */
	{ { 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90 }, 7, false, false },
	{ { 0xe8, 0, 0, 0 }, 4, false, false },
	{ { 0 }, 0, false, false },
};
/* endbr64; bnd jmp *0x2fd5(%rip); nop */
static const unsigned char stub[ARCH_STUB_BYTES] = { 0xf3, 0x0f, 0x1e, 0xfa, 0xf2, 0xff, 0x25, 0xd5,
	0x2f, 0, 0 };
#define SLOT (AT + 11 + 0x2fd5)
/* nops, lea 0x100(%rip),%rdi, mov %eax,%eax; call */
static const unsigned char argument[ARCH_ARGUMENT_BYTES] = {
	[18] = 0x48, 0x8d, 0x3d, 0, 1, 0, 0, 0x89, 0xc0, 0xe8, 1, 2, 3, 4
};
#define ARGUMENT (AT + 25 + 0x100)
#else
static const struct call calls[] = {
	{ { 1, 0, 0, 0x94 }, 4, true, true, 0 },                      /* bl .+4 */
	{ { 0xff, 0xff, 0xff, 0x97 }, 4, true, true, -8 },            /* bl .-4 */
	{ { 0x1f, 0x20, 3, 0xd5, 2, 0, 0, 0x94 }, 8, true, true, 4 }, /* nop; bl .+8 */
	{ { 0x60, 2, 0x3f, 0xd6 }, 4, true, false },                  /* blr x19 */
	{ { 0x60, 2, 0x1f, 0xd6 }, 4, false, false },                 /* br x19 */
	{ { 1, 0, 0, 0x14 }, 4, false, false },                       /* b .+4 */
	{ { 0, 0, 0x94 }, 3, false, false },
	{ { 0 }, 0, false, false },
};
/* bti c; adrp x16, +0x10000; ldr x17, [x16, #0x18]; add x16, x16, #0x18; br x17 */
static const unsigned char stub[ARCH_STUB_BYTES] = { 0x5f, 0x24, 3, 0xd5, 0x90, 0, 0, 0x90, 0x11,
	0x0e, 0x40, 0xf9, 0x10, 0x62, 0, 0x91, 0x20, 2, 0x1f, 0xd6 };
#define SLOT (AT + 0x10000 + 0x18)
/* adrp x0, +0x1000; add x0, x0, #0x48; mov w1, #0; bl */
static const unsigned char argument[ARCH_ARGUMENT_BYTES] = {
	[16] = 0, 0, 0, 0xb0, 0, 0x20, 1, 0x91, 1, 0, 0x80, 0x52, 0, 0, 0, 0x94
};
#define ARGUMENT (AT + 0x1000 + 0x48)
#endif

Test(arch, calls_are_told_from_other_bytes)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		int64_t distance = 0;
		bool direct;

		cr_expect_eq(arch_is_call(calls[i].bytes, calls[i].n, &direct, &distance),
			calls[i].call, "case %zu", i);
		cr_expect_eq(direct, calls[i].direct, "case %zu", i);
		if (calls[i].direct)
			cr_expect_eq(distance, calls[i].distance, "case %zu", i);
	}
}

Test(arch, a_stub_names_its_slot)
{
	static const unsigned char nothing[ARCH_STUB_BYTES] = { 0 };

	cr_expect_eq(arch_stub_slot(stub, AT), SLOT);
	cr_expect_eq(arch_stub_slot(nothing, AT), 0);
}

Test(arch, the_first_argument_is_found)
{
	static const unsigned char nothing[ARCH_ARGUMENT_BYTES] = { 0 };

	cr_expect_eq(arch_argument(argument, AT), ARGUMENT);
	cr_expect_eq(arch_argument(nothing, AT), 0);
}

Test(arch, forks_and_raw_calls)
{
	cr_expect(arch_is_fork(SYS_clone));
	cr_expect_not(arch_is_fork(SYS_read));
	cr_expect_eq(raw_call(SYS_getpid, 0, 0, 0, 0), getpid());
	cr_expect_eq(raw_call(SYS_close, -1, 0, 0, 0), -9); /* EBADF */
}
