#include "dialogue/prompt.h"

#include "dialogue/log_line.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_FIRST    64
#define VARIANT_MIN   3 /* bytes of a prompt that no text ends in by accident */
#define VARIANT_SLACK 8 /* digits that it may have more */

void prompts_init(struct prompts *p, const struct dialogue_rules *rules,
                  const struct matcher *matcher)
{
    *p = (struct prompts){.rules = rules, .matcher = matcher, .mode = -1, .target = -1};
}

void prompt_free(struct prompt_text *t)
{
    if (t->text)
        explicit_bzero(t->text, t->room);
    free(t->text);
    *t = (struct prompt_text){.n = 0};
}

void prompts_free(struct prompts *p)
{
    prompt_free(&p->believed);
    prompt_free(&p->proved);
    prompt_free(&p->earlier);
    prompt_free(&p->above);
    prompt_free(&p->seen);
}

int prompt_keep(struct prompt_text *t, const char *text, size_t n)
{
    size_t room = t->room ? t->room : TEXT_FIRST;
    while (room < n)
        room *= 2;
    if (!t->text || room > t->room) {
        char *more = malloc(room);
        if (!more)
            return -1;
        memcpy(more, text, n); /* it may lie in the old one */
        prompt_free(t);
        *t = (struct prompt_text){.text = more, .n = n, .room = room};
        return 0;
    }
    memmove(t->text, text, n);
    t->n = n;
    return 0;
}

bool prompt_is_text(const struct prompt_text *t, const char *text, size_t n)
{
    size_t len = clean_length(t->text, t->n);
    return len > 0 && clean_length(text, n) == len && memcmp(text, t->text, len) == 0;
}

/* Digits count as one, a star or none as the same: what counters, clocks and unsaved changes do. */
bool prompt_same_shape(const char *a, size_t n, const char *b, size_t len)
{
    size_t i = 0, k = 0;
    n = clean_length(a, n);
    len = clean_length(b, len);
    for (;;) {
        while (i < n && a[i] == '*')
            i++;
        while (k < len && b[k] == '*')
            k++;
        if (i == n || k == len)
            return i == n && k == len;
        if (isdigit((unsigned char)a[i]) && isdigit((unsigned char)b[k])) {
            while (i < n && isdigit((unsigned char)a[i]))
                i++;
            while (k < len && isdigit((unsigned char)b[k]))
                k++;
        } else if (a[i++] != b[k++]) {
            return false;
        }
    }
}

static bool varies_as(const struct prompts *p, const char *text, size_t n)
{
    const struct prompt_text *t = &p->proved;
    n = clean_length(text, n);
    size_t len = clean_length(t->text, t->n);
    return p->varies && n >= p->front + p->back && memcmp(text, t->text, p->front) == 0 &&
           memcmp(text + n - p->back, t->text + len - p->back, p->back) == 0 &&
           prompt_same_shape(text, n, t->text, len);
}

bool prompt_is_known(const struct prompts *p, const char *text, size_t n)
{
    return prompt_is_text(&p->proved, text, n) || prompt_is_text(&p->believed, text, n) ||
           varies_as(p, text, n);
}

/* The n-th line of text, counted from its end; NULL: there are fewer. */
const char *prompt_line_of(const struct prompt_text *t, size_t back, size_t *len)
{
    const char *end = t->text ? t->text + t->n : NULL;
    for (size_t i = 0; end && end > t->text; i++) {
        size_t n = (size_t)(end - t->text) - 1;
        const char *lf = n > 0 ? memrchr(t->text, '\n', n) : NULL;
        const char *from = lf ? lf + 1 : t->text;
        if (i == back) {
            *len = (size_t)(end - 1 - from);
            return from;
        }
        end = from;
    }
    return NULL;
}

/* text is the beginning of t, or of what differs from it in digits alone. */
static bool begins(const struct prompt_text *t, const char *text, size_t n)
{
    size_t i = 0, k = 0;
    while (i < n && k < t->n) {
        if (isdigit((unsigned char)text[i]) && isdigit((unsigned char)t->text[k])) {
            while (i < n && isdigit((unsigned char)text[i]))
                i++;
            while (k < t->n && isdigit((unsigned char)t->text[k]))
                k++;
        } else if (text[i++] != t->text[k++]) {
            return false;
        }
    }
    return i == n && k < t->n;
}

static bool begins_above(const struct prompts *p, const char *text, size_t n)
{
    size_t len = 0;
    for (size_t i = 0; i < ABOVE_LINES; i++) {
        const char *line = prompt_line_of(&p->seen, i, &len);
        if (line && len > 0 && n <= len && memcmp(line, text, n) == 0)
            return true;
    }
    return false;
}

bool prompt_begins(const struct prompts *p, const char *text, size_t n)
{
    return begins(&p->proved, text, n) || begins(&p->believed, text, n) ||
           begins_above(p, text, n) || prompt_is_known(p, text, n);
}

bool prompt_is_variant(const struct prompts *p, const char *text, size_t n)
{
    return p->believed.n > 0 && prompt_same_shape(text, n, p->believed.text, p->believed.n);
}

bool prompt_ends_as_one(const char *text, size_t n)
{
    n = clean_length(text, n);
    return n > 0 && text[n - 1] != '\0' && strchr(">#$%]", text[n - 1]) != NULL;
}

bool prompt_is_like(const struct prompts *p, const char *text, size_t n)
{
    const struct platform *of = p->rules->platform;
    bool known = false;
    if (n == 0 || (rules_mode(p->rules, p->matcher, text, n, &known) < 0 && !known))
        return false;
    const struct prompt_text *t = p->proved.n > 0 ? &p->proved : &p->believed;
    if (!of->learn_prompt || t->n == 0)
        return true;
    /* A pattern that takes every line says nothing: only what ends as the learned one did, or as
     * prompts do. */
    size_t len = clean_length(text, n), learned = clean_length(t->text, t->n);
    return len > 0 && learned > 0 &&
           (text[len - 1] == t->text[learned - 1] || prompt_ends_as_one(text, len));
}

/* Does it differ from t in a part only, as a clock or a mode does? */
static bool is_similar(const struct prompt_text *t, const char *text, size_t n)
{
    size_t shorter = n < t->n ? n : t->n, front = 0, back = 0;
    while (front < shorter && text[front] == t->text[front])
        front++;
    while (back < shorter - front && text[n - 1 - back] == t->text[t->n - 1 - back])
        back++;
    return (front + back) * 2 >= t->n;
}

enum prompt_judgement prompt_judge(const struct prompts *p, const char *text, size_t n)
{
    const struct prompt_text *t = p->proved.n > 0 ? &p->proved : &p->believed;
    bool blank = t->n > 0 && t->text[t->n - 1] == ' ';
    bool late = blank && n > 0 && text[n - 1] != ' '; /* its blank may be in the next chunk */
    if (prompt_is_text(&p->proved, text, n) || prompt_is_text(&p->believed, text, n))
        return late ? PROMPT_HOLD : PROMPT_EXACT;
    if (varies_as(p, text, n))
        return late ? PROMPT_HOLD : PROMPT_PATTERN;
    if (!prompt_is_like(p, text, n))
        return PROMPT_NOT;
    bool known = false;
    if (late)
        return PROMPT_HOLD;
    if (p->target >= 0 && rules_mode(p->rules, p->matcher, text, n, &known) == p->target)
        return PROMPT_PATTERN;
    return is_similar(t, text, n) ? PROMPT_PATTERN : PROMPT_HOLD;
}

/* The same for a prompt that varies. */
static size_t before_varying(const struct prompts *p, const char *text, size_t n)
{
    size_t least = p->front + p->back + 1, longest = p->proved.n + 16;
    n = clean_length(text, n);
    for (size_t len = least; p->varies && len <= n && len <= longest; len++)
        if (varies_as(p, text + n - len, len))
            return n - len;
    return NOWHERE;
}

/* Text ends in t: the length of what stands before it; NOWHERE. */
static size_t before(const struct prompt_text *t, const char *text, size_t n)
{
    size_t len = clean_length(t->text, t->n), end = clean_length(text, n);
    if (len == 0 || end < len || memcmp(text + end - len, t->text, len) != 0)
        return NOWHERE;
    return end - len;
}

static bool has_digit(const struct prompt_text *t)
{
    for (size_t i = 0; i < t->n; i++)
        if (isdigit((unsigned char)t->text[i]))
            return true;
    return false;
}

size_t prompt_variant_at_end(const struct prompts *p, const char *text, size_t n)
{
    const struct prompt_text *t = &p->proved;
    size_t len = t->n, most = len + VARIANT_SLACK < n ? len + VARIANT_SLACK : n;
    if (len < VARIANT_MIN || !has_digit(t) || prompt_same_shape(text, n, t->text, len))
        return NOWHERE;
    if (n > len && prompt_same_shape(text + n - len, len, t->text, len))
        return n - len;
    for (size_t k = most; k >= VARIANT_MIN; k--)
        if (prompt_same_shape(text + n - k, k, t->text, len))
            return n - k;
    return NOWHERE;
}

bool prompt_has_log_behind(const struct prompts *p, const char *text, size_t n)
{
    size_t len = clean_length(p->proved.text, p->proved.n);
    return len > 0 && n > len && memcmp(text, p->proved.text, len) == 0 &&
           prompt_is_log_line(text + len, n - len);
}

size_t prompt_count(const struct prompts *p, const char *text, size_t n, size_t *rest, size_t *at,
                    size_t max)
{
    size_t count = 0;
    for (size_t to = n; n > 0; to = n) {
        size_t from = before(&p->proved, text, to);
        if (from == NOWHERE)
            from = before(&p->believed, text, to);
        if (from == NOWHERE)
            from = before_varying(p, text, to);
        if (from == NOWHERE)
            break;
        if (at && count < max)
            at[count] = from;
        count++;
        n = from;
    }
    size_t stars = n;
    while (count > 0 && stars > 0 && text[stars - 1] == '*')
        stars--;
    if (stars == 0 && n > 0) { /* "*A:sr1#": the same with unsaved changes */
        n = 0;
        if (at && count <= max)
            at[count - 1] = 0;
    }
    *rest = n;
    return count;
}

size_t prompt_at_end(const struct prompts *p, const struct stream *s, size_t from, size_t to,
                     char text[TAIL_MAX], size_t *n)
{
    char line[TAIL_MAX];
    size_t rest = 0, at = 0, len = stream_line_tail(s, from, to, line);
    if (len == 0 || prompt_count(p, line, len, &rest, &at, 1) == 0)
        return NOWHERE;
    if (text) {
        memcpy(text, line + at, len - at);
        *n = len - at;
    }
    return stream_find_last(s, from, to, line + at, len - at);
}

int prompt_believe(struct prompts *p, const char *text, size_t n)
{
    bool known = false;
    if (prompt_keep(&p->believed, text, n) != 0)
        return -1;
    p->mode = rules_mode(p->rules, p->matcher, p->believed.text, n, &known);
    return 0;
}

/* Two that are proved and differ in digits alone: what stays is what they share at both ends. */
static void learn_part(struct prompts *p, const char *text, size_t n)
{
    size_t front = 0, back = 0;
    size_t a = clean_length(text, n), b = clean_length(p->proved.text, p->proved.n);
    size_t shorter = a < b ? a : b;
    if (p->proved.n == 0 || prompt_is_text(&p->proved, text, n))
        return;
    p->varies = prompt_same_shape(text, n, p->proved.text, p->proved.n);
    while (front < shorter && text[front] == p->proved.text[front] &&
           !isdigit((unsigned char)text[front]))
        front++;
    while (back < shorter - front && text[a - 1 - back] == p->proved.text[b - 1 - back] &&
           !isdigit((unsigned char)text[a - 1 - back]))
        back++;
    p->front = front;
    p->back = back;
}

int prompt_prove(struct prompts *p, const char *text, size_t n)
{
    bool known = false;
    learn_part(p, text, n);
    if (!p->varies && p->proved.n > 0 && !prompt_is_text(&p->proved, text, n) &&
        prompt_keep(&p->earlier, p->proved.text, p->proved.n) != 0)
        return -1;
    if (prompt_keep(&p->proved, text, n) != 0)
        return -1;
    p->confirmed = true;
    p->mode = rules_mode(p->rules, p->matcher, p->proved.text, n, &known);
    return 0;
}
