"""scrapli 2 (2026.10.14, on its own library libscrapli with libssh2), a thread for each session,
the best that it can be made to do: the definition beside this file leaves out the climb to
privileged mode and the terminal's width, the time-outs are long.
"""

from pathlib import Path

from scrapli import AuthOptions, Cli, SessionOptions
from scrapli.transport import Ssh2Options
from session_work import LIMIT_S, run_threads

DEFINITION = str(Path(__file__).with_name("scrapli2_ios.yaml"))


def session(work, host, port):
    with Cli(host, port=port, definition_file_or_name=DEFINITION,
             auth_options=AuthOptions(username=work.user, password=work.password),
             session_options=SessionOptions(operation_timeout_s=LIMIT_S),
             transport_options=Ssh2Options()) as device:
        for command in work.commands:
            work.check(command, device.send_input(command).result)


run_threads(session)
