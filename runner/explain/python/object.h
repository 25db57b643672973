/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * python/object.h: values of Python's own types in the memory of a process. Everything is bounded;
 * an object that is none gives NULL, 0 or false.
 */
#ifndef RUNNER_EXPLAIN_PYTHON_OBJECT_H
#define RUNNER_EXPLAIN_PYTHON_OBJECT_H

#include "runner/explain/python/layout.h"

struct python {
	struct peek m;
	struct python_layout l;
	int minor; /* of 3.minor */
	uint64_t runtime;
};

/* A str as UTF-8, cut after a few hundred characters; the caller frees. */
char *python_text(const struct python *p, uint64_t object);
/* Up to max bytes of a bytes object; the caller frees. NULL: too long, or none. */
uint8_t *python_bytes(const struct python *p, uint64_t object, size_t max, size_t *ret_n);
/* An int that is not negative and fits; 0 for any other. */
uint64_t python_int(const struct python *p, uint64_t object);

/* "lock" of "_thread.lock": without the module. The caller frees. */
char *python_type_name(const struct python *p, uint64_t object);
bool python_is_a(const struct python *p, uint64_t object, const char *type_name);

/* Calls visit() for each entry of a dict, of the instance attributes of an object, until it says
 * false. The key is a str. */
typedef bool (*python_visit)(void *arg, uint64_t key, uint64_t value);
void python_visit_dict(const struct python *p, uint64_t dict, python_visit visit, void *arg);
void python_visit_attributes(
	const struct python *p, uint64_t object, python_visit visit, void *arg);

/* The value of a key of a dict, of an attribute; 0 none. */
uint64_t python_dict_get(const struct python *p, uint64_t dict, const char *key);
uint64_t python_attribute(const struct python *p, uint64_t object, const char *name);
/* The key under which a dict, or an object's attributes, hold a value. NULL none; the caller frees.
 */
char *python_dict_key_of(const struct python *p, uint64_t dict, uint64_t value);
char *python_attribute_of(const struct python *p, uint64_t object, uint64_t value);

#endif
