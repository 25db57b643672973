/* SPDX-License-Identifier: GPL-3.0-or-later */
/* svg_graph.c: the wait-for graph: threads left, objects right, so that no two boxes can overlap
 * for any graph. Solid: waits for; dashed: the only threads that could end that wait. */
#include "reports/html.h"

#include "runner/base/util.h"

#include <jansson.h>

#define MAX_NODES 12
#define BOX_W 232
#define OBJECT_W 340
#define BOX_H 44
#define GAP 18
#define BETWEEN 120
#define W (BOX_W + BETWEEN + OBJECT_W + 4)

struct graph_thread {
	json_int_t pid, tid;
	const char *comm;
	const char *note; /* of an owner that is not among the threads: where it is */
	bool ghost;
	size_t object; /* SIZE_MAX: none */
};

#define MAX_WAKERS 4
struct graph_object {
	const char *name, *kind;
	size_t waker[MAX_WAKERS];
	size_t n_wakers;
};

struct graph {
	struct graph_thread thread[2 * MAX_NODES];
	struct graph_object object[MAX_NODES];
	size_t n_threads, n_objects;
};

static const char *text_of(json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}

static size_t find_tid(const struct graph *g, json_int_t tid)
{
	for (size_t i = 0; i < g->n_threads; i++)
		if (g->thread[i].tid == tid)
			return i;
	return SIZE_MAX;
}

static void add_waker(struct graph_object *o, size_t thread)
{
	for (size_t i = 0; i < o->n_wakers; i++)
		if (o->waker[i] == thread)
			return;
	if (thread != SIZE_MAX && o->n_wakers < MAX_WAKERS)
		o->waker[o->n_wakers++] = thread;
}

/* An owner that the threads do not hold is drawn as a ghost: it may have gone. */
static void add_owner(struct graph *g, struct graph_object *o, json_t *owner)
{
	json_int_t tid = json_is_object(owner) ? json_integer_value(json_object_get(owner, "tid"))
					       : json_integer_value(owner);

	if (tid <= 0)
		return;
	if (find_tid(g, tid) == SIZE_MAX && g->n_threads < ARRAY_SIZE(g->thread)) {
		const char *is = text_of(owner, "is");

		g->thread[g->n_threads++] = (struct graph_thread){ .tid = tid,
			.comm = text_of(owner, "comm"),
			.note = *is ? is : "not among the stuck threads",
			.ghost = true,
			.object = SIZE_MAX };
	}
	add_waker(o, find_tid(g, tid));
}

/* Where no owner is stored, the edges name the processes that could end the wait. */
static void add_edges(struct graph *g, const json_t *edges)
{
	for (size_t i = 0; i < json_array_size(edges); i++) {
		json_t *edge = json_array_get(edges, i);
		size_t from = find_tid(g, json_integer_value(json_object_get(edge, "from")));
		json_int_t pid = json_integer_value(json_object_get(edge, "to_pid"));

		if (from == SIZE_MAX || g->thread[from].object == SIZE_MAX || pid <= 0)
			continue;
		for (size_t t = 0; t < g->n_threads; t++)
			if (!g->thread[t].ghost && g->thread[t].pid == pid && t != from)
				add_waker(&g->object[g->thread[from].object], t);
	}
}

static size_t find_object(struct graph *g, json_t *thread)
{
	const char *name = text_of(thread, "object"), *kind = text_of(thread, "waits_on");

	if (!*name && !*kind)
		return SIZE_MAX;
	for (size_t i = 0; i < g->n_objects; i++)
		if (*name && !strcmp(g->object[i].name, name) && !strcmp(g->object[i].kind, kind))
			return i;
	if (g->n_objects == MAX_NODES)
		return SIZE_MAX;
	g->object[g->n_objects] = (struct graph_object){ .name = name, .kind = kind };
	return g->n_objects++;
}

static void graph_build(struct graph *g, const json_t *detail)
{
	json_t *threads = json_object_get(detail, "threads");
	size_t n = json_array_size(threads);

	memset(g, 0, sizeof(*g));
	n = n < MAX_NODES ? n : MAX_NODES;
	for (size_t i = 0; i < n; i++) {
		json_t *t = json_array_get(threads, i);

		g->thread[g->n_threads++] = (struct graph_thread){
			.pid = json_integer_value(json_object_get(t, "pid")),
			.tid = json_integer_value(json_object_get(t, "tid")),
			.comm = text_of(t, "comm"),
			.object = find_object(g, t),
		};
	}
	for (size_t i = 0; i < n; i++)
		if (g->thread[i].object != SIZE_MAX)
			add_owner(g, &g->object[g->thread[i].object],
				json_object_get(json_array_get(threads, i), "owner"));
	add_edges(g, json_object_get(detail, "edges"));
}

/* Middle of the i-th of n boxes when the higher column has `rows`. */
static double middle(size_t i, size_t n, size_t rows)
{
	double step = BOX_H + GAP;

	return 2 + BOX_H / 2.0 + step * (double)i + step * (double)(rows - n) / 2;
}

static void put_box(double x, double y, int width, const char *class, FILE *out)
{
	fprintf(out, "<rect class=\"%s\" x=\"%g\" y=\"%g\" width=\"%d\" height=\"%d\" rx=\"6\"/>",
		class, x, y - BOX_H / 2.0, width, BOX_H);
}

/* What the box has no room for stands whole in a title. */
static void put_line(const char *class, double x, double y, const char *text, size_t max, FILE *out)
{
	fprintf(out, "<text class=\"%s\" x=\"%g\" y=\"%g\">", class, x, y);
	if (strlen(text) > max) {
		fputs("<title>", out);
		html_text(out, text, 400);
		fputs("</title>", out);
	}
	html_text(out, text, max);
	fputs("</text>", out);
}

static void put_two_lines(
	double x, double y, int width, const char *first, const char *second, FILE *out)
{
	/* Bold letters are 8.5 wide at most on average, those of the lower line 6.8. */
	put_line("node", x + 10, *second ? y - 3 : y + 4, first, (size_t)((width - 20) / 8.5), out);
	if (*second)
		put_line("sub", x + 10, y + 13, second, (size_t)((width - 20) / 6.8), out);
}

/* Ends a little above or below the middle, so that the two directions do not cover each other. */
static void put_edge(const char *class, double x1, double y1, double x2, double y2, FILE *out)
{
	double bend = (x2 - x1) * 0.5;

	fprintf(out, "<path class=\"%s\" d=\"M%g %gC%g %g %g %g %g %g\"/>", class, x1, y1,
		x1 + bend, y1, x2 - bend, y2, x2, y2);
	fprintf(out, "<path class=\"tip\" d=\"M%g %gl%g -4.5v9z\"/>", x2 + (x2 > x1 ? 7 : -7), y2,
		x2 > x1 ? -9.0 : 9.0);
}

static void put_edges(const struct graph *g, size_t rows, FILE *out)
{
	double left = 2 + BOX_W, right = 2 + BOX_W + BETWEEN;

	for (size_t i = 0; i < g->n_threads; i++) {
		size_t o = g->thread[i].object;

		if (o != SIZE_MAX)
			put_edge("waits", left, middle(i, g->n_threads, rows) - 8, right - 9,
				middle(o, g->n_objects, rows) - 8, out);
	}
	for (size_t o = 0; o < g->n_objects; o++)
		for (size_t w = 0; w < g->object[o].n_wakers; w++)
			put_edge("held", right, middle(o, g->n_objects, rows) + 8, left + 9,
				middle(g->object[o].waker[w], g->n_threads, rows) + 8, out);
}

static void put_nodes(const struct graph *g, size_t rows, FILE *out)
{
	for (size_t i = 0; i < g->n_threads; i++) {
		const struct graph_thread *t = &g->thread[i];
		double y = middle(i, g->n_threads, rows);
		cleanup(cleanup_free) char *name =
			*t->comm ? mem_strdup(t->comm) : mem_printf("tid %lld", (long long)t->tid);
		cleanup(cleanup_free) char *where =
			t->ghost ? mem_strdup(t->note)
				 : mem_printf("pid %lld, tid %lld", (long long)t->pid,
					   (long long)t->tid);

		put_box(2, y, BOX_W, t->ghost ? "ghost" : "thread", out);
		put_two_lines(2, y, BOX_W, name, where, out);
	}
	for (size_t o = 0; o < g->n_objects; o++) {
		double x = 2 + BOX_W + BETWEEN, y = middle(o, g->n_objects, rows);
		bool both = *g->object[o].name && *g->object[o].kind;

		put_box(x, y, OBJECT_W, "object", out);
		put_two_lines(x, y, OBJECT_W,
			*g->object[o].name ? g->object[o].name : g->object[o].kind,
			both ? g->object[o].kind : "", out);
	}
}

static void put_key(const struct graph *g, size_t n_threads, FILE *out)
{
	bool any = false;

	for (size_t o = 0; o < g->n_objects; o++)
		any = any || g->object[o].n_wakers;
	fputs("<p class=\"key\"><span><svg class=\"graph\" aria-hidden=\"true\"><path "
	      "class=\"waits\" "
	      "d=\"M2 9H34\"/><path class=\"tip\" d=\"M42 9l-9-4.5v9z\"/></svg>waits for</span>",
		out);
	if (any)
		fputs("<span><svg class=\"graph\" aria-hidden=\"true\"><path class=\"held\" d=\"M2 "
		      "9H34\"/><path class=\"tip\" d=\"M42 9l-9-4.5v9z\"/></svg>could be ended "
		      "only by</span>",
			out);
	if (n_threads > MAX_NODES)
		fprintf(out, "<span>%zu more threads are not drawn</span>", n_threads - MAX_NODES);
	fputs("</p>\n", out);
}

void svg_wait_graph(const json_t *detail, const char *label, FILE *out)
{
	struct graph g;
	size_t rows;

	graph_build(&g, detail);
	if (!g.n_threads || !g.n_objects)
		return;
	rows = g.n_threads > g.n_objects ? g.n_threads : g.n_objects;
	fprintf(out,
		"<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"Wait-for graph\">"
		"<svg class=\"graph\" viewBox=\"0 0 %d %zu\" role=\"img\" aria-label=\"Wait-for "
		"graph: ",
		W, rows * (BOX_H + GAP) - GAP + 4);
	html_text(out, label, 200);
	fputs("\">", out);
	put_edges(&g, rows, out);
	put_nodes(&g, rows, out);
	fputs("</svg></div>\n", out);
	put_key(&g, json_array_size(json_object_get(detail, "threads")), out);
}
