/* libpoller: everything below the command line. Load an inventory and platforms, make a plan, run
 * it in an engine; or drive one session in a loop of your own. */
#ifndef POLLER_POLLER_H
#define POLLER_POLLER_H

#include <poller/clock.h>
#include <poller/dialogue.h>
#include <poller/engine.h>
#include <poller/err.h>
#include <poller/inventory.h>
#include <poller/plan.h>
#include <poller/platform.h>
#include <poller/result.h>
#include <poller/secret.h>
#include <poller/session.h>
#include <poller/transport.h>

#define POLLER_VERSION "0.1.0"

#endif
