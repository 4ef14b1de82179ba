/* SSH authentication, as the server sees it (RFC 4252, RFC 4256). */
#include "lab/sim/visit.h"

#include <libssh/server.h>
#include <stdio.h>
#include <string.h>

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

/* As OpenSSH's MaxAuthTries: the connection ends behind so many refusals. */
#define TRIES_MAX 6

static const char odd_question[] = "Say the word that opens this device, please> ";

static void say_banner(struct visit *v)
{
    const struct say *banner = &v->device.persona->ssh.banner;
    struct say_world world = device_world(&v->device);
    struct buf text, lines;
    if (say_is_empty(banner) || v->ssh.has_said_banner)
        return;
    v->ssh.has_said_banner = true;
    buf_init(&text, 65536);
    buf_init(&lines, 131072);
    world.client = v->client;
    if (say_to(banner, &world, &text) == 0) {
        for (size_t i = 0; i < text.len; i++) {
            if (buf_bytes(&text)[i] == '\n')
                buf_add_char(&lines, '\r');
            buf_add_char(&lines, buf_bytes(&text)[i]);
        }
    }
    ssh_string string = ssh_string_from_char(buf_bytes(&lines));
    if (string)
        ssh_send_issue_banner(v->ssh.session, string);
    ssh_string_free(string);
    buf_free(&text);
    buf_free(&lines);
}

static void refuse(struct visit *v, ssh_message message)
{
    ssh_message_reply_default(message);
    if (++v->ssh.refusals >= TRIES_MAX)
        visit_end(v);
}

static void answer(struct visit *v, ssh_message message, bool is_right, struct mono now)
{
    if (!is_right) {
        refuse(v, message);
        return;
    }
    const char *user = ssh_message_auth_user(message);
    visit_logged_in(v, user ? user : v->user, now);
    ssh_message_auth_reply_success(message, 0);
    v->state = VISIT_OPEN;
}

void visit_ssh_auth_answer(struct visit *v, struct mono now)
{
    ssh_message message = v->ssh.pending;
    v->ssh.pending = NULL;
    answer(v, message, v->ssh.is_right, now);
    ssh_message_free(message);
}

/* Now, or when the device has looked at it for as long as it takes. True: the message is kept. */
static bool answer_in_time(struct visit *v, ssh_message message, bool is_right, struct mono now)
{
    if (v->device.login_delay_ns == 0) {
        answer(v, message, is_right, now);
        return false;
    }
    v->ssh.pending = message;
    v->ssh.is_right = is_right;
    v->due = (struct mono){now.ns + v->device.login_delay_ns};
    return true;
}

static bool on_password(struct visit *v, ssh_message message, struct mono now)
{
    const char *user = ssh_message_auth_user(message);
    const char *password = ssh_message_auth_password(message);
    enum misbehaviour m = v->device.misbehaviour;
    if (m == MIS_KBDINT_ONLY || m == MIS_KBDINT_ZERO || !user || !password ||
        !(v->device.persona->ssh.auth & PERSONA_PASSWORD)) {
        refuse(v, message);
        return false;
    }
    return answer_in_time(v, message, door_check(v, user, password, now), now);
}

static bool takes_kbdint(const struct visit *v)
{
    enum misbehaviour m = v->device.misbehaviour;
    return m == MIS_KBDINT_ONLY || m == MIS_KBDINT_ZERO ||
           (v->device.persona->ssh.auth & PERSONA_KBDINT) != 0;
}

static void ask(struct visit *v, ssh_message message, bool has_question)
{
    struct say_world world = device_world(&v->device);
    struct buf question;
    buf_init(&question, 1024);
    (void)say_to(&v->device.persona->ssh.question, &world, &question);
    bool is_odd = v->device.misbehaviour == MIS_KBDINT_ONLY;
    /* A persona that never asks has no question of its own. */
    const char *plain = question.len > 0 ? buf_bytes(&question) : "Password: ";
    const char *questions[] = {is_odd ? odd_question : plain};
    char echoes[] = {0};
    ssh_message_auth_interactive_request(message, is_odd ? "Guard" : "",
                                         is_odd ? "Nobody passes without it." : "", has_question,
                                         questions, echoes);
    buf_free(&question);
}

/* Rounds: where there are empty ones, one before the question and one behind its answer. */
static bool on_kbdint(struct visit *v, ssh_message message, struct mono now)
{
    bool has_empty = v->device.misbehaviour == MIS_KBDINT_ZERO;
    const char *user = ssh_message_auth_user(message);
    bool is_response = ssh_message_auth_kbdint_is_response(message);
    if ((!user && !is_response) || !takes_kbdint(v)) {
        refuse(v, message);
        return false;
    }
    if (!is_response) {
        /* A response does not say again whose it is. */
        snprintf(v->user, sizeof v->user, "%s", user);
        v->ssh.rounds = has_empty ? 0 : 1;
        ask(v, message, !has_empty);
        return false;
    }
    unsigned round = v->ssh.rounds++;
    if (round == 0) {
        ask(v, message, true);
        return false;
    }
    if (round == 1) {
        const char *given = ssh_userauth_kbdint_getanswer(v->ssh.session, 0);
        v->ssh.is_right = given && door_check(v, v->user, given, now);
        if (has_empty && v->ssh.is_right) {
            ask(v, message, false);
            return false;
        }
    }
    return answer_in_time(v, message, v->ssh.is_right, now);
}

static bool is_authorized(const struct visit *v, ssh_key key)
{
    const struct sim_config *config = v->shard->config;
    for (unsigned i = 0; i < config->n_authorized; i++)
        if (ssh_key_cmp(key, config->authorized[i], SSH_KEY_CMP_PUBLIC) == 0)
            return true;
    return false;
}

static bool on_key(struct visit *v, ssh_message message, struct mono now)
{
    ssh_key key = ssh_message_auth_pubkey(message);
    const char *user = ssh_message_auth_user(message);
    enum ssh_publickey_state_e state = ssh_message_auth_publickey_state(message);
    if (!key || !user || !is_authorized(v, key)) {
        refuse(v, message);
        return false;
    }
    if (state == SSH_PUBLICKEY_STATE_NONE) {
        ssh_message_auth_reply_pk_ok_simple(message);
        return false;
    }
    bool is_right = state == SSH_PUBLICKEY_STATE_VALID && door_check_key(v, user, now);
    return answer_in_time(v, message, is_right, now);
}

bool visit_ssh_auth(struct visit *v, ssh_message message, struct mono now)
{
    say_banner(v);
    switch (ssh_message_subtype(message)) {
    case SSH_AUTH_METHOD_PASSWORD:
        return on_password(v, message, now);
    case SSH_AUTH_METHOD_INTERACTIVE:
        return on_kbdint(v, message, now);
    case SSH_AUTH_METHOD_PUBLICKEY:
        return on_key(v, message, now);
    default:
        /* "none" only asks what there is: it is no refusal. */
        ssh_message_reply_default(message);
        return false;
    }
}
