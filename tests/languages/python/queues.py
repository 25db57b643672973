# SPDX-License-Identifier: GPL-3.0-or-later
# Waits for events, as the program knows them: not the condition variables inside.
# why: consume\(\) queues\.py:22 .*waits for Queue jobs
# why: ask\(\) queues\.py:26 .*waits for Event ready
# why: watch\(\) queues\.py:31 .*waits for Condition changed
# why: take\(\) queues\.py:35 .*waits for Semaphore slots
# why: hope\(\) queues\.py:39 .*waits for Future answer
# why: queues\.py:47 .*waits for the end of thread
import concurrent.futures
import queue
import threading

jobs = queue.Queue()
ready = threading.Event()
changed = threading.Condition()
slots = threading.Semaphore(0)
answer = concurrent.futures.Future()


def consume():
    while True:
        jobs.get()


def ask():
    ready.wait()


def watch():
    with changed:
        changed.wait()


def take():
    slots.acquire()


def hope():
    answer.result()


threads = [threading.Thread(target=f) for f in (consume, ask, watch, take, hope)]
for t in threads:
    t.start()
# The last one is waited for first.
for t in reversed(threads):
    t.join()
