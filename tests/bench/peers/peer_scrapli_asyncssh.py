"""scrapli (2025.1.30) on its asyncssh transport, many sessions in one event loop of uvloop, the
best that it can be made to do:

- strict host keys, the configuration file and the climb to privileged mode are off;
- its `on_open` turns the pager off and does no more; its channel's search depth is its default;
- the time-outs are long, so that a busy machine is no failure.
"""

import uvloop
from scrapli.driver.core import AsyncIOSXEDriver
from session_work import LIMIT_S, PAGER_OFF, run_async


async def pager_off(device):
    await device.channel.send_input(PAGER_OFF)


async def exit_shell(device):
    device.channel.write("exit")
    device.channel.send_return()


async def session(work, host, port):
    async with AsyncIOSXEDriver(
            host=host, port=port, auth_username=work.user, auth_password=work.password,
            auth_strict_key=False, ssh_config_file=False, ssh_known_hosts_file=False,
            transport="asyncssh", default_desired_privilege_level="exec", on_open=pager_off,
            on_close=exit_shell, timeout_socket=LIMIT_S, timeout_transport=LIMIT_S,
            timeout_ops=LIMIT_S, transport_options={"asyncssh": {
                "config": None, "client_keys": None, "agent_path": None, "gss_host": None,
                "kex_algs": ["curve25519-sha256"],
                "encryption_algs": ["aes128-gcm@openssh.com"]}}) as device:
        for command in work.commands:
            work.check(command, (await device.send_command(command)).result)


run_async(session, uvloop.run)
