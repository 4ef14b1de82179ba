/* links: report/html report/html_check report/html_groups report/html_page report/html_read
 *        report/html_run gen/report_builtin base/aside base/arena base/strmap base/file base/buf
 *        base/err base/log */

/* What the report keeps of outputs in doubt. */
#include "report/html_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A record of one command, whose doubt is any value. */
static void give(struct html *h, const char *device, json_t *doubt)
{
    struct err e = {0};
    json_t *r =
        json_pack("{s:i, s:s, s:s, s:s, s:{s:f}, s:[{s:s, s:s, s:s, s:o}]}", "schema", 1, "run_id",
                  "a", "device", device, "status", "ok", "timing_ms", "queued", 0.1, "commands",
                  "command", "show version", "status", "ok", "output", "x", "doubt", doubt);
    assert_non_null(r);
    assert_int_equal(html_add_record(h, r, &e), 0);
    json_decref(r);
}

/* Ends the run; its document, borrowed. */
static json_t *ended(struct html *h)
{
    struct err e = {0};
    assert_int_equal(html_run_end(h, NULL, &e), 0);
    return json_array_get(h->documents, 0);
}

static void each_stands_with_its_record_and_command(void **state)
{
    (void)state;
    struct html *h = html_new();
    give(h, "r1", json_null());
    give(h, "r2", json_string("who knows"));
    give(h, "r3", json_integer(7)); /* none of ours: nothing is shown */
    json_t *document = ended(h), *doubts = json_object_get(document, "doubts");
    assert_int_equal(json_array_size(doubts), 1);
    json_t *first = json_array_get(doubts, 0);
    assert_int_equal(json_integer_value(json_array_get(first, 0)), 1);
    assert_string_equal(json_string_value(json_array_get(first, 1)), "show version");
    assert_string_equal(json_string_value(json_array_get(first, 2)), "who knows");
    assert_int_equal(json_integer_value(json_object_get(document, "doubts_left")), 0);
    html_free(h);
}

static void what_there_is_no_room_for_is_counted(void **state)
{
    (void)state;
    struct html *h = html_new();
    size_t n = HTML_SENTENCES / 5 * 2;
    char *text = malloc(n + 1);
    assert_non_null(text);
    memset(text, 'd', n);
    text[n] = '\0';
    for (int i = 0; i < 4; i++)
        give(h, "r1", json_string(text));
    give(h, "r1", json_string("short"));
    json_t *document = ended(h);
    assert_int_equal(json_array_size(json_object_get(document, "doubts")), 3);
    assert_int_equal(json_integer_value(json_object_get(document, "doubts_left")), 2);
    html_free(h);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_stands_with_its_record_and_command),
        cmocka_unit_test(what_there_is_no_room_for_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
