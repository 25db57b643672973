# SPDX-License-Identifier: GPL-3.0-or-later
# A program locks a file that it has locked by another descriptor.
# why: ^stuck: perl .* in relock\(\) flock\.pl:13 waits for a file lock that it holds itself
# why: waits for the flock\(\) lock of .*, which this very process holds
# why: ^typical fix: lock the file once
use strict;
use warnings;
use Fcntl ':flock';
use File::Temp 'tempfile';

sub relock {
    open(my $again, '<', $_[0]) or die;
    flock($again, LOCK_EX);
}

my ($lock, $path) = tempfile(UNLINK => 1);
flock($lock, LOCK_EX);
relock($path);
