# SPDX-License-Identifier: GPL-3.0-or-later
# Waits for events, as the program knows them: not the condition variables inside.
# why: waits for Queue jobs in consume \(queues\.py:22\)
# why: waits for Event ready in ask \(queues\.py:26\)
# why: waits for Condition changed in watch \(queues\.py:31\)
# why: waits for Semaphore slots in take \(queues\.py:35\)
# why: waits for Future answer in hope \(queues\.py:39\)
# why: waits for the end of thread [0-9]+.* in <module> \(queues\.py:47\)
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
