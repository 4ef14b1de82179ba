#include <poller/result.h>
#include <stdlib.h>
#include <string.h>

static const char *const phase_names[PHASE_COUNT] = {
    [PHASE_QUEUED] = "queued",     [PHASE_RESOLVE] = "resolve", [PHASE_CONNECT] = "connect",
    [PHASE_KEX] = "kex",           [PHASE_AUTH] = "auth",       [PHASE_READY] = "ready",
    [PHASE_COMMANDS] = "commands", [PHASE_CLOSE] = "close",
};

static const char *const proof_names[PROOF_KINDS] = {
    "echo", "prompt", "pattern", "next_echo", "exit_status", "nudge", "second", "nonce",
};

const char *phase_name(enum phase p)
{
    return (unsigned)p < PHASE_COUNT ? phase_names[p] : NULL;
}

const char *proof_name(int i)
{
    return i >= 0 && i < PROOF_KINDS ? proof_names[i] : NULL;
}

struct result *result_new(const struct job *job)
{
    struct result *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->index = job->index;
    r->attempt = job->attempt;
    for (int p = 0; p < PHASE_COUNT; p++)
        r->phase_ms[p] = -1;
    if (job->commands.n == 0)
        return r;
    r->commands = calloc(job->commands.n, sizeof *r->commands);
    if (!r->commands) {
        free(r);
        return NULL;
    }
    r->n_commands = job->commands.n;
    for (size_t i = 0; i < r->n_commands; i++) {
        r->commands[i].exit_status = -1;
        r->commands[i].ms = -1;
    }
    return r;
}

void command_results_free(struct command_result *results, size_t n)
{
    for (size_t i = 0; results && i < n; i++) {
        free(results[i].output);
        free(results[i].raw);
        free(results[i].error);
        free(results[i].doubt);
    }
    free(results);
}

void result_free(struct result *r)
{
    if (!r)
        return;
    command_results_free(r->commands, r->n_commands);
    free(r->host_key);
    free(r->known_hosts_line);
    free(r->prompt);
    free(r->note);
    free(r);
}

static size_t text_size(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

size_t result_size(const struct result *r)
{
    size_t n = sizeof *r + r->n_commands * sizeof *r->commands;
    n += text_size(r->host_key) + text_size(r->known_hosts_line);
    n += text_size(r->prompt) + text_size(r->note);
    for (size_t i = 0; i < r->n_commands; i++) {
        const struct command_result *c = &r->commands[i];
        n += (c->output ? c->output_len : 0) + (c->raw ? c->raw_len : 0);
        n += text_size(c->error) + text_size(c->doubt);
    }
    return n;
}

size_t result_doubts(const struct result *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n_commands; i++)
        n += r->commands[i].doubt != NULL;
    return n;
}

double result_device_ms(const struct result *r)
{
    double close = r->phase_ms[PHASE_CLOSE];
    double ms = r->total_ms - (close > 0 ? close : 0);
    return ms > 0 ? ms : 0;
}

bool result_was_visited(const struct result *r)
{
    bool visited = r->total_ms > 0;
    for (int p = 0; p < PHASE_COUNT; p++)
        visited |= r->phase_ms[p] >= 0;
    return visited;
}

const char *pace_hold_name(enum pace_hold hold)
{
    static const char *const names[HOLD_COUNT] = {
        [HOLD_LOGIN_RATE] = "login_rate", [HOLD_HANDSHAKES] = "handshakes",
        [HOLD_STOP_AFTER] = "stop_after", [HOLD_JITTER_START] = "jitter_start",
        [HOLD_LIMITS] = "limits",         [HOLD_RETRY_DELAY] = "retry_delay"};
    return (unsigned)hold < HOLD_COUNT ? names[hold] : NULL;
}
