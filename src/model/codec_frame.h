/* The header of a frame, shared by the two halves of the codec. */
#ifndef POLLER_MODEL_CODEC_FRAME_H
#define POLLER_MODEL_CODEC_FRAME_H

#include "model/codec.h"

#define FRAME_MAGIC   0x314c4f50u /* "POL1" */
#define FRAME_HEADER  12
#define FRAME_PAYLOAD (CODEC_FRAME_MAX - FRAME_HEADER)
#define FRAME_BEGIN   1u /* first of its message */
#define FRAME_END     2u /* last of its message */

/* A text or bytes that are not there: NULL and "" are told apart. */
#define NO_BYTES UINT64_MAX

#endif
