#include "model/platform_yaml.h"

#include <string.h>

#define COUNT(a)         (sizeof(a) / sizeof(a)[0])
#define AT(type, member) offsetof(struct type, member)

/* --- modes --- */

struct raw_mode {
    const char *name;
    struct platform_pattern exact, pattern;
    struct yaml_strings excludes;
    const struct yaml_node *accessible;
};

static const struct yaml_field mode_fields[] = {
    {"name", yaml_read_string, AT(raw_mode, name), 0, 0},
    {"prompt_exact", platform_read_exact, AT(raw_mode, exact), 0, 0},
    {"prompt_pattern", platform_read_pattern, AT(raw_mode, pattern), 0, 0},
    {"prompt_excludes", platform_read_texts, AT(raw_mode, excludes), 0, 0},
    {"accessible_modes", yaml_read_node, AT(raw_mode, accessible), 0, 0},
};

struct raw_edge {
    const char *name;
    const struct yaml_node *instructions;
};

static const struct yaml_field edge_fields[] = {
    {"name", yaml_read_string, AT(raw_edge, name), 0, 0},
    {"instructions", yaml_read_node, AT(raw_edge, instructions), 0, 0},
};

static int read_edge(const struct yaml_in *in, const struct yaml_node *node,
                     struct accessible_mode *to)
{
    struct raw_edge raw = {0};
    if (yaml_read_map(in, node, edge_fields, COUNT(edge_fields), "an accessible mode", &raw) < 0 ||
        platform_need(in, node, raw.name, "an accessible mode", "name") < 0 ||
        platform_need(in, node, raw.instructions, "an accessible mode", "instructions") < 0)
        return -1;
    int target = platform_read_mode_name(in, yaml_find(node, "name"), raw.name);
    if (target < 0)
        return -1;
    to->target = (size_t)target;
    return platform_read_instructions(in, raw.instructions, "instructions", &to->instructions);
}

static int read_edges(const struct yaml_in *in, const struct yaml_node *node,
                      struct platform_mode *mode)
{
    if (!node || yaml_kind(node) == YAML_NULL)
        return 0;
    if (platform_need_list(in, node, "accessible_modes") < 0)
        return -1;
    struct accessible_mode *items = arena_array(in->arena, yaml_count(node), sizeof *items);
    if (!items)
        return platform_no_memory(in);
    size_t n = 0;
    for (const struct yaml_node *one = yaml_first(node); one; one = yaml_next(one))
        if (read_edge(in, one, &items[n++]) < 0)
            return -1;
    mode->accessible = items;
    mode->n_accessible = n;
    return 0;
}

static int read_mode(const struct yaml_in *in, const struct yaml_node *node,
                     struct platform_mode *mode, const struct yaml_node **accessible)
{
    const struct platform_reader *reader = in->ctx;
    struct raw_mode raw = {0};
    if (yaml_read_map(in, node, mode_fields, COUNT(mode_fields), "a mode", &raw) < 0 ||
        platform_need(in, node, raw.name, "a mode", "name") < 0)
        return -1;
    if (platform_mode_index(reader->platform, raw.name) >= 0)
        return yaml_fail(in->doc, yaml_find(node, "name"), in->e, "the mode '%s' is there already",
                         raw.name);
    mode->name = raw.name;
    mode->excludes = raw.excludes.items;
    mode->n_excludes = raw.excludes.n;
    *accessible = raw.accessible;
    return platform_choose_prompt(in, node, "a mode", &raw.exact, &raw.pattern, &mode->prompt);
}

/* All modes first, then what leads from one to another: a mode may name a later one. */
static int read_modes(const struct yaml_in *in, const struct yaml_node *list, struct platform *p)
{
    if (platform_need_list(in, list, "modes") < 0)
        return -1;
    size_t n = yaml_count(list);
    if (n == 0)
        return yaml_fail(in->doc, list, in->e, "a platform needs at least one mode");
    struct platform_mode *modes = arena_array(in->arena, n, sizeof *modes);
    const struct yaml_node **accessible = arena_array(in->arena, n, sizeof(struct yaml_node *));
    if (!modes || !accessible)
        return platform_no_memory(in);
    p->modes = modes;
    const struct yaml_node *node = yaml_first(list);
    for (size_t i = 0; i < n; i++, node = yaml_next(node)) {
        if (read_mode(in, node, &modes[i], &accessible[i]) < 0)
            return -1;
        p->n_modes = i + 1;
    }
    for (size_t i = 0; i < n; i++)
        if (read_edges(in, accessible[i], &modes[i]) < 0)
            return -1;
    return 0;
}

/* --- the file --- */

struct raw_platform {
    struct platform_pattern prompt;
    const char *default_mode;
    const struct yaml_node *modes, *on_open, *on_close, *extensions;
    struct yaml_strings excludes, failure_indicators;
    bool force_auth, bypass_auth;
    const char *ntc_templates, *genie;
};

static const struct yaml_field platform_fields[] = {
    {"prompt_pattern", platform_read_pattern, AT(raw_platform, prompt), 0, 0},
    {"prompt_excludes", platform_read_texts, AT(raw_platform, excludes), 0, 0},
    {"default_mode", yaml_read_string, AT(raw_platform, default_mode), 0, 0},
    {"modes", yaml_read_node, AT(raw_platform, modes), 0, 0},
    {"failure_indicators", platform_read_texts, AT(raw_platform, failure_indicators), 0, 0},
    {"on_open_instructions", yaml_read_node, AT(raw_platform, on_open), 0, 0},
    {"on_close_instructions", yaml_read_node, AT(raw_platform, on_close), 0, 0},
    {"force_in_session_auth", yaml_read_bool, AT(raw_platform, force_auth), 0, 0},
    {"bypass_in_session_auth", yaml_read_bool, AT(raw_platform, bypass_auth), 0, 0},
    {"ntc_templates_platform", yaml_read_string, AT(raw_platform, ntc_templates), 0, 0},
    {"genie_platform", yaml_read_string, AT(raw_platform, genie), 0, 0},
    {"poller", yaml_read_node, AT(raw_platform, extensions), 0, 0},
};

static int check_required(const struct yaml_in *in, const struct yaml_node *root,
                          const struct raw_platform *raw)
{
    if (platform_need(in, root, raw->prompt.text, "a platform", "prompt_pattern") < 0 ||
        platform_need(in, root, raw->default_mode, "a platform", "default_mode") < 0 ||
        platform_need(in, root, raw->modes, "a platform", "modes") < 0)
        return -1;
    if (raw->force_auth && raw->bypass_auth)
        return yaml_fail(in->doc, yaml_find(root, "bypass_in_session_auth"), in->e,
                         "'force_in_session_auth' and 'bypass_in_session_auth' exclude each other");
    return 0;
}

static int read_document(const struct yaml_in *in, const struct yaml_node *root, struct platform *p)
{
    struct raw_platform raw = {0};
    if (yaml_read_map(in, root, platform_fields, COUNT(platform_fields), "a platform", &raw) < 0 ||
        check_required(in, root, &raw) < 0 || read_modes(in, raw.modes, p) < 0)
        return -1;
    int mode = platform_read_mode_name(in, yaml_find(root, "default_mode"), raw.default_mode);
    if (mode < 0 ||
        platform_read_instructions(in, raw.on_open, "on_open_instructions", &p->on_open) < 0 ||
        platform_read_instructions(in, raw.on_close, "on_close_instructions", &p->on_close) < 0)
        return -1;
    p->default_mode = (size_t)mode;
    p->prompt = raw.prompt;
    p->excludes = raw.excludes.items;
    p->n_excludes = raw.excludes.n;
    p->failure_indicators = raw.failure_indicators.items;
    p->n_failure_indicators = raw.failure_indicators.n;
    p->force_in_session_auth = raw.force_auth;
    p->bypass_in_session_auth = raw.bypass_auth;
    p->ntc_templates_platform = raw.ntc_templates;
    p->genie_platform = raw.genie;
    if (!raw.extensions || yaml_kind(raw.extensions) == YAML_NULL)
        return 0;
    return platform_read_extensions(in, raw.extensions, p);
}

int platform_read(struct yaml_in *in, struct platform *p, bool *dangling)
{
    *dangling = false;
    const struct yaml_node *root = yaml_root(in->doc);
    if (!root)
        return err_set(in->e, FAIL_USAGE, "%s: the file is empty", p->file);
    const char *file = yaml_pos(in->doc, root).file;
    struct platform_reader reader = {p, intern_text(in->strings, file, strlen(file)), false};
    if (!reader.file)
        return err_set(in->e, FAIL_INTERNAL, "%s: out of memory", p->name);
    in->ctx = &reader;
    int rc = read_document(in, root, p);
    in->ctx = NULL;
    *dangling = reader.dangling;
    return rc;
}
