/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store.c: opening, closing and what can be wrong with a file. */
#include "runner/store/sql.h"

#include "runner/base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sys/stat.h>

#define APPLICATION_ID 0x48524e47u /* "HRNG" */
#define SCHEMA_VERSION 6u

/* Of https://www.sqlite.org/fileformat.html, section 1.3 */
#define HEADER_MAGIC "SQLite format 3" /* and its NUL */
#define HEADER_SIZE 100
#define HEADER_USER_VERSION 60
#define HEADER_APPLICATION_ID 68

/* runner/store/schema.sql, see make/store.mk */
extern const char schema_sql[];

const char *store_error(const struct store *s)
{
	return s->error ? s->error : "no error";
}

static uint32_t be32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

int store_check_header(const char *buf, size_t len, const char **ret_why)
{
	if (!len) {
		*ret_why = "empty, no record in it";
		return -STORE_EFORMAT;
	}
	if (len < HEADER_SIZE || memcmp(buf, HEADER_MAGIC, sizeof(HEADER_MAGIC)) != 0) {
		*ret_why = "not a database";
		return -STORE_EFORMAT;
	}
	if (be32(buf + HEADER_APPLICATION_ID) != APPLICATION_ID) {
		*ret_why = "a database, but not one of hangrate";
		return -STORE_EFORMAT;
	}
	if (be32(buf + HEADER_USER_VERSION) > SCHEMA_VERSION) {
		*ret_why = "written by a newer version of hangrate";
		return -STORE_EVERSION;
	}
	return 0;
}

/* A URI for sqlite3_open_v2() that names this file, also when its name has special characters. */
static char *uri_of(const char *path, const char *query)
{
	char *uri = mem_alloc(strlen(path) * 3 + strlen(query) + 16);
	char *p = stpcpy(uri, *path == '/' ? "file://" : "file:./");

	for (; *path; path++) {
		if (strchr("?#%", *path))
			p += sprintf(p, "%%%02X", (unsigned char)*path);
		else
			*p++ = *path;
	}
	stpcpy(stpcpy(p, "?"), query);
	return uri;
}

static int open_db(struct store *s, const char *path, const char *query, int flags)
{
	char *uri cleanup(cleanup_free) = uri_of(path, query);
	int r = sqlite3_open_v2(uri, &s->db, flags | SQLITE_OPEN_URI, NULL);

	if (r != SQLITE_OK)
		return store_fail_sql(s, "open it");
	sqlite3_extended_result_codes(s->db, 1);
	sqlite3_busy_timeout(s->db, STORE_BUSY_MS);
	/* A reader never checkpoints, and a damaged file is no reason to run what stands in it. */
	sqlite3_db_config(
		s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !!(flags & SQLITE_OPEN_READONLY), NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	return 0;
}

static void close_db(struct store *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(s->insert); i++) {
		sqlite3_finalize(s->insert[i]);
		s->insert[i] = NULL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(s->update); i++) {
		sqlite3_finalize(s->update[i]);
		s->update[i] = NULL;
	}
	sqlite3_close_v2(s->db);
	s->db = NULL;
}

/*
 * Reads the head of the file through SQLite's own file layer: closing a descriptor of our own would
 * drop the POSIX locks that a writer in this process holds on the file.
 */
static int peek(struct store *s)
{
	char head[HEADER_SIZE] = "";
	sqlite3_int64 size = 0;
	sqlite3_file *f;
	const char *why;
	int r;

	r = open_db(s, s->path, "immutable=1", SQLITE_OPEN_READONLY);
	if (r < 0)
		return r;
	if (sqlite3_file_control(s->db, "main", SQLITE_FCNTL_FILE_POINTER, &f) != SQLITE_OK ||
		!f->pMethods || f->pMethods->xFileSize(f, &size) != SQLITE_OK)
		return store_fail_sql(s, "read it");
	if (size > HEADER_SIZE)
		size = HEADER_SIZE;
	if (size && f->pMethods->xRead(f, head, (int)size, 0) != SQLITE_OK)
		return store_fail(s, STORE_EIO, "cannot read it");
	close_db(s);
	r = store_check_header(head, (size_t)size, &why);
	if (r < 0)
		return store_fail(s, (enum store_errno) - r, "%s", why);
	return 0;
}

static int pragma_u32(struct store *s, const char *sql, uint32_t *ret_value)
{
	sqlite3_stmt *st cleanup(cleanup_stmt) = NULL;
	int r = store_prepare(s, sql, &st);

	if (r < 0)
		return r;
	if (sqlite3_step(st) != SQLITE_ROW)
		return store_fail_sql(s, "read it");
	*ret_value = (uint32_t)sqlite3_column_int64(st, 0);
	return 0;
}

/* The same question as peek(), answered by the database: it knows about its journal. */
static int check_version(struct store *s)
{
	uint32_t application, version;
	int r;

	r = pragma_u32(s, "PRAGMA application_id", &application);
	if (r < 0)
		return r;
	r = pragma_u32(s, "PRAGMA user_version", &version);
	if (r < 0)
		return r;
	if (application != APPLICATION_ID)
		return store_fail(s, STORE_EFORMAT, "empty, no record in it");
	if (version > SCHEMA_VERSION)
		return store_fail(s, STORE_EVERSION, "written by a newer version of hangrate");
	s->version = version;
	return 0;
}

/* Brings the tables of an older version to this one, under the lock of BEGIN IMMEDIATE. */
static int upgrade_tables(struct store *s)
{
	static const char *const to_version_2 =
		"ALTER TABLE campaign ADD COLUMN decide_low REAL NOT NULL DEFAULT 0;"
		"ALTER TABLE campaign ADD COLUMN decide_high REAL NOT NULL DEFAULT 0;"
		"PRAGMA user_version = 2";
	/* Programs were known by argv[0] alone: the rest of the command is lost. */
	static const char *const to_version_3 =
		"ALTER TABLE campaign ADD COLUMN fail_on INTEGER NOT NULL DEFAULT 1;"
		"ALTER TABLE cell ADD COLUMN command TEXT;"
		"ALTER TABLE cell ADD COLUMN directory TEXT;"
		"ALTER TABLE cell ADD COLUMN program TEXT;"
		"ALTER TABLE cell ADD COLUMN slow INTEGER NOT NULL DEFAULT 0;"
		"ALTER TABLE cell ADD COLUMN alone INTEGER NOT NULL DEFAULT 0;"
		"ALTER TABLE cell ADD COLUMN alone_bad INTEGER NOT NULL DEFAULT 0;"
		"ALTER TABLE cell ADD COLUMN not_applied INTEGER NOT NULL DEFAULT 0;"
		"UPDATE cell SET command = '?' WHERE expect = 'none';"
		"PRAGMA user_version = 3";
	static const char *const to_version_4 = "ALTER TABLE cause ADD COLUMN replay TEXT;"
						"PRAGMA user_version = 4";
	/* It was told by the note alone. */
	static const char *const to_version_5 =
		"ALTER TABLE cell ADD COLUMN switched_off INTEGER NOT NULL DEFAULT 0;"
		"UPDATE cell SET switched_off = 1 WHERE receipt_note LIKE 'switched off after %';"
		"PRAGMA user_version = 5";
	static const char *const to_version_6 = "ALTER TABLE campaign ADD COLUMN pending TEXT;"
						"PRAGMA user_version = 6";
	int r = check_version(s);

	if (r >= 0 && s->version < 2)
		r = store_exec(s, to_version_2, "upgrade it");
	if (r >= 0 && s->version < 3)
		r = store_exec(s, to_version_3, "upgrade it");
	if (r >= 0 && s->version < 4)
		r = store_exec(s, to_version_4, "upgrade it");
	if (r >= 0 && s->version < 5)
		r = store_exec(s, to_version_5, "upgrade it");
	if (r >= 0 && s->version < 6)
		r = store_exec(s, to_version_6, "upgrade it");
	return r;
}

/* Under the lock of BEGIN IMMEDIATE, so that of two that create at once one finds the work done. */
static int create_tables(struct store *s)
{
	char *ids cleanup(cleanup_free) = NULL;
	uint32_t version, tables = 0;
	int r;

	r = pragma_u32(s, "PRAGMA user_version", &version);
	if (r >= 0)
		r = pragma_u32(s, "SELECT count(*) FROM sqlite_master", &tables);
	if (r < 0 || version || tables)
		return r;
	ids = mem_printf("PRAGMA application_id = %u; PRAGMA user_version = %u", APPLICATION_ID,
		SCHEMA_VERSION);
	r = store_exec(s, schema_sql, "create it");
	return r < 0 ? r : store_exec(s, ids, "create it");
}

static int locked(struct store *s, int (*change)(struct store *s), const char *doing)
{
	int r = store_exec(s, "BEGIN IMMEDIATE", doing);

	if (r < 0)
		return r;
	r = change(s);
	if (r >= 0)
		r = store_exec(s, "COMMIT", doing);
	if (r < 0)
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return r;
}

/* SQLite tries again without creating, so that its errno says nothing about the directory. */
static int fail_to_create(struct store *s)
{
	char *copy cleanup(cleanup_free) = mem_strdup(s->path);

	if (access(dirname(copy), W_OK | X_OK) < 0)
		return store_fail(s, STORE_EOPEN, "cannot create it: %s", strerror(errno));
	return -STORE_EOPEN;
}

/* Remembers the file itself, to find out later whether its name still leads to it. */
static int note_identity(struct store *s)
{
	struct stat st;

	if (stat(s->path, &st) < 0)
		return store_fail(s, STORE_EOPEN, "cannot open it: %s", strerror(errno));
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	return 0;
}

static int open_append(struct store *s, bool fresh)
{
	int r;

	r = open_db(s, s->path, "mode=rwc", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
	if (r == -STORE_EOPEN && fresh)
		return fail_to_create(s);
	if (r < 0)
		return r;
	if (sqlite3_db_readonly(s->db, "main") == 1)
		return store_fail(s, STORE_EOPEN, "cannot write it: permission denied");
	/* Not yet in WAL mode: the head of the file must say at once what it is. */
	if (fresh)
		r = locked(s, create_tables, "create it");
	if (r >= 0)
		r = check_version(s);
	if (r >= 0 && s->version < SCHEMA_VERSION)
		r = locked(s, upgrade_tables, "upgrade it");
	if (r >= 0)
		r = check_version(s);
	if (r >= 0)
		r = note_identity(s);
	if (r < 0)
		return r;
	/* NORMAL: a kill loses nothing that was committed, a power cut maybe the last second. */
	r = store_exec(s,
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON",
		"write it");
	/* Find out now, and not after the trials, that nothing can be written. */
	return r < 0 ? r : store_exec(s, "BEGIN IMMEDIATE; COMMIT", "write it");
}

static bool beside_exists(const char *path, const char *suffix, bool *ret_empty)
{
	char *name cleanup(cleanup_free) = mem_printf("%s%s", path, suffix);
	struct stat st;

	if (stat(name, &st) < 0)
		return false;
	if (ret_empty)
		*ret_empty = !st.st_size;
	return true;
}

static int copy_file(const char *from, const char *to)
{
	int in cleanup(cleanup_close) = open(from, O_RDONLY | O_CLOEXEC);
	int out cleanup(cleanup_close) = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	char buf[65536];
	ssize_t n;

	if (in < 0 || out < 0)
		return -errno;
	while ((n = read(in, buf, sizeof(buf))) > 0) {
		for (ssize_t done = 0, w; done < n; done += w) {
			w = write(out, buf + done, (size_t)(n - done));
			if (w < 0)
				return -errno;
		}
	}
	return n < 0 ? -errno : 0;
}

static int copy_beside(struct store *s, const char *suffix, const char *to)
{
	char *from cleanup(cleanup_free) = mem_printf("%s%s", s->path, suffix);

	return beside_exists(s->path, suffix, NULL) ? copy_file(from, to) : 0;
}

/* Opens a copy at `to`. Its files are open afterwards, so that their names may be removed. */
static int open_copy(struct store *s, const char *to)
{
	char *wal cleanup(cleanup_free) = mem_printf("%s-wal", to);
	char *journal cleanup(cleanup_free) = mem_printf("%s-journal", to);
	uint32_t pages;
	int r;

	r = copy_file(s->path, to);
	if (r >= 0)
		r = copy_beside(s, "-wal", wal);
	if (r >= 0)
		r = copy_beside(s, "-journal", journal);
	if (r < 0) {
		r = store_fail(s, STORE_EIO, "cannot copy it to read it: %s", strerror(-r));
	} else {
		r = open_db(s, to, "mode=rw", SQLITE_OPEN_READWRITE);
		if (r >= 0) /* exclusive: no -shm */
			r = store_exec(s, "PRAGMA locking_mode = EXCLUSIVE", "read it");
		if (r >= 0)
			r = pragma_u32(s, "SELECT count(*) FROM sqlite_master", &pages);
	}
	unlink(journal);
	unlink(wal);
	unlink(to);
	return r;
}

/*
 * No process has the record open, but its last writer was killed and left a WAL. Reading it in
 * place would write a -shm beside it, and cannot be done at all in a read-only directory.
 */
static int open_killed(struct store *s)
{
	const char *tmp = getenv("TMPDIR");
	char *dir cleanup(cleanup_free) =
		mem_printf("%s/hangrate-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	char *to cleanup(cleanup_free) = NULL;
	int r;

	if (!mkdtemp(dir))
		return store_fail(
			s, STORE_EIO, "cannot copy it to read it: '%s': %s", dir, strerror(errno));
	to = mem_printf("%s/copy.db", dir);
	r = open_copy(s, to);
	rmdir(dir);
	return r;
}

/* The program that created or upgraded it was killed half-way. Until SQLite has rolled that back,
 * not even the head of the file is valid. */
static bool is_interrupted(struct store *s)
{
	bool empty = true;

	return beside_exists(s->path, "-journal", &empty) && !empty;
}

static int open_read(struct store *s)
{
	bool wal_empty = true;
	bool wal = beside_exists(s->path, "-wal", &wal_empty);
	bool shm = beside_exists(s->path, "-shm", NULL);
	int r;

	if (!shm && (!wal || wal_empty) && !is_interrupted(s)) {
		r = open_db(s, s->path, "immutable=1", SQLITE_OPEN_READONLY);
		return r < 0 ? r : check_version(s);
	}
	if (shm && !is_interrupted(s)) {
		r = open_db(s, s->path, "mode=ro", SQLITE_OPEN_READONLY);
		if (r >= 0)
			r = check_version(s);
		if (r != -STORE_EOPEN)
			return r;
		close_db(s);
		if (!wal || wal_empty) {
			r = open_db(s, s->path, "immutable=1", SQLITE_OPEN_READONLY);
			return r < 0 ? r : check_version(s);
		}
	}
	r = open_killed(s);
	return r < 0 ? r : check_version(s);
}

int store_open(const char *path, enum store_mode mode, struct store **ret_store)
{
	struct store *s = mem_alloc(sizeof(*s));
	bool fresh = false;
	struct stat st;
	int r;

	s->path = mem_strdup(path);
	*ret_store = s;
	if (stat(path, &st) < 0) {
		if (mode == STORE_READ || errno != ENOENT || !*path)
			return store_fail(s, STORE_EOPEN, "cannot open it: %s", strerror(errno));
		fresh = true;
	} else if (!S_ISREG(st.st_mode)) {
		return store_fail(s, STORE_EOPEN, "not a regular file");
	} else if (!st.st_size && mode == STORE_APPEND) {
		fresh = true; /* from mktemp, or its creator was killed */
	} else if (mode == STORE_APPEND) {
		fresh = is_interrupted(s);
	}
	r = fresh || is_interrupted(s) ? 0 : peek(s);
	if (r >= 0)
		r = mode == STORE_APPEND ? open_append(s, fresh) : open_read(s);
	if (r < 0)
		close_db(s);
	return r;
}

void store_free(struct store *s)
{
	if (!s)
		return;
	store_forget(s);
	close_db(s);
	free(s->path);
	free(s->error);
	free(s);
}
