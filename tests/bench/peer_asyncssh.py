"""Shell sessions with asyncssh, many at once in one event loop."""

import asyncio
import time

import asyncssh
import peer_common


async def until_prompt(reader):
    answer = peer_common.Answer()
    while not answer.add(await reader.read(65536)):
        pass
    return answer.data


async def session(options, port):
    began = time.monotonic()
    login = {"client_keys": [options.key]} if options.key else {"password": options.password,
                                                                "client_keys": None}
    async with asyncssh.connect("127.0.0.1", port, username=options.user, known_hosts=None,
                                config=None, agent_path=None, **login) as connection:
        process = await connection.create_process(term_type="vt100", term_size=(500, 5000),
                                                  encoding=None)
        await until_prompt(process.stdout)
        for line in (*peer_common.INPUTS, options.command.encode() + b"\n"):
            process.stdin.write(line)
            await until_prompt(process.stdout)
        last_byte = time.monotonic() - began
        process.stdin.write(b"exit\n")
        await process.wait_closed()
    return last_byte, time.monotonic() - began


async def main():
    options = peer_common.options()
    room = asyncio.Semaphore(options.at_once)

    async def one(number):
        async with room:
            return await session(options, options.ports[number % len(options.ports)])
    peer_common.report(await asyncio.gather(*(one(number) for number in range(options.sessions))))


asyncio.run(main())
