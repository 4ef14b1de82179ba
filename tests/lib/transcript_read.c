/* Reads transcripts: tests/dialogues/README.md. */
#include "tests/lib/transcript.h"
#include "tests/lib/transcript_bytes.h"
#include "tests/lib/transcript_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum part { PART_SETTINGS, PART_STEPS, PART_OUTCOME, PARTS };

struct reader {
    struct transcript *t;
    int line;
    struct expected_command *at; /* the command that the outcome's lines are about */
    char *error;
    size_t size;
};

static int complain(const struct reader *r, const char *what)
{
    snprintf(r->error, r->size, "%s:%d: %s", r->t->path, r->line, what);
    return -1;
}

/* "key: value" or "key value": the value when line begins with key, else NULL. */
static char *value_of(char *line, const char *key)
{
    size_t n = strlen(key);
    if (strncmp(line, key, n) != 0)
        return NULL;
    return line[n] == '\0' ? line + n : line[n] == ' ' ? line + n + 1 : NULL;
}

static int64_t milliseconds(const char *text)
{
    return (int64_t)(strtod(text, NULL) * 1000 + 0.5);
}

static int read_answer(struct reader *r, char *value)
{
    struct transcript *t = r->t;
    char *arrow = strstr(value, " =>");
    if (!arrow || t->n_commands == 0)
        return complain(r, "an answer is 'pattern => response', behind its command");
    struct command *c = &t->commands[t->n_commands - 1];
    if (c->n_answers == ANSWERS_MAX)
        return complain(r, "too many answers");
    *arrow = '\0';
    char *response = arrow + 3;
    response += *response == ' ';
    t->answers[t->n_commands - 1][c->n_answers++] =
        (struct answer){.prompt = strdup(value), .response = strdup(response)};
    return 0;
}

static int read_command(struct reader *r, const char *value)
{
    struct transcript *t = r->t;
    if (t->n_commands == COMMANDS_MAX)
        return complain(r, "too many commands");
    t->commands[t->n_commands] = (struct command){
        .text = strdup(value), .answers = t->answers[t->n_commands], .file = "transcript"};
    t->n_commands++;
    return 0;
}

/* The commands that follow are those of another round. */
static int read_round(struct reader *r)
{
    struct transcript *t = r->t;
    if (!t->rounds_on || t->n_rounds == ROUNDS_MAX)
        return complain(r, "a round needs 'rounds: on' before it, and there are at most 8");
    t->rounds[t->n_rounds++] = t->n_commands;
    return 0;
}

static int read_setting(struct reader *r, char *line)
{
    struct transcript *t = r->t;
    struct {
        const char *key;
        char **text;
    } texts[] = {{"platform:", &t->platform},   {"username:", &t->username},
                 {"password:", &t->password},   {"enable:", &t->enable},
                 {"privilege:", &t->privilege}, {"comment:", &t->comment}};
    char *value;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if ((value = value_of(line, texts[i].key)) != NULL) {
            *texts[i].text = strdup(value);
            return 0;
        }
    if ((value = value_of(line, "transport:")) != NULL)
        t->telnet = strcmp(value, "telnet") == 0;
    else if ((value = value_of(line, "chunks:")) != NULL)
        t->only_whole = strcmp(value, "whole") == 0;
    else if ((value = value_of(line, "nonce:")) != NULL)
        t->nonce = strcmp(value, "on") == 0;
    else if ((value = value_of(line, "erase:")) != NULL)
        t->no_erase = strcmp(value, "none") == 0;
    else if ((value = value_of(line, "doubt:")) != NULL)
        t->doubt_fails = strcmp(value, "fail") == 0;
    else if ((value = value_of(line, "exec:")) != NULL)
        t->exec = strcmp(value, "yes") == 0 ? TRI_YES : TRI_NO;
    else if ((value = value_of(line, "silence:")) != NULL)
        t->silence_ms = milliseconds(value);
    else if ((value = value_of(line, "max-command-bytes:")) != NULL)
        t->max_command_bytes = strtoul(value, NULL, 10);
    else if ((value = value_of(line, "max-device-bytes:")) != NULL)
        t->max_device_bytes = strtoul(value, NULL, 10);
    else if ((value = value_of(line, "command:")) != NULL)
        return read_command(r, value);
    else if ((value = value_of(line, "rounds:")) != NULL)
        t->rounds_on = strcmp(value, "on") == 0;
    else if (strcmp(line, "round") == 0)
        return read_round(r);
    else if ((value = value_of(line, "timeout:")) != NULL && t->n_commands > 0)
        t->commands[t->n_commands - 1].timeout_ms = milliseconds(value);
    else if ((value = value_of(line, "answer:")) != NULL)
        return read_answer(r, value);
    else
        return complain(r, "unknown setting");
    return 0;
}

static int add_step(struct reader *r, struct step step)
{
    struct transcript *t = r->t;
    struct step *more = realloc(t->steps, (t->n_steps + 1) * sizeof *more);
    t->steps = more ? more : t->steps;
    if (!more || (step.n > 0 && !step.bytes))
        return complain(r, "memory is out");
    step.line = r->line;
    t->steps[t->n_steps++] = step;
    return 0;
}

/* A step without bytes, which add_step refuses, when memory is out. */
static struct step bytes_step(enum step_kind kind, const char *text, size_t times)
{
    struct transcript_bytes expanded;
    if (transcript_expand(text, times, &expanded) != 0)
        return (struct step){.kind = kind, .n = 1};
    return (struct step){
        .kind = kind, .bytes = expanded.bytes, .digits = expanded.digits, .n = expanded.n};
}

/* > text, >! text, >~ text, >? text; a dot before the mark: without a line end. */
static int read_sent(struct reader *r, char *line)
{
    bool bare = *line == '.';
    line += bare;
    char mark = *line;
    line += mark && strchr("!~?#", mark);
    struct step step = bytes_step(STEP_SENT, line + (*line == ' '), 1);
    if (!bare && step.bytes) {
        const char *end = r->t->telnet ? "\r\n" : "\n";
        memcpy(step.bytes + step.n, end, strlen(end));
        step.n += strlen(end);
    }
    step.secret = mark == '!';
    step.nonce = mark == '~';
    step.comment = mark == '#';
    step.optional = mark == '?';
    return add_step(r, step);
}

static int class_of(const char *name, enum fail_class *class)
{
    *class = fail_by_name(name);
    return strcmp(name, "ok") == 0 || *class != FAIL_NONE ? 0 : -1;
}

/* round over, or round over CLASS */
static int read_round_over(struct reader *r, const char *value)
{
    enum fail_class class = FAIL_NONE;
    if (*value && class_of(value, &class) != 0)
        return complain(r, "unknown class");
    return add_step(r, (struct step){.kind = STEP_ROUND_OVER, .number = class});
}

static int read_step(struct reader *r, char *line)
{
    char *value;
    if (*line == '<') {
        char *text = line + 1;
        size_t times = *text == ' ' ? 1 : strtoul(text, &text, 10);
        return add_step(r, bytes_step(STEP_DEVICE, text + (*text == ' '), times ? times : 1));
    }
    if (*line == '!')
        return add_step(r, bytes_step(STEP_STDERR, line + 1 + (line[1] == ' '), 1));
    if (*line == '>')
        return read_sent(r, line + 1);
    if ((value = value_of(line, "wait")) != NULL)
        return add_step(r, (struct step){.kind = STEP_WAIT, .number = milliseconds(value)});
    if ((value = value_of(line, "exec")) != NULL)
        return add_step(r, bytes_step(STEP_EXEC, value, 1));
    if ((value = value_of(line, "exit")) != NULL)
        return add_step(r, (struct step){.kind = STEP_EXIT,
                                         .number = strcmp(value, "none") == 0 ? -1 : atoi(value)});
    if (value_of(line, "end") != NULL)
        return add_step(r, (struct step){.kind = STEP_END});
    if ((value = value_of(line, "lost")) != NULL)
        return add_step(r, bytes_step(STEP_LOST, value, 1));
    if ((value = value_of(line, "echo")) != NULL)
        return add_step(r, (struct step){.kind = STEP_ECHO, .number = strcmp(value, "on") == 0});
    if ((value = value_of(line, "timeout")) != NULL)
        return add_step(r, (struct step){.kind = STEP_TIMEOUT,
                                         .number = strcmp(value, "total") == 0
                                                       ? FAIL_TOTAL_TIMEOUT
                                                       : FAIL_CONNECT_TIMEOUT});
    if (value_of(line, "cancel") != NULL)
        return add_step(r, (struct step){.kind = STEP_CANCEL});
    if ((value = value_of(line, "round over")) != NULL)
        return read_round_over(r, value);
    if (strcmp(line, "continue") == 0)
        return add_step(r, (struct step){.kind = STEP_CONTINUE});
    if (strcmp(line, "log out") == 0)
        return add_step(r, (struct step){.kind = STEP_LOG_OUT});
    return complain(r, "unknown step");
}

static int read_proofs(struct reader *r, char *names, unsigned *proofs)
{
    for (char *save, *name = strtok_r(names, " ", &save); name; name = strtok_r(NULL, " ", &save)) {
        int i = 0;
        while (i < PROOF_KINDS && strcmp(proof_name(i), name) != 0)
            i++;
        if (i == PROOF_KINDS)
            return complain(r, "unknown proof");
        *proofs |= 1u << i;
    }
    return 0;
}

static int read_expected(struct reader *r, char *value)
{
    size_t number = strtoul(value, &value, 10);
    if (number < 1 || number > r->t->n_commands || strncmp(value, ": ", 2) != 0)
        return complain(r, "a command is 'command N: status proofs'");
    r->at = &r->t->expected[number - 1];
    *r->at = (struct expected_command){.given = true, .line = r->line, .exit_status = -2};
    char *status = value + 2;
    char *rest = status + strcspn(status, " ");
    if (*rest)
        *rest++ = '\0';
    if (strcmp(status, "not_run") == 0)
        return 0;
    if (class_of(status, &r->at->class) != 0)
        return complain(r, "unknown status");
    r->at->status = r->at->class == FAIL_NONE ? COMMAND_OK : COMMAND_FAILED;
    r->at->check_proofs = *rest != '\0';
    return read_proofs(r, rest, &r->at->proofs);
}

static int read_output(struct reader *r, char *text)
{
    bool ended = *text != '.';
    text += !ended;
    text += *text == ' ';
    size_t n = transcript_unescape(text);
    char *more = realloc(r->at->output, r->at->output_n + n + 2);
    if (!more)
        return complain(r, "memory is out");
    memcpy(more + r->at->output_n, text, n);
    more[r->at->output_n + n] = '\n';
    r->at->output = more;
    r->at->output_n += n + ended;
    return 0;
}

static int add_fragment(struct reader *r, char **list, size_t *n, const char *value)
{
    if (*n == FRAGMENTS_MAX)
        return complain(r, "too many of them");
    list[(*n)++] = strdup(value);
    return 0;
}

/* doubt N: text, or doubt N */
static int read_doubt(struct reader *r, char *value, bool needed)
{
    size_t number = strtoul(value, &value, 10);
    if (number < 1 || number > r->t->n_commands || (needed ? *value != ':' : *value != '\0'))
        return complain(r, "a doubt is 'doubt N: part of its sentence' or 'or doubt N'");
    r->t->or_doubt[number - 1] = !needed;
    if (needed && !r->t->doubts[number - 1])
        r->t->doubts[number - 1] = strdup(value + 1 + (value[1] == ' '));
    return 0;
}

static int read_outcome(struct reader *r, char *line)
{
    struct transcript *t = r->t;
    char *value;
    if ((value = value_of(line, "class:")) != NULL)
        return class_of(value, &t->class) == 0 ? 0 : complain(r, "unknown class");
    if ((value = value_of(line, "error:")) != NULL)
        return add_fragment(r, t->errors, &t->n_errors, value);
    if ((value = value_of(line, "note:")) != NULL)
        return add_fragment(r, t->notes, &t->n_notes, value);
    if ((value = value_of(line, "doubt")) != NULL)
        return read_doubt(r, value, true);
    if ((value = value_of(line, "or doubt")) != NULL)
        return read_doubt(r, value, false);
    if ((value = value_of(line, "ready:")) != NULL)
        t->ready = strcmp(value, "yes") == 0;
    else if ((value = value_of(line, "finished:")) != NULL)
        t->finished = strcmp(value, "yes") == 0;
    else if ((value = value_of(line, "prompt:")) != NULL) {
        t->prompt = strdup(value);
        transcript_unescape(t->prompt);
    } else if (!r->at && strncmp(line, "command ", 8) != 0)
        return complain(r, "unknown outcome");
    else if ((value = value_of(line, "contains:")) != NULL)
        r->at->contains = strdup(value);
    else if ((value = value_of(line, "command error:")) != NULL)
        r->at->error = strdup(value);
    else if ((value = value_of(line, "at least:")) != NULL)
        return read_proofs(r, value, &r->at->at_least);
    else if ((value = value_of(line, "exit status:")) != NULL)
        r->at->exit_status = atoi(value);
    else if (*line == '|')
        return read_output(r, line + 1);
    else if ((value = value_of(line, "command")) != NULL)
        return read_expected(r, value);
    else
        return complain(r, "unknown outcome");
    return 0;
}

static int read_lines(struct reader *r, FILE *file)
{
    static int (*const readers[PARTS])(struct reader *, char *) = {read_setting, read_step,
                                                                   read_outcome};
    int part = PART_SETTINGS, rc = 0;
    char *line = NULL;
    size_t size = 0;
    while (rc == 0 && getline(&line, &size, file) > 0) {
        r->line++;
        size_t n = strlen(line);
        while (n > 0 && strchr("\n \t", line[n - 1]))
            line[--n] = '\0';
        if (n == 0 || *line == '#')
            continue;
        if (strcmp(line, "---") == 0)
            rc = ++part < PARTS ? 0 : complain(r, "a fourth part");
        else
            rc = readers[part](r, line);
    }
    free(line);
    if (rc == 0 && (part != PART_OUTCOME || !r->t->platform))
        rc = complain(r, "needs a platform and three parts");
    return rc;
}

struct transcript *transcript_read(const char *path, char *error, size_t size)
{
    struct transcript *t = calloc(1, sizeof *t);
    FILE *file = fopen(path, "re");
    if (!t || !file) {
        snprintf(error, size, "%s: %s", path, strerror(errno));
        free(t);
        if (file)
            fclose(file);
        return NULL;
    }
    snprintf(t->path, sizeof t->path, "%s", path);
    t->silence_ms = 30000;
    t->max_command_bytes = 16u << 20;
    t->max_device_bytes = 64u << 20;
    t->ready = -1;
    t->finished = 1;
    t->n_rounds = 1;
    struct reader r = {.t = t, .error = error, .size = size};
    int rc = read_lines(&r, file);
    for (size_t i = 0; rc == 0 && i < t->n_commands; i++)
        if ((t->doubts[i] || t->or_doubt[i]) && !t->expected[i].given)
            rc = complain(&r, "a doubt of a command without 'command N:'");
    fclose(file);
    if (rc == 0)
        return t;
    transcript_free(t);
    return NULL;
}

void transcript_free(struct transcript *t)
{
    char *const texts[] = {t->platform,  t->username, t->password, t->enable,
                           t->privilege, t->prompt,   t->comment};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    for (size_t i = 0; i < t->n_commands; i++) {
        free((char *)t->commands[i].text);
        for (size_t a = 0; a < t->commands[i].n_answers; a++) {
            free((char *)t->answers[i][a].prompt);
            free((char *)t->answers[i][a].response);
        }
        free(t->doubts[i]);
        free(t->expected[i].output);
        free(t->expected[i].contains);
        free(t->expected[i].error);
    }
    for (size_t i = 0; i < t->n_steps; i++) {
        free(t->steps[i].bytes);
        free(t->steps[i].digits);
    }
    for (size_t i = 0; i < FRAGMENTS_MAX; i++) {
        free(t->errors[i]);
        free(t->notes[i]);
    }
    free(t->steps);
    free(t);
}
