/* links: base/buf tests/trust/line tests/trust/manner tests/trust/oddity tests/trust/random
 * tests/trust/ways tests/trust/truth tests/trust/wire tests/trust/peer tests/trust/peer_input
 * tests/trust/peer_output tests/trust/scene tests/trust/content */

/* The campaign's device: what it shows for what is typed and when, and the truth beside it. */
#include "tests/trust/peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define STEPS 1000

struct fixture {
    struct peer peer;
    struct wire wire;
    struct scene scene;
    struct buf shown;
    bool ended, lost;
};

static unsigned platform_of(const char *name)
{
    unsigned i = 0;
    while (i < PLATFORMS && strcmp(ways[i].platform, name) != 0)
        i++;
    assert_true(i < PLATFORMS);
    return i;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    wire_init(&f->wire);
    peer_init(&f->peer, &f->wire);
    buf_init(&f->shown, 65536);
    struct manner *m = &f->scene.manner;
    m->platform = platform_of("cisco_ios");
    m->width = 80;
    snprintf(m->prompt, sizeof m->prompt, "r1#");
    f->scene.n = 2;
    strcpy(f->scene.commands[0].text, "show clock");
    strcpy(f->scene.commands[0].pieces[0].text, "one  ");
    strcpy(f->scene.commands[0].pieces[1].text, "\2\1\3");
    f->scene.commands[0].pieces[1].pause_ms = 100;
    strcpy(f->scene.commands[0].pieces[2].text, "\x1b[1mtwo\x1b[0m");
    f->scene.commands[0].n = 3;
    strcpy(f->scene.commands[1].text, "show users");
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    peer_free(&f->peer);
    wire_free(&f->wire);
    buf_free(&f->shown);
    free(f);
    return 0;
}

static void collect(struct fixture *f)
{
    const char *bytes = NULL;
    for (const struct wire_chunk *c; (c = wire_look(&f->wire, &bytes)) != NULL;
         wire_drop(&f->wire)) {
        f->ended = f->ended || c->kind == WIRE_END;
        f->lost = f->lost || c->kind == WIRE_LOST;
        buf_add(&f->shown, bytes, c->n);
    }
}

/* Until that moment. */
static void pass(struct fixture *f, int64_t until)
{
    for (int i = 0; i < STEPS; i++) {
        int64_t next = f->peer.next_at < f->peer.log_at ? f->peer.next_at : f->peer.log_at;
        if (next > until)
            break;
        peer_step(&f->peer, next);
    }
    collect(f);
}

static void begin(struct fixture *f)
{
    buf_truncate(&f->shown, 0);
    f->ended = f->lost = false;
    wire_clear(&f->wire);
    peer_begin(&f->peer, &f->scene);
    pass(f, 0);
}

static void type(struct fixture *f, int64_t at, const char *keys)
{
    pass(f, at);
    peer_receive(&f->peer, at, keys, strlen(keys));
    collect(f);
}

static void shows(struct fixture *f, const char *text)
{
    assert_string_equal(buf_bytes(&f->shown), text);
}

static void truth_is(struct fixture *f, unsigned i, const char *text)
{
    assert_string_equal(buf_bytes(&f->peer.truths[i].text), text);
}

static void a_device_echoes_when_it_reads(void **state)
{
    struct fixture *f = *state;
    begin(f);
    type(f, 10, "show clock\n");
    shows(f, "r1#show clock\r\none  \r\nr1#");
    type(f, 50, "show users\n"); /* typed ahead */
    shows(f, "r1#show clock\r\none  \r\nr1#");
    pass(f, 110);
    shows(f,
          "r1#show clock\r\none  \r\nr1#show users\r\n\x1b[1mtwo\x1b[0m\r\nr1#show users\r\nr1#");
    truth_is(f, 0, "one  \nr1#show users\ntwo\n");
    truth_is(f, 1, "");
    assert_true(f->peer.truths[0].followed);
    assert_false(f->peer.truths[1].followed);
    type(f, 200, "exit\n");
    assert_true(f->ended);
    assert_true(f->peer.truths[1].followed);
    assert_false(f->peer.cut);
}

static void a_kernel_echoes_at_once_and_readline_again(void **state)
{
    struct fixture *f = *state;
    f->scene.manner.terminal = TERMINAL_READLINE;
    f->scene.manner.erasing = ERASE_TO_END;
    begin(f);
    type(f, 10, "sx\x7fhow clock\n");
    type(f, 50, "12\x7f\x7fshow users\n");
    pass(f, 110);
    shows(f, "r1#sx\b\x1b[Khow clock\r\none  \r\nr1#12\b \b\b \bshow users\r\n"
             "show users\r\n\x1b[1mtwo\x1b[0m\r\nr1#show users\r\nr1#");
    truth_is(f, 0, "one  \nr1#show users\ntwo\n");
    f->scene.manner.terminal = TERMINAL_KERNEL;
    begin(f);
    type(f, 10, "show clock\n");
    type(f, 50, "show users\n");
    pass(f, 110);
    shows(f,
          "r1#show clock\r\none  \r\nr1#show users\r\nshow users\r\n\x1b[1mtwo\x1b[0m\r\nr1#r1#");
}

static void no_echo_shows_nothing_typed(void **state)
{
    struct fixture *f = *state;
    f->scene.manner.terminal = TERMINAL_NONE;
    begin(f);
    type(f, 10, "1\x7fshow clock\r\n"); /* one ENTER */
    pass(f, 110);
    shows(f, "r1#\r\none  \r\nr1#show users\r\n\x1b[1mtwo\x1b[0m\r\nr1#");
}

static void an_unknown_line_is_refused(void **state)
{
    struct fixture *f = *state;
    f->scene.manner.erasing = ERASE_NOT;
    begin(f);
    type(f, 10, "12\x7f\x7fterminal length 0\n");
    pass(f, 20);
    assert_non_null(strstr(buf_bytes(&f->shown), "% Invalid input"));
    assert_int_equal(f->peer.strange, 1);
    assert_false(f->peer.truths[0].read);
}

static void a_pager_erases_its_mark(void **state)
{
    struct fixture *f = *state;
    f->scene.manner.pager = true;
    f->scene.manner.page_lines = 1;
    f->scene.manner.wipe = 1;
    f->scene.commands[0].n = 2;
    strcpy(f->scene.commands[0].pieces[1].text, "two");
    begin(f);
    type(f, 10, "show clock\n");
    shows(f, "r1#show clock\r\none  \r\n --More-- ");
    type(f, 20, " ");
    shows(f, "r1#show clock\r\none  \r\n --More-- \r          \rtwo\r\nr1#");
    truth_is(f, 0, "one  \ntwo\n");
}

static void a_log_line_behind_a_prompt_may_be_in_or_out(void **state)
{
    struct fixture *f = *state;
    f->scene.commands[0].log =
        (struct log_event){.when = LOG_BEHIND_PROMPT, .delay_ms = 5, .again = true};
    begin(f);
    type(f, 10, "show clock\n");
    pass(f, 200);
    const struct truth *t = &f->peer.truths[0];
    const char *log = strstr(buf_bytes(&f->shown), "*Mar");
    assert_non_null(log);
    char in[512];
    snprintf(in, sizeof in, "one  \nr1#show users\ntwo\nr1#\n%.*s\n", (int)strcspn(log, "\r"), log);
    assert_true(truth_accepts(t, in, strlen(in)));
    assert_true(truth_accepts(t, in, strlen("one  \nr1#show users\ntwo\n")));
    assert_false(truth_accepts(t, in, strlen("one  \nr1#show users\ntwo\nr1#\n")));
    assert_false(truth_accepts(t, in, strlen("one  \n")));
}

static void it_ends_where_the_scene_says(void **state)
{
    struct fixture *f = *state;
    f->scene.cut = (struct cut){.where = CUT_IN_PIECE, .how = CUT_RESET, .piece = 0, .bytes = 2};
    begin(f);
    type(f, 10, "show clock\n");
    pass(f, 10);
    shows(f, "r1#show clock\r\non");
    assert_true(f->lost && f->peer.cut);
    truth_is(f, 0, "one  \nr1#show users\ntwo\n"); /* what it would have been */
    assert_false(f->peer.truths[0].whole);
    f->scene.cut = (struct cut){.where = CUT_BEHIND_PROMPT, .how = CUT_ORDERLY, .command = 1};
    begin(f);
    type(f, 10, "show clock\nshow users\nexit\n");
    pass(f, 200);
    assert_true(f->ended && f->peer.cut && f->peer.truths[1].whole);
    assert_false(f->peer.truths[1].followed);
}

static void some_take_cr_and_lf_for_two_enters(void **state)
{
    struct fixture *f = *state;
    f->scene.manner.telnet = true;
    f->scene.manner.double_enter = true;
    begin(f);
    type(f, 1, "lab\r\n"); /* a log-in does not */
    type(f, 2, "lab-password\r\n");
    type(f, 3, "exi\x7f\x7f\x7fshow clock\r\n");
    pass(f, 110);
    assert_non_null(strstr(buf_bytes(&f->shown), "two\x1b[0m\r\nr1#\r\nr1#"));
    assert_int_equal(f->peer.strange, 0);
}

static void a_log_in_is_asked_for(void **state)
{
    struct fixture *f = *state;
    f->scene.manner.telnet = true;
    begin(f);
    type(f, 1, "lab\r\n");
    type(f, 2, "lab-password\r\n");
    pass(f, 3);
    shows(f, "\r\nUsername: lab\r\nPassword: \r\nr1#");
}

static void the_same_seed_makes_the_same_scene(void **state)
{
    static struct scene a, b;
    (void)state;
    const struct mix mix = {.platform = PLATFORMS, .nonce = NONCE_MIXED, .rare = 1};
    unsigned harmless = 0;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        scene_make(&a, seed, &mix);
        scene_make(&b, seed, &mix);
        assert_memory_equal(&a, &b, sizeof a);
        for (enum oddity o = 0; o < ODDITIES; o++)
            assert_false(!a.hostile && (a.odd & 1ull << o) && oddity_is_hostile(o));
        harmless += !a.hostile;
    }
    assert_in_range(harmless, 90, 160);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_device_echoes_when_it_reads),
        TEST(a_kernel_echoes_at_once_and_readline_again),
        TEST(no_echo_shows_nothing_typed),
        TEST(an_unknown_line_is_refused),
        TEST(a_pager_erases_its_mark),
        TEST(a_log_line_behind_a_prompt_may_be_in_or_out),
        TEST(it_ends_where_the_scene_says),
        TEST(a_log_in_is_asked_for),
        TEST(some_take_cr_and_lf_for_two_enters),
        TEST(the_same_seed_makes_the_same_scene),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
