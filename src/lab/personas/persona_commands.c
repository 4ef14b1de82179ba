/* The section `commands` of a persona file. */
#include "lab/personas/persona_parts.h"

#include <string.h>

#define AT(type, member) offsetof(struct type, member)

struct raw_ask {
    struct say prompt, wrong, failed;
    const struct yaml_node *expects;
    int64_t attempts;
};

static const struct yaml_field ask_fields[] = {
    {"prompt", persona_read_say, AT(raw_ask, prompt), 0, 0},
    {"expects", yaml_read_node, AT(raw_ask, expects), 0, 0},
    {"attempts", yaml_read_int, AT(raw_ask, attempts), 1, 10},
    {"wrong", persona_read_say, AT(raw_ask, wrong), 0, 0},
    {"failed", persona_read_say, AT(raw_ask, failed), 0, 0},
};

struct raw_command {
    const char *command;
    struct yaml_strings modes;
    struct persona_parts output;
    const struct yaml_node *pager, *ask, *enters, *logout;
    int64_t exit_status, think_ms;
};

static const struct yaml_field command_fields[] = {
    {"command", yaml_read_string, AT(raw_command, command), 0, 0},
    {"modes", yaml_read_strings, AT(raw_command, modes), 0, 0},
    {"output", persona_read_parts, AT(raw_command, output), 0, 0},
    {"pager", yaml_read_node, AT(raw_command, pager), 0, 0},
    {"ask", yaml_read_node, AT(raw_command, ask), 0, 0},
    {"enters", yaml_read_node, AT(raw_command, enters), 0, 0},
    {"logout", yaml_read_node, AT(raw_command, logout), 0, 0},
    {"exit_status", yaml_read_int, AT(raw_command, exit_status), 0, 255},
    {"think", yaml_read_seconds, AT(raw_command, think_ms), 0, 0},
};

static int mode_named(const struct yaml_in *in, const struct yaml_node *node, const char *name)
{
    const struct persona *p = ((const struct persona_reader *)in->ctx)->persona;
    const char *names[PERSONA_MODES_MAX];
    for (size_t i = 0; i < p->n_modes; i++) {
        names[i] = p->modes[i].name;
        if (strcmp(names[i], name) == 0)
            return (int)i;
    }
    const char *near = text_nearest(name, names, p->n_modes);
    return yaml_fail(in->doc, node, in->e, "there is no mode '%.60s'%s%s%s", name,
                     near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static int read_modes(const struct yaml_in *in, const struct yaml_node *node,
                      const struct yaml_strings *names, uint32_t *modes)
{
    if (names->items && names->n == 0)
        return yaml_fail(in->doc, yaml_find(node, "modes"), in->e,
                         "'modes' holds no mode: leave it away for all of them");
    *modes = names->items ? 0 : UINT32_MAX;
    for (size_t i = 0; names->items && i < names->n; i++) {
        int mode = mode_named(in, yaml_find(node, "modes"), names->items[i]);
        if (mode < 0)
            return -1;
        *modes |= 1u << mode;
    }
    return 0;
}

static int read_expects(const struct yaml_in *in, const struct yaml_node *node,
                        enum persona_expects *out)
{
    static const char *const names[] = {
        [EXPECTS_SECRET] = "secret", [EXPECTS_PASSWORD] = "password", [EXPECTS_ANY] = "any"};
    for (size_t i = 0; node && i < sizeof names / sizeof *names; i++) {
        if (strcmp(yaml_text(node, NULL), names[i]) == 0) {
            *out = (enum persona_expects)i;
            return 0;
        }
    }
    return node ? yaml_fail(in->doc, node, in->e, "'expects' is secret, password or any") : 0;
}

static int read_ask(const struct yaml_in *in, const struct yaml_node *node, struct persona_ask *ask)
{
    struct raw_ask raw = {.attempts = 3};
    if (!node)
        return 0;
    if (yaml_read_map(in, node, ask_fields, sizeof ask_fields / sizeof *ask_fields, "'ask'",
                      &raw) != 0)
        return -1;
    *ask =
        (struct persona_ask){true, raw.prompt, raw.wrong, raw.failed, EXPECTS_SECRET, raw.attempts};
    if (say_is_empty(&ask->prompt))
        return yaml_fail(in->doc, node, in->e, "'ask' needs a 'prompt'");
    return read_expects(in, raw.expects, &ask->expects);
}

static int split_words(const struct yaml_in *in, const struct yaml_node *node,
                       struct persona_command *c)
{
    char *text = arena_strdup(in->arena, c->text), *rest = NULL;
    if (!text)
        return persona_no_memory(in);
    for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        if (c->n_words == PERSONA_WORDS_MAX || c->takes_rest)
            return yaml_fail(in->doc, node, in->e,
                             "a command has at most %d words, and none behind **",
                             PERSONA_WORDS_MAX);
        c->takes_rest = strcmp(word, "**") == 0;
        c->words[c->n_words++] = word;
    }
    return c->n_words > 0 ? 0 : yaml_fail(in->doc, node, in->e, "a command needs a word");
}

static int read_pager(const struct yaml_in *in, const struct yaml_node *node,
                      enum persona_pager_act *act)
{
    static const struct yaml_field field = {"pager", yaml_read_bool, 0, 0, 0};
    bool on = false;
    if (node && yaml_read_bool(in, &field, node, &on) != 0)
        return -1;
    *act = !node ? PAGER_STAYS : on ? PAGER_ON : PAGER_OFF;
    return 0;
}

/* What needs the modes, or a reader of its own. */
static int read_acts(const struct yaml_in *in, const struct yaml_node *node,
                     const struct raw_command *raw, struct persona_command *c)
{
    static const struct yaml_field logout = {"logout", persona_read_say, 0, 0, 0};
    c->enters = -1;
    if (raw->enters) {
        c->enters = mode_named(in, raw->enters, yaml_text(raw->enters, NULL));
        if (c->enters < 0)
            return -1;
    }
    c->logs_out = raw->logout != NULL;
    if (c->logs_out && yaml_kind(raw->logout) != YAML_NULL &&
        persona_read_say(in, &logout, raw->logout, &c->logout) != 0)
        return -1;
    return read_ask(in, raw->ask, &c->ask) != 0 || read_pager(in, raw->pager, &c->pager) != 0 ||
                   read_modes(in, node, &raw->modes, &c->modes) != 0
               ? -1
               : 0;
}

static int read_command(const struct yaml_in *in, const struct yaml_node *node,
                        struct persona_command *c)
{
    struct raw_command raw = {0};
    if (yaml_read_map(in, node, command_fields, sizeof command_fields / sizeof *command_fields,
                      "a command", &raw) != 0)
        return -1;
    if (!raw.command)
        return yaml_fail(in->doc, node, in->e, "a command needs 'command'");
    c->text = raw.command;
    c->parts = raw.output.items;
    c->n_parts = raw.output.n;
    c->exit_status = raw.exit_status;
    c->think_ms = raw.think_ms;
    return split_words(in, yaml_find(node, "command"), c) != 0 ? -1 : read_acts(in, node, &raw, c);
}

/* Blanks between the words do not make it another. */
static bool is_same(const struct persona_command *a, const struct persona_command *b)
{
    if (a->n_words != b->n_words)
        return false;
    for (unsigned i = 0; i < a->n_words; i++)
        if (strcmp(a->words[i], b->words[i]) != 0)
            return false;
    return true;
}

static int check_twice(const struct yaml_in *in, const struct yaml_node *node,
                       const struct persona_command *commands, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if ((commands[i].modes & commands[at].modes) != 0 && is_same(&commands[i], &commands[at]))
            return yaml_fail(in->doc, yaml_find(node, "command"), in->e,
                             "the command '%.100s' is there already, for the same mode",
                             commands[at].text);
    return 0;
}

int persona_read_commands(const struct yaml_in *in, const struct yaml_node *list)
{
    struct persona *p = ((const struct persona_reader *)in->ctx)->persona;
    if (!list || yaml_kind(list) == YAML_NULL)
        return 0;
    if (yaml_kind(list) != YAML_LIST)
        return yaml_fail(in->doc, list, in->e, "'commands' must be a list, not %s",
                         yaml_kind_name(list));
    if (yaml_count(list) > PERSONA_COMMANDS_MAX)
        return yaml_fail(in->doc, list, in->e, "more than %d commands", PERSONA_COMMANDS_MAX);
    struct persona_command *commands =
        arena_array(in->arena, yaml_count(list) + 1, sizeof *commands);
    if (!commands)
        return persona_no_memory(in);
    for (const struct yaml_node *node = yaml_first(list); node; node = yaml_next(node)) {
        if (read_command(in, node, &commands[p->n_commands]) != 0 ||
            check_twice(in, node, commands, p->n_commands) != 0)
            return -1;
        p->n_commands++;
    }
    p->commands = commands;
    return 0;
}
