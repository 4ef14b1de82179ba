#include "model/inventory_parts.h"

#include <string.h>

#define COMMANDS_MAX     10000
#define ANSWERS_MAX      100
#define COMMAND_TEXT_MAX 4096

/* A command as it is written in full. */
struct written_command {
    const char *text;
    int64_t timeout_ms;
    const struct yaml_node *answers;
};

static const struct yaml_field command_fields[] = {
    {"command", yaml_read_string, offsetof(struct written_command, text), 0, 0},
    {"timeout", yaml_read_seconds, offsetof(struct written_command, timeout_ms), 0, 0},
    {"answers", yaml_read_node, offsetof(struct written_command, answers), 0, 0},
};

static const struct yaml_field answer_fields[] = {
    {"prompt", yaml_read_string, offsetof(struct answer, prompt), 0, 0},
    {"response", yaml_read_string, offsetof(struct answer, response), 0, 0},
};

static int no_memory(const struct yaml_in *in)
{
    return err_set(in->e, FAIL_INTERNAL, "out of memory");
}

static int read_answers(const struct yaml_in *in, const struct yaml_node *node,
                        struct command *command)
{
    if (!node || yaml_kind(node) == YAML_NULL)
        return 0;
    if (yaml_kind(node) != YAML_LIST)
        return yaml_fail(in->doc, node, in->e, "'answers' must be a list of {prompt, response}");
    size_t n = yaml_count(node);
    if (n > ANSWERS_MAX)
        return yaml_fail(in->doc, node, in->e, "over %d answers to one command", ANSWERS_MAX);
    struct answer *answers = arena_array(in->arena, n + 1, sizeof *answers);
    if (!answers)
        return no_memory(in);
    size_t at = 0;
    for (const struct yaml_node *el = yaml_first(node); el; el = yaml_next(el), at++) {
        if (yaml_read_map(in, el, answer_fields, 2, "an answer", &answers[at]) != 0)
            return -1;
        if (!answers[at].prompt || answers[at].prompt[0] == '\0')
            return yaml_fail(in->doc, el, in->e, "an answer needs a `prompt`");
        if (!answers[at].response)
            return yaml_fail(in->doc, el, in->e, "an answer needs a `response` ('' is Return)");
    }
    command->answers = answers;
    command->n_answers = n;
    return 0;
}

/* One line: a second one would go out as a command of its own, whose output nobody takes. */
static int check_text(const struct yaml_in *in, const struct yaml_node *node, const char *text)
{
    if (text[0] == '\0')
        return yaml_fail(in->doc, node, in->e, "an empty command");
    if (strpbrk(text, "\r\n"))
        return yaml_fail(in->doc, node, in->e,
                         "a command is one line: make each an element of "
                         "`commands`");
    if (strlen(text) > COMMAND_TEXT_MAX)
        return yaml_fail(in->doc, node, in->e, "a command of over %d bytes", COMMAND_TEXT_MAX);
    return 0;
}

static int read_command(const struct yaml_in *in, const struct yaml_field *field,
                        const struct yaml_node *node, struct command *command)
{
    struct written_command written = {0};
    int rc =
        yaml_kind(node) == YAML_MAP
            ? yaml_read_map(in, node, command_fields,
                            sizeof command_fields / sizeof *command_fields, "a command", &written)
            : yaml_read_string(in, field, node, &written.text);
    if (rc != 0)
        return -1;
    if (!written.text)
        return yaml_fail(in->doc, node, in->e, "a command in braces needs the key `command`");
    struct source_pos pos = yaml_pos(in->doc, node);
    command->text = written.text;
    command->timeout_ms = written.timeout_ms;
    command->file = intern_text(in->strings, pos.file, strlen(pos.file));
    command->line = pos.line;
    command->column = pos.column;
    if (!command->file)
        return no_memory(in);
    return check_text(in, node, written.text) == 0 ? read_answers(in, written.answers, command)
                                                   : -1;
}

int settings_read_commands(const struct yaml_in *in, const struct yaml_field *field,
                           const struct yaml_node *value, void *to)
{
    struct load *l = in->ctx;
    const struct yaml_node *first = yaml_first(value);
    if (first && first == l->last_commands_first) {
        *(struct command_list *)to = l->last_commands;
        return 0;
    }
    bool is_list = yaml_kind(value) == YAML_LIST;
    size_t n = is_list ? yaml_count(value) : 1, at = 0;
    if (n > COMMANDS_MAX)
        return yaml_fail(in->doc, value, in->e, "over %d commands", COMMANDS_MAX);
    struct command *items = arena_array(in->arena, n + 1, sizeof *items);
    if (!items)
        return no_memory(in);
    if (!is_list && read_command(in, field, value, &items[0]) != 0)
        return -1;
    for (const struct yaml_node *el = first; el; el = yaml_next(el))
        if (read_command(in, field, el, &items[at++]) != 0)
            return -1;
    *(struct command_list *)to = (struct command_list){items, n};
    l->last_commands_first = first;
    l->last_commands = (struct command_list){items, n};
    return 0;
}
