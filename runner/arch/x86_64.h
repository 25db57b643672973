/* SPDX-License-Identifier: GPL-3.0-or-later */
/* x86_64.h: see arch.h. */
#ifndef RUNNER_ARCH_X86_64_H
#define RUNNER_ARCH_X86_64_H

#include "runner/arch/arch.h"

#define ARCH_AUDIT AUDIT_ARCH_X86_64
#define ARCH_ELF_MACHINE EM_X86_64
/* System V ABI for x86-64, figure 3.36. */
#define ARCH_DWARF_FP 6
#define ARCH_DWARF_SP 7
#define ARCH_DWARF_RETURN 16
#define ARCH_PC_IS_REGISTER 1
#define ARCH_GLIBC_TID 0x2d0
#define ARCH_FORK_CALL SYS_fork
#define ARCH_CALL_BYTES 7
#define ARCH_STUB_BYTES 11
#define ARCH_ARGUMENT_BYTES 32

static inline long raw_call(long nr, long a, long b, long c, long d)
{
	register long r10 __asm__("r10") = d;
	long r;

	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return r;
}

static inline bool arch_is_fork(int64_t nr)
{
	return nr == SYS_fork || nr == SYS_clone;
}

static inline bool arch_is_call(
	const unsigned char *before, size_t n, bool *ret_direct, int64_t *ret_distance)
{
	/* Length of an indirect call (FF /2) by its ModRM byte, SIB byte and displacement. */
	static const unsigned char lengths[] = { 2, 3, 4, 6, 7 };
	const unsigned char *end = before + n;
	int32_t distance;

	*ret_direct = false;
	if (n >= 5 && end[-5] == 0xe8) {
		memcpy(&distance, end - 4, sizeof(distance));
		*ret_distance = distance;
		*ret_direct = true;
		return true;
	}
	for (size_t i = 0; i < sizeof(lengths); i++) {
		size_t length = lengths[i], want;
		unsigned char modrm, mod, rm;

		if (n < length || end[-(ptrdiff_t)length] != 0xff)
			continue;
		modrm = end[1 - (ptrdiff_t)length];
		mod = modrm >> 6;
		rm = modrm & 7;
		want = 2 + (mod != 3 && rm == 4) + (mod == 1) + 4 * (mod == 2) +
		       4 * (mod == 0 && rm == 5);
		if ((modrm >> 3 & 7) == 2 && want == length)
			return true;
	}
	return false;
}

/* "jmp *x(%rip)" (FF 25), maybe behind endbr64 and a bnd prefix. */
static inline uint64_t arch_stub_slot(const unsigned char code[ARCH_STUB_BYTES], uint64_t at)
{
	enum { JUMP = 6 };
	int32_t distance;

	for (size_t i = 0; i + JUMP <= ARCH_STUB_BYTES; i++) {
		if (code[i] != 0xff || code[i + 1] != 0x25)
			continue;
		memcpy(&distance, code + i + 2, sizeof(distance));
		return at + i + JUMP + (uint64_t)(int64_t)distance;
	}
	return 0;
}

/* "lea x(%rip), %rdi" (48 8D 3D). */
static inline uint64_t arch_argument(const unsigned char code[ARCH_ARGUMENT_BYTES], uint64_t at)
{
	enum { CALL = 5, LEA = 7 };
	int32_t distance;

	for (size_t i = ARCH_ARGUMENT_BYTES - CALL - LEA + 1; i-- > 0;) {
		if (code[i] != 0x48 || code[i + 1] != 0x8d || code[i + 2] != 0x3d)
			continue;
		memcpy(&distance, code + i + 3, sizeof(distance));
		return at + i + LEA + (uint64_t)(int64_t)distance;
	}
	return 0;
}

#endif
