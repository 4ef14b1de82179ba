"""asyncssh, many sessions in one event loop of uvloop, the best that it can be made to do:

- no known_hosts, configuration, agent, keys, GSSAPI: nothing is looked for on the disk;
- the password is the one method tried; the cipher and key exchange that cost least come first;
- callbacks of an SSHClientSession in place of streams, which do more for each packet;
- the prompt is compared as bytes; no regular expression runs over an output.
"""

import asyncio

import asyncssh
import uvloop
from session_work import LIMIT_S, PAGER_OFF, run_async


class Shell(asyncssh.SSHClientSession):
    """Collects what comes until the last line is the prompt."""

    def __init__(self):
        self.data, self.prompt, self.answer, self.error = b"", None, None, None
        self.closed = asyncio.get_running_loop().create_future()

    def data_received(self, data, datatype):
        self.data += data
        self.look()

    def look(self):
        if self.answer is None or self.answer.done():
            return
        if self.prompt is not None:
            if self.data.endswith(self.prompt):
                self.answer.set_result(None)
        elif self.data.endswith((b">", b"#")):
            self.prompt = b"\n" + self.data[self.data.rfind(b"\n") + 1:]
            self.answer.set_result(None)

    def connection_lost(self, exc):
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(exc or ConnectionError("the session ended early"))
        if not self.closed.done():
            self.closed.set_result(None)

    async def until_prompt(self):
        self.answer = asyncio.get_running_loop().create_future()
        self.look()
        await self.answer
        text = self.data[:-len(self.prompt)].decode()
        self.data = b""
        return text


async def by_shell(work, connection):
    channel, shell = await connection.create_session(Shell, term_type="vt100",
                                                     term_size=(511, 1000), encoding=None)
    await shell.until_prompt()
    for command in (PAGER_OFF, *work.commands):
        channel.write(command.encode() + b"\n")
        output = await shell.until_prompt()
        if command != PAGER_OFF:
            work.check(command, output)
    channel.write(b"exit\n")
    await shell.closed


async def by_exec(work, connection):
    for command in work.commands:
        work.check(command, (await connection.run(command)).stdout)


async def session(work, host, port):
    async with asyncssh.connect(
            host, port, username=work.user, password=work.password, known_hosts=None, config=None,
            client_keys=None, agent_path=None, gss_host=None, preferred_auth="password",
            kex_algs=["curve25519-sha256"], encryption_algs=["aes128-gcm@openssh.com"],
            compression_algs=None, connect_timeout=LIMIT_S, login_timeout=LIMIT_S) as connection:
        await (by_exec if work.is_exec else by_shell)(work, connection)


run_async(session, uvloop.run)
