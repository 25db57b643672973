/* SPDX-License-Identifier: MIT */
/* x86_64.h: see arch.h. System V ABI: arguments in rdi, rsi, rdx, rcx, r8, r9 and xmm0 to xmm7, al
 * how many of those, r10 the static chain; r11 is free. */
#ifndef HANGRATE_LIB_ARCH_X86_64_H
#define HANGRATE_LIB_ARCH_X86_64_H

#include <stdint.h>
#include <string.h>

/* On entry (%rsp) is the row, 8(%rsp) where to return to. */
#define PRELOAD_STUB()                            \
	__asm__(".text\n"                         \
		".type preload_stub, @function\n" \
		"preload_stub:\n"                 \
		"	.cfi_startproc\n"               \
		"	.cfi_def_cfa_offset 16\n"       \
		"	push %rbp\n"                    \
		"	.cfi_def_cfa_offset 24\n"       \
		"	.cfi_offset %rbp, -24\n"        \
		"	mov %rsp, %rbp\n"               \
		"	.cfi_def_cfa_register %rbp\n"   \
		"	sub $192, %rsp\n"               \
		"	and $-16, %rsp\n"               \
		"	mov %rax, 0(%rsp)\n"            \
		"	mov %rdi, 8(%rsp)\n"            \
		"	mov %rsi, 16(%rsp)\n"           \
		"	mov %rdx, 24(%rsp)\n"           \
		"	mov %rcx, 32(%rsp)\n"           \
		"	mov %r8, 40(%rsp)\n"            \
		"	mov %r9, 48(%rsp)\n"            \
		"	mov %r10, 56(%rsp)\n"           \
		"	movups %xmm0, 64(%rsp)\n"       \
		"	movups %xmm1, 80(%rsp)\n"       \
		"	movups %xmm2, 96(%rsp)\n"       \
		"	movups %xmm3, 112(%rsp)\n"      \
		"	movups %xmm4, 128(%rsp)\n"      \
		"	movups %xmm5, 144(%rsp)\n"      \
		"	movups %xmm6, 160(%rsp)\n"      \
		"	movups %xmm7, 176(%rsp)\n"      \
		"	mov 8(%rbp), %rdi\n"            \
		"	mov 16(%rbp), %rsi\n"           \
		"	lea 8(%rsp), %rdx\n"            \
		"	call preload_before_jump\n"     \
		"	mov 0(%rsp), %rax\n"            \
		"	mov 8(%rsp), %rdi\n"            \
		"	mov 16(%rsp), %rsi\n"           \
		"	mov 24(%rsp), %rdx\n"           \
		"	mov 32(%rsp), %rcx\n"           \
		"	mov 40(%rsp), %r8\n"            \
		"	mov 48(%rsp), %r9\n"            \
		"	mov 56(%rsp), %r10\n"           \
		"	movups 64(%rsp), %xmm0\n"       \
		"	movups 80(%rsp), %xmm1\n"       \
		"	movups 96(%rsp), %xmm2\n"       \
		"	movups 112(%rsp), %xmm3\n"      \
		"	movups 128(%rsp), %xmm4\n"      \
		"	movups 144(%rsp), %xmm5\n"      \
		"	movups 160(%rsp), %xmm6\n"      \
		"	movups 176(%rsp), %xmm7\n"      \
		"	leave\n"                        \
		"	.cfi_def_cfa %rsp, 16\n"        \
		"	pop %r11\n"                     \
		"	.cfi_def_cfa_offset 8\n"        \
		"	jmp *(%r11)\n"                  \
		"	.cfi_endproc\n"                 \
		".size preload_stub, . - preload_stub\n")

#define PRELOAD_JUMP(function)                                        \
	__asm__(".text\n"                                             \
		".globl " #function "\n"                              \
		".type " #function ", @notype\n" #function ":\n"      \
		"	cmpb $1, preload_row_" #function "+8(%rip)\n" \
		"	jne 1f\n"                                           \
		"	jmp *preload_row_" #function "(%rip)\n"       \
		"1:	lea preload_row_" #function "(%rip), %r11\n"  \
		"	push %r11\n"                                        \
		"	jmp preload_stub\n")

/* `lock cmpxchg REG, DISP(%rip)`: f0, a REX prefix or none, 0f b1, mod 00 and rm 101. */
static inline const uint8_t *arch_next_lock_word(
	const uint8_t *p, const uint8_t *end, uintptr_t *ret_word)
{
	while ((p = memchr(p, 0xf0, (size_t)(end - p)))) {
		const uint8_t *code = ++p;
		int32_t disp;

		if (end - p < 8)
			return NULL;
		code += (*code & 0xf0) == 0x40;
		if (code[0] != 0x0f || code[1] != 0xb1 || (code[2] & 0xc7) != 0x05)
			continue;
		memcpy(&disp, code + 3, sizeof(disp));
		*ret_word = (uintptr_t)(code + 7) + (uintptr_t)(intptr_t)disp;
		return p;
	}
	return NULL;
}

#endif
