/* SPDX-License-Identifier: GPL-3.0-or-later */
/* aarch64.h: see arch.h. Instructions are little-endian words, Arm ARM DDI 0487, chapter C6. */
#ifndef RUNNER_ARCH_AARCH64_H
#define RUNNER_ARCH_AARCH64_H

#include "runner/arch/arch.h"

#define ARCH_AUDIT AUDIT_ARCH_AARCH64
#define ARCH_ELF_MACHINE EM_AARCH64
/* DWARF for the Arm 64-bit architecture, section 4.1. */
#define ARCH_DWARF_FP 29
#define ARCH_DWARF_SP 31
#define ARCH_DWARF_RETURN 30
#define ARCH_PC_IS_REGISTER 0
#define ARCH_GLIBC_TID 0xd0 /* nptl/descr.h: 24 pointers, and the list */
#define ARCH_FORK_CALL (-1)
#define ARCH_CALL_BYTES 4
#define ARCH_STUB_BYTES 20
#define ARCH_ARGUMENT_BYTES 32

static inline long raw_call(long nr, long a, long b, long c, long d)
{
	register long x8 __asm__("x8") = nr, x0 __asm__("x0") = a, x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c, x3 __asm__("x3") = d;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
	return x0;
}

static inline bool arch_is_fork(int64_t nr)
{
	return nr == SYS_clone;
}

static inline uint32_t arch_word(const unsigned char *code)
{
	uint32_t word;

	memcpy(&word, code, sizeof(word));
	return word;
}

static inline bool arch_is_call(
	const unsigned char *before, size_t n, bool *ret_direct, int64_t *ret_distance)
{
	uint32_t word;

	*ret_direct = false;
	if (n < sizeof(word))
		return false;
	word = arch_word(before + n - sizeof(word));
	if ((word & 0xfc000000) == 0x94000000) { /* bl: 26 bits, in words, from the call itself */
		*ret_distance = ((int64_t)(int32_t)(word << 6) >> 6) * 4 - 4;
		*ret_direct = true;
		return true;
	}
	return (word & 0xfffffc1f) == 0xd63f0000; /* blr */
}

/* adrp reg, page: where the page begins; 0: another instruction. */
static inline uint64_t arch_page(uint32_t word, unsigned reg, uint64_t at)
{
	uint64_t low = word >> 29 & 3, high = word >> 5 & 0x7ffff;

	if ((word & 0x9f00001f) != (0x90000000 | reg))
		return 0;
	/* 21 bits with a sign, in pages. */
	return (at & ~UINT64_C(0xfff)) +
	       ((uint64_t)((int64_t)((high << 2 | low) << 43) >> 43) << 12);
}

/* "adrp x16, page; ldr x17, [x16, x]", maybe behind a bti. */
static inline uint64_t arch_stub_slot(const unsigned char code[ARCH_STUB_BYTES], uint64_t at)
{
	for (size_t i = 0; i + 8 <= ARCH_STUB_BYTES; i += 4) {
		uint64_t page = arch_page(arch_word(code + i), 16, at + i);
		uint32_t load = arch_word(code + i + 4);

		if (page && (load & 0xffc003ff) == 0xf9400211)
			return page + (load >> 10 & 0xfff) * 8;
	}
	return 0;
}

/* "adrp x0, page; add x0, x0, x". */
static inline uint64_t arch_argument(const unsigned char code[ARCH_ARGUMENT_BYTES], uint64_t at)
{
	for (size_t i = ARCH_ARGUMENT_BYTES - 8; i >= 4; i -= 4) {
		uint64_t page = arch_page(arch_word(code + i - 4), 0, at + i - 4);
		uint32_t add = arch_word(code + i);

		if (page && (add & 0xffc003ff) == 0x91000000)
			return page + (add >> 10 & 0xfff);
	}
	return 0;
}

#endif
