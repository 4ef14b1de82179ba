/* What is typed: by whom it is shown, when it is read, what line it makes. */
#include "tests/trust/peer.h"

#include <string.h>

#define READS_MAX 70000 /* keys of one moment */
#define TAIL      3     /* bytes of a command that tell it from other inputs */

/* The terminal is cooked: the kernel shows and edits what is typed. */
static bool kernel_reads(const struct peer *d)
{
    bool shell = d->state == PEER_RUNNING || d->state == PEER_BUSY || d->state == PEER_ENDING;
    switch (d->scene->manner.terminal) {
    case TERMINAL_KERNEL:
        return shell || d->state == PEER_PROMPT;
    case TERMINAL_READLINE:
        return shell;
    case TERMINAL_DEVICE:
    case TERMINAL_NONE:
    case TERMINALS:
        break;
    }
    return false;
}

void input_release(struct peer *d)
{
    buf_add(&d->in, d->typed.text, d->typed.n);
    line_clear(&d->typed);
}

void input_typed(struct peer *d, char key)
{
    bool owed = d->lf_owed, asks = d->state == PEER_USER || d->state == PEER_PASSWORD;
    d->lf_owed = key == '\r' && (asks || !d->scene->manner.double_enter);
    if (key == '\n' && owed)
        return;
    if (!kernel_reads(d)) {
        buf_add_char(&d->in, key);
        return;
    }
    if (line_key(&d->typed, &d->scene->manner, "", true, key, &d->out) == LINE_DONE) {
        input_release(d);
        buf_add_char(&d->in, '\n');
    }
}

static bool line_is(const struct line *l, const char *text)
{
    size_t from = 0, n = l->n;
    while (from < n && l->text[from] == ' ')
        from++;
    while (n > from && l->text[n - 1] == ' ')
        n--;
    return text && n - from == strlen(text) && memcmp(l->text + from, text, n - from) == 0;
}

static void answer(struct peer *d, const char *text)
{
    buf_add_str(&d->answer, text);
    peer_wait(d, PEER_BUSY, d->scene->manner.think_ms);
}

static void log_out(struct peer *d)
{
    const struct cut *cut = &d->scene->cut;
    if (d->next > 0)
        d->truths[d->next - 1].followed = true;
    peer_show(d, manner_way(&d->scene->manner)->goodbye);
    peer_close(d, cut->where == CUT_AT_LOGOUT ? cut->how : CUT_ORDERLY);
}

/* The line is a command of the script that was not read yet: it is the next one, and those before
 * it were lost. */
static bool take_command(struct peer *d)
{
    for (unsigned i = d->next; i < d->scene->n; i++) {
        if (!line_is(&d->line, d->scene->commands[i].text))
            continue;
        if (d->next > 0 && i > d->next)
            d->truths[d->next - 1].followed = true;
        d->next = i;
        return true;
    }
    return false;
}

/* A line at the prompt. */
static void obey(struct peer *d)
{
    const struct way *w = manner_way(&d->scene->manner);
    if (line_is(&d->line, "")) {
        answer(d, "");
    } else if (take_command(d)) {
        output_begin(d);
    } else if (line_is(&d->line, w->logout)) {
        log_out(d);
    } else if (line_is(&d->line, w->setup)) {
        answer(d, d->scene->manner.pager ? w->refusal : w->setup_answer);
    } else if (d->user_mode && line_is(&d->line, "enable")) {
        peer_show(d, "Password: ");
        d->state = PEER_ENABLE;
        d->next_at = WIRE_NEVER;
    } else {
        d->strange++;
        answer(d, w->refusal);
    }
}

static void read_line(struct peer *d)
{
    switch (d->state) {
    case PEER_USER:
        peer_show(d, manner_way(&d->scene->manner)->password_question);
        d->state = PEER_PASSWORD;
        break;
    case PEER_PASSWORD:
        peer_show(d, "\r\n");
        peer_logged_in(d);
        break;
    case PEER_ENABLE:
        peer_show(d, "\r\n");
        d->user_mode = !line_is(&d->line, ENABLE);
        answer(d, d->user_mode ? "% Access denied\r\n" : "");
        break;
    default:
        obey(d);
        break;
    }
    line_clear(&d->line);
}

/* A log line cuts the echo of the script's next command. */
static void perhaps_log(struct peer *d)
{
    const struct script_command *c = d->next < d->scene->n ? &d->scene->commands[d->next] : NULL;
    size_t len = c ? strlen(c->text) : 0;
    if (d->state != PEER_PROMPT || len < TAIL || c->log.when != LOG_IN_ECHO || d->echo_log_done ||
        d->line.n != c->log.at || !memmem(buf_bytes(&d->in), d->in.len, c->text + len - TAIL, TAIL))
        return;
    d->echo_log_done = true;
    peer_log(d, &c->log);
}

static bool is_silent(const struct peer *d)
{
    const struct manner *m = &d->scene->manner;
    if (d->state == PEER_PASSWORD || d->state == PEER_ENABLE)
        return true;
    return d->state == PEER_PROMPT &&
           (m->terminal == TERMINAL_NONE || m->terminal == TERMINAL_KERNEL);
}

static void read_key(struct peer *d, char key)
{
    bool silent = is_silent(d);
    const char *prompt = d->state == PEER_PROMPT ? d->prompt : "";
    perhaps_log(d);
    enum line_state done =
        line_key(&d->line, &d->scene->manner, prompt, false, key, silent ? NULL : &d->out);
    if (done == LINE_OPEN)
        return;
    if (silent && d->state == PEER_PROMPT && d->scene->manner.terminal == TERMINAL_NONE &&
        !d->scene->manner.silent_enter)
        peer_show(d, "\r\n");
    read_line(d);
}

static bool takes_keys(const struct peer *d)
{
    return d->state == PEER_USER || d->state == PEER_PASSWORD || d->state == PEER_ENABLE ||
           d->state == PEER_PROMPT || d->state == PEER_PAGED;
}

void input_read(struct peer *d)
{
    for (unsigned i = 0; i < READS_MAX && takes_keys(d) && d->in.len > 0; i++) {
        char key = *buf_bytes(&d->in);
        buf_drop_front(&d->in, 1);
        if (d->state == PEER_PAGED)
            output_key(d, key);
        else
            read_key(d, key);
    }
}
