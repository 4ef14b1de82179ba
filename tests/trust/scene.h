/* One session, whole: a device's manner, a script, what is odd about it. Made from a seed; plain
 * data without pointers, so that it is copied to be made smaller. */
#ifndef TRUST_SCENE_H
#define TRUST_SCENE_H

#include "tests/trust/manner.h"
#include "tests/trust/oddity.h"

#include <stdint.h>

#define COMMANDS_MAX 6
#define PIECES_MAX   16
#define PIECE_TEXT   128
#define PIECE_WIRE   1600 /* expanded */

/* In a piece's text: */
#define AT_PAUSE   '\1'
#define AT_PROMPT  '\2' /* the prompt, as it is seen */
#define AT_NEXT    '\3' /* the next input */
#define AT_COMMAND '\4' /* this one */
#define AT_MARK    '\5' /* the pager's */
#define AT_LONG    '\6' /* 600 bytes */

struct piece {
    char text[PIECE_TEXT];
    bool no_line_end;
    uint16_t before_ms; /* quiet before it */
    uint16_t pause_ms;  /* at each AT_PAUSE */
};

enum log_when { LOG_NEVER, LOG_BEHIND_PROMPT, LOG_IN_ECHO };

struct log_event {
    enum log_when when; /* behind the prompt after this command, or in this command's echo */
    uint16_t delay_ms;
    uint8_t at; /* bytes of the line that were shown before it */
    uint8_t which;
    bool again;     /* prompt and line are drawn again */
    bool same_line; /* it stands on the prompt's line */
};

struct script_command {
    char text[128];
    struct piece pieces[PIECES_MAX];
    unsigned n;
    uint16_t think_ms, prompt_ms; /* quiet before the output, before the prompt */
    bool refused;
    struct log_event log;
};

enum cut_where { CUT_NOWHERE, CUT_IN_PIECE, CUT_BEHIND_PROMPT, CUT_AT_LOGOUT };
enum cut_how { CUT_ORDERLY, CUT_RESET, CUT_SILENT };

struct cut {
    enum cut_where where;
    enum cut_how how;
    unsigned command, piece;
    uint16_t bytes; /* of that piece's wire form that are sent */
    uint16_t delay_ms;
};

enum chunking { CHUNKS_ARE_BURSTS, CHUNKS_AT_RANDOM, CHUNKS_ARE_BYTES };

struct scene {
    uint64_t seed;
    bool nonce;
    bool rounds; /* each command is a round of its own, the next one at once behind it */
    bool hostile;
    struct manner manner;
    enum chunking chunking;
    uint16_t gap_ms; /* between chunks of one burst, at most */
    struct script_command commands[COMMANDS_MAX];
    unsigned n;
    struct cut cut;
    uint64_t odd; /* bits of enum oddity */
};

enum nonce_choice { NONCE_OFF, NONCE_ON, NONCE_MIXED };

struct mix {
    unsigned platform; /* an index into ways, or PLATFORMS for any */
    enum nonce_choice nonce;
    bool rounds;
    unsigned rare; /* factor on the frequency of what is seldom seen; 1: as it is */
};

void scene_make(struct scene *s, uint64_t seed, const struct mix *mix);
/* The output of one command: content.c. */
void content_make(struct scene *s, struct random *r, unsigned command);
/* What is sent behind command i: the next command, or the log-out. */
const char *scene_next_input(const struct scene *s, unsigned i);
/* A piece of command i in its wire form, AT_PAUSE still in it; its length, at most size. */
size_t piece_expand(const struct scene *s, unsigned command, const struct piece *p,
                    const char *prompt, char *to, size_t size);

#endif
