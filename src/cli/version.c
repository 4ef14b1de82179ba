/* `poller version`, or `--version`: ours, and those of the libraries that it runs on. */
#include "base/memory.h"
#include "cli/command.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <ares.h>
#include <jansson.h>
#include <libfyaml.h>
#include <libssh/libssh.h>
#include <openssl/crypto.h>
#include <pcre2.h>
#include <poller/poller.h>
#include <stdio.h>

static int version_main(int argc, const char **argv, struct err *e)
{
    (void)argc, (void)argv, (void)e;
    char pcre[64] = "";
    uint32_t jit = 0;
    pcre2_config(PCRE2_CONFIG_VERSION, pcre);
    pcre2_config(PCRE2_CONFIG_JIT, &jit);
    printf("poller %s\n", POLLER_VERSION);
    printf("libssh %s\n%s\n", ssh_version(0), OpenSSL_version(OPENSSL_VERSION));
    printf("libfyaml %s\npcre2 %s, JIT %s\n", fy_library_version(), pcre, jit ? "on" : "off");
    printf("c-ares %s\njansson %s\nlibtelnet and popt (no version of their own at run time)\n",
           ares_version(NULL), jansson_version_str());
    printf("memory: %s\n", memory_allocator());
    return 0;
}

const struct subcommand command_version = {"version", "versions of poller and its libraries",
                                           version_main};
const struct subcommand command_version_option = {"--version", "the same", version_main};
