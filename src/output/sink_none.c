/* Writes nothing: the null twin of the others, and what `-o none` and measurements use. */
#include "output/sink.h"
#include "output/sinks.h"

const struct sink_ops sink_none = {.name = "none"};
