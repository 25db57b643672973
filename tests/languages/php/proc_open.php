<?php
# SPDX-License-Identifier: GPL-3.0-or-later
# A child writes more to its standard error than the pipe holds, while only its output is read.
# why: ^  php .*proc_open\.php \(pid [0-9]+\) in Job::finish\(\) proc_open\.php:13 reads from an empty pipe
# why: ^    stream_get_contents$
# why: ^    Job::finish \(proc_open\.php:13\)$
# why: ^    <module> \(proc_open\.php:20\)$
# why: ^typical fix: read all pipes with stream_select\(\)
class Job
{
    public function finish($pipes)
    {
        return stream_get_contents($pipes[1]);
    }
}

$command = ['sh', '-c', 'seq 1 200000 >&2; echo ok'];
$child = proc_open($command, [1 => ['pipe', 'w'], 2 => ['pipe', 'w']], $pipes);
$each = function ($job) use ($pipes) { return $job->finish($pipes); };
array_map($each, [new Job()]);
