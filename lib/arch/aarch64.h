/* SPDX-License-Identifier: MIT */
/* aarch64.h: see arch.h. AAPCS64: arguments in x0 to x7 and q0 to q7, x8 where a result goes; x16
 * and x17 are free between a call and the function that it reaches. */
#ifndef HANGRATE_LIB_ARCH_AARCH64_H
#define HANGRATE_LIB_ARCH_AARCH64_H

#include <stddef.h>
#include <stdint.h>

/* On entry x16 is the row, x30 where to return to. */
#define PRELOAD_STUB()                            \
	__asm__(".text\n"                         \
		".type preload_stub, %function\n" \
		"preload_stub:\n"                 \
		"	.cfi_startproc\n"               \
		"	stp x29, x30, [sp, #-224]!\n"   \
		"	.cfi_def_cfa_offset 224\n"      \
		"	.cfi_offset 29, -224\n"         \
		"	.cfi_offset 30, -216\n"         \
		"	mov x29, sp\n"                  \
		"	stp x0, x1, [sp, #16]\n"        \
		"	stp x2, x3, [sp, #32]\n"        \
		"	stp x4, x5, [sp, #48]\n"        \
		"	stp x6, x7, [sp, #64]\n"        \
		"	stp x8, x16, [sp, #80]\n"       \
		"	stp q0, q1, [sp, #96]\n"        \
		"	stp q2, q3, [sp, #128]\n"       \
		"	stp q4, q5, [sp, #160]\n"       \
		"	stp q6, q7, [sp, #192]\n"       \
		"	mov x0, x16\n"                  \
		"	mov x1, x30\n"                  \
		"	add x2, sp, #16\n"              \
		"	bl preload_before_jump\n"       \
		"	ldp x0, x1, [sp, #16]\n"        \
		"	ldp x2, x3, [sp, #32]\n"        \
		"	ldp x4, x5, [sp, #48]\n"        \
		"	ldp x6, x7, [sp, #64]\n"        \
		"	ldp x8, x16, [sp, #80]\n"       \
		"	ldp q0, q1, [sp, #96]\n"        \
		"	ldp q2, q3, [sp, #128]\n"       \
		"	ldp q4, q5, [sp, #160]\n"       \
		"	ldp q6, q7, [sp, #192]\n"       \
		"	ldp x29, x30, [sp], #224\n"     \
		"	.cfi_restore 29\n"              \
		"	.cfi_restore 30\n"              \
		"	.cfi_def_cfa_offset 0\n"        \
		"	ldr x16, [x16]\n"               \
		"	br x16\n"                       \
		"	.cfi_endproc\n"                 \
		".size preload_stub, . - preload_stub\n")

#define PRELOAD_JUMP(function)                                           \
	__asm__(".text\n"                                                \
		".globl " #function "\n"                                 \
		".type " #function ", %notype\n" #function ":\n"         \
		"	adrp x16, preload_row_" #function "\n"           \
		"	add x16, x16, :lo12:preload_row_" #function "\n" \
		"	ldrb w17, [x16, #8]\n"                                 \
		"	cmp w17, #1\n"                                         \
		"	b.ne 1f\n"                                             \
		"	ldr x17, [x16]\n"                                      \
		"	br x17\n"                                              \
		"1:	b preload_stub\n")

/* Locks are taken by a function of their own here (outline atomics), whose argument is the word: no
 * instruction names it. None is found, so nothing is watched by its address. */
static inline const uint8_t *arch_next_lock_word(
	const uint8_t *p, const uint8_t *end, uintptr_t *ret_word)
{
	(void)p, (void)end, (void)ret_word;
	return NULL;
}

#endif
