/* Two results compared field by field; the test fails at the first that differs. */
#ifndef TESTS_LIB_SAME_RESULT_H
#define TESTS_LIB_SAME_RESULT_H

#include <poller/result.h>

void assert_same_result(const struct result *a, const struct result *b);

#endif
