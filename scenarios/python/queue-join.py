# SPDX-License-Identifier: MIT
"""A process that has put much into a multiprocessing.Queue is joined before the queue is drained."""
import multiprocessing

import scenario

context = multiprocessing.get_context("fork")


def produce(queue):
    queue.put("x" * 200000)


def start():
    queue = context.Queue()
    producer = context.Process(target=produce, args=(queue,))
    producer.start()
    return queue, producer


def join_first():
    queue, producer = start()
    producer.join()
    queue.get()


def get_first():
    queue, producer = start()
    scenario.check(len(queue.get()) == 200000, "the message is whole")
    producer.join()
    scenario.check(producer.exitcode == 0, "the producer exits with 0")


if __name__ == "__main__":
    scenario.main(
        summary="Process.join() before the queue is drained",
        hazard="the producer's feeder thread waits for room in a pipe, and its reader waits for the producer",
        symptom="wait",
        cause="pipe: pipe-write @_feed + child",
        variants=[
            scenario.variant("join-first", "join(), then get()", join_first, "hangs",
                             "the producer ends when its queue is empty", timeout_ms=1000),
            scenario.variant("get-first", "get(), then join()", get_first, "completes",
                             "the feeder thread can write all"),
        ],
        refs=["https://docs.python.org/3/library/multiprocessing.html#programming-guidelines"])
