#include "tests/lib/same_result.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_same_text(const char *a, const char *b)
{
    assert_int_equal(a == NULL, b == NULL);
    if (a)
        assert_string_equal(a, b);
}

static void assert_same_bytes(const char *a, size_t n_a, const char *b, size_t n_b)
{
    assert_int_equal(a == NULL, b == NULL);
    assert_int_equal(n_a, n_b);
    if (a) {
        assert_true(memcmp(a, b, n_a) == 0);
        assert_int_equal(b[n_b], '\0');
    }
}

static void assert_same_command(const struct command_result *a, const struct command_result *b)
{
    assert_int_equal(a->status, b->status);
    assert_int_equal(a->class, b->class);
    assert_same_bytes(a->output, a->output_len, b->output, b->output_len);
    assert_same_bytes(a->raw, a->raw_len, b->raw, b->raw_len);
    assert_same_text(a->error, b->error);
    assert_same_text(a->doubt, b->doubt);
    assert_int_equal(a->proofs, b->proofs);
    assert_int_equal(a->exit_status, b->exit_status);
    assert_memory_equal(&a->ms, &b->ms, sizeof a->ms);
}

void assert_same_result(const struct result *a, const struct result *b)
{
    assert_int_equal(a->index, b->index);
    assert_int_equal(a->attempt, b->attempt);
    assert_int_equal(a->class, b->class);
    assert_int_equal(a->was_ready, b->was_ready);
    assert_int_equal(a->err.class, b->err.class);
    assert_string_equal(a->err.text, b->err.text);
    assert_true(a->started_at_ms == b->started_at_ms);
    assert_memory_equal(a->phase_ms, b->phase_ms, sizeof a->phase_ms);
    assert_memory_equal(&a->total_ms, &b->total_ms, sizeof a->total_ms);
    assert_int_equal(a->process, b->process);
    assert_int_equal(a->worker, b->worker);
    assert_same_text(a->host_key, b->host_key);
    assert_same_text(a->known_hosts_line, b->known_hosts_line);
    assert_same_text(a->prompt, b->prompt);
    assert_same_text(a->note, b->note);
    assert_int_equal(a->n_commands, b->n_commands);
    for (size_t i = 0; i < a->n_commands; i++)
        assert_same_command(&a->commands[i], &b->commands[i]);
}
