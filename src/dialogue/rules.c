#include "dialogue/rules.h"

#include <poller/err.h>
#include <stdlib.h>
#include <string.h>

#define BUILT_IN(pattern) ((struct platform_pattern){.text = (pattern), .file = "built-in"})

static const struct platform_pattern default_user =
    BUILT_IN("^(.{0,94} )?(user ?name|login|user): *$");
static const struct platform_pattern default_password =
    BUILT_IN("^.{0,94}(password|passphrase|passcode)[^:\r\n]{0,48}: *$");

/* What no output ends in without a line end unless it waits for an answer. Kept short: what is not
 * here meets the silence deadline, and shows its text all the same. */
static const struct platform_pattern builtin_question = BUILT_IN(
    "\\[(confirm|(yes|y)(es)?/(no|n)(/[\\w ]{1,12})?)\\] ?[:?]? ?$|"
    "\\((yes|y)(es)?/(no|n)(/[\\w\\[\\] ]{1,16})?\\) ?[:?]? ?(\\[[\\w/]{1,8}\\])? ?[:?]? ?$|"
    "\\(press \\W?\\w{1,8}\\W? to \\w{1,12}\\) ?[:?]? ?$|\\[[^\\[\\]\r\n]{0,64}\\] ?\\? ?$|"
    "^[^:\r\n]{0,64}(password|passphrase|passcode)[^:\r\n]{0,32}: ?$");
/* A login that wants another password first: "New password:", RouterOS' "new password> ", VRP's
 * "The password needs to be changed. Change now? [Y/N]:". */
static const struct platform_pattern builtin_new_password =
    BUILT_IN("((new|old|current|change( your)?|expired?) password|password (has |is )?expired)"
             "[^:>\r\n]{0,48}[:>] *$|"
             "password [^\r\n]{0,64}chang[^\r\n]{0,24}\\? ?[\\[(]y(es)?/no?[\\])]:? *$");
/* Consoles and those who stand in front of them, whatever the platform; nothing behind it yet, so
 * that a question which came with it is answered instead. */
static const struct platform_pattern builtin_press_return =
    BUILT_IN("press (the )?(return|enter)( key)?[^\r\n]{0,40}\\s*\\z");
/* What devices put above their prompts: "{master:0}", "[edit interfaces]", "[/]",
 * "[ex:/configure]". No wider: "[OK]", a list in brackets and a line of JSON end outputs. */
static const struct platform_pattern builtin_decoration =
    BUILT_IN("^ *$|^\\{[\\w-]{1,64}(:[\\w.-]{1,64})?\\} *$|^\\[edit( [^\r\n]{0,150})?\\] *$|"
             "^[*!]*\\[(\\w{2}:)?/[^\r\n]{0,150}\\] *$");

static int compile_list(struct rules_list *to, const struct platform_pattern_list *from,
                        struct err *e)
{
    to->items = calloc(from->n ? from->n : 1, sizeof *to->items);
    if (!to->items)
        return err_set(e, FAIL_INTERNAL, "memory is out");
    to->n = from->n;
    for (size_t i = 0; i < from->n; i++)
        if (match_compile(&to->items[i], &from->items[i], MATCH_SEARCH, e) != 0)
            return -1;
    return 0;
}

static size_t count_questions(const struct instruction_list *list)
{
    size_t n = 0;
    for (size_t i = 0; i < list->n; i++)
        n += list->items[i].kind == INSTRUCTION_SEND_PROMPTED_INPUT;
    return n;
}

static int add_questions(struct dialogue_rules *r, const struct instruction_list *list,
                         struct err *e)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct instruction *ins = &list->items[i];
        if (ins->kind != INSTRUCTION_SEND_PROMPTED_INPUT)
            continue;
        struct rules_question *q = &r->questions[r->n_questions++];
        q->of = ins;
        if (match_compile(&q->prompt, &ins->prompt, MATCH_SEARCH, e) != 0)
            return -1;
    }
    return 0;
}

static int compile_questions(struct dialogue_rules *r, struct err *e)
{
    const struct platform *p = r->platform;
    size_t n = count_questions(&p->on_open);
    for (size_t m = 0; m < p->n_modes; m++)
        for (size_t a = 0; a < p->modes[m].n_accessible; a++)
            n += count_questions(&p->modes[m].accessible[a].instructions);
    r->questions = calloc(n ? n : 1, sizeof *r->questions);
    if (!r->questions)
        return err_set(e, FAIL_INTERNAL, "memory is out");
    if (add_questions(r, &p->on_open, e) != 0)
        return -1;
    for (size_t m = 0; m < p->n_modes; m++)
        for (size_t a = 0; a < p->modes[m].n_accessible; a++)
            if (add_questions(r, &p->modes[m].accessible[a].instructions, e) != 0)
                return -1;
    return 0;
}

static int compile_modes(struct dialogue_rules *r, struct err *e)
{
    const struct platform *p = r->platform;
    r->modes = calloc(p->n_modes ? p->n_modes : 1, sizeof *r->modes);
    r->pagers = calloc(p->n_pagers ? p->n_pagers : 1, sizeof *r->pagers);
    if (!r->modes || !r->pagers)
        return err_set(e, FAIL_INTERNAL, "memory is out");
    for (size_t i = 0; i < p->n_modes; i++)
        if (match_compile(&r->modes[i], &p->modes[i].prompt, MATCH_LINE, e) != 0)
            return -1;
    for (size_t i = 0; i < p->n_pagers; i++)
        if (match_compile(&r->pagers[i], &p->pagers[i].pattern, MATCH_SEARCH, e) != 0)
            return -1;
    return 0;
}

static int compile_single(struct dialogue_rules *r, struct err *e)
{
    const struct platform *p = r->platform;
    const struct platform_pattern *user = p->login_user.text ? &p->login_user : &default_user;
    const struct platform_pattern *password =
        p->login_password.text ? &p->login_password : &default_password;
    const struct {
        struct match *to;
        const struct platform_pattern *from;
        enum match_kind kind;
    } singles[] = {
        {&r->prompt, &p->prompt, MATCH_LINE},
        {&r->login_user, user, MATCH_SEARCH},
        {&r->login_password, password, MATCH_SEARCH},
        {&r->question, &builtin_question, MATCH_SEARCH},
        {&r->new_password, &builtin_new_password, MATCH_SEARCH},
        {&r->press_any_return, &builtin_press_return, MATCH_SEARCH},
        {&r->decoration, &builtin_decoration, MATCH_LINE},
    };
    for (size_t i = 0; i < sizeof singles / sizeof *singles; i++)
        if (match_compile(singles[i].to, singles[i].from, singles[i].kind, e) != 0)
            return -1;
    return 0;
}

struct dialogue_rules *dialogue_rules_new(const struct platform *platform, struct err *e)
{
    struct dialogue_rules *r = calloc(1, sizeof *r);
    if (!r) {
        err_set(e, FAIL_INTERNAL, "memory is out");
        return NULL;
    }
    r->platform = platform;
    if (compile_single(r, e) == 0 && compile_modes(r, e) == 0 &&
        compile_list(&r->login_failed, &platform->login_failed, e) == 0 &&
        compile_list(&r->no_session, &platform->no_session, e) == 0 &&
        compile_list(&r->press_return, &platform->press_return, e) == 0 &&
        compile_questions(r, e) == 0)
        return r;
    dialogue_rules_free(r);
    return NULL;
}

static void free_all(struct match *items, size_t n)
{
    for (size_t i = 0; items && i < n; i++)
        match_free(&items[i]);
    free(items);
}

void dialogue_rules_free(struct dialogue_rules *r)
{
    if (!r)
        return;
    struct match *const singles[] = {&r->prompt,    &r->login_user,   &r->login_password,
                                     &r->question,  &r->new_password, &r->press_any_return,
                                     &r->decoration};
    for (size_t i = 0; i < sizeof singles / sizeof *singles; i++)
        match_free(singles[i]);
    free_all(r->modes, r->platform->n_modes);
    free_all(r->pagers, r->platform->n_pagers);
    free_all(r->login_failed.items, r->login_failed.n);
    free_all(r->no_session.items, r->no_session.n);
    free_all(r->press_return.items, r->press_return.n);
    for (size_t i = 0; i < r->n_questions; i++)
        match_free(&r->questions[i].prompt);
    free(r->questions);
    free(r);
}

int dialogue_check_command(const struct command *command, struct err *e)
{
    for (size_t i = 0; i < command->n_answers; i++) {
        struct platform_pattern from = {.text = command->answers[i].prompt,
                                        .file = command->file,
                                        .line = command->line,
                                        .column = command->column};
        struct match m;
        int rc = match_compile(&m, &from, MATCH_SEARCH, e);
        match_free(&m);
        if (rc != 0)
            return -1;
    }
    return 0;
}

static bool holds_any(const char *const *texts, size_t n_texts, const char *text, size_t n)
{
    for (size_t i = 0; i < n_texts; i++)
        if (memmem(text, n, texts[i], strlen(texts[i])))
            return true;
    return false;
}

int rules_mode(const struct dialogue_rules *r, const struct matcher *m, const char *text, size_t n,
               bool *known)
{
    const struct platform *p = r->platform;
    *known = true;
    for (size_t i = 0; i < p->n_modes; i++) {
        const struct platform_mode *mode = &p->modes[i];
        size_t start = 0;
        if (match_text(&r->modes[i], m, text, n, &start) && start == 0 &&
            !holds_any(mode->excludes, mode->n_excludes, text, n))
            return (int)i;
    }
    *known =
        match_text(&r->prompt, m, text, n, NULL) && !holds_any(p->excludes, p->n_excludes, text, n);
    return -1;
}

bool rules_match_any(const struct rules_list *list, const struct matcher *m, const char *text,
                     size_t n, size_t *start)
{
    for (size_t i = 0; i < list->n; i++)
        if (match_text(&list->items[i], m, text, n, start))
            return true;
    return false;
}

const struct match *rules_question_of(const struct dialogue_rules *r, const struct instruction *of)
{
    for (size_t i = 0; i < r->n_questions; i++)
        if (r->questions[i].of == of)
            return &r->questions[i].prompt;
    return NULL;
}
