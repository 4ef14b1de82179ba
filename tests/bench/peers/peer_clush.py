"""clush (ClusterShell), by exec, the best that it can be made to do: its own worker with sshpass as
the path of ssh, the options of ssh_processes.py and as large a fan-out as may be at once. A run for
each command.
"""

import ssh_processes


def command_line(work, hosts, port, command):
    path, options = " ".join(ssh_processes.SSH[:3]), " ".join(ssh_processes.SSH[3:])
    return ["clush", "--hostfile", hosts, "-f", str(work.at_once), "-l", work.user,
            "-O", f"ssh_path={path}", "-O", f"ssh_options={options} -p {port}",
            "-O", f"fd_max={8 * work.at_once + 1000}", command]


ssh_processes.run(command_line)
