"""pdsh, by exec, the best that it can be made to do: its `exec` module starts ssh through sshpass,
with the options of ssh_processes.py and as large a fan-out as may be at once. A run for each
command.
"""

import ssh_processes


def command_line(work, hosts, port, command):
    return ["pdsh", "-R", "exec", "-f", str(work.at_once), "-w", f"^{hosts}", *ssh_processes.SSH,
            "-p", str(port), "-l", work.user, "%h", command]


ssh_processes.run(command_line)
