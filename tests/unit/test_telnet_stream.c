/* links: base/buf base/err transport/telnet_stream */
/* Transcripts of option negotiation, as recorded from real servers, and what a hostile one sends.
 */
#include "transport/telnet_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BYTES(text) (text), sizeof(text) - 1
#define MAX_OUT     8192

#define WILL "\xff\xfb"
#define WONT "\xff\xfc"
#define DO   "\xff\xfd"
#define DONT "\xff\xfe"

struct transcript {
    const char *name;
    int cols, rows;
    const char *wire;
    size_t wire_len;
    const char *text;
    size_t text_len;
    const char *answer;
    size_t answer_len;
    bool echo;
};

static const struct transcript transcripts[] = {
    {"FRR's VTY, no window size", 0, 0,
     BYTES("\r\nUser Access Verification\r\n\r\n" WILL "\x01" WILL "\x03" DONT "\"" DO "\x1f"
           "Password: "),
     BYTES("\r\nUser Access Verification\r\n\r\nPassword: "),
     BYTES(DO "\x01" DO "\x03" WONT "\x1f"), true},
    {"FRR's VTY, with a window size", 500, 5000,
     BYTES(WILL "\x01" WILL "\x03" DONT "\"" DO "\x1f"
                "Password: "),
     BYTES("Password: "),
     BYTES(DO "\x01" DO "\x03" WILL "\x1f"
              "\xff\xfa\x1f\x01\xf4\x13\x88\xff\xf0"),
     true},
    {"a window size that needs an escape", 255, 24, BYTES(DO "\x1f"), BYTES(""),
     BYTES(WILL "\x1f"
                "\xff\xfa\x1f\x00\xff\xff\x00\x18\xff\xf0"),
     false},
    {"inetutils' telnetd, which waits for every answer", 0, 0,
     BYTES(WILL "%" WILL "&" DO "\x18" DO " " DO "#" DO "'" DO "$"), BYTES(""),
     BYTES(DONT "%" DONT "&" WILL "\x18" WONT " " WONT "#" WONT "'" WONT "$"), false},
    {"inetutils' telnetd, the terminal type and after", 0, 0,
     BYTES(DO "\x18"
              "\xff\xfa\x18\x01\xff\xf0" WILL "\x03" DO "\x01" DO "\"" DO "\x1f" WILL "\x05" DO
              "!" WILL "\x01" DO "\x06" DO "\x00\r\nhost login: "),
     BYTES("\r\nhost login: "),
     BYTES(WILL "\x18"
                "\xff\xfa\x18\x00vt100\xff\xf0" DO "\x03" WONT "\x01" WONT "\"" WONT "\x1f" DONT
                "\x05" WONT "!" DO "\x01" WONT "\x06" WONT "\x00"),
     true},
    {"an agreed option asked for again is not answered again", 0, 0,
     BYTES(WILL "\x01" WILL "\x01" WILL "\x01"), BYTES(""), BYTES(DO "\x01"), true},
    {"echo given back", 0, 0, BYTES(WILL "\x01" WONT "\x01"), BYTES(""),
     BYTES(DO "\x01" DONT "\x01"), false},
    {"CR NUL is CR, other NULs stay", 0, 0, BYTES("a\r\0b\r\nc\0d\r\0\0e\r\r\0 --More-- \0"),
     BYTES("a\rb\r\nc\0d\r\0e\r\r --More-- \0"), BYTES(""), false},
    {"IAC IAC is one byte", 0, 0,
     BYTES("a\xff\xff"
           "b\xff\xff\xff\xff"),
     BYTES("a\xff"
           "b\xff\xff"),
     BYTES(""), false},
    {"commands without meaning to us", 0, 0,
     BYTES("a\xff\xf1\xff\xf9\xff\xf2\xff\xf6"
           "b"),
     BYTES("ab"), BYTES(""), false},
    {"subnegotiations nobody asked for", 0, 0,
     BYTES("a\xff\xfa\x27\x01\xff\xf0"
           "b\xff\xfa\x5dzmp.ping\0\xff\xf0"
           "c\xff\xfa\x46\x01NAME\x02VALUE\xff\xf0"
           "d"),
     BYTES("abcd"), BYTES(""), false},
};

static void check(const struct transcript *c, const struct buf *text, const struct buf *answer,
                  bool echo)
{
    if (text->len != c->text_len || memcmp(buf_bytes(text), c->text, c->text_len) != 0)
        fail_msg("%s: other text", c->name);
    if (answer->len != c->answer_len || memcmp(buf_bytes(answer), c->answer, c->answer_len) != 0)
        fail_msg("%s: other answers", c->name);
    if (echo != c->echo)
        fail_msg("%s: other echo", c->name);
}

/* Whole, then a byte at a time: where a segment ends means nothing. */
static void transcripts_go_as_recorded(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(transcripts) / sizeof(*transcripts); i++) {
        const struct transcript *c = &transcripts[i];
        for (size_t segment = 1; segment <= c->wire_len; segment += c->wire_len - 1) {
            struct telnet_stream s;
            struct buf text;
            buf_init(&text, TELNET_FEED_MAX);
            assert_int_equal(telnet_stream_init(&s, c->cols, c->rows, "vt100", MAX_OUT), 0);
            for (size_t at = 0; at < c->wire_len; at += segment) {
                telnet_stream_feed(&s, c->wire + at, segment);
                assert_int_equal(buf_add(&text, buf_bytes(&s.in), s.in.len), 0);
                buf_truncate(&s.in, 0);
            }
            assert_false(err_is_set(&s.failed));
            check(c, &text, &s.out, s.echo);
            telnet_stream_free(&s);
            buf_free(&text);
        }
    }
}

static void stream_start(struct telnet_stream *s, size_t max_out)
{
    assert_int_equal(telnet_stream_init(s, 0, 0, "vt100", max_out), 0);
}

static void a_negotiation_storm_is_bounded(void **state)
{
    (void)state;
    static const char *const storms[] = {
        DO "\x2a",                 /* refused each time */
        WILL "\x01" WONT "\x01",   /* agreed to and taken back */
        "\xff\xfa\x18\x01\xff\xf0" /* its type, over and over */
    };
    for (size_t i = 0; i < sizeof(storms) / sizeof(*storms); i++) {
        struct telnet_stream s;
        stream_start(&s, 1 << 20);
        telnet_stream_feed(&s, BYTES("login: "));
        int asked = 0;
        for (; asked < 10000 && !err_is_set(&s.failed); asked++)
            telnet_stream_feed(&s, storms[i], strlen(storms[i]));
        assert_true(asked <= TELNET_NEGOTIATIONS_MAX + 1);
        assert_true(asked >= TELNET_NEGOTIATIONS_MAX / 2);
        assert_int_equal(s.failed.class, FAIL_PEER_CLOSED);
        assert_non_null(strstr(s.failed.text, "512 times"));
        assert_int_equal(s.in.len, 7);
        telnet_stream_feed(&s, BYTES("more"));
        assert_int_equal(s.in.len, 7);
        telnet_stream_free(&s);
    }
}

static void a_peer_that_reads_no_answers_is_given_up(void **state)
{
    (void)state;
    struct telnet_stream s;
    char term[400];
    memset(term, 'x', sizeof(term) - 1);
    term[sizeof(term) - 1] = '\0';
    assert_int_equal(telnet_stream_init(&s, 0, 0, term, 16), 0);
    for (int i = 0; i < 100 && !err_is_set(&s.failed); i++)
        telnet_stream_feed(&s, BYTES("\xff\xfa\x18\x01\xff\xf0"));
    assert_int_equal(s.failed.class, FAIL_PEER_CLOSED);
    assert_non_null(strstr(s.failed.text, "does not read"));
    assert_true(s.out.len <= s.out.max);
    telnet_stream_free(&s);
}

/* It is honoured by libtelnet without having been agreed to, and inflates without a limit. */
static void compression_ends_the_session(void **state)
{
    (void)state;
    struct telnet_stream s;
    static const char bomb[] =
        "before\xff\xfa\x56\xff\xf0\x78\x9c\x4b\x4c\x4a\x06\x00\x02\x4d\x01\x27";
    stream_start(&s, MAX_OUT);
    telnet_stream_feed(&s, BYTES(bomb));
    assert_int_equal(s.failed.class, FAIL_PEER_CLOSED);
    assert_non_null(strstr(s.failed.text, "compress"));
    assert_int_equal(s.in.len, 6);
    assert_memory_equal(buf_bytes(&s.in), "before", 6);
    telnet_stream_free(&s);
}

static void an_endless_subnegotiation_keeps_little(void **state)
{
    (void)state;
    struct telnet_stream s;
    char junk[TELNET_FEED_MAX];
    memset(junk, 'x', sizeof(junk));
    stream_start(&s, MAX_OUT);
    telnet_stream_feed(&s, BYTES("\xff\xfa\x18"));
    for (int i = 0; i < 64 && s.in.len == 0; i++)
        telnet_stream_feed(&s, junk, sizeof(junk));
    assert_true(s.in.len > 0); /* it overflowed, and the rest is text again */
    assert_true(s.in.len <= TELNET_FEED_MAX);
    assert_int_equal(s.negotiations, 1);
    telnet_stream_free(&s);
}

static void what_is_sent_is_escaped_and_bounded(void **state)
{
    (void)state;
    struct telnet_stream s;
    stream_start(&s, MAX_OUT);
    assert_int_equal(telnet_stream_put(&s, BYTES("a\xff"
                                                 "b\r\n100%s\r")),
                     11);
    assert_int_equal(s.out.len, 12);
    assert_memory_equal(buf_bytes(&s.out),
                        "a\xff\xff"
                        "b\r\n100%s\r",
                        12);
    telnet_stream_free(&s);
    char all[64];
    memset(all, 0xff, sizeof(all));
    stream_start(&s, 16);
    size_t put = 0, last;
    while ((last = telnet_stream_put(&s, all, sizeof(all))) > 0)
        put += last;
    assert_int_equal(s.out.len, 2 * put);
    assert_true(s.out.len >= 16 && s.out.len <= 17);
    assert_false(err_is_set(&s.failed));
    telnet_stream_feed(&s, BYTES(DO "\x18")); /* there is still room for answers */
    assert_false(err_is_set(&s.failed));
    telnet_stream_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transcripts_go_as_recorded),
        cmocka_unit_test(a_negotiation_storm_is_bounded),
        cmocka_unit_test(a_peer_that_reads_no_answers_is_given_up),
        cmocka_unit_test(compression_ends_the_session),
        cmocka_unit_test(an_endless_subnegotiation_keeps_little),
        cmocka_unit_test(what_is_sent_is_escaped_and_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
