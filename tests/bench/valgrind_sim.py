"""The simulator under valgrind: five hundred sessions over SSH and Telnet, well and misbehaving, a
wire, clients that vanish and flood, and a log-out of all at the end."""

import subprocess
import tempfile
import time
from pathlib import Path

import lab_sim
import sim_clients
from lab_servers import make_key

DEVICES = 500
AT_ONCE = "100"
LIMIT_S = 280
# Those that hold a client up for long are a few.
MISBEHAVE = ",".join(f"{name}:2%" for name in (
    "not_ssh", "resets", "stalls_kex", "old_algorithms", "hostkey_changes", "session_limit",
    "auth_refused", "kbdint_only", "kbdint_zero", "lockout", "no_free_line", "stalls_login",
    "password_change", "press_return", "changing_prompt", "log_lines", "echo_wrapped", "echo_late",
    "stalls_output", "closes_output", "last_words", "prompt_in_output",
    "stubborn_pager", "bad_bytes", "cr_nul", "one_byte", "one_segment"))
PERSONAS = "cisco_ios:60%,frr:10%,linux:10%,juniper_junos:10%,mikrotik_routeros:10%"


class SlowSim(lab_sim.Sim):
    """Under a tool that makes it slow, which says what it found on standard error."""

    def __init__(self, tool, *options, **more):
        self.tool = tool
        super().__init__(*options, **more)

    def command(self):
        return [*self.tool, *super().command()]


def poll(poller, sim):
    inventory = sim.inventory("--transport", "ssh:60%,telnet:40%")
    subprocess.run([*poller(inventory), "-m", "events", "-n", AT_ONCE, "--timeout", "10", "-t",
                    "30", "--total-timeout", "60", "--host-key", "off", "-o", "none",
                    "--exit-zero", "-q"], check=True, timeout=LIMIT_S)


def disturb(sim):
    """The first device of all is a well one, and a Cisco."""
    host = "127.1.0.1"
    sim_clients.vanish_over_ssh(host, sim.port)
    sim_clients.vanish_over_telnet(host, sim.port + 1)
    for make in sim_clients.SSH_FLOODS.values():
        client = sim_clients.connect(host, sim.port)
        sim_clients.flood(client, make()[:200000])
        client.close()
    for make in sim_clients.TELNET_FLOODS.values():
        with sim_clients.Terminal(sim.port + 1, host) as terminal:
            terminal.log_in()
            sim_clients.flood(terminal.socket, make()[:200000])


def run(tool, poller, *options):
    """What the tool said; the simulator's statistics."""
    with tempfile.TemporaryDirectory() as place:
        key = Path(place) / "key"
        make_key(key)
        with SlowSim(tool, "--devices", DEVICES, "--persona", f"cisco_ios@127.1.0.1,{PERSONAS}",
                     "--misbehave", f"well@127.1.0.1,{MISBEHAVE}", *options, directory=place,
                     only_sim=["--shards", "2", "--authorized-keys", f"{key}.pub",
                               "--login-grace", "40s"]) as sim:
            poll(poller, sim)
            disturb(sim)
            left = [sim_clients.connect("127.1.0.1", sim.port) for _ in range(20)]
            time.sleep(0.5)
            stats = sim.stop()
            for client in left:
                client.close()
        return sim.said, stats, sim.process.returncode
