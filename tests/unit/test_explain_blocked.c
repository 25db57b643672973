/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/explain/blocked.h"
#include "runner/explain/blocked_facts.h"

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

Test(explain_blocked, lines_of_the_table_of_tcp)
{
	static const char head[] =
		"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when "
		"retrnsmt   uid  timeout inode\n";
	static const char waiting[] =
		"   2: 0100007F:1F90 0100007F:D2A4 01 00000000:00000004 00:00000000 00000000     "
		"0        0 0 1 0000000000000000 20 4 30 10 -1\n";
	struct blocked_tcp tcp;

	cr_assert_not(blocked_parse_tcp(head, &tcp));
	cr_assert_not(blocked_parse_tcp("", &tcp));
	cr_assert(blocked_parse_tcp(waiting, &tcp));
	cr_assert_str_eq(tcp.local, "0100007F:1F90");
	cr_assert_str_eq(tcp.remote, "0100007F:D2A4");
	cr_assert_eq(tcp.state, 1u);
	cr_assert_eq(tcp.inode, 0u, "nobody has accepted it");
}
