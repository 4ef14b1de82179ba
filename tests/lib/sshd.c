#include "tests/lib/sshd.h"

#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SSHD "/usr/sbin/sshd"

int sshd_run(const char *const *argv)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        if (freopen("/dev/null", "r", stdin) == NULL || freopen("/dev/null", "w", stdout) == NULL)
            _exit(126);
        execvp(argv[0], (char *const *)argv);
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status);
}

static bool make_key(const char *path, const char *type)
{
    const char *const argv[] = {"ssh-keygen", "-q", "-t", type, "-N", "", "-f", path, NULL};

    return sshd_run(argv) == 0;
}

static bool write_config(const struct sshd *server, const char *extra)
{
    char path[192];
    FILE *file;

    snprintf(path, sizeof(path), "%s/sshd_config", server->dir);
    file = fopen(path, "w");
    if (file == NULL)
        return false;
    fprintf(file,
            "HostKey %s/host_ed25519\nAuthorizedKeysFile %s/authorized_keys\nStrictModes no\n"
            "PermitRootLogin yes\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
            "UsePAM no\nPrintMotd no\nPrintLastLog no\nPidFile none\nLogLevel QUIET\n%s\n",
            server->dir, server->dir, extra);
    return fclose(file) == 0;
}

static bool make_files(struct sshd *server, const char *extra)
{
    char path[192], command[700];
    const char *const shell[] = {"sh", "-c", command, NULL};

    mkdir("build", 0755);
    mkdir("build/tmp", 0755);
    if (getcwd(path, sizeof(path) - 32) == NULL)
        return false;
    snprintf(server->dir, sizeof(server->dir), "%.90s/build/tmp/sshd-XXXXXX", path);
    if (mkdtemp(server->dir) == NULL)
        return false;
    snprintf(server->key, sizeof(server->key), "%s/key", server->dir);
    snprintf(server->rsa_key, sizeof(server->rsa_key), "%s/rsa", server->dir);
    snprintf(path, sizeof(path), "%s/host_ed25519", server->dir);
    snprintf(command, sizeof(command), "cat '%s.pub' '%s.pub' > '%s/authorized_keys'", server->key,
             server->rsa_key, server->dir);
    return make_key(server->key, "ed25519") && make_key(server->rsa_key, "rsa") &&
           make_key(path, "ed25519") && sshd_run(shell) == 0 && write_config(server, extra);
}

static int listen_loopback(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(fd, 64) != 0 || getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        return -1;
    *port = ntohs(address.sin_port);
    return fd;
}

/* The child: one sshd for each connection, until it is ended. */
static void serve(int listener, const char *config)
{
    signal(SIGCHLD, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    for (;;) {
        int fd = accept(listener, NULL, NULL);

        if (fd < 0)
            _exit(0);
        if (fork() == 0) {
            signal(SIGCHLD, SIG_DFL);
            dup2(fd, STDIN_FILENO);
            dup2(fd, STDOUT_FILENO);
            close(fd);
            execl(SSHD, SSHD, "-i", "-f", config, (char *)NULL);
            _exit(127);
        }
        close(fd);
    }
}

bool sshd_start(struct sshd *server, const char *extra)
{
    const struct passwd *user = getpwuid(getuid());
    char config[192];
    int listener;

    if (access(SSHD, X_OK) != 0 || user == NULL || !make_files(server, extra))
        return false;
    if (getuid() == 0)
        mkdir("/run/sshd", 0755); /* where it gives up its rights */
    snprintf(server->user, sizeof(server->user), "%s", user->pw_name);
    snprintf(config, sizeof(config), "%s/sshd_config", server->dir);
    listener = listen_loopback(&server->port);
    if (listener < 0)
        return false;
    server->pid = fork();
    if (server->pid == 0)
        serve(listener, config);
    close(listener);
    return server->pid > 0;
}

void sshd_stop(struct sshd *server)
{
    const char *const argv[] = {"rm", "-rf", server->dir, NULL};

    if (server->pid > 0) {
        kill(server->pid, SIGTERM);
        waitpid(server->pid, NULL, 0);
    }
    server->pid = 0;
    if (server->dir[0] != '\0')
        sshd_run(argv);
}
