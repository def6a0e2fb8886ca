"""A provider on loopback that takes every message and notes when each number's came, and with which PIN."""

import asyncio
import json
import re
import threading
import time
from collections import defaultdict

_ANSWER = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{"id":"1"}'


class Provider:
    """Use as a context: answers inside."""

    def __init__(self, delay_seconds=0.0):
        self.delay_seconds = delay_seconds
        # number → [(when it came, by the monotonic clock; its PIN)]
        self.came = defaultdict(list)
        self._loop = asyncio.new_event_loop()

    def __enter__(self):
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=[started], daemon=True)
        self._thread.start()
        started.wait()
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/messages"

    def numbers(self):
        return len(self.came)

    def messages(self):
        return sum(len(each) for each in list(self.came.values()))

    def numbers_with_two_pins(self):
        return sum(len({pin for _, pin in each}) > 1 for each in self.came.values())

    def _run(self, started):
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024))
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))

    async def _serve(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(re.search(rb"(?i)content-length: (\d+)", head).group(1))
                message = json.loads(await reader.readexactly(length))
                pin = re.search(r"\d{6}", message["text"]).group()
                self.came[message["to"].lstrip("+")].append((time.monotonic(), pin))
                if self.delay_seconds:
                    await asyncio.sleep(self.delay_seconds)
                writer.write(_ANSWER)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            writer.close()
