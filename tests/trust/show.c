#include "tests/trust/show.h"

#include "tests/trust/play.h"

#include <stdio.h>
#include <string.h>

#define RECORD_MAX (1u << 20)

static void add_escaped(struct buf *to, const char *bytes, size_t n)
{
    static const char names[] = "\a\b\t\n\r\x1b\\", letters[] = "abtnre\\";
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)bytes[i];
        const char *name = c ? strchr(names, c) : NULL;
        if (name)
            buf_addf(to, "\\%c", letters[name - names]);
        else if (c < 0x20 || c > 126)
            buf_addf(to, "\\x%02x", c);
        else if (c == ' ' && i + 1 == n)
            buf_add_str(to, "\\s");
        else
            buf_add_char(to, (char)c);
    }
}

void show_line(struct buf *record, const char *text)
{
    if (record)
        buf_addf(record, "%s\n", text);
}

void show_device(struct buf *record, const char *bytes, size_t n)
{
    if (!record)
        return;
    buf_add_str(record, "< ");
    add_escaped(record, bytes, n);
    buf_add_str(record, "\n");
}

void show_sent(struct buf *record, const char *line_end, const char *bytes, size_t n, bool secret)
{
    size_t len = strlen(line_end);
    while (record && n > 0) {
        const char *end = memmem(bytes, n, line_end, len);
        size_t text = end ? (size_t)(end - bytes) : n;
        buf_addf(record, ">%s%s%s", end ? "" : ".", secret ? "!" : "", text ? " " : "");
        add_escaped(record, bytes, text);
        buf_add_str(record, "\n");
        text += end ? len : 0;
        bytes += text;
        n -= text;
    }
}

void show_wait(struct buf *record, int64_t *at, int64_t now)
{
    if (record && now > *at)
        buf_addf(record, "wait %.3f\n", (double)(now - *at) / 1000);
    *at = now;
}

static void print_output(const char *mark, const char *text, size_t n)
{
    while (n > 0) {
        const char *lf = memchr(text, '\n', n);
        size_t len = lf ? (size_t)(lf - text) : n;
        struct buf line;
        buf_init(&line, RECORD_MAX);
        add_escaped(&line, text, len);
        printf("%s|%s%s%s\n", mark, lf ? "" : ".", line.len ? " " : "", buf_bytes(&line));
        buf_free(&line);
        text += len + (lf != NULL);
        n -= len + (lf != NULL);
    }
}

static void print_settings(const struct scene *s)
{
    printf("platform: %s\ntransport: %s\nexec: no\nsilence: 10\nchunks: whole\n",
           manner_way(&s->manner)->platform, s->manner.telnet ? "telnet" : "ssh");
    printf("username: %s\npassword: %s\n", USER, PASSWORD);
    if (s->manner.user_mode)
        printf("enable: %s\n", ENABLE);
    if (s->rounds)
        printf("rounds: on\n");
    for (unsigned i = 0; i < s->n; i++)
        printf("%scommand: %s\n", s->rounds && i > 0 ? "round\n" : "", s->commands[i].text);
    printf("---\n");
}

static void print_oddities(const struct scene *s)
{
    printf("# seed %llu, %s, echo by %s%s:", (unsigned long long)s->seed,
           s->hostile ? "hostile" : "harmless", terminal_name(s->manner.terminal),
           s->nonce ? ", nonce" : "");
    for (enum oddity o = 0; o < ODDITIES; o++)
        if (s->odd & 1ull << o)
            printf(" [%s]", oddity_name(o));
    printf("\n");
}

static void print_command(const struct player *p, const struct outcome *o, unsigned i)
{
    static const char *const names[VERDICTS] = {"right", "in doubt", "WRONG though ok",
                                                "needless failure", "failed rightly"};
    const struct command_result *c = &p->result->commands[i];
    const struct truth *t = &p->peer.truths[i];
    printf("command %u: ok\n", i + 1);
    print_output("", buf_bytes(&t->text), t->text.len);
    if (t->behind.len > 0) {
        printf("# and it may have behind it:\n");
        print_output("# ", buf_bytes(&t->behind), t->behind.len);
    }
    printf("# %s:", names[o->commands[i].verdict]);
    for (int k = 0; k < PROOF_KINDS; k++)
        if (c->proofs & 1u << k)
            printf(" %s", proof_name(k));
    printf("%s%s\n", c->error ? " " : "", c->error ? c->error : "");
    if (o->commands[i].verdict == VERDICT_WRONG)
        print_output("# ", c->output ? c->output : "", c->output_len);
}

void show_transcript(struct player *p, const struct scene *scene)
{
    struct buf record;
    struct outcome o;
    buf_init(&record, RECORD_MAX);
    player_play(p, scene, &record, &o);
    print_oddities(scene);
    print_settings(scene);
    printf("%s---\nclass: ok\n", buf_bytes(&record));
    for (unsigned i = 0; p->result && i < o.n; i++)
        print_command(p, &o, i);
    printf("\n");
    buf_free(&record);
}
