/* What the rooms persona_*.c share while a file is read. */
#ifndef POLLER_LAB_PERSONAS_PERSONA_PARTS_H
#define POLLER_LAB_PERSONAS_PERSONA_PARTS_H

#include "base/yaml.h"
#include "lab/personas/persona.h"

/* yaml_in.ctx while a persona is read. */
struct persona_reader {
    struct persona *persona;
    const char *source; /* the whole file, for positions inside of texts */
    size_t source_len;
};

/* struct say: a text whose placeholders are known. */
yaml_read_fn persona_read_say;
/* struct persona_part array and its count, by a struct persona_parts. */
struct persona_parts {
    const struct persona_part *items;
    size_t n;
};
yaml_read_fn persona_read_parts;

int persona_no_memory(const struct yaml_in *in);

/* The section `commands` into the persona, whose modes are known by then. */
int persona_read_commands(const struct yaml_in *in, const struct yaml_node *list);

#endif
