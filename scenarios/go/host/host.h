/* SPDX-License-Identifier: MIT */
/*
 * host.h: what the C hosts of the Go scenarios share: the c-shared library, dlopened or linked, and
 * the service process that does the same work behind a Unix socket.
 *
 * Both are found beside the executable (../lib), never by a search path. All failures are MUSTs:
 * they end the trial as broken.
 */
#ifndef SCENARIOS_GO_HOST_H
#define SCENARIOS_GO_HOST_H

#include <sys/types.h>

/* What is asked for: each takes x and answers x + 1, with ever more of the Go runtime. The values
 * are what the service reads. */
enum host_work {
	HOST_ADD_ONE = 'a',   /* no allocation, no scheduler */
	HOST_PRINT = 'p',     /* fmt.Println */
	HOST_ALLOCATE = 'm',  /* until a garbage collection must have happened */
	HOST_GOROUTINE = 'g', /* a goroutine computes the answer */
};

/* The library's handle: dlopen()s it, or takes what the executable is linked with. Loading starts
 * the Go runtime's threads. */
void *host_load(void);
/* Has the library do work once and CHECKs the answer. May be called after fork(): that is the
 * subject. */
void host_call(void *library, enum host_work work);
/* Starts that many goroutines that allocate for ever; returns when all have begun. */
void host_be_busy(void *library, int goroutines);

/* Executes the flavour of this program that has the library linked, to run the variant there.
 * Returns in that flavour only. */
void host_need_linked(const char *variant);

/* A host that has been up for a while: that is the subject, not a synchronisation. Go's runtime
 * interrupts system calls by signals of its own. */
void host_be_up_for(int ms);

/* A Go process of its own. The caller's struct; no memory to free. */
struct host_service {
	pid_t pid;
	char address[108]; /* an abstract Unix address, chosen by the kernel */
	unsigned int address_len;
};
void host_service_start(struct host_service *ret_service);
/* A connection of the calling process. */
int host_service_connect(const struct host_service *service);
/* host_call() over the connection. */
void host_service_call(int connection, enum host_work work);
/* Kills it and waits for it. */
void host_service_stop(struct host_service *service);

#endif
