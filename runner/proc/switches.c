/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/proc/switches.h"

#include "runner/base/util.h"

#include <fcntl.h>
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RING_SIZE (UINT64_C(1) << 18) /* 10,000 records; a power of two */
/* A record that finds no room is dropped, and told of with the next that finds some. So a ring that
 * is nearly full may have lost one. */
#define RING_SPARE 256
/* A processor that is taken away and comes back has no ring any more, and looks as before. That
 * does not happen within a second. */
#define GAP_MAX_NS NSEC_PER_SEC

struct ring {
	int cpu, fd;
	struct perf_event_mmap_page *page; /* the ring follows it */
};

struct switches {
	struct ring *rings;
	size_t n, cap;
	int online; /* the list of processors: one that comes later has no ring */
	char cpus[256];
	size_t page_size;
	int64_t read_ns;
};

/* What the attributes below ask for: the thread that the record is about, behind each. */
struct sample_id {
	uint32_t pid, tid;
};

struct switched {
	struct perf_event_header header;
	uint32_t other_pid, other_tid; /* what ran before, or will run */
	struct sample_id id;
};

struct begun_or_ended {
	struct perf_event_header header;
	uint32_t pid, parent_pid, tid, parent_tid;
	uint64_t time;
	struct sample_id id;
};

static bool read_online(int fd, char *text, size_t size)
{
	ssize_t n = pread(fd, text, size - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return n > 0 && n < (ssize_t)size - 1;
}

static bool add_ring(struct switches *s, int cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
		.sample_type = PERF_SAMPLE_TID,
		.sample_id_all = 1,
		.context_switch = 1,
		.task = 1,
	};
	struct ring r = { .cpu = cpu };
	void *page;

	r.fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	if (r.fd < 0)
		return false;
	page = mmap(NULL, s->page_size + RING_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, r.fd, 0);
	if (page == MAP_FAILED) {
		close(r.fd);
		return false;
	}
	r.page = page;
	s->rings = mem_grow(s->rings, s->n, &s->cap, sizeof(*s->rings));
	s->rings[s->n++] = r;
	return true;
}

/* "0-3,6". */
static bool add_rings(struct switches *s)
{
	const char *p = s->cpus;

	while (*p && *p != '\n') {
		char *end;
		long first = strtol(p, &end, 10), last = first;

		if (end == p)
			return false;
		if (*end == '-')
			last = strtol(end + 1, &end, 10);
		for (long cpu = first; cpu <= last; cpu++)
			if (!add_ring(s, (int)cpu))
				return false;
		p = *end == ',' ? end + 1 : end;
		if (*end && *end != ',' && *end != '\n')
			return false;
	}
	return s->n > 0;
}

struct switches *switches_open(void)
{
	struct switches *s = mem_alloc(sizeof(*s));

	s->page_size = (size_t)sysconf(_SC_PAGESIZE);
	s->online = open("/sys/devices/system/cpu/online", O_RDONLY | O_CLOEXEC);
	if (s->online < 0 || !read_online(s->online, s->cpus, sizeof(s->cpus)) || !add_rings(s)) {
		switches_close(s);
		return NULL;
	}
	s->read_ns = time_now_ns();
	return s;
}

void switches_close(struct switches *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++) {
		munmap(s->rings[i].page, s->page_size + RING_SIZE);
		close(s->rings[i].fd);
	}
	if (s->online >= 0)
		close(s->online);
	free(s->rings);
	free(s);
}

/* A record may go around the end of the ring. */
static void copy(const struct ring *r, size_t page_size, uint64_t at, void *to, size_t n)
{
	const char *ring = (const char *)r->page + page_size;
	size_t begin = at % RING_SIZE, first = RING_SIZE - begin < n ? RING_SIZE - begin : n;

	memcpy(to, ring + begin, first);
	memcpy((char *)to + first, ring, n - first);
}

static void name(uint32_t pid, void (*ran)(void *data, pid_t pid), void *data)
{
	/* 0: the idle task, or of another namespace; -1: one that is gone. */
	if ((int32_t)pid > 0)
		ran(data, (pid_t)pid);
}

union record {
	struct perf_event_header header;
	struct switched switched;
	struct begun_or_ended begun_or_ended;
};

/* False: some are lost, or not understood. */
static bool take(const union record *r, void (*ran)(void *data, pid_t pid), void *data)
{
	switch (r->header.type) {
	case PERF_RECORD_SWITCH_CPU_WIDE:
		name(r->switched.other_pid, ran, data);
		name(r->switched.id.pid, ran, data);
		return r->header.size == sizeof(r->switched);
	case PERF_RECORD_FORK:
	case PERF_RECORD_EXIT:
		name(r->begun_or_ended.pid, ran, data);
		name(r->begun_or_ended.parent_pid, ran, data);
		return r->header.size == sizeof(r->begun_or_ended);
	default:
		return false;
	}
}

static bool read_ring(const struct switches *s, const struct ring *r,
	void (*ran)(void *data, pid_t pid), void *data)
{
	uint64_t head = __atomic_load_n(&r->page->data_head, __ATOMIC_ACQUIRE);
	uint64_t at = r->page->data_tail;
	bool good = head - at + RING_SPARE < RING_SIZE;

	while (good && at < head) {
		union record record = { 0 };
		size_t size;

		copy(r, s->page_size, at, &record.header, sizeof(record.header));
		size = record.header.size;
		good = size >= sizeof(record.header) && size <= sizeof(record);
		if (good) {
			copy(r, s->page_size, at, &record, size);
			good = take(&record, ran, data);
		}
		at += size;
	}
	__atomic_store_n(&r->page->data_tail, head, __ATOMIC_RELEASE);
	return good;
}

bool switches_read(struct switches *s, void (*ran)(void *data, pid_t pid), void *data)
{
	char cpus[sizeof(s->cpus)];
	int64_t before_ns = s->read_ns;
	bool good;

	s->read_ns = time_now_ns();
	good = s->read_ns - before_ns <= GAP_MAX_NS;
	for (size_t i = 0; i < s->n; i++)
		good = read_ring(s, &s->rings[i], ran, data) && good;
	/* Asked last: a processor that came before the rings were read is seen. */
	return read_online(s->online, cpus, sizeof(cpus)) && !strcmp(cpus, s->cpus) && good;
}
