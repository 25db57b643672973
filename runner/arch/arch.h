/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * arch.h: all that depends on the processor. One header a processor defines the same names:
 *
 *	ARCH_AUDIT		of seccomp's notifications (linux/audit.h)
 *	ARCH_ELF_MACHINE	e_machine of the programs that run here
 *	ARCH_DWARF_FP, _SP	DWARF's numbers of frame and stack pointer
 *	ARCH_DWARF_RETURN	DWARF's number of the return address
 *	ARCH_PC_IS_REGISTER	1: libdwfl takes the program counter as that register too
 *	ARCH_GLIBC_TID		offset of the thread id in glibc's struct pthread
 *	ARCH_FORK_CALL		number of fork(2); -1: there is only clone(2)
 *	ARCH_CALL_BYTES		length of the longest call instruction
 *	ARCH_STUB_BYTES		so much of a PLT stub tells where it jumps to
 *	ARCH_ARGUMENT_BYTES	so far before a call its first argument is looked for
 *
 *	raw_call()		a system call that touches nothing but registers: no errno, no
 *				cancellation. The result, or -errno. For a child that runs beside
 *its parent in the parent's memory (CLONE_VM), and so with its errno
 *	arch_is_fork()		this system call makes a process or a thread
 *	arch_is_call()		these bytes end with a call; of a direct one how far it goes, from
 *the return address arch_stub_slot()	the address of the pointer that the PLT stub at `at` jumps
 *by; 0: no stub arch_argument()		the address that the code before a call at its end
 *loads as the first argument; 0: the code is another
 *
 * The code readers are pure and take any bytes.
 */
#ifndef RUNNER_ARCH_ARCH_H
#define RUNNER_ARCH_ARCH_H

#include <elf.h>
#include <linux/audit.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#include "runner/arch/x86_64.h"
#elif defined(__aarch64__)
#include "runner/arch/aarch64.h"
#else
#error "registers, calls and layouts are known for x86-64 and aarch64 only: add runner/arch/ and lib/arch/"
#endif

#endif
