# SPDX-License-Identifier: GPL-3.0-or-later
# Locks and queues by the names that a program has for them, and who holds a lock where no thread seems to.
# case list: ^stuck: two threads of .* in Bank\.move\(\) names\.py:[0-9]+$
# case list: holds Lock Bank\.locks\[0\] and wants Lock Bank\.locks\[3\], held by Bank\.move\(\) names\.py
# case dict: ^stuck: .*names\.py dict \(pid [0-9]+\) in audit\(\) names\.py:[0-9]+ waits for a lock that it holds itself
# case dict: ^  audit\(\) .* waits for Lock accounts\['alice'\]\.lock, which it must hold itself
# case dict: ^typical fix: use threading\.RLock
# case same: holds RLock Account\.lock and wants the RLock Account\.lock of another object, held by Account\.deposit
# case coroutine: blocking\(\) names\.py:[0-9]+ .* waits for Lock lock, held by main\(\) names\.py
# case coroutine: main\(\) names\.py:[0-9]+ .* holds Lock lock and waits for Future
# case asyncio: ^stuck: .* in Store\.flush\(\) names\.py:[0-9]+ waits for a lock that it holds itself
# case asyncio: waits for Lock Store\.lock, which it holds itself; nothing else wakes its event loop
# case room: in produce\(\) names\.py:[0-9]+ waits for
# case room: waits for room in Queue todo, and nobody is left to wake it
# case done: waits for task_done\(\) of Queue todo
# case interpreter: reader\(\) names\.py:[0-9]+ .* holds the global interpreter lock \(GIL\) and reads from an empty pipe
# case fold: step\(\) names\.py:[0-9]+ \(thread [0-9]+ and 2 more\) waits for Barrier steps
# case remains: _shutdown\(\) threading\.py:[0-9]+ .* waits for the end of its threads
# case processes: in meet\(\) names\.py:[0-9]+ waits for Barrier gate, and nobody is left to wake it
# case processes: ^typical fix: start as many threads as the barrier counts
# case event: in meet\(\) names\.py:[0-9]+ waits for Event gate, and nobody is left to wake it
# case manager: in take\(\) names\.py:[0-9]+ reads from unix stream .* \(empty\) of the manager's object ticket, which
# case shared: waits for Lock table, whose holder has ended without unlocking it
# case shared: ^typical fix: take locks by `with`
import asyncio
import ctypes
import multiprocessing
import os
import queue
import sys
import threading


class Bank:
    def __init__(self):
        self.locks = [threading.Lock() for _ in range(4)]
        self.both = threading.Barrier(2)

    def move(self, mine, other):
        with self.locks[mine]:
            self.both.wait()
            with self.locks[other]:
                pass


class Account:
    def __init__(self):
        self.lock = threading.Lock()

    def transfer(self, other, both):
        with self.lock:
            both.wait()
            other.deposit()

    def deposit(self):
        with self.lock:
            pass


def audit(name):
    accounts[name].lock.acquire()
    accounts[name].lock.acquire()


def blocking(lock):
    with lock:
        pass


async def main(lock):
    with lock:
        await asyncio.get_running_loop().run_in_executor(None, blocking, lock)


class Store:
    def __init__(self):
        self.lock = asyncio.Lock()

    async def save(self):
        async with self.lock:
            await self.flush()

    async def flush(self):
        async with self.lock:
            pass


def produce():
    for i in range(3):
        todo.put(i)


def reader(end):
    ctypes.PyDLL(None).read(end, ctypes.create_string_buffer(1), 1)


def step():
    steps.wait()


def hold(table):
    table.acquire()
    os._exit(0)


def meet(gate):
    gate.wait()


def take(ticket):
    ticket.acquire()


def start(function, *arguments):
    threading.Thread(target=function, args=arguments).start()


accounts = {"bob": Account(), "alice": Account()}
todo = queue.Queue(2)
steps = threading.Barrier(4)
case = sys.argv[1]
if case == "list":
    bank = Bank()
    start(bank.move, 0, 3)
    start(bank.move, 3, 0)
elif case == "dict":
    audit("alice")
elif case == "same":
    for account in accounts.values():
        account.lock = threading.RLock()
    both = threading.Barrier(2)
    start(accounts["bob"].transfer, accounts["alice"], both)
    start(accounts["alice"].transfer, accounts["bob"], both)
    del accounts
elif case == "coroutine":
    asyncio.run(main(threading.Lock()))
elif case == "asyncio":
    asyncio.run(Store().save())
elif case == "room":
    produce()
elif case == "done":
    todo.put(1)
    todo.join()
elif case == "interpreter":
    end = os.pipe()
    start(reader, end[0])
    os.write(end[1], b"x")
elif case == "fold":
    for _ in range(3):
        start(step)
elif case == "remains":
    start(threading.Event().wait)
elif case == "shared":
    context = multiprocessing.get_context("fork")
    table = context.Lock()
    child = context.Process(target=hold, args=(table,))
    child.start()
    child.join()
    with table:
        pass
elif case in ("processes", "event"):
    context = multiprocessing.get_context("fork")
    gate = context.Barrier(2) if case == "processes" else context.Event()
    child = context.Process(target=meet, args=(gate,))
    child.start()
    child.join()
elif case == "manager":
    with multiprocessing.get_context("fork").Manager() as manager:
        ticket = manager.Lock()
        take(ticket)
        take(ticket)
