/* The inventory: which devices, how to reach them, what to run. Loaded once from one or more
 * files and host lists, const afterwards, shared by all threads; outlives everything below. */
#ifndef POLLER_INVENTORY_H
#define POLLER_INVENTORY_H

#include <poller/secret.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct inventory;
struct platform;
struct platform_set;

enum transport_kind { TRANSPORT_SSH, TRANSPORT_TELNET, TRANSPORT_LOCAL, TRANSPORT_KINDS };

const char *transport_kind_name(enum transport_kind kind); /* "ssh", "telnet", "local" */

/* AUTH_DEFAULT: the password if there is one (keyboard-interactive in its place where the device
 * offers only that), else key_file, else the agent. */
enum auth_method {
    AUTH_DEFAULT,
    AUTH_PASSWORD,
    AUTH_KEYBOARD_INTERACTIVE,
    AUTH_PUBLICKEY,
    AUTH_AGENT
};

enum tristate { TRI_UNSET, TRI_NO, TRI_YES };

/* A question that a command may ask, and what to say. */
struct answer {
    const char *prompt;   /* PCRE2, as a platform's patterns */
    const char *response; /* "__lookup::enable" stands for the enable secret */
};

struct command {
    const char *text;
    int64_t timeout_ms; /* this command's own silence limit; 0: the device's */
    const struct answer *answers;
    size_t n_answers;
    const char *file; /* where it stood, for messages */
    int line, column;
};

struct command_list {
    const struct command *items;
    size_t n;
};

struct device_var {
    const char *name, *value;
};

/* Rates of logins, a second. */
#define LOGIN_RATE_MIN 0.001
#define LOGIN_RATE_MAX 1e6

/* A group that limits how its devices are visited: a site, a jump host, an authentication server.
 * Those of groups that inherit from it count. */
struct device_group {
    const char *name;
    unsigned limit;    /* devices at once; 0: any number */
    double login_rate; /* logins per second; 0: any number */
};

/* Every field is resolved: device over its groups in order over defaults over the command line's
 * -u/-k. Pointers belong to the inventory; NULL or 0 where nothing was said. */
struct device {
    const char *name;
    const char *host;
    uint16_t port; /* never 0: 22 or 23 by transport unless set; 0 only for local */
    enum transport_kind transport;
    const struct platform
        *platform;             /* NULL with --skip-unknown: the device fails with usage text */
    const char *platform_name; /* as asked for */
    const char *username;
    const struct secret *password;
    const struct secret *secret; /* of enable */
    const struct secret *passphrase;
    const char *key_file;
    enum auth_method auth;
    const char *const *groups;
    size_t n_groups;
    const uint32_t *limits; /* of inventory_group_at: those it is in, own and inherited, each once,
                             * in the order of its groups; shared by devices that say the same */
    size_t n_limits;
    struct command_list commands; /* device, else its groups in order, else defaults */
    const char *privilege;        /* a mode of the platform, or NULL for its default */
    bool legacy;
    enum tristate exec;                          /* overrides the platform's `exec` */
    const char *kex, *ciphers, *macs, *hostkeys; /* comma lists, or NULL for ours */
    const char *host_key;                        /* "SHA256:…": pinned for this device */
    const char *known_hosts;                     /* its own file, or NULL for the run's */
    enum tristate host_key_strict;               /* netmiko's ssh_strict */
    int64_t connect_timeout_ms, silence_timeout_ms, total_timeout_ms; /* 0: the run's */
    const struct device_var *vars;
    size_t n_vars;
    const char *file; /* where it stood */
    int line, column;
};

/* What the command line says beneath the inventory. */
struct inventory_options {
    const struct platform_set *platforms;
    const char *username;         /* -u, or NULL */
    const char *password;         /* a secret reference such as "ask" (-k), or NULL */
    const char *enable;           /* the same of -K */
    const char *default_platform; /* for -w and entries without one; "generic" when NULL */
    bool skip_unknown;            /* an unknown platform is that device's failure */
};

struct inventory *inventory_new(const struct inventory_options *options);
void inventory_free(struct inventory *inv); /* wipes its secrets */

/* Adds a file's devices, either dialect, told apart by its content; "-" is standard input. -1 with
 * err (FAIL_USAGE; file:line:column, the key, the nearest known name). Bounded: 64 MiB of text,
 * 1,000,000 devices in all, aliases followed 32 deep, merged keys counted. */
int inventory_add_file(struct inventory *inv, const char *path, struct err *e);

/* Adds the hosts of a -w list: `sw[01-99],r[1-3,7]-x`, `user@host:port`, `[v6]:port`, `^file`,
 * `-`. */
int inventory_add_hosts(struct inventory *inv, const char *list, struct err *e);

/* Resolves names (name, mapping key, host, or host:port where a host stands more than once),
 * refuses duplicates, and applies -x lists and a -l expression: names, globs, groups, /regex/,
 * separated by commas or colons, `!` excludes, `&` intersects. Either may be NULL. Call once, after
 * the last add. */
int inventory_finish(struct inventory *inv, const char *const *excludes, size_t n_excludes,
                     const char *limit, struct err *e);

/* Expands a host list's ranges; calls each for every name. At most max names. For tests and -x. */
int hostlist_expand(const char *list, size_t max, int (*each)(void *ctx, const char *name),
                    void *ctx, struct err *e);

size_t inventory_count(const struct inventory *inv);
const struct device *inventory_at(const struct inventory *inv, size_t index);
/* The groups that limit, in the order in which they stand; each name once, whatever the number of
 * files that say it. Valid after inventory_finish. */
size_t inventory_group_count(const struct inventory *inv);
const struct device_group *inventory_group_at(const struct inventory *inv, size_t index);
/* Every secret reference the inventory made: to be resolved before the first fork. */
struct secret_store *inventory_secrets(struct inventory *inv);

#endif
