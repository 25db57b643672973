# SPDX-License-Identifier: GPL-3.0-or-later
# A coroutine that is never resumed: its line, not the event loop's.
# why: in receive\(\) coroutine\.py:12 waits for Queue inbox; nothing else wakes its event loop
# why: ^    receive \(coroutine\.py:12\)
# why: ^    main \(coroutine\.py:17\)
import asyncio


async def receive():
    inbox = asyncio.Queue()
    await asyncio.sleep(0)
    await inbox.get()


async def main():
    await asyncio.sleep(0)
    await asyncio.gather(asyncio.sleep(0), receive())


asyncio.run(main())
