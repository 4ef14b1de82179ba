/* A device in memory: a transport's twin that speaks like an IOS router, or misbehaves as its
 * device's name says. Its descriptor is an eventfd, so loops and poll(2) can wait for it. */
#ifndef TESTS_LIB_MEMORY_DEVICE_H
#define TESTS_LIB_MEMORY_DEVICE_H

#include <poller/session.h>

#define LATER_MS 300

/* What a name beginning with this word does:
 *   well…     logs in, answers every command with two lines
 *   deaf…     opens, and never says a word
 *   mute…     shows its prompt, then answers no command
 *   closes…   leaves in the middle of the first output
 *   floods…   never ends its first output
 *   refused…  cannot be connected to
 *   opening…  is never through with opening
 *   kills…    ends the process that visits it, once (SIGKILL)
 *   later…    answers two commands; ends the process LATER_MS after the third
 *   badfd…    as mute…, behind a descriptor that epoll refuses */
extern const struct transport_ops memory_device_ops;

/* Devices that are alive, in this process, and the most there were. */
int memory_device_alive(void);
int memory_device_most(void);

#endif
