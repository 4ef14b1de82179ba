/* Each sink is one file; adding one touches that file, a line here and a line in sink.c. */
#ifndef POLLER_OUTPUT_SINKS_H
#define POLLER_OUTPUT_SINKS_H

struct sink_ops;

extern const struct sink_ops sink_text;
extern const struct sink_ops sink_json;
extern const struct sink_ops sink_jsonl;
extern const struct sink_ops sink_csv;
extern const struct sink_ops sink_none;

#endif
