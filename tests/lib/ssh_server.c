#include "tests/lib/ssh_server.h"

#include <libssh/libssh.h>
#include <libssh/server.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* The messages are read one by one, which libssh calls the old way. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

struct visit {
    const struct ssh_server *server;
    ssh_session session;
    ssh_channel channel;
    int fd, round;
    bool over;
};

static void set_int(int fd, int level, int option, int value)
{
    setsockopt(fd, level, option, &value, sizeof(value));
}

/* libssh drops a farewell that it may not write at once, and knows that it may by polling. */
static void hang_up(struct visit *v, const char *why)
{
    ssh_event event = ssh_event_new();

    if (ssh_event_add_session(event, v->session) == SSH_OK)
        ssh_event_dopoll(event, 0);
    ssh_event_remove_session(event, v->session);
    ssh_event_free(event);
    ssh_session_set_disconnect_message(v->session, why);
    ssh_disconnect(v->session);
    v->over = true;
}

/* True when the manner is to go in the middle of it. */
static bool leaves_in_auth(struct visit *v)
{
    enum ssh_server_manner manner = v->server->config.manner;

    if (manner == SERVER_HANGS_UP_IN_AUTH)
        hang_up(v, "Too many authentication failures for u");
    if (manner == SERVER_DROPS_IN_AUTH)
        v->over = true;
    return v->over;
}

static int methods(const struct visit *v)
{
    return SSH_AUTH_METHOD_INTERACTIVE |
           (v->server->config.no_password ? 0 : SSH_AUTH_METHOD_PASSWORD);
}

static void deny(struct visit *v, ssh_message message)
{
    ssh_message_auth_set_methods(message, methods(v));
    ssh_message_reply_default(message);
}

static void let_in(struct visit *v, ssh_message message)
{
    if (!v->server->config.second_factor) {
        ssh_message_auth_reply_success(message, 0);
        return;
    }
    ssh_message_auth_set_methods(message, SSH_AUTH_METHOD_INTERACTIVE);
    ssh_message_auth_reply_success(message, 1);
}

static bool is_right(const struct visit *v, const char *password)
{
    const char *right = v->server->config.password;

    return right != NULL && password != NULL && strcmp(right, password) == 0;
}

static void on_password(struct visit *v, ssh_message message)
{
    struct ssh_server_seen *seen = v->server->seen;

    if (v->server->config.no_password) {
        deny(v, message);
        return;
    }
    seen->passwords++;
    snprintf(seen->user, sizeof(seen->user), "%s", ssh_message_auth_user(message));
    if (is_right(v, ssh_message_auth_password(message)))
        let_in(v, message);
    else
        deny(v, message);
}

static void ask(ssh_message message, const char *question, bool echo)
{
    const char *questions[] = {question};
    char echoes[] = {echo};

    ssh_message_auth_interactive_request(message, "", "", question != NULL ? 1 : 0, questions,
                                         echoes);
}

/* Rounds: the empty ones, the question, the second question, the verdict. */
static void on_kbdint(struct visit *v, ssh_message message)
{
    const struct ssh_server_config *config = &v->server->config;
    struct ssh_server_seen *seen = v->server->seen;
    int round = v->round++;
    const char *answer;

    if (config->endless_rounds || round < config->empty_rounds) {
        ask(message, NULL, false);
        return;
    }
    if (round == config->empty_rounds) {
        ask(message, config->question ? config->question : "Password: ", config->question_echo);
        return;
    }
    answer = ssh_userauth_kbdint_getanswer(v->session, 0);
    seen->answers++;
    snprintf(seen->answer, sizeof(seen->answer), "%s", answer ? answer : "");
    if (config->second_question != NULL && round == config->empty_rounds + 1) {
        ask(message, config->second_question, false);
        return;
    }
    if (is_right(v, answer))
        ssh_message_auth_reply_success(message, 0);
    else
        deny(v, message);
}

static void on_auth(struct visit *v, ssh_message message)
{
    if (leaves_in_auth(v))
        return;
    switch (ssh_message_subtype(message)) {
    case SSH_AUTH_METHOD_PASSWORD:
        on_password(v, message);
        break;
    case SSH_AUTH_METHOD_INTERACTIVE:
        on_kbdint(v, message);
        break;
    default:
        deny(v, message);
    }
}

static void end_channel(struct visit *v, int status)
{
    ssh_channel_request_send_exit_status(v->channel, status);
    ssh_channel_send_eof(v->channel);
    ssh_channel_close(v->channel);
    v->over = true;
}

static void say(struct visit *v, const char *text)
{
    ssh_channel_write(v->channel, text, (uint32_t)strlen(text));
}

static void echo(struct visit *v)
{
    char text[4096];
    int n;

    say(v, "ready>");
    while ((n = ssh_channel_read(v->channel, text, sizeof(text), 0)) > 0) {
        ssh_channel_write(v->channel, text, (uint32_t)n);
        if (n >= 5 && memcmp(text + n - 5, "exit\n", 5) == 0)
            break;
    }
    end_channel(v, 5);
}

static void exec(struct visit *v)
{
    say(v, "one ");
    ssh_channel_write_stderr(v->channel, "warning ", 8);
    say(v, "two");
    end_channel(v, 7);
}

static void last_words(struct visit *v)
{
    set_int(v->fd, IPPROTO_TCP, TCP_CORK, 1);
    say(v, "last words");
    hang_up(v, "going down");
    set_int(v->fd, IPPROTO_TCP, TCP_CORK, 0);
}

static void eof_only(struct visit *v)
{
    say(v, "that is all");
    ssh_channel_send_eof(v->channel);
    pause();
}

static void deaf(struct visit *v)
{
    (void)v;
    pause();
}

static void flood(struct visit *v)
{
    static char text[16384];

    memset(text, 'x', sizeof(text));
    while (ssh_channel_write(v->channel, text, sizeof(text)) > 0)
        continue;
    v->over = true;
}

static void chatter(struct visit *v)
{
    static char text[8192];

    memset(text, 'x', sizeof(text) - 1);
    while (ssh_is_connected(v->session) && ssh_send_ignore(v->session, text) == SSH_OK &&
           (ssh_get_status(v->session) & (SSH_CLOSED | SSH_CLOSED_ERROR)) == 0)
        continue;
    v->over = true;
}

static void opens(struct visit *v)
{
    for (int i = 0; i < 50; i++) {
        ssh_channel channel = ssh_channel_new(v->session);

        if (ssh_channel_open_reverse_forward(channel, "h", 1, "s", 2) == SSH_OK)
            say(v, "accepted!");
        ssh_channel_free(channel);
    }
    echo(v);
}

static void (*const manners[])(struct visit *v) = {
    [SERVER_ECHO] = echo,
    [SERVER_EXEC] = exec,
    [SERVER_LAST_WORDS] = last_words,
    [SERVER_EOF_ONLY] = eof_only,
    [SERVER_DEAF] = deaf,
    [SERVER_FLOOD] = flood,
    [SERVER_CHATTER] = chatter,
    [SERVER_OPENS] = opens,
    [SERVER_TINY_PACKETS] = echo,
    [SERVER_REFUSES_SESSION] = echo,
    [SERVER_REFUSES_PTY] = echo,
    [SERVER_REFUSES_SHELL] = echo,
    [SERVER_HANGS_UP_IN_AUTH] = echo,
    [SERVER_DROPS_IN_AUTH] = echo,
};

static void on_open(struct visit *v, ssh_message message)
{
    if (v->server->config.manner == SERVER_REFUSES_SESSION)
        ssh_message_reply_default(message);
    else
        v->channel = ssh_message_channel_request_open_reply_accept(message);
}

static void on_request(struct visit *v, ssh_message message)
{
    enum ssh_server_manner manner = v->server->config.manner;
    int subtype = ssh_message_subtype(message);

    if ((manner == SERVER_REFUSES_PTY && subtype == SSH_CHANNEL_REQUEST_PTY) ||
        (manner == SERVER_REFUSES_SHELL && subtype != SSH_CHANNEL_REQUEST_PTY)) {
        ssh_message_reply_default(message);
        return;
    }
    ssh_message_channel_request_reply_success(message);
    if (subtype != SSH_CHANNEL_REQUEST_PTY)
        manners[manner](v);
}

static void handle(struct visit *v, ssh_message message)
{
    switch (ssh_message_type(message)) {
    case SSH_REQUEST_AUTH:
        on_auth(v, message);
        break;
    case SSH_REQUEST_CHANNEL_OPEN:
        on_open(v, message);
        break;
    case SSH_REQUEST_CHANNEL:
        on_request(v, message);
        break;
    default:
        ssh_message_reply_default(message);
    }
}

/* libssh's server always announces 35000: the constant is changed in this process alone. */
static bool shrink_packets(void)
{
    static const unsigned char usual[] = {0xb8, 0x88, 0, 0}, tiny[] = {10, 0, 0, 0};
    unsigned char *code =
        (unsigned char *)(void *)ssh_message_channel_request_open_reply_accept_channel;
    long page = sysconf(_SC_PAGESIZE);
    unsigned char *start = (unsigned char *)((uintptr_t)code & ~(uintptr_t)(page - 1));
    bool found = false;

    if (mprotect(start, (size_t)page * 2, PROT_READ | PROT_WRITE | PROT_EXEC) != 0)
        return false;
    for (size_t i = 0; i < 320; i++) {
        if (memcmp(code + i, usual, sizeof(usual)) != 0)
            continue;
        memcpy(code + i, tiny, sizeof(tiny));
        found = true;
    }
    return found;
}

static void import_key(ssh_bind bind, enum ssh_keytypes_e type, int bits)
{
    ssh_key key = NULL;

    if (ssh_pki_generate(type, bits, &key) == SSH_OK)
        ssh_bind_options_set(bind, SSH_BIND_OPTIONS_IMPORT_KEY, key);
}

/* Made before the first connection, so that all see the same keys. */
static ssh_bind make_bind(const struct ssh_server_config *config)
{
    const bool process_config = false;
    ssh_bind bind = ssh_bind_new();

    ssh_bind_options_set(bind, SSH_BIND_OPTIONS_PROCESS_CONFIG, &process_config);
    import_key(bind, SSH_KEYTYPE_ED25519, 0);
    if (config->two_keys)
        import_key(bind, SSH_KEYTYPE_ECDSA_P256, 256);
    if (config->kex != NULL)
        ssh_bind_options_set(bind, SSH_BIND_OPTIONS_KEY_EXCHANGE, config->kex);
    if (config->hostkeys != NULL)
        ssh_bind_options_set(bind, SSH_BIND_OPTIONS_HOSTKEY_ALGORITHMS, config->hostkeys);
    return bind;
}

static void serve(const struct ssh_server *server, ssh_bind bind, int fd)
{
    struct visit v = {.server = server, .session = ssh_new(), .fd = fd};
    ssh_message message;

    if (server->config.greeting != NULL) {
        if (write(fd, server->config.greeting, strlen(server->config.greeting)) >= 0 &&
            server->config.greeting_holds)
            pause();
        shutdown(fd, SHUT_WR);
        return;
    }
    if (ssh_bind_accept_fd(bind, v.session, fd) != SSH_OK ||
        ssh_handle_key_exchange(v.session) != SSH_OK)
        return;
    ssh_set_auth_methods(v.session, methods(&v));
    while (!v.over && (message = ssh_message_get(v.session)) != NULL) {
        handle(&v, message);
        ssh_message_free(message);
    }
    /* What is on its way arrives before the end does. */
    shutdown(fd, SHUT_WR);
}

static int listen_loopback(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    set_int(fd, SOL_SOCKET, SO_RCVBUF, 4096);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(fd, 64) != 0 || getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        return -1;
    *port = ntohs(address.sin_port);
    return fd;
}

static void accept_all(const struct ssh_server *server, int listener, ssh_bind bind)
{
    signal(SIGCHLD, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    for (;;) {
        int fd = accept(listener, NULL, NULL);

        if (fd < 0)
            _exit(0);
        server->seen->connections++;
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGTERM);
            serve(server, bind, fd);
            _exit(0);
        }
        close(fd);
    }
}

bool ssh_server_start(struct ssh_server *server, const struct ssh_server_config *config)
{
    int listener, ready[2];
    char byte = 0;
    bool started;

    server->config = *config;
    server->seen = mmap(NULL, sizeof(*server->seen), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    listener = listen_loopback(&server->port);
    if (server->seen == MAP_FAILED || listener < 0 || pipe(ready) != 0)
        return false;
    server->pid = fork();
    if (server->pid == 0) {
        ssh_bind bind = make_bind(&server->config);

        if (config->manner == SERVER_TINY_PACKETS && !shrink_packets())
            _exit(1);
        if (write(ready[1], "+", 1) == 1)
            accept_all(server, listener, bind);
        _exit(1);
    }
    close(ready[1]);
    close(listener);
    started = read(ready[0], &byte, 1) == 1;
    close(ready[0]);
    return started;
}

void ssh_server_stop(struct ssh_server *server)
{
    if (server->pid > 0) {
        kill(server->pid, SIGTERM);
        waitpid(server->pid, NULL, 0);
        munmap(server->seen, sizeof(*server->seen));
    }
    server->pid = 0;
}
