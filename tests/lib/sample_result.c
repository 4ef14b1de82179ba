#include "tests/lib/sample_result.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct command commands[] = {{.text = "show version"}, {.text = "show vresion"}};

const struct device sample_device = {.name = "r1",
                                     .host = "192.0.2.1",
                                     .port = 22,
                                     .transport = TRANSPORT_SSH,
                                     .platform_name = "cisco_ios",
                                     .commands = {commands, 2}};

struct job sample_job(void)
{
    return (struct job){
        .index = 3, .attempt = 1, .device = &sample_device, .commands = {commands, 2}};
}

static char *copy_of(const char *bytes, size_t n)
{
    char *copy = malloc(n + 1);
    assert_non_null(copy);
    memcpy(copy, bytes, n);
    copy[n] = '\0';
    return copy;
}

void sample_set_output(struct result *r, size_t i, const char *bytes, size_t n)
{
    free(r->commands[i].output);
    r->commands[i].output = copy_of(bytes, n);
    r->commands[i].output_len = n;
}

void sample_set_raw(struct result *r, size_t i, const char *bytes, size_t n)
{
    free(r->commands[i].raw);
    r->commands[i].raw = copy_of(bytes, n);
    r->commands[i].raw_len = n;
}

static struct result *new_result(void)
{
    struct job job = sample_job();
    struct result *r = result_new(&job);
    assert_non_null(r);
    r->started_at_ms = SAMPLE_STARTED_MS;
    r->process = 1;
    r->worker = 3;
    return r;
}

struct result *sample_ok(void)
{
    static const double phases[PHASE_COUNT] = {0.1, 0.04, 1.2, 3, 4, 12, 30.1, 1};
    static const char version[] = "Cisco IOS Software, Version 15.2\nr1 uptime is 3 weeks\n";
    static const char raw[] = "show version\r\nCisco IOS Software, Version 15.2\r\nr1 uptime is 3 "
                              "weeks\r\nr1#";
    struct result *r = new_result();
    r->was_ready = true;
    memcpy(r->phase_ms, phases, sizeof phases);
    r->total_ms = 51.34;
    r->host_key = copy_of(SAMPLE_HOST_KEY, strlen(SAMPLE_HOST_KEY));
    r->prompt = copy_of("r1#", 3);
    sample_set_output(r, 0, version, strlen(version));
    sample_set_raw(r, 0, raw, strlen(raw));
    sample_set_output(r, 1, "", 0);
    for (size_t i = 0; i < 2; i++) {
        r->commands[i].status = COMMAND_OK;
        r->commands[i].proofs = PROOF_ECHO | PROOF_PROMPT | PROOF_NEXT_ECHO;
        r->commands[i].ms = 10.25;
    }
    return r;
}

struct result *sample_failed(void)
{
    static const char said[] = "% Invalid input detected at '^' marker.\n";
    static const char line[] = "192.0.2.1 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5";
    struct result *r = sample_ok();
    struct command_result *c = &r->commands[1];
    sample_set_output(r, 1, said, strlen(said));
    c->status = COMMAND_FAILED;
    c->class = FAIL_COMMAND_ERROR;
    c->error = copy_of("refused: % Invalid input", 24);
    c->proofs = PROOF_ECHO | PROOF_PROMPT;
    c->exit_status = 7;
    r->class = FAIL_COMMAND_ERROR;
    err_set(&r->err, FAIL_COMMAND_ERROR, "r1: 'show vresion' was refused: %s",
            "% Invalid input detected at '^' marker.");
    r->known_hosts_line = copy_of(line, strlen(line));
    r->note = copy_of("stayed in exec", 14);
    return r;
}

struct result *sample_in_doubt(void)
{
    struct result *r = sample_ok();
    r->commands[0].doubt = copy_of(SAMPLE_DOUBT, strlen(SAMPLE_DOUBT));
    return r;
}

struct result *sample_unreached(void)
{
    struct result *r = new_result();
    r->class = FAIL_DNS;
    err_set(&r->err, FAIL_DNS, "r1: the name is unknown");
    r->phase_ms[PHASE_QUEUED] = 0;
    r->total_ms = 2;
    return r;
}
