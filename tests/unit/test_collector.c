/* links: cli/collector cli/handout cli/progress pace/retry pace/windows pace/adapt
 *        pace/adapt_failures pace/adapt_series pace/adapt_tries pace/adapt_window
 *        engine/cancel pace/budget pace/budget_limiter pace/budget_lines pace/budget_start
 *        pace/budget_stop report/stats base/arena base/buf base/strmap base/timers base/clock
 *        base/seed base/err base/log model/result tests/lib/failing_malloc
 *        tests/lib/fake_inventory tests/lib/fake_plan */

/* The collector: every device has a record, whatever became of its visit, and is counted once. */
#include "cli/collector.h"

#include "base/log.h"
#include "tests/lib/failing_malloc.h"
#include "tests/lib/fake_plan.h"
#include "transport/hostkeys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define DEVICES     4
#define RECORDS_MAX 16
#define A_MINUTE_MS 60000

/* Where a record came to. */
struct record {
    uint32_t index, attempt;
    enum fail_class class;
    char text[ERR_TEXT_MAX];
};

struct fixture {
    struct device devices[DEVICES];
    struct inventory inventory;
    struct plan plan;
    struct world world;
    struct sink sink, *sinks[1];
    struct record records[RECORDS_MAX];
    size_t n_records;
    size_t fails_at; /* the record that cannot be written, from 1; 0: none */
    struct collector *collector;
    struct engine_client client;
    struct err e;
};

/* Whose key was new: the first device's. */
static char stored_key[64];

const char *world_known_hosts_of(const struct world *w, const struct device *device)
{
    (void)w;
    return device->name;
}

int hostkeys_append(const char *path, const char *line, struct err *e)
{
    (void)e;
    snprintf(stored_key, sizeof stored_key, "%s: %s", path, line);
    return 0;
}

static int keep_record(struct sink *s, const struct device *device, const struct job *job,
                       const struct result *result, struct err *e)
{
    struct fixture *f = s->state;
    assert_ptr_equal(device, &f->devices[result->index]);
    assert_int_equal(job->attempt, result->attempt);
    assert_true(f->n_records < RECORDS_MAX);
    if (f->n_records + 1 == f->fails_at)
        return err_set(e, FAIL_INTERNAL, "no space left");
    struct record *r = &f->records[f->n_records++];
    *r = (struct record){result->index, result->attempt, result->class, ""};
    snprintf(r->text, sizeof r->text, "%s", result->err.text);
    return 0;
}

static const struct sink_ops keeping = {.name = "keeping", .result = keep_record};

static void begin(struct fixture *f, bool threaded, struct handout_options handout)
{
    static const char *const names[DEVICES] = {"r0", "r1", "r2", "r3"};
    *f = (struct fixture){.plan = {.inventory = &f->inventory}};
    for (size_t i = 0; i < DEVICES; i++)
        f->devices[i] = (struct device){.name = names[i], .host = "h"};
    f->inventory = (struct inventory){.devices = f->devices, .n = DEVICES};
    f->world = (struct world){.inventory = &f->inventory, .plan = &f->plan};
    f->world.cancel = cancel_new(&f->e);
    assert_non_null(f->world.cancel);
    f->sink = (struct sink){.ops = &keeping, .state = f};
    f->sinks[0] = &f->sink;
    handout.workers = DEVICES;
    f->collector = collector_new(&(struct collector_options){.world = &f->world,
                                                             .sinks = f->sinks,
                                                             .n_sinks = 1,
                                                             .threaded = threaded,
                                                             .max_bytes = COLLECTOR_QUEUE_BYTES,
                                                             .handout = handout},
                                 &f->e);
    assert_non_null(f->collector);
    f->client = collector_client(f->collector);
}

static struct job next(struct fixture *f, uint32_t index)
{
    struct job job;
    assert_int_equal(f->client.next(f->client.ctx, false, &job), ENGINE_JOB);
    assert_int_equal(job.index, index);
    return job;
}

static void answer(struct fixture *f, const struct job *job, enum fail_class class)
{
    struct result *r = result_new(job);
    assert_non_null(r);
    r->class = class;
    r->phase_ms[PHASE_QUEUED] = r->phase_ms[PHASE_RESOLVE] = 1;
    if (class != FAIL_NONE)
        err_set(&r->err, class, "%s: it failed", job->device->name);
    f->client.result(f->client.ctx, r);
}

/* All from that one on are well. */
static void visit_from(struct fixture *f, uint32_t first)
{
    for (uint32_t i = first; i < DEVICES; i++) {
        struct job job = next(f, i);
        answer(f, &job, FAIL_NONE);
    }
}

static void end(struct fixture *f)
{
    collector_free(f->collector);
    cancel_free(f->world.cancel);
}

static void expect(const struct fixture *f, size_t at, uint32_t index, enum fail_class class,
                   const char *words)
{
    assert_true(at < f->n_records);
    assert_int_equal(f->records[at].index, index);
    assert_int_equal(f->records[at].class, class);
    assert_non_null(strstr(f->records[at].text, words));
}

static void every_result_is_written_and_counted(void **state)
{
    (void)state;
    for (int threaded = 0; threaded < 2; threaded++) {
        struct fixture f;
        begin(&f, threaded, (struct handout_options){0});
        visit_from(&f, 0);
        assert_int_equal(collector_finish(f.collector, &f.e), 0);
        assert_int_equal(f.n_records, DEVICES);
        assert_int_equal(f.sink.written, DEVICES);
        assert_int_equal(collector_stats(f.collector)->devices, DEVICES);
        assert_int_equal(collector_stats(f.collector)->exit_code, 0);
        end(&f);
    }
}

/* The engine gave up: no worker could be started, say. Its own sentence stands at the end. */
static void those_that_nobody_visited_are_told_of(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, false, (struct handout_options){0});
    struct job job = next(&f, 0);
    answer(&f, &job, FAIL_NONE);
    assert_int_equal(collector_finish(f.collector, &f.e), 0);
    assert_int_equal(f.n_records, DEVICES);
    for (uint32_t i = 1; i < DEVICES; i++)
        expect(&f, i, i, FAIL_CANCELLED, "not visited: the run ended early, for the reason given");
    assert_int_equal(collector_stats(f.collector)->not_visited, DEVICES - 1);
    end(&f);
}

static void a_lost_result_is_no_interruption(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, false, (struct handout_options){0});
    struct job lost = next(&f, 0);
    f.client.lost(f.client.ctx, &lost);
    visit_from(&f, 1);
    assert_int_equal(collector_finish(f.collector, &f.e), 0);
    assert_int_equal(f.n_records, DEVICES);
    expect(&f, DEVICES - 1, 0, FAIL_INTERNAL,
           "r0: what the visit brought was lost, as no memory was left: use fewer workers (-n)");
    assert_int_equal(collector_stats(f.collector)->exit_code, 1);
    end(&f);
}

/* It came, but there was no memory to queue it. */
static void a_result_that_cannot_be_queued_is_lost(void **state)
{
    (void)state;
    struct fixture f;
    if (!failing_malloc_works())
        skip();
    begin(&f, true, (struct handout_options){0});
    struct job job = next(&f, 0);
    struct result *r = result_new(&job);
    assert_non_null(r);
    failing_malloc_at(1);
    f.client.result(f.client.ctx, r);
    assert_true(failing_malloc_stop());
    assert_int_equal(collector_finish(f.collector, &f.e), 0);
    expect(&f, 0, 0, FAIL_INTERNAL, "r0: what the visit brought was lost");
    end(&f);
}

static void an_interrupt_tells_begun_from_not_begun(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, true, (struct handout_options){0});
    (void)next(&f, 0);
    cancel_raise(f.world.cancel);
    assert_int_equal(collector_finish(f.collector, &f.e), 0);
    assert_int_equal(f.n_records, DEVICES);
    expect(&f, 0, 0, FAIL_CANCELLED, "r0: the run was interrupted before the visit ended");
    expect(&f, 1, 1, FAIL_CANCELLED, "r1: the run was interrupted before the visit began");
    assert_int_equal(collector_stats(f.collector)->exit_code, 130);
    end(&f);
}

/* The exit code is that of the refusals: what was not visited is no failure of its own. */
static void a_stopped_run_names_its_rule(void **state)
{
    (void)state;
    struct fixture f;
    log_set_level(LOG_QUIET);
    begin(&f, false, (struct handout_options){.pace = {.stop = {FAIL_AUTH, 2}}});
    struct job jobs[] = {next(&f, 0), next(&f, 1)};
    answer(&f, &jobs[0], FAIL_AUTH);
    answer(&f, &jobs[1], FAIL_AUTH);
    assert_int_equal(collector_finish(f.collector, &f.e), 0);
    assert_int_equal(f.n_records, DEVICES);
    expect(&f, 2, 2, FAIL_CANCELLED,
           "r2: not visited: the run was stopped after 2 refused log-ins in a row (--stop-after "
           "auth:2), before the account is locked");
    assert_int_equal(collector_stats(f.collector)->exit_code, fail_exit_code(FAIL_AUTH, false));
    end(&f);
}

/* Nothing is handed out after it; what was under way still comes, and what failed first is told. */
static void a_sink_that_fails_ends_the_run(void **state)
{
    (void)state;
    struct fixture f;
    struct job none;
    begin(&f, false, (struct handout_options){0});
    f.fails_at = 1;
    struct job first = next(&f, 0), second = next(&f, 1);
    answer(&f, &first, FAIL_NONE);
    assert_int_equal(f.client.next(f.client.ctx, false, &none), ENGINE_NONE);
    f.fails_at = 0;
    answer(&f, &second, FAIL_NONE);
    assert_int_equal(collector_finish(f.collector, &f.e), -1);
    assert_string_equal(f.e.text, "no space left");
    assert_int_equal(f.n_records, DEVICES - 1);
    assert_int_equal(collector_stats(f.collector)->devices, DEVICES);
    end(&f);
}

static const struct retry_policy minute = {
    .max = 1, .on = (fail_set)-1, .delay_ms = A_MINUTE_MS, .seed = 1};

/* Each attempt has its record. Who was to come again when the run ended counts by what came last.
 */
static void attempts_are_written_and_devices_counted(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, false, (struct handout_options){.retry = minute});
    struct job failing = next(&f, 0);
    answer(&f, &failing, FAIL_REFUSED);
    visit_from(&f, 1);
    assert_int_equal(collector_stats(f.collector)->devices, DEVICES - 1);
    cancel_raise(f.world.cancel);
    assert_int_equal(collector_finish(f.collector, &f.e), 0);
    assert_int_equal(f.n_records, DEVICES);
    expect(&f, 0, 0, FAIL_REFUSED, "it failed");
    assert_int_equal(collector_stats(f.collector)->devices, DEVICES);
    assert_int_equal(collector_stats(f.collector)->classes[FAIL_REFUSED], 1);
    assert_int_equal(collector_stats(f.collector)->exit_code, 130);
    end(&f);
}

static void a_new_key_goes_to_its_devices_file(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, true, (struct handout_options){0});
    struct job job = next(&f, 0);
    struct result *r = result_new(&job);
    assert_non_null(r);
    r->known_hosts_line = strdup("h ssh-ed25519 AAAA");
    f.client.result(f.client.ctx, r);
    assert_int_equal(collector_finish(f.collector, &f.e), 0);
    assert_string_equal(stored_key, "r0: h ssh-ed25519 AAAA");
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_result_is_written_and_counted),
        cmocka_unit_test(those_that_nobody_visited_are_told_of),
        cmocka_unit_test(a_lost_result_is_no_interruption),
        cmocka_unit_test(a_result_that_cannot_be_queued_is_lost),
        cmocka_unit_test(an_interrupt_tells_begun_from_not_begun),
        cmocka_unit_test(a_stopped_run_names_its_rule),
        cmocka_unit_test(a_sink_that_fails_ends_the_run),
        cmocka_unit_test(attempts_are_written_and_devices_counted),
        cmocka_unit_test(a_new_key_goes_to_its_devices_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
