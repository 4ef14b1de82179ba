/* Texts of a persona file: read, checked for placeholders, with the position of what is wrong. */
#include "lab/personas/persona_parts.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX   (1u << 20)
#define REPEAT_MAX 100000

int persona_no_memory(const struct yaml_in *in)
{
    return err_set(in->e, FAIL_INTERNAL, "out of memory");
}

static size_t offset_of_line(const struct persona_reader *r, int line)
{
    const char *at = r->source, *end = r->source + r->source_len;
    for (; line > 1 && at < end; line--) {
        const char *next = memchr(at, '\n', (size_t)(end - at));
        if (!next)
            break;
        at = next + 1;
    }
    return (size_t)(at - r->source);
}

/* Columns count characters, as libfyaml's do: not the bytes behind the first of one in UTF-8. */
static bool is_tail(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

static const char *column_at(const char *line, const char *end, int column)
{
    for (; line < end && (column > 1 || is_tail(*line)); line++)
        column -= !is_tail(*line);
    return line;
}

/* Where the placeholder stands in the file: what follows "{{" is searched from the text's
 * beginning; where escapes hide it, the beginning has to do. */
static struct source_pos place_of(const struct yaml_in *in, const struct yaml_node *node,
                                  const char *text, size_t len, size_t at)
{
    const struct persona_reader *r = in->ctx;
    struct source_pos pos = yaml_pos(in->doc, node);
    size_t from = offset_of_line(r, pos.line), n = strcspn(text + at, "}\n");
    size_t before = 0;
    if (n > len - at)
        n = len - at;
    for (const char *p = text; (p = memmem(p, (size_t)(text + at - p), text + at, n)); p++)
        before++;
    const char *hit = r->source + from, *end = r->source + r->source_len;
    /* What stands in front of the text in its line is not the text's. */
    hit = column_at(hit, end, pos.column);
    for (size_t i = 0; hit && i <= before; i++)
        hit = memmem(hit + (i > 0), (size_t)(end - hit) - (i > 0), text + at, n);
    if (!hit)
        return pos;
    pos.column = 1;
    for (const char *p = r->source + from; p < hit; p++) {
        pos.line += *p == '\n';
        pos.column = *p == '\n' ? 1 : pos.column + !is_tail(*p);
    }
    return pos;
}

static int fail_placeholder(const struct yaml_in *in, const struct yaml_node *node,
                            const char *text, size_t len, const struct say_fault *fault)
{
    struct source_pos pos = place_of(in, node, text, len, fault->at);
    char where[512];
    source_pos_text(&pos, where, sizeof where);
    if (fault->is_open)
        return err_set(in->e, FAIL_USAGE, "%s: the placeholder has no end: }}", where);
    if (fault->nearest)
        return err_set(in->e, FAIL_USAGE,
                       "%s: nobody knows the placeholder '%s', did you mean '%s'?", where,
                       fault->name, fault->nearest);
    return err_set(in->e, FAIL_USAGE,
                   "%s: the placeholder '{{%s' is not one of config/personas/README.md, or its "
                   "arguments are not",
                   where, fault->name);
}

int persona_read_say(const struct yaml_in *in, const struct yaml_field *field,
                     const struct yaml_node *value, void *to)
{
    struct say_fault fault;
    size_t len;
    if (yaml_kind(value) != YAML_SCALAR)
        return yaml_fail(in->doc, value, in->e, "'%s' must be a text, not %s", field->name,
                         yaml_kind_name(value));
    const char *text = yaml_text(value, &len);
    if (len > TEXT_MAX)
        return yaml_fail(in->doc, value, in->e, "'%s' is over %u bytes", field->name, TEXT_MAX);
    const char *kept = arena_dup(in->arena, text, len);
    if (!kept)
        return persona_no_memory(in);
    return say_make(kept, len, to, &fault) ? 0 : fail_placeholder(in, value, kept, len, &fault);
}

static const struct yaml_field part_fields[] = {
    {"repeat", yaml_read_int, offsetof(struct persona_part, repeat), 1, REPEAT_MAX},
    {"text", persona_read_say, offsetof(struct persona_part, text), 0, 0},
};

static int read_part(const struct yaml_in *in, const struct yaml_field *field,
                     const struct yaml_node *value, struct persona_part *part)
{
    part->repeat = 1;
    if (yaml_kind(value) == YAML_SCALAR)
        return persona_read_say(in, field, value, &part->text);
    if (yaml_read_map(in, value, part_fields, 2, "a part of an output", part) != 0)
        return -1;
    return part->text.text ? 0
                           : yaml_fail(in->doc, value, in->e, "a part of an output needs 'text'");
}

int persona_read_parts(const struct yaml_in *in, const struct yaml_field *field,
                       const struct yaml_node *value, void *to)
{
    struct persona_parts *out = to;
    bool is_list = yaml_kind(value) == YAML_LIST;
    size_t n = is_list ? yaml_count(value) : 1, at = 0;
    struct persona_part *parts = arena_array(in->arena, n ? n : 1, sizeof *parts);
    if (!parts)
        return persona_no_memory(in);
    if (!is_list && read_part(in, field, value, &parts[at++]) != 0)
        return -1;
    for (const struct yaml_node *el = yaml_first(value); el; el = yaml_next(el))
        if (read_part(in, field, el, &parts[at++]) != 0)
            return -1;
    *out = (struct persona_parts){parts, n};
    return 0;
}
