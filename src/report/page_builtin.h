/* The parts of the page, from config/report/ and Debian's libjs-chart.js, built in by
 * config/embed.sh in the order in which the page holds them. */
#ifndef POLLER_REPORT_PAGE_BUILTIN_H
#define POLLER_REPORT_PAGE_BUILTIN_H

#include "base/builtin.h"

/* Named by file: report.html, with a mark where each other part goes, report.css, and scripts. */
extern const struct builtin_file report_builtins[];
extern const size_t report_builtins_n;

#endif
