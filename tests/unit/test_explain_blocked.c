/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/explain/blocked.h"

#include "runner/base/util.h"

#include <criterion/criterion.h>

static void expect(const char *line, const char *wanted)
{
	cleanup(cleanup_free) char *is = blocked_parse_fuse(line, strlen(line));

	if (wanted)
		cr_assert_str_eq(is, wanted);
	else
		cr_assert_null(is);
}

Test(explain_blocked, mount_points_of_file_systems_in_user_space)
{
	expect("36 35 0:45 / /mnt/data rw,nosuid shared:1 - fuse.sshfs host:/ rw,user_id=0\n",
		"/mnt/data");
	expect("36 35 0:45 / /tmp/m rw - fuse f rw\n", "/tmp/m");
	expect("36 35 98:0 / / rw - ext4 /dev/root rw\n", NULL);
	expect("36 35 0:40 / /sys/fs/fuse/connections rw - fusectl fusectl rw\n", NULL);
	expect("36 35 8:1 / /win rw - fuseblk /dev/sda1 rw\n", NULL);
	expect(" - fuse", NULL);
	expect("a b - fuse x", NULL);
	expect("", NULL);
}
