/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cause_class.h: the classes of a cause, in the order of their weight: of several that apply to a
 * stuck set, the first is what to look at first. Names and typical fixes are explain's.
 */
#ifndef RUNNER_RECORD_CAUSE_CLASS_H
#define RUNNER_RECORD_CAUSE_CLASS_H

enum cause_class {
	CLASS_ORPHANED_LOCK,
	CLASS_SELF_LOCK,
	CLASS_ABANDONED_LOCK,
	CLASS_MIXED,
	CLASS_LOCK_CYCLE,
	CLASS_FILE_LOCK,
	CLASS_PIPE,
	CLASS_SOCKET,
	CLASS_QUEUE, /* of messages: POSIX or System V */
	CLASS_LOST_WAKEUP,
	CLASS_SIGNAL_WAIT,
	CLASS_CHILD_WAIT,
	CLASS_NONE, /* no thread is stuck */
	CLASS_COUNT,
};

#endif
