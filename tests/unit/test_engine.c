/* links: base/arena base/buf base/clock base/err base/escape base/file base/filename base/log
 * model/hostlist model/hostlist_each model/inventory model/inventory_commands
 * model/inventory_device model/inventory_finish model/inventory_groups
 * model/inventory_native model/inventory_netmiko model/inventory_pace
 * model/inventory_settings model/limit model/limit_match model/plan model/platform
 * model/platform_extra model/platform_steps model/platform_yaml model/result model/secret
 * model/secret_fetch model/secret_program model/secret_vault base/strmap base/text
 * model/transport_kind base/yaml base/yaml_map base/yaml_parse base/yaml_read
 * gen/platform_builtin base/mask session/pump session/session session/trace
 * session/verdict session/drive model/codec_put model/codec_read engine/cancel
 * engine/engine engine/loop engine/pool_processes base/child base/memory
 * engine/pool_threads engine/port engine/share base/timers engine/watch
 * engine/worker_process tests/lib/memory_device tests/lib/memory_run dialogue/above
 * dialogue/advance dialogue/again dialogue/clean dialogue/closing dialogue/dialogue
 * dialogue/digits dialogue/echo dialogue/echo_line dialogue/ending dialogue/entering
 * dialogue/exec dialogue/hindsight dialogue/input dialogue/late dialogue/learn
 * dialogue/log_line dialogue/login dialogue/look dialogue/match dialogue/outcome
 * dialogue/owed dialogue/pager dialogue/place dialogue/prompt dialogue/question
 * dialogue/reading dialogue/rules dialogue/run dialogue/script dialogue/settling
 * dialogue/setup dialogue/sighting dialogue/stream dialogue/turn dialogue/waiting
 * dialogue/words */

/* Every mode against devices in memory: each job ends in one result, whatever becomes of the
 * device, the worker or the run. */
#include "tests/lib/memory_run.h"

#include "session/drive.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define DEVICES_MAX 512

static const char *const commands[] = {"show version"};

/* The collector's part: hands out, keeps what comes. */
struct client {
    struct memory_run run;
    pthread_mutex_t lock;
    size_t next;
    unsigned waits; /* answer this often ENGINE_WAIT first */
    int room_fd;
    struct result *results[DEVICES_MAX];
    size_t n, twice;
    struct cancel *cancel;
    size_t cancel_after; /* raise it when so many results are there; 0: never */
};

static enum engine_next next_job(void *ctx, bool may_block, struct job *job)
{
    struct client *c = ctx;
    enum engine_next answer = ENGINE_NONE;
    pthread_mutex_lock(&c->lock);
    if (!may_block && c->waits > 0) {
        c->waits--;
        answer = ENGINE_WAIT;
    } else if (c->next < plan_count(c->run.plan) && !cancel_raised(c->cancel)) {
        *job = plan_job(c->run.plan, c->next++);
        answer = ENGINE_JOB;
    }
    pthread_mutex_unlock(&c->lock);
    return answer;
}

static void take_result(void *ctx, struct result *r)
{
    struct client *c = ctx;
    pthread_mutex_lock(&c->lock);
    assert_true(r->index < DEVICES_MAX);
    c->twice += c->results[r->index] != NULL;
    c->results[r->index] = r;
    if (++c->n == c->cancel_after)
        cancel_raise(c->cancel);
    pthread_mutex_unlock(&c->lock);
}

static void open_client(struct client *c, const char *hosts)
{
    struct err e = {0};
    *c = (struct client){.room_fd = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC)};
    memory_run_open(&c->run, hosts, commands, 1);
    pthread_mutex_init(&c->lock, NULL);
    c->cancel = cancel_new(&e);
    assert_non_null(c->cancel);
}

static void close_client(struct client *c)
{
    for (size_t i = 0; i < DEVICES_MAX; i++)
        result_free(c->results[i]);
    cancel_free(c->cancel);
    close(c->room_fd);
    pthread_mutex_destroy(&c->lock);
    memory_run_close(&c->run);
}

static struct engine_options options_of(const struct client *c, enum engine_mode mode, unsigned n)
{
    return (struct engine_options){.mode = mode,
                                   .workers = n,
                                   .processes = 2,
                                   .plan = c->run.plan,
                                   .env = &c->run.env,
                                   .run_start = mono_now(),
                                   .cancel = c->cancel};
}

static void run_engine(struct client *c, const struct engine_options *o)
{
    struct err e = {0};
    struct engine_client client = {
        .ctx = c, .next = next_job, .result = take_result, .room_fd = c->room_fd};
    if (engine_run(o, &client, &e) != 0)
        fail_msg("%s: %s", engine_mode_name(o->mode), e.text);
    assert_int_equal(c->twice, 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
}

static const struct engine_options variants[] = {
    {.mode = ENGINE_SEQUENTIAL, .workers = 1}, {.mode = ENGINE_THREADS, .workers = 5},
    {.mode = ENGINE_PROCESSES, .workers = 5},  {.mode = ENGINE_HYBRID, .workers = 5},
    {.mode = ENGINE_EVENTS, .workers = 5},     {.mode = ENGINE_EVENTS, .workers = 5, .shards = 2},
};
#define VARIANTS (sizeof variants / sizeof *variants)

static struct engine_options variant(const struct client *c, size_t i)
{
    struct engine_options o = options_of(c, variants[i].mode, variants[i].workers);
    o.shards = variants[i].shards;
    return o;
}

static void every_mode_brings_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < VARIANTS; i++) {
        struct client c;
        open_client(&c, "well[001-100]");
        struct engine_options o = variant(&c, i);
        run_engine(&c, &o);
        assert_int_equal(c.n, 100);
        for (size_t k = 0; k < 100; k++) {
            char wanted[128];
            const struct result *r = c.results[k];
            assert_non_null(r);
            snprintf(wanted, sizeof wanted, "well%03zu says show version\nand no more\n", k + 1);
            assert_int_equal(r->class, FAIL_NONE);
            assert_string_equal(r->commands[0].output, wanted);
            assert_int_equal(r->commands[0].proofs, PROOF_ECHO | PROOF_PROMPT | PROOF_NEXT_ECHO);
            assert_true(r->worker < o.workers);
            assert_true(r->process >= 1 && r->process <= (engine_forks(&o) ? o.workers : 1));
        }
        close_client(&c);
    }
}

static void one_bad_device_harms_no_other(void **state)
{
    static const struct {
        const char *name;
        enum fail_class class;
    } wanted[] = {{"closes1", FAIL_PEER_CLOSED}, {"floods1", FAIL_TOO_MUCH_OUTPUT},
                  {"mute1", FAIL_SILENCE},       {"opening1", FAIL_CONNECT_TIMEOUT},
                  {"refused1", FAIL_REFUSED},    {"well1", FAIL_NONE},
                  {"well2", FAIL_NONE}};
    (void)state;
    for (size_t i = 0; i < VARIANTS; i++) {
        struct client c;
        open_client(&c, "closes1,floods1,mute1,opening1,refused1,well1,well2");
        c.run.env.connect_timeout_ms = c.run.env.silence_timeout_ms = 300;
        c.run.env.max_command_bytes = 1 << 20;
        struct engine_options o = variant(&c, i);
        run_engine(&c, &o);
        for (size_t k = 0; k < sizeof wanted / sizeof *wanted; k++) {
            assert_non_null(c.results[k]);
            assert_int_equal(c.results[k]->class, wanted[k].class);
        }
        close_client(&c);
    }
}

static void no_more_at_once_than_asked_for(void **state)
{
    (void)state;
    struct client c;
    open_client(&c, "mute[01-12]");
    c.run.env.silence_timeout_ms = 50;
    struct engine_options o = options_of(&c, ENGINE_THREADS, 3);
    run_engine(&c, &o);
    assert_int_equal(c.n, 12);
    /* In one process; a loop has as many again that log out. */
    assert_true(memory_device_most() >= 3 && memory_device_most() <= 6);
    close_client(&c);
}

/* None waits for a place while one is free: each was handed out before the first was through. */
static void every_place_is_used(void **state)
{
    (void)state;
    for (size_t i = 1; i < VARIANTS; i++)
        for (int round = 0; round < 5; round++) {
            struct client c;
            open_client(&c, "mute[01-12]");
            c.run.env.silence_timeout_ms = 500;
            struct engine_options o = options_of(&c, variants[i].mode, 12);
            o.shards = variants[i].shards;
            run_engine(&c, &o);
            for (size_t k = 0; k < 12; k++)
                assert_true(c.results[k]->phase_ms[PHASE_QUEUED] < 500);
            close_client(&c);
        }
}

static void a_dead_worker_costs_its_device_alone(void **state)
{
    static const size_t forking[] = {2, 3, 5};
    (void)state;
    for (size_t i = 0; i < sizeof forking / sizeof *forking; i++) {
        struct client c;
        size_t lost = 0;
        open_client(&c, "kills1,well[01-40],kills2");
        struct engine_options o = variant(&c, forking[i]);
        run_engine(&c, &o);
        assert_int_equal(c.n, 42);
        for (size_t k = 0; k < 42; k++) {
            const struct result *r = c.results[k];
            lost += r->class == FAIL_WORKER_LOST;
            assert_true(r->class == FAIL_NONE || r->class == FAIL_WORKER_LOST);
        }
        assert_int_equal(c.results[0]->class, FAIL_WORKER_LOST);
        assert_non_null(strstr(c.results[0]->err.text, "signal 9"));
        assert_int_equal(c.results[41]->class, FAIL_WORKER_LOST);
        if (o.mode == ENGINE_PROCESSES) /* elsewhere its process visits others, too */
            assert_int_equal(lost, 2);
        close_client(&c);
    }
}

static void what_a_dead_worker_had_is_kept(void **state)
{
    static const char *const three[] = {"show version", "show clock", "show users"};
    static const size_t forking[] = {2, 3, 5};
    (void)state;
    for (size_t i = 0; i < sizeof forking / sizeof *forking; i++) {
        struct client c;
        struct err e = {0};
        open_client(&c, "later1,well1");
        plan_free(c.run.plan);
        c.run.plan = plan_new(c.run.inventory, three, 3, NULL, &e);
        struct engine_options o = variant(&c, forking[i]);
        run_engine(&c, &o);
        const struct result *r = c.results[0];
        assert_int_equal(r->class, FAIL_WORKER_LOST);
        assert_int_equal(r->commands[0].status, COMMAND_OK);
        assert_string_equal(r->commands[0].output, "later1 says show version\nand no more\n");
        assert_int_equal(r->commands[1].status, COMMAND_NOT_RUN);
        assert_int_equal(r->commands[2].status, COMMAND_NOT_RUN);
        assert_true(r->phase_ms[PHASE_QUEUED] >= 0 && r->total_ms >= 0);
        close_client(&c);
    }
}

static void a_cancel_ends_the_run_in_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < VARIANTS; i++) {
        struct client c;
        size_t cancelled = 0;
        open_client(&c, "well[1-4],mute[1-8]");
        c.cancel_after = 4;
        struct engine_options o = variant(&c, i);
        struct mono asked = mono_now();
        run_engine(&c, &o);
        assert_true(mono_ms_between(asked, mono_now()) < 4000); /* a deadline: 2 s, and slack */
        for (size_t k = 0; k < 12; k++)
            cancelled += c.results[k] && c.results[k]->class == FAIL_CANCELLED;
        assert_int_equal(c.n, 4 + cancelled);
        close_client(&c);
    }
}

static void full_queues_are_waited_for(void **state)
{
    static const size_t not_blocking[] = {2, 3, 4, 5};
    (void)state;
    for (size_t i = 0; i < sizeof not_blocking / sizeof *not_blocking; i++) {
        struct client c;
        open_client(&c, "well[01-20]");
        c.waits = 15;
        struct engine_options o = variant(&c, not_blocking[i]);
        run_engine(&c, &o);
        assert_int_equal(c.n, 20);
        close_client(&c);
    }
}

static void what_epoll_refuses_is_one_devices_end(void **state)
{
    (void)state;
    struct client c;
    open_client(&c, "badfd1,well1");
    struct engine_options o = options_of(&c, ENGINE_EVENTS, 2);
    run_engine(&c, &o);
    assert_int_equal(c.results[0]->class, FAIL_PEER_CLOSED);
    assert_int_equal(c.results[1]->class, FAIL_NONE);
    close_client(&c);
}

static void *count(void *ctx)
{
    ++*(unsigned *)ctx;
    return NULL;
}

static void before_wait(void *ctx)
{
    count(&((unsigned *)ctx)[0]);
}

static void after_wait(void *ctx)
{
    count(&((unsigned *)ctx)[1]);
}

static void after_result(void *ctx, const struct result *r)
{
    assert_non_null(r);
    count(&((unsigned *)ctx)[2]);
}

static void hooks_frame_each_wait(void **state)
{
    static const enum engine_mode modes[] = {ENGINE_SEQUENTIAL, ENGINE_EVENTS};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct client c;
        unsigned counts[3] = {0};
        struct drive_hooks hooks = {before_wait, after_wait, after_result, counts};
        open_client(&c, "mute[1-3]");
        c.run.env.silence_timeout_ms = 20;
        struct engine_options o = options_of(&c, modes[i], 1);
        o.hooks = &hooks;
        run_engine(&c, &o);
        assert_true(counts[0] > 0);
        assert_int_equal(counts[0], counts[1]);
        assert_int_equal(counts[2], 3);
        close_client(&c);
    }
}

static void modes_have_names_and_needs(void **state)
{
    struct engine_options o = {.workers = 10000, .shards = 1};
    (void)state;
    for (int i = 0; i < ENGINE_MODES; i++) {
        o.mode = (enum engine_mode)i;
        assert_int_equal(engine_mode_by_name(engine_mode_name(o.mode)), i);
        assert_true(engine_descriptors(&o) > 10000);
    }
    assert_int_equal(engine_mode_by_name("fibers"), -1);
    o.mode = ENGINE_EVENTS; /* ten thousand sessions under a hard limit of twenty thousand */
    assert_true(engine_descriptors(&o) < 19000);
}

/* One per core, where each has enough to do. */
static void shards_are_few_where_devices_are(void **state)
{
    static const struct {
        unsigned cores, places, shards;
    } rows[] = {{2, 1, 1},   {2, 199, 1},    {2, 200, 2}, {2, 10000, 2},
                {1, 500, 1}, {16, 1000, 10}, {16, 1, 1},  {64, 100000, 64}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(engine_shards(rows[i].cores, rows[i].places), rows[i].shards);
    struct engine_options o = {.mode = ENGINE_EVENTS, .workers = 199};
    assert_false(engine_forks(&o));
    o.workers = 1000;
    assert_int_equal(engine_forks(&o), engine_cores() > 1);
    o.shards = 1;
    assert_false(engine_forks(&o));
    o.shards = 3; /* as many as were asked for, on any machine */
    assert_true(engine_forks(&o));
}

/* No worker, and no descriptor, for a device that is not there. */
static void places_are_no_more_than_devices(void **state)
{
    (void)state;
    for (int i = 0; i < ENGINE_MODES; i++) {
        struct client c;
        open_client(&c, "well[1-3]");
        struct engine_options o = options_of(&c, (enum engine_mode)i, 100000);
        assert_true(engine_descriptors(&o) < 100);
        run_engine(&c, &o);
        assert_int_equal(c.n, 3);
        for (size_t k = 0; k < 3; k++)
            assert_true(c.results[k]->worker < 3);
        close_client(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_more_at_once_than_asked_for),
        cmocka_unit_test(every_mode_brings_the_same),
        cmocka_unit_test(one_bad_device_harms_no_other),
        cmocka_unit_test(every_place_is_used),
        cmocka_unit_test(a_dead_worker_costs_its_device_alone),
        cmocka_unit_test(what_a_dead_worker_had_is_kept),
        cmocka_unit_test(a_cancel_ends_the_run_in_time),
        cmocka_unit_test(full_queues_are_waited_for),
        cmocka_unit_test(what_epoll_refuses_is_one_devices_end),
        cmocka_unit_test(hooks_frame_each_wait),
        cmocka_unit_test(modes_have_names_and_needs),
        cmocka_unit_test(shards_are_few_where_devices_are),
        cmocka_unit_test(places_are_no_more_than_devices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
