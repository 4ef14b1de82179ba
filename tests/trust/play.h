/* Plays one scene: the dialogue engine against a device, in virtual time, without sockets. */
#ifndef TRUST_PLAY_H
#define TRUST_PLAY_H

#include "tests/trust/peer.h"

#include <poller/dialogue.h>
#include <poller/result.h>

enum verdict {
    VERDICT_RIGHT,
    VERDICT_DOUBT,    /* ok, and said to be in doubt */
    VERDICT_WRONG,    /* ok without doubt, and not the truth */
    VERDICT_NEEDLESS, /* failed, though the device answered everything in order */
    VERDICT_FAILED,   /* rightly: ended early, silent, refused, input lost */
    VERDICTS
};

struct judged {
    enum verdict verdict;
    bool accepted; /* the output is the truth */
    unsigned proofs;
    double wait_ms; /* from the prompt before it (as it arrived) to its own sending; < 0: none */
};

struct outcome {
    struct judged commands[COMMANDS_MAX];
    unsigned n;
    unsigned strange; /* lines that the device read and nobody meant to send */
    bool stuck;       /* the dialogue never ended: a fault by itself */
};

/* The compiled platforms, shared by all players, made before any fork. */
struct stage {
    struct platform_set *set;
    const struct platform *platforms[PLATFORMS];
    struct dialogue_rules *rules[PLATFORMS];
};

/* -1: said on standard error. */
int stage_open(struct stage *s);
void stage_close(struct stage *s);

struct player {
    const struct stage *stage;
    struct peer peer;
    struct wire up, down;
    struct dialogue *dialogue;
    const struct scene *scene;
    int64_t now;
    struct mono deadline;
    bool settled, finished;
    size_t arrived;                                        /* bytes of the device's */
    unsigned sent;                                         /* commands of the script */
    double prompt_at[COMMANDS_MAX], sent_at[COMMANDS_MAX]; /* < 0: never */
    struct buf *record;                                    /* of a transcript; or NULL */
    int64_t recorded_at;
    struct result *result; /* of the last scene; the player's */
    struct job rounds[COMMANDS_MAX];
    unsigned n_rounds, round; /* 1 and 0 where the session does not stay open */
};

void player_init(struct player *p, const struct stage *stage);
void player_free(struct player *p);
/* record, if not NULL, gets the steps of a transcript (tests/dialogues/README.md). */
void player_play(struct player *p, const struct scene *scene, struct buf *record,
                 struct outcome *outcome);

/* judge.c: what came of command i; is its output the truth? */
enum verdict judge_command(const struct peer *d, const struct command_result *c, unsigned i);
bool judge_accepts(const struct peer *d, const struct command_result *c, unsigned i);

#endif
