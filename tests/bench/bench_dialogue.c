/* links: base/arena base/buf base/clock base/err base/escape base/file base/log base/mask
 * model/platform model/platform_extra model/platform_steps model/platform_yaml
 * model/result base/strmap base/text base/yaml base/yaml_map base/yaml_parse
 * base/yaml_read gen/platform_builtin dialogue/above dialogue/advance dialogue/again
 * dialogue/clean dialogue/closing dialogue/dialogue dialogue/digits dialogue/echo
 * dialogue/echo_line dialogue/ending dialogue/entering dialogue/exec dialogue/hindsight
 * dialogue/input dialogue/late dialogue/learn dialogue/log_line dialogue/login
 * dialogue/look dialogue/match dialogue/outcome dialogue/owed dialogue/pager
 * dialogue/place dialogue/prompt dialogue/question dialogue/reading dialogue/rules
 * dialogue/run dialogue/script dialogue/settling dialogue/setup dialogue/sighting
 * dialogue/stream dialogue/turn dialogue/waiting dialogue/words */

/* How fast a dialogue reads an output of 10 MB: from its first byte to the settled result, chunks
 * as a session hands them over. Fails under 100 MB/s. */
#include <poller/dialogue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUTPUT_BYTES (10u << 20)
#define ROUNDS       5
#define LEAST_MB_S   100.0

enum shape { SHAPE_LINES, SHAPE_PROMPT_LIKE, SHAPE_PAGED, SHAPE_COLOURED };

struct scene {
    const char *name;
    enum shape shape;
    size_t chunk;
    enum platform_echo echo;
    bool false_prompt; /* at the beginning: every line is searched for the echo then */
};

static const struct scene scenes[] = {
    {"lines, 16 KiB chunks", SHAPE_LINES, 16384, PLATFORM_ECHO_DEVICE, false},
    {"lines, 1460 byte chunks", SHAPE_LINES, 1460, PLATFORM_ECHO_DEVICE, false},
    {"lines, a Unix terminal", SHAPE_LINES, 16384, PLATFORM_ECHO_TTY, false},
    {"lines like prompts", SHAPE_PROMPT_LIKE, 16384, PLATFORM_ECHO_DEVICE, false},
    {"behind a false prompt", SHAPE_LINES, 16384, PLATFORM_ECHO_DEVICE, true},
    {"a pager's marks", SHAPE_PAGED, 16384, PLATFORM_ECHO_DEVICE, false},
    {"coloured", SHAPE_COLOURED, 16384, PLATFORM_ECHO_DEVICE, false},
};

static const char *const lines[] = {
    [SHAPE_LINES] =
        "GigabitEthernet0/0/1     192.0.2.1       YES NVRAM  up                    up\r\n",
    [SHAPE_PROMPT_LIKE] = "router-one# show something that looks like a prompt, and is not r1#\r\n",
    [SHAPE_PAGED] = " --More-- \b\b\b\b\b\b\b\b\b\b          \b\b\b\b\b\b\b\b\b\bone page\r\n",
    [SHAPE_COLOURED] =
        "\x1b[32mGigabitEthernet0/0/1\x1b[0m     \x1b[1m192.0.2.1\x1b[0m  YES up\r\n",
};

static const struct platform_mode mode = {.name = "exec",
                                          .prompt = {.text = "^\\w[\\w.\\-]{0,62}# ?$"}};
static const struct platform_pager pager = {.pattern = {.text = "^ ?--More-- *$"}, .response = " "};

static size_t put(char *to, size_t at, const char *text)
{
    size_t n = strlen(text);
    memcpy(to + at, text, n);
    return at + n;
}

static char *make_output(const struct scene *s, size_t *n)
{
    const char *line = lines[s->shape];
    char *out = malloc(OUTPUT_BYTES + 4096);
    size_t at = put(out, 0, "show all\r\n");
    if (s->false_prompt)
        at = put(out, at, "r1# ");
    while (at < OUTPUT_BYTES)
        at = put(out, at, line);
    *n = put(out, at, "r1# ");
    return out;
}

static void feed(struct dialogue *d, enum dialogue_event_kind kind, const char *data, size_t len)
{
    struct dialogue_update u;
    struct dialogue_event e = {.kind = kind, .data = data, .len = len};
    dialogue_step(d, &e, mono_now(), &u);
}

static void feed_text(struct dialogue *d, const char *text)
{
    feed(d, DIALOGUE_BYTES, text, strlen(text));
}

/* Megabytes per second; 0 when it went wrong. */
static double play(const struct scene *s, const struct dialogue_rules *rules,
                   const struct device *device, const char *output, size_t n)
{
    struct command command = {.text = "show all"};
    struct job job = {.device = device, .commands = {&command, 1}};
    struct dialogue_config config = {.rules = rules,
                                     .job = &job,
                                     .username = "",
                                     .password = "",
                                     .enable = "",
                                     .line_end = "\n",
                                     .silence_ms = 30000,
                                     .max_command_bytes = 16u << 20,
                                     .max_device_bytes = 64u << 20};
    struct dialogue *d = dialogue_new(&config);
    struct result *r = result_new(&job);
    if (!d || !r)
        return 0;
    feed(d, DIALOGUE_OPENED, NULL, 0);
    feed(d, DIALOGUE_STARTED, NULL, 0);
    feed_text(d, "r1# ");
    feed_text(d, "\r\nr1# ");
    struct mono start = mono_now();
    for (size_t at = 0; at < n; at += s->chunk)
        feed(d, DIALOGUE_BYTES, output + at, n - at < s->chunk ? n - at : s->chunk);
    if (s->echo == PLATFORM_ECHO_TTY) /* the second proof */
        feed_text(d, "\r\nr1# ");
    feed_text(d, "exit\r\n");
    feed(d, DIALOGUE_END, NULL, 0);
    double ms = mono_ms_between(start, mono_now());
    dialogue_take(d, r);
    bool well = r->class == FAIL_NONE && r->commands[0].status == COMMAND_OK;
    if (!well)
        fprintf(stderr, "%s: %s\n", s->name, r->err.text);
    result_free(r);
    dialogue_free(d);
    return well ? (double)n / 1e6 / (ms / 1000) : 0;
}

static double measure(const struct scene *s)
{
    const struct platform platform = {.name = "bench",
                                      .prompt = {.text = "^\\w[\\w.\\-]{0,62}[>#] ?$"},
                                      .modes = &mode,
                                      .n_modes = 1,
                                      .pagers = &pager,
                                      .n_pagers = 1,
                                      .echo = s->echo};
    const struct device device = {.name = "r1", .platform = &platform};
    struct err e = {0};
    struct dialogue_rules *rules = dialogue_rules_new(&platform, &e);
    size_t n = 0;
    char *output = make_output(s, &n);
    double best = 0;
    for (int i = 0; i < ROUNDS && rules; i++) {
        double rate = play(s, rules, &device, output, n);
        best = rate > best ? rate : best;
    }
    free(output);
    dialogue_rules_free(rules);
    return best;
}

int main(void)
{
    int rc = 0;
    printf("dialogue: an output of %u MiB, best of %d\n", OUTPUT_BYTES >> 20, ROUNDS);
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
        double rate = measure(&scenes[i]);
        printf("  %-26s %6.0f MB/s\n", scenes[i].name, rate);
        rc |= rate < LEAST_MB_S;
    }
    return rc;
}
