/* SPDX-License-Identifier: GPL-3.0-or-later */
/* describe.c: interprets what a scenario says of itself (lib/protocol.h, "--describe"). */
#include "lib/protocol.h"
#include "runner/plan/target.h"
#include "runner/base/util.h"

#include <errno.h>
#include <fnmatch.h>
#include <jansson.h>

static const char *text_of(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}

static int64_t timeout_ms_of(const json_t *variant)
{
	return json_integer_value(json_object_get(variant, "timeout_ms"));
}

/* "NAME" stands for all variants, "NAME/VARIANT" for one; both parts may be globs. */
static bool matches(const char *pattern, const char *name, const char *variant)
{
	const char *slash = strchr(pattern, '/');
	cleanup(cleanup_free) char *first =
		slash ? mem_strndup(pattern, (size_t)(slash - pattern)) : NULL;

	if (!slash)
		return !fnmatch(pattern, name, 0);
	return !fnmatch(first, name, 0) && !fnmatch(slash + 1, variant, 0);
}

/* Patterns add; "!PATTERN" leaves out. Where none adds, all are meant. */
static bool wanted(
	const char *name, const char *variant, char *const *patterns, size_t n, bool *used)
{
	bool named = false, adds = false, left_out = false;

	for (size_t i = 0; i < n; i++) {
		bool negative = patterns[i][0] == '!';
		bool match = matches(patterns[i] + negative, name, variant);

		adds |= !negative;
		named |= match && !negative;
		left_out |= match && negative;
		used[i] |= match;
	}
	return (named || !adds) && !left_out;
}

static void take_expectation(struct target *t, const json_t *expects)
{
	size_t i;
	json_t *e;

	t->expect = EXPECT_MAY;
	json_array_foreach(expects, i, e)
	{
		int what = expect_from_name(text_of(e, "what"));

		if (what < 0 || !target_libc_matches(t->libc, text_of(e, "libc")))
			continue;
		t->expect = (enum expect)what;
		free(t->why);
		t->why = mem_strdup(text_of(e, "why"));
		return;
	}
}

static bool applies(const json_t *variant, const char *knob)
{
	const json_t *names = json_object_get(variant, "knobs");
	size_t i;
	json_t *name;

	if (!json_is_array(names))
		return true;
	json_array_foreach(
		names, i, name) if (!strcmp(knob, json_string_value(name) ? json_string_value(name)
									  : "")) return true;
	return false;
}

static void take_knobs(struct target *t, const json_t *knobs, const json_t *variant)
{
	size_t i;
	json_t *k;

	t->knobs = mem_alloc((json_array_size(knobs) + 1) * sizeof(*t->knobs));
	json_array_foreach(knobs, i, k)
	{
		if (!applies(variant, text_of(k, "name")))
			continue;
		t->knobs[t->n_knobs++] = (struct knob){
			.name = mem_strdup(text_of(k, "name")),
			.kind = strcmp(text_of(k, "kind"), "size") ? KNOB_DELAY : KNOB_SIZE,
			.levels = mem_strdup(text_of(k, "levels")),
			.help = mem_strdup(text_of(k, "help")),
		};
	}
}

static void add_variant(
	struct target_list *l, const char *path, const json_t *root, const json_t *variant)
{
	struct target *t;

	l->targets = mem_grow(l->targets, l->n, &l->cap, sizeof(*l->targets));
	t = &l->targets[l->n++];
	t->name = mem_strdup(text_of(root, "name"));
	t->variant = mem_strdup(text_of(variant, "name"));
	t->summary = mem_strdup(text_of(variant, "summary"));
	t->libc = mem_strdup(text_of(root, "libc"));
	t->path = mem_strdup(path);
	t->argv = mem_alloc(4 * sizeof(*t->argv));
	t->argv[0] = mem_strdup(path);
	t->argv[1] = mem_strdup("--run");
	t->argv[2] = mem_strdup(t->variant);
	t->why = mem_strdup("");
	t->timeout_ns = timeout_ms_of(variant) * NSEC_PER_MSEC;
	t->skip_status = HANGRATE_EXIT_SKIP;
	t->broken_status = HANGRATE_EXIT_BROKEN;
	take_expectation(t, json_object_get(variant, "expect"));
	take_knobs(t, json_object_get(root, "knobs"), variant);
}

static void add_scenario(struct target_list *l, const char *path, const json_t *root)
{
	const json_t *refs = json_object_get(root, "refs");
	struct scenario_file *s;
	size_t i;
	json_t *ref;

	l->scenarios =
		mem_grow(l->scenarios, l->n_scenarios, &l->cap_scenarios, sizeof(*l->scenarios));
	s = &l->scenarios[l->n_scenarios++];
	s->path = mem_strdup(path);
	s->name = mem_strdup(text_of(root, "name"));
	s->summary = mem_strdup(text_of(root, "summary"));
	s->hazard = mem_strdup(text_of(root, "hazard"));
	s->cause = mem_strdup(text_of(root, "cause"));
	s->symptom = mem_strdup(text_of(root, "symptom"));
	s->libc = mem_strdup(text_of(root, "libc"));
	s->refs = mem_alloc((json_array_size(refs) + 1) * sizeof(*s->refs));
	json_array_foreach(refs, i, ref) s->refs[s->n_refs++] =
		mem_strdup(json_string_value(ref) ? json_string_value(ref) : "");
}

static void cleanup_json(json_t **j)
{
	json_decref(*j);
}

int target_parse_describe(struct target_list *l, const char *path, const char *json, size_t len,
	char *const *patterns, size_t n_patterns, bool *pattern_used, const char **ret_why)
{
	cleanup(cleanup_json) json_t *root = json_loadb(json, len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *variants = json_object_get(root, "variants");
	bool any = false;
	size_t i;
	json_t *v;

	*ret_why = "is no scenario: --describe prints no JSON object";
	if (!json_is_object(root))
		return -EINVAL;
	*ret_why = "describes itself in another version of the protocol";
	if (json_integer_value(json_object_get(root, "schema")) != HANGRATE_DESCRIBE_SCHEMA)
		return -EINVAL;
	*ret_why = "describes itself without a name or a variant";
	if (!*text_of(root, "name") || !json_array_size(variants))
		return -EINVAL;
	json_array_foreach(variants, i, v)
	{
		*ret_why = "describes a variant without a name";
		if (!*text_of(v, "name"))
			return -EINVAL;
		*ret_why = "describes a variant whose timeout_ms is no time";
		if (timeout_ms_of(v) < 0 || timeout_ms_of(v) > INT64_MAX / NSEC_PER_MSEC)
			return -EINVAL;
	}
	json_array_foreach(variants, i, v)
	{
		if (!wanted(text_of(root, "name"), text_of(v, "name"), patterns, n_patterns,
			    pattern_used))
			continue;
		any = true;
		add_variant(l, path, root, v);
	}
	if (any)
		add_scenario(l, path, root);
	return 0;
}
