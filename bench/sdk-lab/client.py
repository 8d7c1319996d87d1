"""One publisher and one subscriber in this process, over a client library: says what a message costs them.

Arguments: library, url, messages, window. Prints `{"cpuUs", "perSecond"}`.
"""

import asyncio
import json
import sys
import time

TOPIC, FILTER = "sim.world1.entity.42", "sim.*.entity.>"
PAYLOAD = bytes(i % 251 for i in range(1_024))
KEY = "bench"


async def arqon_pair(url, received):
    import arqon

    publisher = await arqon.connect(url, KEY)
    subscriber = await arqon.connect(url, KEY)
    subscription = await subscriber.subscribe(FILTER, capacity=1_000_000)

    async def read():
        async for message in subscription:
            received(message.payload)

    reading = asyncio.create_task(read())

    async def publish(count):
        for _ in range(count):
            publisher.send(TOPIC, PAYLOAD)

    async def close():
        reading.cancel()
        await publisher.close()
        await subscriber.close()

    return publish, close


async def nats_pair(url, received):
    import nats

    publisher = await nats.connect(url, token=KEY)
    subscriber = await nats.connect(url, token=KEY)
    subscription = await subscriber.subscribe(FILTER, pending_msgs_limit=1_000_000)
    await subscriber.flush()

    async def read():
        async for message in subscription.messages:
            received(message.data)

    reading = asyncio.create_task(read())

    async def publish(count):
        for _ in range(count):
            await publisher.publish(TOPIC, PAYLOAD)

    async def close():
        reading.cancel()
        await publisher.close()
        await subscriber.close()

    return publish, close


async def main(library, url, messages, window):
    sent = came = 0
    moved = asyncio.Event()

    def received(payload):
        nonlocal came
        assert payload[1_023] == 1_023 % 251
        came += 1
        moved.set()

    publish, close = await {"arqon": arqon_pair, "nats": nats_pair}[library](url, received)

    async def run(count):
        nonlocal sent, came
        sent = came = 0
        while came < count:
            room = min(window - (sent - came), count - sent)
            if room > 0:
                sent += room
                await publish(room)
            moved.clear()
            if came < count:
                await moved.wait()

    await run(messages // 2)
    cpu, start = time.process_time(), time.perf_counter()
    await run(messages)
    spent, took = time.process_time() - cpu, time.perf_counter() - start
    print(json.dumps({"cpuUs": 1e6 * spent / messages, "perSecond": messages / took}))
    await close()


asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
