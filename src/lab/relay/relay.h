/* `poller-lab relay`: a TCP relay on loopback that delays, spoils and counts what goes through. */
#ifndef POLLER_LAB_RELAY_H
#define POLLER_LAB_RELAY_H

#include <poller/err.h>

/* argv[0] is the subcommand's name. Runs until SIGTERM, SIGINT or as many connections as were
 * asked for; returns the exit code. Where e is set it holds the reason. Changes the process's
 * signal mask, its limit of descriptors and its timer slack. */
int relay_main(int argc, const char **argv, struct err *e);

#endif
