/* links: base/arena base/buf base/clock base/err base/escape base/log base/mask
 * transport/hostkeys transport/hostkeys_line transport/hostkeys_file transport/keyring
 * transport/resolve transport/tcp
 * transport/ssh transport/ssh_agent transport/ssh_algorithms transport/ssh_auth
 * transport/ssh_channel transport/ssh_close transport/ssh_fail transport/ssh_hostkey
 * transport/ssh_inbox transport/ssh_kbdint transport/ssh_kex transport/ssh_log transport/ssh_pump
 * transport/ssh_setup transport/ssh_stream tests/lib/ssh_drive tests/lib/ssh_server
 * tests/lib/fake_inventory */

/* The SSH transport against a server with bad manners, up to the login: methods and questions, what
 * is not SSH, algorithms, host keys; the class and sentence of each failure. */
#include "tests/lib/ssh_fixture.h"
#include "transport/hostkeys.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

/* --- logging in --- */

static void password_logs_in(void **state)
{
    struct transport *t;

    (void)state;
    serve((struct ssh_server_config){.manner = SERVER_ECHO});
    t = started();
    assert_int_equal(drive_send(t, "hello exit\n", 11, &e), IO_OK);
    assert_int_equal(drive_read(t, NULL, &out, NULL, &e), IO_END);
    assert_string_equal(buf_bytes(&out), "ready>hello exit\n");
    assert_int_equal(t->ops->exit_status(t), 5);
    closed(t);
}

/* What is sent while keys are exchanged waits for the rest of its step; nothing may afterwards. */
static void an_open_session_holds_nothing_back(void **state)
{
    struct pollfd want[TRANSPORT_WANT_MAX];
    struct mono deadline = MONO_NEVER;
    struct transport *t;
    int held = -1;
    socklen_t size = sizeof(held);

    (void)state;
    serve((struct ssh_server_config){.manner = SERVER_ECHO});
    t = started();
    assert_int_equal(t->ops->want(t, want, &deadline), 1);
    assert_int_equal(getsockopt(want[0].fd, IPPROTO_TCP, TCP_CORK, &held, &size), 0);
    assert_int_equal(held, 0);
    closed(t);
}

static void a_refused_password_is_given_once(void **state)
{
    (void)state;
    serve((struct ssh_server_config){.password = "other"});
    fails_with(FAIL_AUTH, "refused the password of user 'u' (password); it offers password, "
                          "keyboard-interactive");
    assert_int_equal(server.seen->passwords, 1);
    assert_int_equal(server.seen->answers, 0);
}

static void names_with_a_domain_are_sent_whole(void **state)
{
    (void)state;
    config.username = "DOMAIN\\user";
    serve((struct ssh_server_config){.manner = SERVER_ECHO});
    closed(opened());
    assert_string_equal(server.seen->user, "DOMAIN\\user");
}

static void no_username_says_so(void **state)
{
    (void)state;
    config.username = "";
    serve((struct ssh_server_config){.manner = SERVER_ECHO});
    fails_with(FAIL_AUTH, "set `username:`");
}

static void keyboard_interactive_takes_the_passwords_place(void **state)
{
    (void)state;
    serve((struct ssh_server_config){.no_password = true});
    closed(opened());
    assert_int_equal(server.seen->answers, 1);
    assert_string_equal(server.seen->answer, "right");
}

static void rounds_that_ask_nothing_are_answered(void **state)
{
    (void)state;
    device.auth = AUTH_KEYBOARD_INTERACTIVE;
    serve((struct ssh_server_config){.empty_rounds = 3});
    closed(opened());
    assert_int_equal(server.seen->answers, 1);
}

static void rounds_without_end_are_left(void **state)
{
    (void)state;
    serve((struct ssh_server_config){.no_password = true, .endless_rounds = true});
    fails_with(FAIL_AUTH, "does not end its questions");
}

static void a_question_nobody_can_answer_is_told(void **state)
{
    (void)state;
    serve((struct ssh_server_config){
        .no_password = true, .question = "What is your pet's colour? ", .question_echo = true});
    fails_with(FAIL_AUTH, "asked 'What is your pet's colour? '");
    assert_int_equal(server.seen->answers, 0);
}

static void a_name_is_asked_for_by_some(void **state)
{
    (void)state;
    serve((struct ssh_server_config){
        .no_password = true, .password = "u", .question = "Login name: ", .question_echo = true});
    closed(opened());
    assert_string_equal(server.seen->answer, "u");
}

static void the_password_is_not_said_twice(void **state)
{
    (void)state;
    serve((struct ssh_server_config){.no_password = true, .second_question = "Token code: "});
    fails_with(FAIL_AUTH, "asked 'Token code: ' after the password");
    assert_int_equal(server.seen->answers, 1);
}

static void a_question_that_repeats_the_password_is_masked(void **state)
{
    (void)state;
    serve((struct ssh_server_config){.no_password = true,
                                     .second_question = "\x1b[1mNot 'right' alone:\a "});
    fails_with(FAIL_AUTH, "asked '\\e[1mNot '******' alone:\\a ' after the password");
}

static void a_refused_answer_names_the_question(void **state)
{
    (void)state;
    serve((struct ssh_server_config){.no_password = true, .password = "other"});
    fails_with(FAIL_AUTH, "after it asked 'Password: '");
    assert_int_equal(server.seen->answers, 1);
}

static void a_second_factor_does_not_get_the_password(void **state)
{
    (void)state;
    serve((struct ssh_server_config){.second_factor = true, .question = "Code: "});
    fails_with(FAIL_AUTH, "asked 'Code: ' after the password");
    assert_int_equal(server.seen->passwords, 1);
    assert_int_equal(server.seen->answers, 0);
}

/* --- pitfall 1: the connection ends during authentication --- */

static void hanging_up_in_auth_is_noticed(void **state)
{
    (void)state;
    serve((struct ssh_server_config){.manner = SERVER_HANGS_UP_IN_AUTH});
    fails_with(FAIL_AUTH, "hung up during authentication (reason 11): 'Too many authentication "
                          "failures for u'");
}

static void dropping_in_auth_is_noticed(void **state)
{
    (void)state;
    serve((struct ssh_server_config){.manner = SERVER_DROPS_IN_AUTH});
    fails_with(FAIL_PEER_CLOSED, "closed the connection during authentication");
}

/* --- what is not SSH --- */

static void another_protocol_is_shown(void **state)
{
    (void)state;
    serve((struct ssh_server_config){.greeting = "HTTP/1.1 400 Bad Request\r\n\r\n"});
    fails_with(FAIL_NOT_SSH, "sent 'HTTP/1.1 400 Bad Request\\r\\n");
}

static void telnet_is_recognised(void **state)
{
    (void)state;
    serve((struct ssh_server_config){.greeting = "\xff\xfd\x18\xff\xfd\x20"});
    fails_with(FAIL_NOT_SSH, "set `transport: telnet`");
}

static void version_one_is_told(void **state)
{
    (void)state;
    serve((struct ssh_server_config){.greeting = "SSH-1.5-Cisco-1.25\r\n", .greeting_holds = true});
    fails_with(FAIL_NOT_SSH, "speaks SSH version 1 alone");
}

static void a_long_greeting_is_left(void **state)
{
    char greeting[4000];

    (void)state;
    memset(greeting, 'x', sizeof(greeting) - 1);
    greeting[sizeof(greeting) - 1] = '\0';
    serve((struct ssh_server_config){.greeting = greeting, .greeting_holds = true});
    fails_with(FAIL_NOT_SSH, "sent 'xxxx");
}

static void closing_without_a_byte_is_told(void **state)
{
    (void)state;
    serve((struct ssh_server_config){.greeting = ""});
    fails_with(FAIL_PEER_CLOSED, "before its SSH banner, without a byte");
}

static void too_many_startups_is_told(void **state)
{
    (void)state;
    serve((struct ssh_server_config){.greeting = "Exceeded MaxStartups\r\n"});
    fails_with(FAIL_PEER_CLOSED, "too many logins at once");
}

/* The session's deadline ends it; until then every call comes back at once. */
static void a_stall_in_the_key_exchange_blocks_nobody(void **state)
{
    struct transport *t;
    struct mono begun = mono_now();
    int steps = 0;

    (void)state;
    serve((struct ssh_server_config){.greeting = "SSH-2.0-stalls\r\n", .greeting_holds = true});
    t = transport_ssh.open(&config, &e);
    while (mono_ms_between(begun, mono_now()) < 300) {
        assert_int_equal(t->ops->step(t, mono_now(), &e), IO_AGAIN);
        drive_wait(t, 100);
        steps++;
    }
    assert_in_range(steps, 1, 20); /* and without spinning */
    closed(t);
}

/* --- algorithms --- */

static void a_mismatch_names_both_offers_and_the_line(void **state)
{
    (void)state;
    serve((struct ssh_server_config){.kex = "diffie-hellman-group1-sha1"});
    fails_with(FAIL_KEX, "no key exchange algorithm in common: it offers "
                         "diffie-hellman-group1-sha1");
    err_clear(&e);
    fails_with(FAIL_KEX, "we offer ecdh-sha2-nistp256,curve25519-sha256,");
    err_clear(&e);
    fails_with(FAIL_KEX, "set `legacy: true` or `kex: diffie-hellman-group1-sha1`");
    device.kex = "diffie-hellman-group1-sha1";
    closed(opened());
    device.kex = NULL;
    device.legacy = true;
    closed(opened());
}

static void group18_is_for_who_names_it(void **state)
{
    (void)state;
    serve((struct ssh_server_config){.kex = "diffie-hellman-group18-sha512"});
    fails_with(FAIL_KEX, "; set `kex: diffie-hellman-group18-sha512`");
}

static void a_list_of_unknown_names_is_refused(void **state)
{
    (void)state;
    device.ciphers = "none-such";
    serve((struct ssh_server_config){.manner = SERVER_ECHO});
    fails_with(FAIL_KEX, "libssh takes no ciphers: none-such");
}

/* --- host keys --- */

static char *host_line(const char *algorithms)
{
    struct transport *t;
    char *line;

    device.hostkeys = algorithms;
    t = opened();
    device.hostkeys = NULL;
    assert_non_null(t->known_hosts_line);
    line = strdup(t->known_hosts_line);
    closed(t);
    return line;
}

static struct hostkeys *table_of(const char *prefix, const char *line)
{
    char path[64];
    struct hostkeys *known;
    FILE *file;

    snprintf(path, sizeof(path), "/tmp/poller-known-%d", (int)getpid());
    file = fopen(path, "w");
    fprintf(file, "# a comment\n%s%s\n", prefix, line);
    fclose(file);
    known = hostkeys_load(path, NULL);
    unlink(path);
    assert_non_null(known);
    return known;
}

static void a_changed_key_is_refused_before_the_password(void **state)
{
    char *line, *other;
    struct hostkeys *known;

    (void)state;
    serve((struct ssh_server_config){.manner = SERVER_ECHO});
    line = host_line(NULL);
    ssh_server_stop(&server);
    serve((struct ssh_server_config){.manner = SERVER_ECHO});
    /* the old server's key under the new one's name */
    assert_true(asprintf(&other, "[127.0.0.1]:%u%s", server.port, strchr(line, ' ')) > 0);
    known = table_of("", other);
    env.hostkeys = known;
    fails_with(FAIL_HOSTKEY_CHANGED, "shows another host key than is stored: ssh-ed25519 SHA256:");
    err_clear(&e);
    fails_with(FAIL_HOSTKEY_CHANGED, ":2 has a different one");
    assert_int_equal(server.seen->passwords, 0);
    env.policy = HOSTKEY_OFF;
    closed(opened());
    hostkeys_free(known);
    free(line);
    free(other);
}

/* A server with several keys must be asked for the one we know. */
static void the_stored_type_is_asked_for(void **state)
{
    struct hostkeys *known;
    struct transport *t;
    char *line;

    (void)state;
    serve((struct ssh_server_config){.two_keys = true});
    line = host_line("ecdsa-sha2-nistp256");
    known = table_of("", line);
    env.hostkeys = known;
    env.policy = HOSTKEY_STRICT;
    t = opened();
    assert_null(t->known_hosts_line);
    closed(t);
    hostkeys_free(known);
    free(line);
}

/* A listener would show a key of a type that is not stored. */
static void another_type_than_stored_is_no_new_device(void **state)
{
    struct hostkeys *known;
    char *line;

    (void)state;
    serve((struct ssh_server_config){.two_keys = true});
    line = host_line("ecdsa-sha2-nistp256");
    known = table_of("", line);
    env.hostkeys = known;
    device.hostkeys = "ssh-ed25519";
    fails_with(FAIL_HOSTKEY_CHANGED, "of another type than is stored");
    assert_int_equal(server.seen->passwords, 1);
    hostkeys_free(known);
    free(line);
}

static void a_revoked_key_is_refused_even_with_off(void **state)
{
    struct hostkeys *known;
    char *line;

    (void)state;
    serve((struct ssh_server_config){.manner = SERVER_ECHO});
    line = host_line(NULL);
    known = table_of("@revoked ", line);
    env.hostkeys = known;
    env.policy = HOSTKEY_OFF;
    fails_with(FAIL_HOSTKEY_CHANGED, ":2 revokes");
    hostkeys_free(known);
    free(line);
}

static void strict_by_device_wins(void **state)
{
    (void)state;
    device.host_key_strict = TRI_YES;
    serve((struct ssh_server_config){.manner = SERVER_ECHO});
    fails_with(FAIL_HOSTKEY_UNKNOWN, "shows a host key that is not known: ssh-ed25519 SHA256:");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(password_logs_in),
        CASE(an_open_session_holds_nothing_back),
        CASE(a_refused_password_is_given_once),
        CASE(names_with_a_domain_are_sent_whole),
        CASE(no_username_says_so),
        CASE(keyboard_interactive_takes_the_passwords_place),
        CASE(rounds_that_ask_nothing_are_answered),
        CASE(rounds_without_end_are_left),
        CASE(a_question_nobody_can_answer_is_told),
        CASE(a_name_is_asked_for_by_some),
        CASE(the_password_is_not_said_twice),
        CASE(a_question_that_repeats_the_password_is_masked),
        CASE(a_refused_answer_names_the_question),
        CASE(a_second_factor_does_not_get_the_password),
        CASE(hanging_up_in_auth_is_noticed),
        CASE(dropping_in_auth_is_noticed),
        CASE(another_protocol_is_shown),
        CASE(telnet_is_recognised),
        CASE(version_one_is_told),
        CASE(a_long_greeting_is_left),
        CASE(closing_without_a_byte_is_told),
        CASE(too_many_startups_is_told),
        CASE(a_stall_in_the_key_exchange_blocks_nobody),
        CASE(a_mismatch_names_both_offers_and_the_line),
        CASE(group18_is_for_who_names_it),
        CASE(a_list_of_unknown_names_is_refused),
        CASE(a_changed_key_is_refused_before_the_password),
        CASE(the_stored_type_is_asked_for),
        CASE(another_type_than_stored_is_no_new_device),
        CASE(a_revoked_key_is_refused_even_with_off),
        CASE(strict_by_device_wins),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
