/* What a definition is made of: patterns, references to modes, instructions. */
#include "model/platform_yaml.h"

#define COUNT(a)         (sizeof(a) / sizeof(a)[0])
#define AT(type, member) offsetof(struct type, member)

int platform_no_memory(const struct yaml_in *in)
{
    const struct platform_reader *reader = in->ctx;
    return err_set(in->e, FAIL_INTERNAL, "%s: out of memory", reader->file);
}

int platform_need(const struct yaml_in *in, const struct yaml_node *node, const void *value,
                  const char *what, const char *key)
{
    return value ? 0 : yaml_fail(in->doc, node, in->e, "%s needs '%s'", what, key);
}

int platform_need_list(const struct yaml_in *in, const struct yaml_node *node, const char *key)
{
    if (yaml_kind(node) == YAML_LIST)
        return 0;
    return yaml_fail(in->doc, node, in->e, "'%s' must be a list, not %s", key,
                     yaml_kind_name(node));
}

/* --- patterns --- */

static int refuse_empty(const struct yaml_in *in, const struct yaml_field *field,
                        const struct yaml_node *value)
{
    return yaml_fail(in->doc, value, in->e, "'%s' is empty: it would match everything",
                     field->name);
}

static int read_pattern_text(const struct yaml_in *in, const struct yaml_field *field,
                             const struct yaml_node *value, bool exact, struct platform_pattern *to)
{
    if (yaml_read_string(in, field, value, &to->text) < 0)
        return -1;
    if (to->text[0] == '\0')
        return refuse_empty(in, field, value);
    const struct platform_reader *reader = in->ctx;
    struct source_pos pos = yaml_pos(in->doc, value);
    to->exact = exact;
    to->file = reader->file;
    to->line = pos.line;
    to->column = pos.column;
    return 0;
}

int platform_read_pattern(const struct yaml_in *in, const struct yaml_field *field,
                          const struct yaml_node *value, void *to)
{
    return read_pattern_text(in, field, value, false, to);
}

int platform_read_exact(const struct yaml_in *in, const struct yaml_field *field,
                        const struct yaml_node *value, void *to)
{
    return read_pattern_text(in, field, value, true, to);
}

int platform_read_patterns(const struct yaml_in *in, const struct yaml_field *field,
                           const struct yaml_node *value, void *to)
{
    struct platform_pattern_list *list = to;
    bool is_list = yaml_kind(value) == YAML_LIST;
    size_t n = is_list ? yaml_count(value) : 1;
    struct platform_pattern *items = arena_array(in->arena, n, sizeof *items);
    if (!items)
        return platform_no_memory(in);
    const struct yaml_node *node = is_list ? yaml_first(value) : value;
    for (size_t i = 0; i < n; i++, node = yaml_next(node))
        if (platform_read_pattern(in, field, node, &items[i]) < 0)
            return -1;
    list->items = items;
    list->n = n;
    return 0;
}

int platform_choose_prompt(const struct yaml_in *in, const struct yaml_node *at, const char *what,
                           const struct platform_pattern *exact,
                           const struct platform_pattern *pattern, struct platform_pattern *to)
{
    if (exact->text && pattern->text)
        return yaml_fail(in->doc, at, in->e, "%s has both 'prompt_exact' and 'prompt_pattern'",
                         what);
    if (!exact->text && !pattern->text)
        return yaml_fail(in->doc, at, in->e, "%s needs 'prompt_exact' or 'prompt_pattern'", what);
    *to = exact->text ? *exact : *pattern;
    return 0;
}

int platform_read_texts(const struct yaml_in *in, const struct yaml_field *field,
                        const struct yaml_node *value, void *to)
{
    for (const struct yaml_node *one = yaml_first(value); one; one = yaml_next(one))
        if (yaml_kind(one) == YAML_SCALAR && yaml_text(one, NULL)[0] == '\0')
            return refuse_empty(in, field, one);
    if (yaml_kind(value) == YAML_SCALAR && yaml_text(value, NULL)[0] == '\0')
        return refuse_empty(in, field, value);
    return yaml_read_strings(in, field, value, to);
}

/* --- modes by name --- */

int platform_read_mode_name(const struct yaml_in *in, const struct yaml_node *node,
                            const char *name)
{
    struct platform_reader *reader = in->ctx;
    const struct platform *p = reader->platform;
    int index = platform_mode_index(p, name);
    if (index >= 0)
        return index;
    const char **names = arena_array(in->arena, p->n_modes, sizeof *names);
    if (!names)
        return platform_no_memory(in);
    for (size_t i = 0; i < p->n_modes; i++)
        names[i] = p->modes[i].name;
    reader->dangling = true;
    const char *nearest = text_nearest(name, names, p->n_modes);
    return yaml_fail(in->doc, node, in->e, "there is no mode '%s'%s%s%s", name,
                     nearest ? ", did you mean '" : "", nearest ? nearest : "",
                     nearest ? "'?" : "");
}

/* --- instructions --- */

struct raw_operation {
    const char *input, *response, *requested_mode;
    struct platform_pattern exact, pattern;
};

static const struct yaml_field input_fields[] = {
    {"input", yaml_read_string, AT(raw_operation, input), 0, 0},
};

static const struct yaml_field prompted_fields[] = {
    {"input", yaml_read_string, AT(raw_operation, input), 0, 0},
    {"prompt_exact", platform_read_exact, AT(raw_operation, exact), 0, 0},
    {"prompt_pattern", platform_read_pattern, AT(raw_operation, pattern), 0, 0},
    {"response", yaml_read_string, AT(raw_operation, response), 0, 0},
};

static const struct yaml_field enter_fields[] = {
    {"requested_mode", yaml_read_string, AT(raw_operation, requested_mode), 0, 0},
};

static const struct operation {
    const char *name;
    const struct yaml_field *fields;
    size_t n_fields;
} operations[] = {
    [INSTRUCTION_SEND_INPUT] = {"send_input", input_fields, COUNT(input_fields)},
    [INSTRUCTION_SEND_PROMPTED_INPUT] = {"send_prompted_input", prompted_fields,
                                         COUNT(prompted_fields)},
    [INSTRUCTION_ENTER_MODE] = {"enter_mode", enter_fields, COUNT(enter_fields)},
    [INSTRUCTION_WRITE] = {"write", input_fields, COUNT(input_fields)},
};

/* An instruction is a mapping with one of the operations as its key. */
struct raw_instruction {
    const struct yaml_node *by_kind[COUNT(operations)];
};

static const struct yaml_field instruction_fields[] = {
    {"send_input", yaml_read_node, AT(raw_instruction, by_kind[INSTRUCTION_SEND_INPUT]), 0, 0},
    {"send_prompted_input", yaml_read_node,
     AT(raw_instruction, by_kind[INSTRUCTION_SEND_PROMPTED_INPUT]), 0, 0},
    {"enter_mode", yaml_read_node, AT(raw_instruction, by_kind[INSTRUCTION_ENTER_MODE]), 0, 0},
    {"write", yaml_read_node, AT(raw_instruction, by_kind[INSTRUCTION_WRITE]), 0, 0},
};

/* What each operation must have besides what the reader of its fields checked. */
static int check_operation(const struct yaml_in *in, const struct yaml_node *at,
                           const struct raw_operation *raw, struct instruction *to)
{
    const char *name = operations[to->kind].name;
    if (to->kind == INSTRUCTION_ENTER_MODE) {
        if (platform_need(in, at, raw->requested_mode, name, "requested_mode") < 0)
            return -1;
        const struct yaml_node *mode = yaml_find(at, "requested_mode");
        return platform_read_mode_name(in, mode ? mode : at, raw->requested_mode) < 0 ? -1 : 0;
    }
    if (platform_need(in, at, raw->input, name, "input") < 0)
        return -1;
    if (to->kind != INSTRUCTION_SEND_PROMPTED_INPUT)
        return 0;
    if (platform_need(in, at, raw->response, name, "response") < 0)
        return -1;
    return platform_choose_prompt(in, at, name, &raw->exact, &raw->pattern, &to->prompt);
}

static int read_instruction(const struct yaml_in *in, const struct yaml_node *node,
                            struct instruction *to)
{
    struct raw_instruction raw = {0};
    if (yaml_read_map(in, node, instruction_fields, COUNT(instruction_fields), "an instruction",
                      &raw) < 0)
        return -1;
    const struct yaml_node *value = NULL;
    for (size_t i = 0; i < COUNT(operations); i++) {
        if (raw.by_kind[i] && value)
            return yaml_fail(in->doc, node, in->e,
                             "an instruction has one operation, this one has '%s' and '%s'",
                             operations[to->kind].name, operations[i].name);
        if (raw.by_kind[i]) {
            value = raw.by_kind[i];
            to->kind = (enum instruction_kind)i;
        }
    }
    if (!value)
        return yaml_fail(in->doc, node, in->e, "an instruction needs an operation");

    const struct operation *operation = &operations[to->kind];
    struct raw_operation fields = {0};
    if (yaml_read_map(in, value, operation->fields, operation->n_fields, operation->name, &fields) <
        0)
        return -1;
    to->input = fields.input;
    to->response = fields.response;
    to->requested_mode = fields.requested_mode;
    return check_operation(in, value, &fields, to);
}

int platform_read_instructions(const struct yaml_in *in, const struct yaml_node *node,
                               const char *key, struct instruction_list *to)
{
    if (!node || yaml_kind(node) == YAML_NULL)
        return 0;
    if (platform_need_list(in, node, key) < 0)
        return -1;
    struct instruction *items = arena_array(in->arena, yaml_count(node), sizeof *items);
    if (!items)
        return platform_no_memory(in);
    size_t n = 0;
    for (const struct yaml_node *one = yaml_first(node); one; one = yaml_next(one))
        if (read_instruction(in, one, &items[n++]) < 0)
            return -1;
    to->items = items;
    to->n = n;
    return 0;
}
