/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Executes its arguments where seccomp() is forbidden, as containers do it: EPERM. After "-p" it is
 * perf_event_open() instead, after "-u" io_uring_enter() and process_vm_readv(), after "-k" the
 * former with a death by SIGSYS. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* <linux/filter.h> and <linux/seccomp.h>, which musl-gcc does not find. */
struct instruction {
	uint16_t code;
	uint8_t if_true, if_false;
	uint32_t k;
};
struct program {
	unsigned short length;
	struct instruction *code;
};

#define LOAD_WORD 0x20 /* k: offset in struct seccomp_data; 0 is the number */
#define LOAD_FIRST_ARGUMENT 16
#define JUMP_EQUAL 0x15
#define JUMP_ANY_BIT 0x45
#define NAMESPACES 0x7e020000 /* CLONE_NEW*, but for CLONE_NEWTIME */
#define RETURN 0x06
#define ERRNO_EPERM 0x00050001
#define KILL_PROCESS 0x80000000
#define ALLOW 0x7fff0000
#define SET_MODE_FILTER 1

int main(int argc, char **argv)
{
	int option = argc > 1 && argv[1][0] == '-' ? argv[1][1] : 0;
	long call = option == 'p'   ? SYS_perf_event_open
		    : option == 'e' ? SYS_epoll_pwait2
		    : option        ? SYS_io_uring_enter
				    : SYS_seccomp;
	long more = option == 'u' ? SYS_process_vm_readv : call;
	struct instruction code[] = {
		{ LOAD_WORD, 0, 0, 0 },
		{ JUMP_EQUAL, 1, 0, (uint32_t)call },
		{ JUMP_EQUAL, 0, 1, (uint32_t)more },
		{ RETURN, 0, 0, option == 'k' ? KILL_PROCESS : ERRNO_EPERM },
		{ RETURN, 0, 0, ALLOW },
	};
	struct instruction no_namespaces[] = {
		{ LOAD_WORD, 0, 0, 0 },
		{ JUMP_EQUAL, 0, 3, SYS_clone },
		{ LOAD_WORD, 0, 0, LOAD_FIRST_ARGUMENT },
		{ JUMP_ANY_BIT, 0, 1, NAMESPACES },
		{ RETURN, 0, 0, ERRNO_EPERM },
		{ RETURN, 0, 0, ALLOW },
	};
	struct program program = { sizeof(code) / sizeof(code[0]), code };

	if (option == 'n')
		program = (struct program){ sizeof(no_namespaces) / sizeof(no_namespaces[0]),
			no_namespaces };
	argv += option != 0;
	argc -= option != 0;
	if (argc < 2 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		syscall(SYS_seccomp, SET_MODE_FILTER, 0, &program) < 0) {
		perror("no_seccomp");
		return 99;
	}
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	return 99;
}
