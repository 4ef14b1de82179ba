/* A persona file of any content: what is read is whole and within its bounds, what is refused says
 * where, and a typed line finds a command of the persona or none. */
#include "lab/personas/persona.h"

#include <stdlib.h>
#include <string.h>

#define PARTS_MAX  64
#define REPEAT_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libfyaml forgets a buffer of 4 KiB where a file breaks inside a long quoted key. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml";
}

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_match(const struct persona *p, int mode, const char *line)
{
    const struct persona_command *command;
    size_t bad_at = 0;
    enum persona_match match = persona_match(p, mode, line, &command, &bad_at);
    require((match == MATCH_ONE) == (command != NULL));
    require(match == MATCH_ONE || bad_at <= strlen(line));
    require(!command || (command >= p->commands && command < p->commands + p->n_commands &&
                         (command->modes & 1u << mode) != 0));
}

static void check_output(const struct persona *p, const struct persona_command *c)
{
    struct say_world world = {.seed = 1, .hostname = "r1", .mode = p->modes[0].name};
    struct buf out;
    bool is_small = c->n_parts < PARTS_MAX;
    for (size_t i = 0; i < c->n_parts; i++)
        is_small = is_small && c->parts[i].repeat < REPEAT_MAX;
    if (!is_small)
        return;
    buf_init(&out, 1u << 20);
    persona_output(p, c, &world, &out);
    buf_free(&out);
}

static void check_persona(const struct persona *p)
{
    require(p->n_modes > 0 && p->n_modes <= PERSONA_MODES_MAX);
    require(p->n_commands <= PERSONA_COMMANDS_MAX && p->line_end && p->platform && p->name);
    for (size_t i = 0; i < p->n_commands; i++) {
        const struct persona_command *c = &p->commands[i];
        require(c->n_words > 0 && c->n_words <= PERSONA_WORDS_MAX);
        require(c->enters < (int)p->n_modes && c->modes != 0);
        if (i < 32)
            check_output(p, c);
        for (int mode = 0; i < 32 && mode < (int)p->n_modes; mode++)
            check_match(p, mode, c->text);
    }
    check_match(p, 0, "sh ver | include x");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct err e = {0};
    struct persona *p = persona_read((const char *)data, size, "fuzz.yaml", "fuzz", &arena, &e);
    require((p != NULL) != err_is_set(&e));
    if (p)
        check_persona(p);
    else
        require(strncmp(e.text, "fuzz.yaml", 9) == 0 || e.class == FAIL_INTERNAL);
    arena_free(&arena);
    return 0;
}
