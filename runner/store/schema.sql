-- SPDX-License-Identifier: GPL-3.0-or-later
-- The record of campaigns, version 6. Words stand for enums, so that `sqlite3 hangrate.db` reads well
-- and no renumbering can harm old records. Seeds are uint64 in SQLite's signed integers:
-- printf('%u', seed) shows them. Times: *_ms are Unix milliseconds, *_ns nanoseconds of duration.
-- A change here needs a new version in store.c, and a step that brings the old one there.

CREATE TABLE campaign (
	id INTEGER PRIMARY KEY,
	key TEXT NOT NULL,		-- of the plan: equal for the shards of one campaign
	started_ms INTEGER NOT NULL,
	ended_ms INTEGER NOT NULL,	-- 0: never closed, the runner was killed
	seed INTEGER NOT NULL,
	command TEXT NOT NULL,
	version TEXT NOT NULL,
	host TEXT NOT NULL,
	kernel TEXT NOT NULL,
	cpu TEXT NOT NULL,
	cpus INTEGER NOT NULL,
	jobs INTEGER NOT NULL,
	shard INTEGER NOT NULL,
	shards INTEGER NOT NULL,
	sequential INTEGER NOT NULL,	-- looked at on the way: no fixed-n interval
	stop TEXT NOT NULL,
	broken TEXT,			-- why nothing in it may be believed
	pending TEXT,			-- what of the plan is not counted: "NEXT RUNNING ..."; since version 6
	decide_low REAL NOT NULL,	-- --decide P0:P1; since version 2
	decide_high REAL NOT NULL,	-- 0: was not asked for
	fail_on INTEGER NOT NULL	-- --fail-on: 1 hang, 2 crash, 4 fail; since version 3
);

-- One target under one libc and one injection. Passing trials are counted here and nowhere else.
CREATE TABLE cell (
	id INTEGER PRIMARY KEY,
	campaign_id INTEGER NOT NULL REFERENCES campaign ON DELETE CASCADE,
	target TEXT NOT NULL,
	variant TEXT NOT NULL,
	libc TEXT NOT NULL,
	inject TEXT NOT NULL,
	arm TEXT NOT NULL,
	dose REAL NOT NULL,		-- negative: none
	expect TEXT NOT NULL,
	why TEXT,
	deadline_ns INTEGER NOT NULL,
	canary INTEGER NOT NULL,
	n_pass INTEGER NOT NULL,
	n_deadlock INTEGER NOT NULL,
	n_timeout INTEGER NOT NULL,
	n_recovered INTEGER NOT NULL,
	n_fail INTEGER NOT NULL,
	n_crash INTEGER NOT NULL,
	n_broken INTEGER NOT NULL,
	n_skip INTEGER NOT NULL,
	looks_unknown INTEGER NOT NULL,
	looks_spinning INTEGER NOT NULL,
	looks_polling INTEGER NOT NULL,
	looks_sleeping INTEGER NOT NULL,
	looks_waiting_outside INTEGER NOT NULL,
	audited INTEGER NOT NULL,
	false_proofs INTEGER NOT NULL,
	pass_ns BLOB,			-- histograms, coded by record_hist_encode()
	detect_ns BLOB,
	receipt_trials INTEGER NOT NULL,
	receipt_armed INTEGER NOT NULL,
	receipt_passed INTEGER NOT NULL,
	receipt_fired INTEGER NOT NULL,
	receipt_delay_ns INTEGER NOT NULL,
	receipt_note TEXT,
	command TEXT,			-- since version 3; NULL: target names it; '?': older, not known
	directory TEXT,			-- where it was run
	program TEXT,			-- builds and hashes of the files in command
	slow INTEGER NOT NULL,		-- trials that got more time
	alone INTEGER NOT NULL,		-- trials run one at a time, and those of them that did not pass
	alone_bad INTEGER NOT NULL,
	not_applied INTEGER NOT NULL,	-- a rule of --inject was left out
	switched_off INTEGER NOT NULL	-- the arm made hangs rarer and got no more trials; since version 5
);
CREATE INDEX cell_campaign ON cell (campaign_id);

CREATE TABLE cause (
	id INTEGER PRIMARY KEY,
	cell_id INTEGER NOT NULL REFERENCES cell ON DELETE CASCADE,
	key TEXT NOT NULL,
	class TEXT,
	summary TEXT,
	detail TEXT,			-- JSON as printed by `hangrate why --json`
	count INTEGER NOT NULL,
	first_index INTEGER NOT NULL,
	first_seed INTEGER NOT NULL,
	replay TEXT,			-- the --inject that makes it again; since version 4; NULL: the cell's
	UNIQUE (cell_id, key)
);

-- Trials that did not pass.
CREATE TABLE trial (
	id INTEGER PRIMARY KEY,
	cell_id INTEGER NOT NULL REFERENCES cell ON DELETE CASCADE,
	cause_id INTEGER REFERENCES cause ON DELETE SET NULL,
	idx INTEGER NOT NULL,		-- within the cell
	seed INTEGER NOT NULL,
	verdict TEXT NOT NULL,
	looks TEXT NOT NULL,
	exit_status INTEGER NOT NULL,
	signal INTEGER NOT NULL,
	at_ms INTEGER NOT NULL,
	duration_ns INTEGER NOT NULL,
	detect_ns INTEGER NOT NULL,
	output BLOB,
	receipt_trials INTEGER NOT NULL,
	receipt_armed INTEGER NOT NULL,
	receipt_passed INTEGER NOT NULL,
	receipt_fired INTEGER NOT NULL,
	receipt_delay_ns INTEGER NOT NULL,
	receipt_note TEXT
);
CREATE INDEX trial_cell ON trial (cell_id);
CREATE INDEX trial_cause ON trial (cause_id);

-- What one campaign learned for the next: sites of the fork trap by build id, and the like.
CREATE TABLE note (
	kind TEXT NOT NULL,
	key TEXT NOT NULL,
	value TEXT NOT NULL,
	PRIMARY KEY (kind, key)
) WITHOUT ROWID;
