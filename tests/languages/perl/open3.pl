# SPDX-License-Identifier: GPL-3.0-or-later
# A child writes more to its standard error than the pipe holds, while only its output is read.
# why: ^  perl .*open3\.pl \(pid [0-9]+\) in finish\(\) open3\.pl:15 reads from an empty pipe
# why: ^    finish \(open3\.pl:15\)$
# why: ^    run \(open3\.pl:21\)$
# why: ^    <module> \(open3\.pl:26\)$
# why: ^typical fix: read both pipes at the same time with IO::Select
use strict;
use warnings;
use IPC::Open3;
use Symbol 'gensym';

sub finish {
    my ($out) = @_;
    my @lines = <$out>;
    return scalar @lines;
}

sub run {
    my ($out) = @_;
    my $n = finish($out);
    print "$n\n";
}

open3(undef, my $out, my $err = gensym, 'sh', '-c', 'seq 1 200000 >&2; echo ok');
run($out) for 1 .. 2;
