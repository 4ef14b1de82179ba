#!/usr/bin/env python3
"""A TCP relay on loopback that adds a round-trip time, to count the round trips of a session.

relay.py --to PORT --rtt SECONDS [--listen PORT]
In a test:      with Relay(to_port, 0.05) as relay: ... relay.port

Bytes are delayed by half the round trip each way. The kernel completes a connection to us at once,
which a relay in user space cannot delay. On a real path the client would get its SYN-ACK after one
round trip, and the server would take the connection, and speak, half a round trip later. So the
server is called one and a half round trips after the connection, and elapsed / rtt comes out right.
"""

import argparse
import asyncio
import socket
import sys
import threading

QUEUE_CHUNKS = 256


class Relay:
    """Runs in a thread of its own until closed."""

    def __init__(self, to_port, rtt_s, listen_port=0, address="127.0.0.1"):
        self.target = (address, to_port)
        self.rtt_s = rtt_s
        self.tasks = set()
        self.connections = 0
        self.listener = socket.create_server((address, listen_port), backlog=512)
        self.host, self.port = self.listener.getsockname()
        self.loop = asyncio.new_event_loop()
        self.stopping = None
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        self.ready.wait(5.0)

    def run(self):
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_until_complete(self.serve())
        finally:
            self.loop.close()

    async def serve(self):
        self.stopping = asyncio.Event()
        server = await asyncio.start_server(self.connected, sock=self.listener)
        self.ready.set()
        await self.stopping.wait()
        server.close()
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def connected(self, client_reader, client_writer):
        self.connections += 1
        task = asyncio.current_task()
        self.tasks.add(task)
        writers = [client_writer]
        try:
            await asyncio.sleep(1.5 * self.rtt_s)
            server_reader, server_writer = await asyncio.open_connection(*self.target)
            writers.append(server_writer)
            await asyncio.gather(self.pump(client_reader, server_writer),
                                 self.pump(server_reader, client_writer))
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self.tasks.discard(task)
            for writer in writers:
                writer.close()

    async def pump(self, reader, writer):
        """Carries one direction. Reading goes on while earlier bytes wait for their time."""
        no_delay(writer)
        queue = asyncio.Queue(QUEUE_CHUNKS)
        await asyncio.gather(self.take(reader, queue), self.give(writer, queue))

    async def take(self, reader, queue):
        data = True
        while data:
            try:
                data = await reader.read(65536)
            except ConnectionError:
                data = b""
            await queue.put((self.loop.time() + self.rtt_s / 2, data))

    async def give(self, writer, queue):
        while True:
            due, data = await queue.get()
            await asyncio.sleep(max(0.0, due - self.loop.time()))
            if not data:
                if writer.can_write_eof() and not writer.is_closing():
                    writer.write_eof()
                return
            writer.write(data)
            await writer.drain()

    def close(self):
        if self.thread.is_alive():
            self.loop.call_soon_threadsafe(self.stopping.set)
        self.thread.join(5.0)

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.close()


def no_delay(writer):
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--to", type=int, required=True, metavar="PORT")
    parser.add_argument("--rtt", type=float, required=True, metavar="SECONDS")
    parser.add_argument("--listen", type=int, default=0, metavar="PORT")
    options = parser.parse_args()
    with Relay(options.to, options.rtt, options.listen) as relay:
        print(f"127.0.0.1:{relay.port} -> 127.0.0.1:{options.to}, {options.rtt:g} s", flush=True)
        try:
            relay.thread.join()
        except KeyboardInterrupt:
            pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
