/* What a command prints: piece by piece, with pauses and a pager; and where it is cut off. */
#include "tests/trust/peer.h"

#include <stdio.h>
#include <string.h>

#define ALL_LINES 64 /* more than an output has */

static const struct script_command *running(const struct peer *d)
{
    return &d->scene->commands[d->running];
}

static void show_stamp(struct peer *d, struct truth *t)
{
    const char *stamp = manner_way(&d->scene->manner)->stamp;
    char text[64];
    const char *seconds = stamp ? strstr(stamp, "%t") : NULL;
    if (!seconds)
        return;
    snprintf(text, sizeof text, "%.*s%02u%s", (int)(seconds - stamp), stamp,
             (unsigned)(d->now / 1000 % 60), seconds + 2);
    peer_show(d, text);
    truth_add(&t->text, text, strlen(text));
}

/* The whole truth, before a byte of it is sent. */
static void tell_truth(struct peer *d, struct truth *t)
{
    const struct script_command *c = running(d);
    char wire[PIECE_WIRE];
    for (unsigned i = 0; i < c->n; i++) {
        size_t n = piece_expand(d->scene, d->running, &c->pieces[i], d->prompt, wire, sizeof wire);
        size_t kept = 0;
        for (size_t k = 0; k < n; k++)
            if (wire[k] != AT_PAUSE)
                wire[kept++] = wire[k];
        truth_add(&t->text, wire, kept);
    }
    const struct manner *m = &d->scene->manner;
    if (m->upper_blank)
        t->blank_is_free = true;
    else if (manner_way(m)->blank && !*m->upper)
        truth_add(&t->text, "\n", 1);
}

void output_begin(struct peer *d)
{
    if (d->next > 0)
        d->truths[d->next - 1].followed = true;
    d->running = d->next++;
    struct truth *t = &d->truths[d->running];
    t->read = true;
    show_stamp(d, t);
    tell_truth(d, t);
    d->piece = 0;
    d->page = 0;
    d->piece_begun = d->waited = d->echo_log_done = d->at_end = d->left = false;
    peer_wait(d, PEER_RUNNING, running(d)->think_ms + d->scene->manner.think_ms);
}

static bool is_cut_here(const struct peer *d)
{
    const struct cut *cut = &d->scene->cut;
    return cut->where == CUT_IN_PIECE && cut->command == d->running && cut->piece == d->piece;
}

static void begin_piece(struct peer *d)
{
    const struct piece *p = &running(d)->pieces[d->piece];
    d->text_n = piece_expand(d->scene, d->running, p, d->prompt, d->text, sizeof d->text);
    if (is_cut_here(d) && d->scene->cut.bytes < d->text_n)
        d->text_n = d->scene->cut.bytes;
    d->text_at = 0;
    d->piece_begun = true;
}

/* True: it stops at a pause. */
static bool show_piece(struct peer *d)
{
    while (d->text_at < d->text_n) {
        char c = d->text[d->text_at++];
        if (c == AT_PAUSE) {
            peer_wait(d, PEER_RUNNING, running(d)->pieces[d->piece].pause_ms);
            return true;
        }
        buf_add(&d->out, &c, 1);
    }
    return false;
}

/* The end of the output: the prompt, and what the scene has behind it. */
static void end_output(struct peer *d)
{
    const struct manner *m = &d->scene->manner;
    const struct script_command *c = running(d);
    const struct cut *cut = &d->scene->cut;
    if (m->lost_typed_ahead && (d->in.len > 0 || d->typed.n > 0)) {
        d->lost = true;
        buf_truncate(&d->in, 0);
        line_clear(&d->typed);
    }
    peer_show(d, manner_way(m)->blank && !*m->upper ? "\r\n" : "");
    peer_prompt(d);
    d->truths[d->running].whole = true;
    d->prompt_end[d->running] = d->shown + d->out.len;
    if (cut->where == CUT_BEHIND_PROMPT && cut->command == d->running) {
        peer_end(d);
    } else if (c->log.when == LOG_BEHIND_PROMPT) {
        d->log = &c->log;
        d->log_at = d->now + c->log.delay_ms;
        if (c->log.delay_ms == 0) {
            d->log_at = WIRE_NEVER;
            peer_log(d, d->log);
        }
    }
}

/* True: a pause comes first. */
static bool wait_before(struct peer *d, unsigned ms)
{
    if (d->waited || ms == 0)
        return false;
    d->waited = true;
    peer_wait(d, PEER_RUNNING, ms);
    return true;
}

static bool stop_at_page(struct peer *d)
{
    const struct manner *m = &d->scene->manner;
    if (!m->pager || d->page < m->page_lines || d->piece >= running(d)->n)
        return false;
    peer_show(d, manner_way(m)->mark);
    d->state = PEER_PAGED;
    d->next_at = WIRE_NEVER;
    input_release(d);
    return true;
}

/* less waits at the end, too, where there was more than a page. */
static bool stop_at_end(struct peer *d)
{
    const struct manner *m = &d->scene->manner;
    const char *mark = manner_way(m)->end_mark;
    if (!mark || !m->pager || d->left || (int)running(d)->n <= m->page_lines)
        return false;
    peer_show(d, mark);
    d->at_end = true;
    d->state = PEER_PAGED;
    d->next_at = WIRE_NEVER;
    input_release(d);
    return true;
}

void output_run(struct peer *d)
{
    while (d->state == PEER_RUNNING && d->piece < running(d)->n) {
        const struct piece *p = &running(d)->pieces[d->piece];
        if (!d->piece_begun && (wait_before(d, p->before_ms) || stop_at_page(d)))
            return;
        if (!d->piece_begun)
            begin_piece(d);
        if (show_piece(d))
            return;
        if (is_cut_here(d)) {
            peer_end(d);
            return;
        }
        d->piece++;
        d->page++;
        d->piece_begun = d->waited = false;
    }
    if (d->state == PEER_RUNNING && !wait_before(d, running(d)->prompt_ms) && !stop_at_end(d))
        end_output(d);
}

/* A key that shows nothing further: part of an input that was typed ahead is gone. */
static void beep(struct peer *d, char key)
{
    d->lost = d->lost || (key > ' ' && key < 0x7f);
}

static void key_at_end(struct peer *d, char key)
{
    if (key != 'q') {
        beep(d, key);
        return;
    }
    d->at_end = false;
    d->left = true;
    peer_show(d, manner_way(&d->scene->manner)->wipes[d->scene->manner.wipe]);
    d->state = PEER_RUNNING;
    output_run(d);
}

void output_key(struct peer *d, char key)
{
    const struct manner *m = &d->scene->manner;
    const struct way *w = manner_way(m);
    bool next = key == w->key || key == ' ', line = key == '\r' || key == '\n';
    if (d->at_end) {
        key_at_end(d, key);
        return;
    }
    if (!next && !line && !w->key_needed) {
        beep(d, key);
        return;
    }
    peer_show(d, w->wipes[m->wipe]);
    d->state = PEER_RUNNING;
    d->page = next ? 0 : m->page_lines - 1;
    if (!next && !line) {
        d->lost = true; /* the client typed ahead at text that is no prompt */
        d->piece = running(d)->n;
    }
    if (key == 'd' && w->key == 'd')
        d->page = -ALL_LINES;
    output_run(d);
}
