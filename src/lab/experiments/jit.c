#include "lab/experiments/poll.h"
#include "lab/experiments/target.h"

#include "dialogue/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define DEVICES   "40"
#define TEXT_MAX  (4u << 20)
#define LINES_MAX 65536
#define FASTER    1.25

static const char personas[] =
    "arista_eos:10%,cisco_ios:10%,cisco_nxos:10%,cisco_xr:10%,frr:10%,hp_comware:10%,"
    "huawei_vrp:10%,juniper_junos:10%,linux:10%,mikrotik_routeros:10%";

/* Outputs as they came, from the polling process. */
struct outputs {
    size_t used;
    char bytes[TEXT_MAX];
};

struct line {
    const struct dialogue_rules *rules;
    const char *text;
    size_t n;
};

struct jit {
    struct poll_world *world;
    struct outputs *outputs; /* shared memory */
    struct line *lines;
    size_t n_lines, n_devices;
    struct matcher matcher;
    size_t matches[2];
    struct samples ns[2], compile_us; /* of one look at one line; of one pattern */
    size_t code_bytes, patterns;
};

/* --- the outputs --- */

/* A record: the device's index, how long, the text. */
static void keep(struct outputs *o, uint32_t index, const char *text, size_t n)
{
    size_t head[2] = {index, n};
    if (n > TEXT_MAX - sizeof head || o->used > TEXT_MAX - sizeof head - n)
        return;
    memcpy(o->bytes + o->used, head, sizeof head);
    memcpy(o->bytes + o->used + sizeof head, text, n);
    o->used += sizeof head + n;
}

static void keep_texts(void *ctx, const struct result *r)
{
    for (size_t i = 0; i < r->n_commands; i++)
        if (r->commands[i].output)
            keep(ctx, r->index, r->commands[i].output, r->commands[i].output_len);
    if (r->prompt)
        keep(ctx, r->index, r->prompt, strlen(r->prompt));
}

static void add_lines(struct jit *x, const struct dialogue_rules *rules, const char *text, size_t n)
{
    while (n > 0 && x->n_lines < LINES_MAX) {
        const char *end = memchr(text, '\n', n);
        size_t len = end ? (size_t)(end - text) : n, step = end ? len + 1 : len;
        x->lines[x->n_lines++] = (struct line){rules, text, len};
        text += step;
        n -= step;
    }
}

static int fetch(struct jit *x, struct err *e)
{
    const struct drive_hooks hooks = {.after_result = keep_texts, .ctx = x->outputs};
    const struct poll_request request = {.mode = ENGINE_SEQUENTIAL, .workers = 1, .hooks = &hooks};
    struct poll_outcome out;
    if (poll_run(x->world, &request, &out, e) != 0)
        return -1;
    x->n_devices = out.ok;
    for (size_t at = 0; at < x->outputs->used;) {
        size_t head[2];
        memcpy(head, x->outputs->bytes + at, sizeof head);
        at += sizeof head;
        add_lines(x, poll_rules(x->world, head[0]), x->outputs->bytes + at, head[1]);
        at += head[1];
    }
    return x->n_lines ? 0 : err_set(e, FAIL_INTERNAL, "the devices gave no output to match");
}

/* --- matching --- */

/* A pattern that is a plain text is neither interpreted nor compiled. */
static bool look(struct jit *x, const struct match *m, const struct line *l, bool is_jit,
                 size_t *looks)
{
    if (!m->code)
        return false;
    ++*looks;
    if (is_jit)
        return match_text(m, &x->matcher, l->text, l->n, NULL);
    return pcre2_match(m->code, (PCRE2_SPTR)l->text, l->n, 0, PCRE2_NO_JIT, x->matcher.data,
                       x->matcher.limits) >= 0;
}

/* What a dialogue asks of a last line: is it a prompt, of which mode, or a pager's? */
static size_t look_at_all(struct jit *x, bool is_jit, size_t *looks)
{
    size_t matches = 0;
    *looks = 0;
    for (size_t i = 0; i < x->n_lines; i++) {
        const struct line *l = &x->lines[i];
        const struct dialogue_rules *r = l->rules;
        matches += look(x, &r->prompt, l, is_jit, looks);
        for (size_t k = 0; k < r->platform->n_modes; k++)
            matches += look(x, &r->modes[k], l, is_jit, looks);
        for (size_t k = 0; k < r->platform->n_pagers; k++)
            matches += look(x, &r->pagers[k], l, is_jit, looks);
    }
    return matches;
}

static void measure(struct jit *x, const struct experiment_env *env)
{
    size_t looks = 0;
    unsigned rounds = env->thorough ? 60 : 20;
    double least_ms = env->thorough ? 100 : 20;
    for (unsigned i = 0; i < rounds; i++)
        for (int jit = 0; jit < 2; jit++) {
            struct mono start = mono_now();
            unsigned n = 0;
            double ms = 0;
            while (ms < least_ms) {
                x->matches[jit] = look_at_all(x, jit, &looks);
                n++;
                ms = mono_ms_between(start, mono_now());
            }
            samples_add(&x->ns[jit], ms * 1e6 / n / (looks ? (double)looks : 1));
        }
}

/* --- the code --- */

static void compile_one(struct jit *x, const struct platform_pattern *from)
{
    struct err ignored = {0};
    struct match m;
    int code;
    PCRE2_SIZE at, size = 0;
    if (!from->text || from->exact || match_compile(&m, from, MATCH_LINE, &ignored) != 0)
        return;
    (void)pcre2_pattern_info(m.code, PCRE2_INFO_JITSIZE, &size);
    match_free(&m);
    pcre2_code *fresh = pcre2_compile((PCRE2_SPTR)from->text, PCRE2_ZERO_TERMINATED,
                                      PCRE2_CASELESS | PCRE2_MULTILINE, &code, &at, NULL);
    struct mono start = mono_now();
    if (fresh && pcre2_jit_compile(fresh, PCRE2_JIT_COMPLETE) == 0)
        samples_add(&x->compile_us, mono_ms_between(start, mono_now()) * 1000);
    pcre2_code_free(fresh);
    x->code_bytes += size;
    x->patterns++;
}

static void compile_all(struct jit *x)
{
    for (size_t i = 0; i < poll_devices(x->world); i++) {
        const struct platform *p = poll_rules(x->world, i)->platform;
        size_t first = 0;
        while (poll_rules(x->world, first)->platform != p)
            first++;
        for (size_t k = 0; first == i && k < p->n_modes; k++)
            compile_one(x, &p->modes[k].prompt);
    }
}

/* What a line of maps adds: from-to mode offset device inode name. */
static double nameless_kib(const char *line)
{
    char *at, mode[5] = "";
    unsigned long from = strtoul(line, &at, 16);
    unsigned long to = *at == '-' ? strtoul(at + 1, &at, 16) : 0;
    const char *rest = at;
    if (*at == ' ')
        snprintf(mode, sizeof mode, "%.4s", at + 1);
    for (int blanks = 4; blanks > 0 && *rest; rest++)
        blanks -= *rest == ' ';
    bool is_nameless = strtoul(rest, NULL, 10) == 0 && !strchr(rest, '[');
    return mode[2] == 'x' && is_nameless && to > from ? (double)(to - from) / 1024 : 0;
}

/* Executable memory that no file stands behind. */
static double nameless_code_kib(void)
{
    char line[512];
    double kib = 0;
    FILE *file = fopen("/proc/self/maps", "re");
    while (file && fgets(line, sizeof line, file))
        kib += nameless_kib(line);
    if (file)
        fclose(file);
    return kib;
}

static int judge(struct jit *x, struct finding *f)
{
    double slow = samples_median(&x->ns[0]), fast = samples_median(&x->ns[1]);
    double kib = nameless_code_kib();
    finding_number(f, &x->ns[0], "ns", "a pattern on a line, interpreted");
    finding_number(f, &x->ns[1], "ns", "the same, compiled to machine code");
    finding_number(f, &x->compile_us, "us", "compilation of one pattern to machine code");
    finding_value(f, samples_median(&x->compile_us) * 1000 / (slow > fast ? slow - fast : 1), "",
                  "looks from which it pays");
    finding_value(f, (double)x->n_lines, "", "lines, prompts among them, from %zu devices",
                  x->n_devices);
    finding_value(f, (double)x->matches[1], "", "matches, the same both ways");
    finding_value(f, (double)x->code_bytes / 1024, "KiB", "machine code of %zu patterns",
                  x->patterns);
    finding_value(f, kib, "KiB", "executable memory without a file");
    if (x->code_bytes == 0)
        return finding_depends(f, "the machine: this one's PCRE2 has no JIT",
                               "nothing was compiled, so there is nothing to compare");
    bool holds = slow >= FASTER * fast && kib > 0 && x->matches[0] == x->matches[1];
    return finding_decide(f, holds ? VERDICT_HOLDS : VERDICT_NOT,
                          "holds where the interpreter takes at least %.2f times as long: %.2f; "
                          "the code stands in memory without a file: %.0f KiB; both find the same: "
                          "%zu and %zu matches",
                          FASTER, slow / fast, kib, x->matches[0], x->matches[1]);
}

static int run_on(struct jit *x, const struct experiment_env *env, struct finding *f, struct err *e)
{
    x->lines = calloc(LINES_MAX, sizeof *x->lines);
    x->outputs =
        mmap(NULL, sizeof *x->outputs, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (!x->lines || x->outputs == MAP_FAILED || matcher_init(&x->matcher) != 0)
        return err_set(e, FAIL_INTERNAL, "out of memory");
    if (fetch(x, e) != 0)
        return -1;
    measure(x, env);
    compile_all(x);
    return judge(x, f);
}

static int run(const struct experiment_env *env, struct finding *f, struct err *e)
{
    struct jit x = {0};
    struct target target;
    const char *const options[] = {"--devices", DEVICES, "--persona", personas, NULL};
    if (target_start(&target, env, options, e) != 0)
        return -1;
    x.world = poll_new(target.inventory, e);
    int rc = x.world ? run_on(&x, env, f, e) : -1;
    matcher_free(&x.matcher);
    free(x.lines);
    if (x.outputs && x.outputs != MAP_FAILED)
        munmap(x.outputs, sizeof *x.outputs);
    poll_free(x.world);
    target_stop(&target);
    return rc;
}

const struct experiment experiment_jit = {
    "jit",
    "Compiling at run time to machine code speeds execution up; the code lives in memory only.",
    "Devices of ten platforms are polled, and every line of their outputs, and their prompt, is "
    "held against all "
    "prompt and pager patterns of its platform, as a dialogue does: by PCRE2's interpreter and by "
    "the machine code it made, in turns. Executable memory is looked up in /proc/self/maps.",
    run};
