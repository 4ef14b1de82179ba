/* The key `poller`: what we know of a platform beyond the published schema. */
#include "base/escape.h"
#include "model/platform_yaml.h"

#include <string.h>

#define COUNT(a)         (sizeof(a) / sizeof(a)[0])
#define AT(type, member) offsetof(struct type, member)

/* Where a pager names none. */
static const char next_page[] = " ";

/* --- one of a few words --- */

struct word {
    const char *name;
    enum platform_echo echo;
    const char *bytes;
};

static const struct word echo_words[] = {
    {"device", PLATFORM_ECHO_DEVICE, NULL},
    {"tty", PLATFORM_ECHO_TTY, NULL},
    {"none", PLATFORM_ECHO_NONE, NULL},
};

static const struct word line_end_words[] = {
    {"lf", 0, "\n"},
    {"cr", 0, "\r"},
    {"crlf", 0, "\r\n"},
};

/* The word that value spells, or NULL with err. All tables here have three. */
static const struct word *read_word(const struct yaml_in *in, const struct yaml_field *field,
                                    const struct yaml_node *value, const struct word words[3])
{
    for (size_t i = 0; i < 3; i++)
        if (strcmp(yaml_text(value, NULL), words[i].name) == 0)
            return &words[i];
    yaml_fail(in->doc, value, in->e, "'%s' must be %s, %s or %s, not '%.60s'", field->name,
              words[0].name, words[1].name, words[2].name, yaml_text(value, NULL));
    return NULL;
}

static int read_echo(const struct yaml_in *in, const struct yaml_field *field,
                     const struct yaml_node *value, void *to)
{
    const struct word *word = read_word(in, field, value, echo_words);
    if (!word)
        return -1;
    *(enum platform_echo *)to = word->echo;
    return 0;
}

static int read_line_end(const struct yaml_in *in, const struct yaml_field *field,
                         const struct yaml_node *value, void *to)
{
    const struct word *word = read_word(in, field, value, line_end_words);
    if (!word)
        return -1;
    *(const char **)to = word->bytes;
    return 0;
}

/* --- editing keys: a word, or the byte itself --- */

#define COMMENT_MAX 8 /* bytes */

struct key {
    const char *name, *bytes;
};

/* ^X is none of them: on some command lines it leaves, or locks the configuration. */
static const struct key erase_keys[] = {{"del", "\x7f"}, {"bs", "\b"}, {"none", ""}};
static const struct key kill_keys[] = {{"ctrl-u", "\x15"}};

static int fail_value(const struct yaml_in *in, const struct yaml_field *field,
                      const struct yaml_node *value, const char *wanted)
{
    size_t n;
    char shown[61];
    if (yaml_kind(value) != YAML_SCALAR)
        return yaml_fail(in->doc, value, in->e, "'%s' must be %s, not %s", field->name, wanted,
                         yaml_kind_name(value));
    const char *text = yaml_text(value, &n);
    escape_bytes(ESCAPE_SENTENCE, text, n, shown, sizeof shown);
    return yaml_fail(in->doc, value, in->e, "'%s' must be %s, not '%s'", field->name, wanted,
                     shown);
}

static int read_key(const struct yaml_in *in, const struct yaml_field *field,
                    const struct yaml_node *value, const struct key *keys, size_t n_keys,
                    const char *wanted, const char **to)
{
    size_t n;
    const char *text = yaml_text(value, &n);
    for (size_t i = 0; i < n_keys; i++)
        if (strcmp(text, keys[i].name) == 0 || (n == 1 && *text && *text == keys[i].bytes[0])) {
            *to = keys[i].bytes;
            return 0;
        }
    return fail_value(in, field, value, wanted);
}

static int read_erase(const struct yaml_in *in, const struct yaml_field *field,
                      const struct yaml_node *value, void *to)
{
    return read_key(in, field, value, erase_keys, COUNT(erase_keys),
                    "del (\"\\x7f\"), bs (\"\\b\") or none", to);
}

static int read_kill(const struct yaml_in *in, const struct yaml_field *field,
                     const struct yaml_node *value, void *to)
{
    return read_key(in, field, value, kill_keys, COUNT(kill_keys), "ctrl-u (\"\\x15\")", to);
}

static int read_comment(const struct yaml_in *in, const struct yaml_field *field,
                        const struct yaml_node *value, void *to)
{
    size_t n, plain = 0;
    const char *text = yaml_text(value, &n);
    while (plain < n && (unsigned char)text[plain] >= 0x20 && text[plain] != 0x7f)
        plain++;
    if (n == 0 || n > COMMENT_MAX || plain < n)
        return fail_value(in, field, value, "1 to 8 bytes without control characters");
    return yaml_read_string(in, field, value, to);
}

/* --- pagers --- */

struct pagers {
    const struct platform_pager *items;
    size_t n;
};

static const struct yaml_field pager_fields[] = {
    {"pattern", platform_read_pattern, AT(platform_pager, pattern), 0, 0},
    {"response", yaml_read_string, AT(platform_pager, response), 0, 0},
};

static int read_pager(const struct yaml_in *in, const struct yaml_field *field,
                      const struct yaml_node *node, struct platform_pager *to)
{
    to->response = next_page;
    if (yaml_kind(node) != YAML_MAP)
        return platform_read_pattern(in, field, node, &to->pattern);
    if (yaml_read_map(in, node, pager_fields, COUNT(pager_fields), "a pager", to) < 0)
        return -1;
    return platform_need(in, node, to->pattern.text, "a pager", "pattern");
}

static int read_pagers(const struct yaml_in *in, const struct yaml_field *field,
                       const struct yaml_node *value, void *to)
{
    bool is_list = yaml_kind(value) == YAML_LIST;
    size_t n = is_list ? yaml_count(value) : 1;
    struct platform_pager *items = arena_array(in->arena, n, sizeof *items);
    if (!items)
        return platform_no_memory(in);
    const struct yaml_node *node = is_list ? yaml_first(value) : value;
    for (size_t i = 0; i < n; i++, node = yaml_next(node))
        if (read_pager(in, field, node, &items[i]) < 0)
            return -1;
    *(struct pagers *)to = (struct pagers){items, n};
    return 0;
}

/* --- the mapping --- */

struct raw_extensions {
    struct yaml_strings aliases;
    struct pagers pagers;
    struct platform_pattern login_user, login_password;
    struct platform_pattern_list login_failed, no_session, press_return;
    bool learn_prompt, exec, second_proof;
    enum platform_echo echo;
    const char *line_end, *logout, *pty_term, *erase, *kill, *comment;
    int64_t pty_cols, pty_rows;
};

static const struct yaml_field login_fields[] = {
    {"user", platform_read_pattern, AT(raw_extensions, login_user), 0, 0},
    {"password", platform_read_pattern, AT(raw_extensions, login_password), 0, 0},
    {"failed", platform_read_patterns, AT(raw_extensions, login_failed), 0, 0},
};

/* The bounds are those of the protocols: 16 bits in Telnet's NAWS; narrower than this a prompt
 * would not fit. */
static const struct yaml_field pty_fields[] = {
    {"cols", yaml_read_int, AT(raw_extensions, pty_cols), 20, 65535},
    {"rows", yaml_read_int, AT(raw_extensions, pty_rows), 2, 65535},
    {"term", yaml_read_string, AT(raw_extensions, pty_term), 0, 0},
};

/* A mapping whose fields lie in the same record; to is that record. */
static int read_login(const struct yaml_in *in, const struct yaml_field *field,
                      const struct yaml_node *value, void *to)
{
    return yaml_read_map(in, value, login_fields, COUNT(login_fields), field->name, to);
}

static int read_pty(const struct yaml_in *in, const struct yaml_field *field,
                    const struct yaml_node *value, void *to)
{
    return yaml_read_map(in, value, pty_fields, COUNT(pty_fields), field->name, to);
}

static const struct yaml_field extension_fields[] = {
    {"aliases", platform_read_texts, AT(raw_extensions, aliases), 0, 0},
    {"pager", read_pagers, AT(raw_extensions, pagers), 0, 0},
    {"login", read_login, 0, 0, 0},
    {"no_session", platform_read_patterns, AT(raw_extensions, no_session), 0, 0},
    {"press_return", platform_read_patterns, AT(raw_extensions, press_return), 0, 0},
    {"learn_prompt", yaml_read_bool, AT(raw_extensions, learn_prompt), 0, 0},
    {"exec", yaml_read_bool, AT(raw_extensions, exec), 0, 0},
    {"second_proof", yaml_read_bool, AT(raw_extensions, second_proof), 0, 0},
    {"echo", read_echo, AT(raw_extensions, echo), 0, 0},
    {"line_end", read_line_end, AT(raw_extensions, line_end), 0, 0},
    {"pty", read_pty, 0, 0, 0},
    {"erase", read_erase, AT(raw_extensions, erase), 0, 0},
    {"kill", read_kill, AT(raw_extensions, kill), 0, 0},
    {"comment", read_comment, AT(raw_extensions, comment), 0, 0},
    {"logout", yaml_read_string, AT(raw_extensions, logout), 0, 0},
};

int platform_read_extensions(const struct yaml_in *in, const struct yaml_node *map,
                             struct platform *p)
{
    struct raw_extensions raw = {0};
    if (yaml_read_map(in, map, extension_fields, COUNT(extension_fields), "'poller'", &raw) < 0)
        return -1;
    p->aliases = raw.aliases.items;
    p->n_aliases = raw.aliases.n;
    p->pagers = raw.pagers.items;
    p->n_pagers = raw.pagers.n;
    p->login_user = raw.login_user;
    p->login_password = raw.login_password;
    p->login_failed = raw.login_failed;
    p->no_session = raw.no_session;
    p->press_return = raw.press_return;
    p->learn_prompt = raw.learn_prompt;
    p->exec = raw.exec;
    p->second_proof = raw.second_proof;
    p->echo = raw.echo;
    p->line_end = raw.line_end;
    p->pty_cols = (int)raw.pty_cols;
    p->pty_rows = (int)raw.pty_rows;
    p->pty_term = raw.pty_term;
    p->erase = raw.erase;
    p->kill = raw.kill;
    p->comment = raw.comment;
    p->logout = raw.logout;
    return 0;
}
