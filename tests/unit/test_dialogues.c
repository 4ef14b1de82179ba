/* links: base/arena base/buf base/clock base/err base/escape base/file base/log base/mask
 * model/platform model/platform_extra model/platform_steps model/platform_yaml
 * model/result base/strmap base/text base/yaml base/yaml_map base/yaml_parse
 * base/yaml_read gen/platform_builtin tests/lib/transcript tests/lib/transcript_bytes
 * tests/lib/transcript_check tests/lib/transcript_read dialogue/above dialogue/advance
 * dialogue/again dialogue/clean dialogue/closing dialogue/dialogue dialogue/digits
 * dialogue/echo dialogue/echo_line dialogue/ending dialogue/entering dialogue/exec
 * dialogue/hindsight dialogue/input dialogue/late dialogue/learn dialogue/log_line
 * dialogue/login dialogue/look dialogue/match dialogue/outcome dialogue/owed
 * dialogue/pager dialogue/place dialogue/prompt dialogue/question dialogue/reading
 * dialogue/rules dialogue/run dialogue/script dialogue/settling dialogue/setup
 * dialogue/sighting dialogue/stream dialogue/turn dialogue/waiting dialogue/words */
#include "tests/lib/transcript.h"

#include <glob.h>
#include <poller/err.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SEEDS 60

static struct platform_set *platforms;

static void play(void **state)
{
    char error[8192] = "";
    struct transcript *t = transcript_read(*state, error, sizeof error);
    if (!t)
        fail_msg("%s", error);
    int rc = transcript_play(t, platforms, CHUNKS_WHOLE, 0, error, sizeof error);
    if (rc == 0)
        rc = transcript_play(t, platforms, CHUNKS_BYTES, 0, error, sizeof error);
    for (unsigned seed = 1; rc == 0 && seed <= SEEDS; seed++)
        rc = transcript_play(t, platforms, CHUNKS_RANDOM, seed, error, sizeof error);
    transcript_free(t);
    if (rc != 0)
        fail_msg("%s", error);
}

static int load(void **state)
{
    struct err e = {0};
    (void)state;
    platforms = platform_set_load(NULL, 0, &e);
    if (!platforms)
        fprintf(stderr, "%s\n", e.text);
    return platforms ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    platform_set_free(platforms);
    return 0;
}

/* All transcripts, or those named on the command line. */
int main(int argc, char **argv)
{
    glob_t found = {0};
    for (int i = 1; i < argc; i++)
        glob(argv[i], GLOB_NOCHECK | (i > 1 ? GLOB_APPEND : 0), NULL, &found);
    if (argc < 2 && glob("tests/dialogues/*.txt", 0, NULL, &found) != 0) {
        fprintf(stderr, "no transcripts in tests/dialogues: run it in the project's root\n");
        return 1;
    }
    struct CMUnitTest *tests = calloc(found.gl_pathc, sizeof *tests);
    for (size_t i = 0; tests && i < found.gl_pathc; i++) {
        const char *slash = strrchr(found.gl_pathv[i], '/');
        tests[i] = (struct CMUnitTest){.name = slash ? slash + 1 : found.gl_pathv[i],
                                       .test_func = play,
                                       .initial_state = found.gl_pathv[i]};
    }
    int rc = tests ? _cmocka_run_group_tests("dialogues", tests, found.gl_pathc, load, unload) : 1;
    free(tests);
    globfree(&found);
    return rc;
}
