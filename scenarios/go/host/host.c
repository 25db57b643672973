/* SPDX-License-Identifier: MIT */
/* host.c: the Go library and the Go service, found beside the executable. */
#include "scenarios/go/host/host.h"
#include "lib/scenario.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

typedef long long (*go_function)(long long);

/* name below the folder that the executable's folder stands in. */
static void find_beside(const char *name, char ret_path[PATH_MAX])
{
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	MUST(len > 0);
	self[len] = '\0';
	for (int i = 0; i < 2; i++) {
		slash = strrchr(self, '/');
		MUST(slash);
		*slash = '\0';
	}
	MUST(snprintf(ret_path, PATH_MAX, "%s/%s", self, name) < PATH_MAX);
}

void *host_load(void)
{
	void *library;
#ifdef HOST_LINKED
	library = dlopen(NULL, RTLD_NOW);
#else
	char path[PATH_MAX];

	find_beside("lib/libhangrate-go.so", path);
	library = dlopen(path, RTLD_NOW);
#endif
	MUST(library);
	return library;
}

static go_function find_function(void *library, const char *name)
{
	go_function f;

	*(void **)&f = dlsym(library, name);
	MUST(f);
	return f;
}

static const char *name_function(enum host_work work)
{
	switch (work) {
	case HOST_ADD_ONE:
		return "hangrate_go_add_one";
	case HOST_PRINT:
		return "hangrate_go_print";
	case HOST_ALLOCATE:
		return "hangrate_go_allocate";
	case HOST_GOROUTINE:
		return "hangrate_go_goroutine";
	}
	return "";
}

void host_call(void *library, enum host_work work)
{
	CHECK(find_function(library, name_function(work))(41) == 42);
}

void host_be_busy(void *library, int goroutines)
{
	MUST(find_function(library, "hangrate_go_be_busy")(goroutines) == goroutines);
}

void host_be_up_for(int ms)
{
	struct timespec left = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&left, &left))
		MUST(errno == EINTR);
}

#ifdef HOST_LINKED
void host_need_linked(const char *variant)
{
	(void)variant;
}
#else
/* The trial's environment has been taken in, and partly away, by now; variants that come here have
 * no knobs, so nothing is lost. */
void host_need_linked(const char *variant)
{
	static char option[] = "--run";
	char name[64], path[PATH_MAX], wanted[64];
	char *argv[] = { path, option, wanted, NULL };

	MUST(snprintf(name, sizeof(name), "linked/%s", scenario.name) < (int)sizeof(name));
	MUST(snprintf(wanted, sizeof(wanted), "%s", variant) < (int)sizeof(wanted));
	find_beside(name, path);
	execve(path, argv, environ);
	MUST(!"execve() of the linked flavour");
}
#endif

void host_service_start(struct host_service *ret_service)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(address);
	posix_spawn_file_actions_t actions;
	char path[PATH_MAX];
	char *argv[] = { path, NULL };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	/* A bare family lets the kernel choose an abstract name; clients may connect before the
	 * service accepts, since the socket listens already. */
	MUST(fd >= 0);
	MUST(!bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t)));
	MUST(!listen(fd, 16));
	MUST(!getsockname(fd, (struct sockaddr *)&address, &len));
	memcpy(ret_service->address, address.sun_path, sizeof(address.sun_path));
	ret_service->address_len = len;

	find_beside("lib/go-service", path);
	MUST(!posix_spawn_file_actions_init(&actions));
	MUST(!posix_spawn_file_actions_adddup2(&actions, fd, 3));
	MUST(!posix_spawn(&ret_service->pid, path, &actions, NULL, argv, environ));
	MUST(!posix_spawn_file_actions_destroy(&actions));
	MUST(!close(fd));
}

int host_service_connect(const struct host_service *service)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	MUST(fd >= 0);
	memcpy(address.sun_path, service->address, sizeof(address.sun_path));
	MUST(!connect(fd, (struct sockaddr *)&address, service->address_len));
	return fd;
}

void host_service_call(int connection, enum host_work work)
{
	uint64_t x = 41, answer;
	char request[1 + sizeof(x)];

	request[0] = (char)work;
	memcpy(request + 1, &x, sizeof(x)); /* little-endian, as the service is on this machine */
	MUST(write(connection, request, sizeof(request)) == sizeof(request));
	CHECK(recv(connection, &answer, sizeof(answer), MSG_WAITALL) == sizeof(answer));
	CHECK(answer == 42);
}

void host_service_stop(struct host_service *service)
{
	int status;

	MUST(!kill(service->pid, SIGKILL));
	while (waitpid(service->pid, &status, 0) < 0)
		MUST(errno == EINTR);
	MUST(WIFSIGNALED(status));
}
