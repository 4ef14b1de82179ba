/* A persona file, its sections one by one. */
#include "lab/personas/persona_parts.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define COUNT(a)         (sizeof(a) / sizeof(a)[0])
#define AT(type, member) offsetof(struct type, member)

/* --- the top --- */

struct raw_persona {
    const struct yaml_node *terminal, *ssh, *telnet, *pager, *modes, *errors, *commands;
};

/* One record for yaml_read_map: the persona, and the sections that have tables of their own. */
struct raw {
    struct persona persona;
    struct raw_persona sections;
};

#define TOP(name, read)                                                                            \
    {                                                                                              \
#name, read, AT(raw, persona.name), 0, 0                                                   \
    }
#define SECTION(name)                                                                              \
    {                                                                                              \
#name, yaml_read_node, AT(raw, sections.name), 0, 0                                        \
    }

static const struct yaml_field top_fields[] = {
    TOP(platform, yaml_read_string),
    TOP(hostname, persona_read_say),
    TOP(privilege_secret, yaml_read_bool),
    TOP(motd, persona_read_say),
    TOP(no_free_line, persona_read_say),
    TOP(press_return, persona_read_say),
    TOP(password_expired, persona_read_say),
    TOP(log_line, persona_read_say),
    TOP(before_output, persona_read_say),
    SECTION(terminal),
    SECTION(ssh),
    SECTION(telnet),
    SECTION(pager),
    SECTION(modes),
    SECTION(errors),
    SECTION(commands),
};

/* A field of names: each one's number is its place in the list, which ends with NULL. */
static int read_name(const struct yaml_in *in, const struct yaml_field *field,
                     const struct yaml_node *value, const char *const *names, unsigned *to)
{
    char known[128] = "";
    for (unsigned i = 0; names[i]; i++) {
        if (strcmp(yaml_text(value, NULL), names[i]) == 0) {
            *to = i;
            return 0;
        }
        size_t len = strlen(known);
        snprintf(known + len, sizeof known - len, "%s%s", len > 0 ? " or " : "", names[i]);
    }
    return yaml_fail(in->doc, value, in->e, "'%s' is %s, not '%.60s'", field->name, known,
                     yaml_text(value, NULL));
}

static int read_erase(const struct yaml_in *in, const struct yaml_field *field,
                      const struct yaml_node *value, void *to)
{
    static const char *const names[] = {"bs_blank_bs", "bs_el", "redraw", NULL};
    unsigned n = 0;
    int rc = read_name(in, field, value, names, &n);
    *(enum persona_erase *)to = (enum persona_erase)n;
    return rc;
}

static int read_editor(const struct yaml_in *in, const struct yaml_field *field,
                       const struct yaml_node *value, void *to)
{
    static const char *const names[] = {"device", "shell", "kernel", NULL};
    unsigned n = 0;
    int rc = read_name(in, field, value, names, &n);
    *(enum persona_editor *)to = (enum persona_editor)n;
    return rc;
}

static const struct yaml_field terminal_fields[] = {
    {"echo", yaml_read_bool, AT(persona, echo), 0, 0},
    {"line_end", yaml_read_string, AT(persona, line_end), 0, 0},
    {"abbreviates", yaml_read_bool, AT(persona, abbreviates), 0, 0},
    {"input_done", persona_read_say, AT(persona, input_done), 0, 0},
    {"edited_by", read_editor, AT(persona, editing.editor), 0, 0},
    {"erase", read_erase, AT(persona, editing.erase), 0, 0},
    {"el", persona_read_say, AT(persona, editing.el), 0, 0},
    {"erase_empty", persona_read_say, AT(persona, editing.erase_empty), 0, 0},
};

static const struct yaml_field error_fields[] = {
    {"unknown", persona_read_say, AT(persona, unknown), 0, 0},
    {"incomplete", persona_read_say, AT(persona, incomplete), 0, 0},
    {"ambiguous", persona_read_say, AT(persona, ambiguous), 0, 0},
    {"exit_status", yaml_read_int, AT(persona, error_status), 0, 255},
};

/* --- ssh --- */

static int read_auth(const struct yaml_in *in, const struct yaml_field *field,
                     const struct yaml_node *value, void *to)
{
    static const struct {
        const char *name;
        unsigned bit;
    } methods[] = {{"password", PERSONA_PASSWORD},
                   {"keyboard-interactive", PERSONA_KBDINT},
                   {"publickey", PERSONA_PUBLICKEY}};
    struct yaml_strings list = {0};
    unsigned bits = 0;
    if (yaml_read_strings(in, field, value, &list) != 0)
        return -1;
    for (size_t i = 0; i < list.n; i++) {
        unsigned bit = 0;
        for (size_t m = 0; m < COUNT(methods); m++)
            if (strcmp(list.items[i], methods[m].name) == 0)
                bit = methods[m].bit;
        if (bit == 0)
            return yaml_fail(
                in->doc, value, in->e,
                "'auth' holds password, keyboard-interactive and publickey, not '%.60s'",
                list.items[i]);
        bits |= bit;
    }
    *(unsigned *)to = bits;
    return 0;
}

static const struct yaml_field ssh_fields[] = {
    {"version", yaml_read_string, AT(persona_ssh, version), 0, 0},
    {"banner", persona_read_say, AT(persona_ssh, banner), 0, 0},
    {"auth", read_auth, AT(persona_ssh, auth), 0, 0},
    {"question", persona_read_say, AT(persona_ssh, question), 0, 0},
    {"exec", yaml_read_bool, AT(persona_ssh, exec), 0, 0},
    {"exit_status", yaml_read_bool, AT(persona_ssh, exit_status), 0, 0},
};

/* --- telnet --- */

struct named_byte {
    const char *name;
    unsigned char value;
};

/* RFC 854. */
static const struct named_byte verbs[] = {{"will", 251}, {"wont", 252}, {"do", 253}, {"dont", 254}};

/* RFC 856, 857, 858, 859, 860, 1073, 1079, 1091, 1096, 1184, 1372, 1572, 2941, 2946. */
static const struct named_byte options[] = {
    {"binary", 0},    {"echo", 1},         {"sga", 3},     {"status", 5},   {"tm", 6},
    {"ttype", 24},    {"naws", 31},        {"tspeed", 32}, {"lflow", 33},   {"linemode", 34},
    {"xdisploc", 35}, {"old-environ", 36}, {"auth", 37},   {"encrypt", 38}, {"new-environ", 39},
};

static int byte_named(const struct named_byte *table, size_t n, const char *name, size_t len)
{
    for (size_t i = 0; i < n; i++)
        if (strlen(table[i].name) == len && strncasecmp(table[i].name, name, len) == 0)
            return table[i].value;
    return -1;
}

static int read_options(const struct yaml_in *in, const struct yaml_field *field,
                        const struct yaml_node *value, void *to)
{
    struct persona_telnet *telnet = to;
    struct yaml_strings list = {0};
    if (yaml_read_strings(in, field, value, &list) != 0)
        return -1;
    struct persona_telnet_option *out = arena_array(in->arena, list.n + 1, sizeof *out);
    if (!out)
        return persona_no_memory(in);
    for (size_t i = 0; i < list.n; i++) {
        const char *blank = strchr(list.items[i], ' ');
        size_t len = blank ? (size_t)(blank - list.items[i]) : 0;
        int verb = byte_named(verbs, COUNT(verbs), list.items[i], len);
        int option = blank ? byte_named(options, COUNT(options), blank + 1, strlen(blank + 1)) : -1;
        if (verb < 0 || option < 0)
            return yaml_fail(in->doc, value, in->e,
                             "'%.60s' is no Telnet option such as 'will echo' or 'do naws'",
                             list.items[i]);
        out[i] = (struct persona_telnet_option){(unsigned char)verb, (unsigned char)option};
    }
    telnet->options = out;
    telnet->n_options = list.n;
    return 0;
}

static const struct yaml_field telnet_fields[] = {
    {"options", read_options, 0, 0, 0},
    {"greeting", persona_read_say, AT(persona_telnet, greeting), 0, 0},
    {"user", persona_read_say, AT(persona_telnet, user), 0, 0},
    {"password", persona_read_say, AT(persona_telnet, password), 0, 0},
    {"refused", persona_read_say, AT(persona_telnet, refused), 0, 0},
    {"attempts", yaml_read_int, AT(persona_telnet, attempts), 1, 100},
    {"locked_out", persona_read_say, AT(persona_telnet, locked_out), 0, 0},
};

/* --- pager, modes --- */

static const struct yaml_field pager_fields[] = {
    {"text", persona_read_say, AT(persona_pager, text), 0, 0},
    {"erase", persona_read_say, AT(persona_pager, erase), 0, 0},
    {"rows", yaml_read_int, AT(persona_pager, rows), 2, 10000},
    {"window", yaml_read_bool, AT(persona_pager, window), 0, 0},
    {"next_page", yaml_read_string, AT(persona_pager, next_page), 0, 0},
    {"next_line", yaml_read_string, AT(persona_pager, next_line), 0, 0},
    {"quit", yaml_read_string, AT(persona_pager, quit), 0, 0},
};

static const struct yaml_field mode_fields[] = {
    {"name", yaml_read_string, AT(persona_mode, name), 0, 0},
    {"prompt", persona_read_say, AT(persona_mode, prompt), 0, 0},
};

static int read_mode(const struct yaml_in *in, const struct yaml_node *node, struct persona *p)
{
    struct persona_mode *mode = &p->modes[p->n_modes];
    if (yaml_read_map(in, node, mode_fields, COUNT(mode_fields), "a mode", mode) != 0)
        return -1;
    if (!mode->name || say_is_empty(&mode->prompt))
        return yaml_fail(in->doc, node, in->e, "a mode needs 'name' and 'prompt'");
    for (size_t i = 0; i < p->n_modes; i++)
        if (strcmp(p->modes[i].name, mode->name) == 0)
            return yaml_fail(in->doc, node, in->e, "the mode '%.60s' is there already", mode->name);
    p->n_modes++;
    return 0;
}

static int read_modes(const struct yaml_in *in, const struct yaml_node *list, struct persona *p)
{
    if (!list || yaml_kind(list) != YAML_LIST || yaml_count(list) == 0)
        return yaml_fail(in->doc, list ? list : yaml_root(in->doc), in->e,
                         "a persona needs 'modes', a list");
    if (yaml_count(list) > PERSONA_MODES_MAX)
        return yaml_fail(in->doc, list, in->e, "more than %d modes", PERSONA_MODES_MAX);
    for (const struct yaml_node *node = yaml_first(list); node; node = yaml_next(node))
        if (read_mode(in, node, p) != 0)
            return -1;
    return 0;
}

/* --- the file --- */

static const char default_version[] = "poller-lab";

#define SAY(text)                                                                                  \
    {                                                                                              \
        text, sizeof(text) - 1, true, 0                                                            \
    }

static const struct raw defaults = {
    .persona =
        {
            .echo = true,
            .line_end = "\r\n",
            .editing = {.el = SAY("\x1b[K")},
            .hostname = SAY("device"),
            .ssh = {.version = default_version,
                    .auth = PERSONA_PASSWORD | PERSONA_KBDINT,
                    .question = SAY("Password: "),
                    .exec = true,
                    .exit_status = true},
            .telnet = {.user = SAY("login: "),
                       .password = SAY("Password: "),
                       .refused = SAY("Login incorrect\n"),
                       .attempts = 3},
            .pager = {.rows = 24, .next_page = " ", .next_line = "\r\n", .quit = "qQ"},
            .no_free_line = SAY("All lines are in use, try again later.\n"),
            .press_return = SAY("\nPress RETURN to get started.\n"),
            .password_expired = SAY("Your password has expired.\nNew password: "),
            .log_line = SAY("%SYS-5-CONFIG_I: Configured from console\n"),
            .unknown = SAY("unknown command\n"),
            .error_status = 1,
        },
};

static int read_section(const struct yaml_in *in, const struct yaml_node *node,
                        const struct yaml_field *fields, size_t n, const char *what, void *record)
{
    return node && yaml_kind(node) != YAML_NULL ? yaml_read_map(in, node, fields, n, what, record)
                                                : 0;
}

static int read_sections(const struct yaml_in *in, const struct raw_persona *raw, struct persona *p)
{
    p->pager.is_set = raw->pager && yaml_kind(raw->pager) == YAML_MAP;
    if (read_section(in, raw->terminal, terminal_fields, COUNT(terminal_fields), "'terminal'", p) ||
        read_section(in, raw->ssh, ssh_fields, COUNT(ssh_fields), "'ssh'", &p->ssh) ||
        read_section(in, raw->telnet, telnet_fields, COUNT(telnet_fields), "'telnet'",
                     &p->telnet) ||
        read_section(in, raw->pager, pager_fields, COUNT(pager_fields), "'pager'", &p->pager) ||
        read_section(in, raw->errors, error_fields, COUNT(error_fields), "'errors'", p) ||
        read_modes(in, raw->modes, p) != 0 || persona_read_commands(in, raw->commands) != 0)
        return -1;
    if (say_is_empty(&p->incomplete))
        p->incomplete = p->unknown;
    if (say_is_empty(&p->ambiguous))
        p->ambiguous = p->unknown;
    if (p->pager.is_set && say_is_empty(&p->pager.text))
        return yaml_fail(in->doc, raw->pager, in->e, "'pager' needs 'text'");
    return 0;
}

static struct persona *read_doc(const struct yaml_doc *doc, const struct persona_reader *source,
                                const char *file, const char *name, struct arena *arena,
                                struct err *e)
{
    struct persona *p = arena_alloc(arena, sizeof *p);
    struct intern strings = {.arena = arena};
    struct persona_reader reader = {p, source->source, source->source_len};
    struct yaml_in in = {doc, arena, &strings, &reader, e};
    struct raw raw = defaults;
    int rc = -1;
    if (!p || !(raw.persona.name = arena_strdup(arena, name)))
        persona_no_memory(&in);
    else if (!yaml_root(doc))
        err_set(e, FAIL_USAGE, "%s: an empty file is no persona", file);
    else
        rc = yaml_read_map(&in, yaml_root(doc), top_fields, COUNT(top_fields), "a persona", &raw);
    if (rc == 0) {
        *p = raw.persona;
        if (!p->platform)
            p->platform = p->name;
        rc = read_sections(&in, &raw.sections, p);
    }
    intern_free(&strings);
    return rc == 0 ? p : NULL;
}

struct persona *persona_read(const char *text, size_t len, const char *file, const char *name,
                             struct arena *arena, struct err *e)
{
    struct persona_reader source = {NULL, text, len};
    struct yaml_doc *doc = yaml_load_text(text, len, file, e);
    struct persona *p = doc ? read_doc(doc, &source, file, name, arena, e) : NULL;
    if (doc)
        yaml_free(doc);
    return p;
}
