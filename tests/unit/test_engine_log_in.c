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

/* The engine tells of each visit that is logged in: once, before its result, in every mode; and
 * believes no worker process more than its jobs allow. */
#include "tests/lib/memory_run.h"

#include "engine/pool_processes.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#define DEVICES_MAX 1100

static const char *const commands[] = {"show version"};

struct client {
    struct memory_run run;
    pthread_mutex_t lock;
    size_t next, n;
    unsigned logged_in[DEVICES_MAX];
    bool late[DEVICES_MAX]; /* told after its result */
    struct result *results[DEVICES_MAX];
    struct cancel *cancel;
};

static enum engine_next next_job(void *ctx, bool may_block, struct job *job)
{
    struct client *c = ctx;
    (void)may_block;
    pthread_mutex_lock(&c->lock);
    bool left = c->next < plan_count(c->run.plan);
    if (left)
        *job = plan_job(c->run.plan, c->next++);
    pthread_mutex_unlock(&c->lock);
    return left ? ENGINE_JOB : ENGINE_NONE;
}

static void take_log_in(void *ctx, const struct job *job)
{
    struct client *c = ctx;
    pthread_mutex_lock(&c->lock);
    assert_true(job->index < DEVICES_MAX);
    assert_ptr_equal(job->device, plan_job(c->run.plan, job->index).device);
    c->logged_in[job->index]++;
    c->late[job->index] |= c->results[job->index] != NULL;
    pthread_mutex_unlock(&c->lock);
}

static void take_result(void *ctx, struct result *r)
{
    struct client *c = ctx;
    pthread_mutex_lock(&c->lock);
    assert_true(r->index < DEVICES_MAX);
    assert_null(c->results[r->index]);
    c->results[r->index] = r;
    c->n++;
    pthread_mutex_unlock(&c->lock);
}

static void open_client(struct client *c, const char *hosts)
{
    struct err e = {0};
    *c = (struct client){0};
    memory_run_open(&c->run, hosts, commands, 1);
    c->run.env.connect_timeout_ms = c->run.env.silence_timeout_ms = 300;
    pthread_mutex_init(&c->lock, NULL);
    c->cancel = cancel_new(&e);
    assert_non_null(c->cancel);
}

static void close_client(struct client *c)
{
    for (size_t i = 0; i < DEVICES_MAX; i++)
        result_free(c->results[i]);
    cancel_free(c->cancel);
    pthread_mutex_destroy(&c->lock);
    memory_run_close(&c->run);
}

static struct engine_client client_of(struct client *c)
{
    return (struct engine_client){
        .ctx = c, .next = next_job, .result = take_result, .logged_in = take_log_in, .room_fd = -1};
}

static struct engine_options options_of(const struct client *c, struct engine_options o)
{
    o.processes = 2;
    o.plan = c->run.plan;
    o.env = &c->run.env;
    o.run_start = mono_now();
    o.cancel = c->cancel;
    return o;
}

static const struct engine_options variants[] = {
    {.mode = ENGINE_SEQUENTIAL, .workers = 1}, {.mode = ENGINE_THREADS, .workers = 5},
    {.mode = ENGINE_PROCESSES, .workers = 5},  {.mode = ENGINE_HYBRID, .workers = 5},
    {.mode = ENGINE_EVENTS, .workers = 5},     {.mode = ENGINE_EVENTS, .workers = 5, .shards = 2},
};
#define VARIANTS (sizeof variants / sizeof *variants)

static void each_log_in_is_told_once_before_its_result(void **state)
{
    (void)state;
    for (size_t i = 0; i < VARIANTS; i++) {
        struct client c;
        struct err e = {0};
        open_client(&c, "well[01-20],mute1,closes1,refused1,opening1");
        struct engine_options o = options_of(&c, variants[i]);
        struct engine_client client = client_of(&c);
        assert_int_equal(engine_run(&o, &client, &e), 0);
        assert_int_equal(c.n, 24);
        for (size_t k = 0; k < 24; k++) {
            assert_int_equal(c.logged_in[k], k < 22 ? 1 : 0);
            assert_false(c.late[k]);
        }
        close_client(&c);
    }
}

/* So many that each gives back the stack that its key exchange needed. */
static void a_thousand_threads_lose_nothing(void **state)
{
    (void)state;
    struct client c;
    struct err e = {0};
    open_client(&c, "well[1-50],mute[0001-1050]");
    struct engine_options o = options_of(&c, (struct engine_options){.mode = ENGINE_THREADS});
    o.workers = 1100;
    c.run.env.silence_timeout_ms = 1000;
    struct engine_client client = client_of(&c);
    assert_int_equal(engine_run(&o, &client, &e), 0);
    assert_int_equal(c.n, 1100);
    for (size_t k = 0; k < 1100; k++) {
        assert_int_equal(c.logged_in[k], 1);
        assert_int_equal(c.results[k]->class, k < 50 ? FAIL_NONE : FAIL_SILENCE);
        assert_true(k >= 50 || strstr(c.results[k]->commands[0].output, "and no more"));
    }
    close_client(&c);
}

static void nobody_needs_to_know(void **state)
{
    (void)state;
    for (size_t i = 0; i < VARIANTS; i++) {
        struct client c;
        struct err e = {0};
        open_client(&c, "well[01-20]");
        struct engine_options o = options_of(&c, variants[i]);
        struct engine_client client = client_of(&c);
        client.logged_in = NULL;
        assert_int_equal(engine_run(&o, &client, &e), 0);
        assert_int_equal(c.n, 20);
        close_client(&c);
    }
}

/* What a worker process may not say of the job that it has. */
static void tell_twice(const struct engine_client *client, struct job job)
{
    client->logged_in(client->ctx, &job);
    client->logged_in(client->ctx, &job);
}

static void tell_of_another(const struct engine_client *client, struct job job)
{
    job.index = (job.index + 1) % 2;
    client->logged_in(client->ctx, &job);
}

static void tell_of_none(const struct engine_client *client, struct job job)
{
    job.index = UINT32_MAX;
    client->logged_in(client->ctx, &job);
}

static void tell_of_another_attempt(const struct engine_client *client, struct job job)
{
    job.attempt++;
    client->logged_in(client->ctx, &job);
}

static void (*lie)(const struct engine_client *client, struct job job);

/* A worker process that lies about its job, and would otherwise stay. */
static int run_liar(const struct share *share, struct err *e)
{
    struct job job;
    (void)e;
    if (share->client->next(share->client->ctx, true, &job) == ENGINE_JOB) {
        lie(share->client, job);
        pause();
    }
    return 0;
}

static void a_process_that_lies_is_killed(void **state)
{
    static void (*const lies[])(const struct engine_client *, struct job) = {
        tell_twice, tell_of_another, tell_of_none, tell_of_another_attempt};
    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct client c;
        struct err e = {0};
        open_client(&c, "well1,well2");
        struct engine_options o = options_of(&c, variants[2]);
        struct engine_client client = client_of(&c);
        struct share all = {.options = &o, .client = &client, .process = 1, .places = 1};
        lie = lies[i];
        assert_int_equal(run_processes(&all, 1, run_liar, &e), 0);
        for (size_t k = 0; k < 2; k++) {
            assert_non_null(c.results[k]);
            assert_int_equal(c.results[k]->class, FAIL_WORKER_LOST);
            assert_non_null(strstr(c.results[k]->err.text, "signal 9"));
            assert_int_equal(c.logged_in[k], lie == tell_twice ? 1 : 0);
        }
        close_client(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_log_in_is_told_once_before_its_result),
        cmocka_unit_test(a_thousand_threads_lose_nothing),
        cmocka_unit_test(nobody_needs_to_know),
        cmocka_unit_test(a_process_that_lies_is_killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
