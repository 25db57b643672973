# SPDX-License-Identifier: GPL-3.0-or-later
# A question stays in the buffer of its pipe, and so each side waits for the other.
# why: ^  python3 .* in unflushed\.py:13 reads from an empty pipe .*, which cat \(pid [0-9]+\) should write to
# why: ^  cat \(pid [0-9]+\) reads from an empty pipe
# why: ^typical fix: write out what is buffered \(flush\) before waiting for the answer
import subprocess

cat = subprocess.Popen(
    ["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
)

cat.stdin.write("question\n")
print(cat.stdout.readline())
