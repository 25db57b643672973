/* SPDX-License-Identifier: MIT */
/*
 * arch.h: what the preload needs to know of the processor.
 *
 *	PRELOAD_JUMP(function)	the function: jumps to the real one at once where its row's state is
 *1, else through the stub. The row's first two members are the pointer to the real function and, at
 *8, the state
 *	PRELOAD_STUB()		preload_stub: calls preload_before_jump(row, return address, the six
 *				arguments), then jumps on, with every register and the stack as
 *found arch_next_lock_word()	the next instruction in [p, end) that takes a lock at a fixed
 *address: *ret_word is the address, and the search goes on from the result; NULL: there is none
 */
#ifndef HANGRATE_LIB_ARCH_ARCH_H
#define HANGRATE_LIB_ARCH_ARCH_H

#if defined(__x86_64__)
#include "lib/arch/x86_64.h"
#elif defined(__aarch64__)
#include "lib/arch/aarch64.h"
#else
#error "the preload is written for x86-64 and aarch64 only: add lib/arch/ and runner/arch/"
#endif

#endif
