#include "lab/devices/record_prompt.h"

#include <ctype.h>
#include <string.h>

#define ESC '\x1b'

struct span {
    const char *at;
    size_t len;
};

static bool is_host_sign(char c)
{
    return isalnum((unsigned char)c) || c == '-' || c == '_' || c == '.';
}

static bool is_user_sign(char c)
{
    return (unsigned char)c > ' ' && c != '@';
}

/* What a record cannot know, and which signs it may have. */
static const struct {
    const char *placeholder;
    bool (*is_sign)(char c);
    bool is_host;
} unknowns[] = {
    {"{{hostname}}", is_host_sign, true},
    {"{{user}}", is_user_sign, false},
};

static struct span without_blanks(struct span s)
{
    while (s.len > 0 && s.at[s.len - 1] == ' ')
        s.len--;
    return s;
}

static bool starts_with(struct span s, const char *text)
{
    return s.len >= strlen(text) && memcmp(s.at, text, strlen(text)) == 0;
}

static struct span after(struct span s, size_t n)
{
    return (struct span){s.at + n, s.len - n};
}

/* What nobody sees of a prompt: ESC [ parameters and a final byte. */
static struct span after_escape(struct span s)
{
    size_t n = s.len > 1 && s.at[1] == '[' ? 2 : 1;
    while (n > 1 && n < s.len && (s.at[n] < 0x40 || s.at[n] > 0x7e))
        n++;
    return after(s, n > 1 && n < s.len ? n + 1 : n);
}

static bool fits(struct span template, struct span prompt, struct span *host);

/* The unknown takes as many signs as let the rest fit. */
static bool fits_unknown(size_t unknown, struct span template, struct span prompt,
                         struct span *host)
{
    size_t most = 0;
    struct span rest = after(template, strlen(unknowns[unknown].placeholder));
    while (most < prompt.len && unknowns[unknown].is_sign(prompt.at[most]))
        most++;
    for (size_t n = most; n > 0; n--) {
        if (!fits(rest, after(prompt, n), host))
            continue;
        if (unknowns[unknown].is_host)
            *host = (struct span){prompt.at, n};
        return true;
    }
    return false;
}

static bool fits(struct span template, struct span prompt, struct span *host)
{
    while (template.len > 0) {
        if (template.at[0] == ESC) {
            template = after_escape(template);
            continue;
        }
        for (size_t i = 0; i < sizeof unknowns / sizeof *unknowns; i++)
            if (starts_with(template, unknowns[i].placeholder))
                return fits_unknown(i, template, prompt, host);
        if (prompt.len == 0 || prompt.at[0] != template.at[0])
            return false;
        template = after(template, 1);
        prompt = after(prompt, 1);
    }
    return prompt.len == 0;
}

/* Only the last of several lines is the prompt's own: those above it stand at the end of every
 * recorded output. */
static void cut_to_last_lines(struct persona *p)
{
    for (size_t i = 0; i < p->n_modes; i++) {
        struct say *say = &p->modes[i].prompt;
        const char *lf = say->len > 0 ? memrchr(say->text, '\n', say->len) : NULL;
        size_t n = lf ? (size_t)(lf + 1 - say->text) : 0;
        say->text += n;
        say->len -= (uint32_t)n;
    }
}

static int mode_of(const struct persona *p, struct span prompt, struct span *host)
{
    for (size_t i = 0; i < p->n_modes; i++) {
        const struct say *say = &p->modes[i].prompt;
        *host = (struct span){0};
        if (say->len > 0 && fits(without_blanks((struct span){say->text, say->len}), prompt, host))
            return (int)i;
    }
    return -1;
}

static bool is_reached(const struct persona *p, int mode)
{
    uint32_t reached = 1, before = 0;
    while (reached != before) {
        before = reached;
        for (size_t i = 0; i < p->n_commands; i++)
            if (p->commands[i].enters >= 0 && (p->commands[i].modes & reached) != 0)
                reached |= 1u << p->commands[i].enters;
    }
    return (reached & 1u << mode) != 0;
}

static int say_everywhere(struct persona *p, const char *prompt, struct arena *arena)
{
    const char *kept = arena_strdup(arena, prompt);
    if (!kept)
        return -1;
    for (size_t i = 0; i < p->n_modes; i++)
        p->modes[i].prompt =
            (struct say){.text = kept, .len = (uint32_t)strlen(kept), .is_plain = true};
    return 0;
}

int record_prompt(struct persona *p, const char *prompt, struct arena *arena, const char **hostname)
{
    struct span host, seen = without_blanks((struct span){prompt, strlen(prompt)});
    if (seen.len == 0)
        return 0;
    cut_to_last_lines(p);
    int mode = mode_of(p, seen, &host);
    if (mode < 0)
        return say_everywhere(p, prompt, arena);
    /* No way leads there: then the session began there. */
    if (!is_reached(p, mode))
        p->modes[0] = p->modes[mode];
    if (host.len == 0)
        return 0;
    *hostname = arena_dup(arena, host.at, host.len);
    return *hostname ? 0 : -1;
}
