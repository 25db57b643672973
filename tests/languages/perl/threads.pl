# SPDX-License-Identifier: GPL-3.0-or-later
# Threads have interpreters of their own, and so lines. What they wait for is inside threads::shared.
# why: in take\(\) threads\.pl:13 \(thread [0-9]+ and 1 more\) waits for|in take\(\) threads\.pl:13
# why: <module> \(threads\.pl:17\)
use strict;
use warnings;
use threads;
use threads::shared;

my $ready : shared = 0;
sub take {
    lock($ready);
    cond_wait($ready) until $ready;
}

my @all = map { threads->create(\&take) } 1 .. 2;
$_->join for @all;
