/* A device, its job and results of it, as the codec's, the sinks' and the report's tests need
 * them: the device is r1 (192.0.2.1:22, ssh, cisco_ios) with "show version" and "show vresion". */
#ifndef TESTS_LIB_SAMPLE_RESULT_H
#define TESTS_LIB_SAMPLE_RESULT_H

#include <poller/result.h>

#define SAMPLE_DOUBT      "the stream ended behind 'r1#', which may be text of the output"
#define SAMPLE_RUN_ID     "01J0000000000000000000000Z"
#define SAMPLE_STARTED_MS 1795168800123 /* 2026-11-20T10:00:00.123Z */
#define SAMPLE_HOST_KEY   "SHA256:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"

extern const struct device sample_device;
struct job sample_job(void);

/* Every field is set but a doubt, the second command failed. The caller's: result_free(). */
struct result *sample_failed(void);

/* As the first, and both commands went well. */
struct result *sample_ok(void);

/* As sample_ok, but the first output is in doubt. */
struct result *sample_in_doubt(void);

/* What never got further than a look-up. */
struct result *sample_unreached(void);

/* Puts n bytes there as the output of command i. */
void sample_set_output(struct result *r, size_t i, const char *bytes, size_t n);
void sample_set_raw(struct result *r, size_t i, const char *bytes, size_t n);

#endif
