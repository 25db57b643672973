/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store/sql.c: statements, and the error text when one fails. */
#include "runner/store/sql.h"

#include "runner/base/util.h"

#include <stdarg.h>

int store_fail(struct store *s, enum store_errno code, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	free(s->error);
	s->error = mem_printf("'%s': %s", s->path, text ? text : "out of memory");
	free(text);
	return -(int)code;
}

int store_fail_sql(struct store *s, const char *doing)
{
	int code = sqlite3_errcode(s->db) & 0xff;
	int err = sqlite3_system_errno(s->db);

	switch (code) {
	case SQLITE_NOTADB:
		return store_fail(s, STORE_EFORMAT, "not a database");
	case SQLITE_CORRUPT:
		return store_fail(s, STORE_EFORMAT, "corrupted: %s", sqlite3_errmsg(s->db));
	case SQLITE_FULL:
		return store_fail(s, STORE_EFULL, "cannot %s: no space left on the disk", doing);
	case SQLITE_BUSY:
		return store_fail(s, STORE_EBUSY,
			"cannot %s: another program keeps it locked for %d s", doing,
			STORE_BUSY_MS / 1000);
	case SQLITE_READONLY:
		return store_fail(
			s, STORE_EOPEN, "cannot write it: it, or its directory, is read-only");
	case SQLITE_CANTOPEN:
		return store_fail(s, STORE_EOPEN, "cannot %s: %s", doing,
			err ? strerror(err) : "its directory cannot be written");
	default:
		return store_fail(s, STORE_EIO, "cannot %s: %s", doing, sqlite3_errmsg(s->db));
	}
}

int store_exec(struct store *s, const char *sql, const char *doing)
{
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0
								       : store_fail_sql(s, doing);
}

int store_prepare(struct store *s, const char *sql, sqlite3_stmt **ret_stmt)
{
	return sqlite3_prepare_v2(s->db, sql, -1, ret_stmt, NULL) == SQLITE_OK
		       ? 0
		       : store_fail_sql(s, "read it");
}

int store_need_open(struct store *s)
{
	return s->db ? 0 : store_fail(s, STORE_EUSE, "not open");
}
