/* links: base/err base/log transport/hostkeys transport/hostkeys_line transport/hostkeys_file
 * tests/lib/sshd */

#include "tests/lib/sshd.h"
#include "transport/hostkeys.h"
#include "transport/hostkeys_line.h"

#include <openssl/evp.h>
#include <poller/err.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* Three keys of 32 bytes as on the wire, and their base64. */
#define KEY_A "AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"
#define KEY_B "AAAAC3NzaC1lZDI1NTE5AAAAIAICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC"
#define KEY_R "AAAAB3NzaC1yc2EAAAADAQABAAAABAEBAQE="
#define ED    "ssh-ed25519"

struct key {
    unsigned char blob[64];
    size_t len;
};

static char path[64];

static struct key key_of(const char *text)
{
    struct key key;
    int n = EVP_DecodeBlock(key.blob, (const unsigned char *)text, (int)strlen(text));

    key.len = (size_t)n - (text[strlen(text) - 1] == '=') - (text[strlen(text) - 2] == '=');
    return key;
}

static struct hostkeys *table(const char *text)
{
    FILE *file = fopen(path, "w");
    struct hostkeys *h;

    fputs(text, file);
    fclose(file);
    h = hostkeys_load(path, NULL);
    assert_non_null(h);
    return h;
}

static enum hostkeys_verdict check(const struct hostkeys *h, const char *host, int port,
                                   const char *key, int *line)
{
    struct key k = key_of(key);

    return hostkeys_check(h, host, (uint16_t)port, strcmp(key, KEY_R) == 0 ? "ssh-rsa" : ED, k.blob,
                          k.len, line);
}

static void is(const struct hostkeys *h, const char *host, int port, const char *key,
               enum hostkeys_verdict verdict)
{
    assert_int_equal(check(h, host, port, key, NULL), verdict);
}

static int set_up(void **state)
{
    (void)state;
    snprintf(path, sizeof(path), "/tmp/poller-hostkeys-%d", (int)getpid());
    unlink(path);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

static void plain_names(void **state)
{
    struct hostkeys *h = table("# comment\n\nr1,10.0.0.1 " ED " " KEY_A " me@here\n"
                               "[r1]:2222 " ED " " KEY_B "\r\nR2\t" ED "\t" KEY_A);
    int line = 0;

    (void)state;
    is(h, "r1", 22, KEY_A, HOSTKEYS_MATCH);
    is(h, "10.0.0.1", 22, KEY_A, HOSTKEYS_MATCH);
    is(h, "R1", 22, KEY_A, HOSTKEYS_MATCH);
    is(h, "r2", 22, KEY_A, HOSTKEYS_MATCH);
    is(h, "r1", 2222, KEY_B, HOSTKEYS_MATCH);
    is(h, "r1", 2223, KEY_B, HOSTKEYS_UNKNOWN);
    is(h, "r", 22, KEY_A, HOSTKEYS_UNKNOWN);
    is(h, "r1,10.0.0.1", 22, KEY_A, HOSTKEYS_UNKNOWN);
    is(h, "", 22, KEY_A, HOSTKEYS_UNKNOWN);
    assert_int_equal(check(h, "r1", 22, KEY_B, &line), HOSTKEYS_CHANGED);
    assert_int_equal(line, 3);
    is(h, "r1", 22, KEY_R, HOSTKEYS_UNKNOWN); /* of another type */
    hostkeys_free(h);
}

static void one_match_of_several_is_enough(void **state)
{
    struct hostkeys *h = table("r1 " ED " " KEY_A "\nr1 " ED " " KEY_B "\n");

    (void)state;
    is(h, "r1", 22, KEY_A, HOSTKEYS_MATCH);
    is(h, "r1", 22, KEY_B, HOSTKEYS_MATCH);
    hostkeys_free(h);
}

static void wildcards_and_negation(void **state)
{
    struct hostkeys *h = table("*.lab,!bad.lab,10.0.0.? " ED " " KEY_A "\n"
                               "[*.lab]:2222 " ED " " KEY_B "\n");

    (void)state;
    is(h, "r1.lab", 22, KEY_A, HOSTKEYS_MATCH);
    is(h, "bad.lab", 22, KEY_A, HOSTKEYS_UNKNOWN);
    is(h, "10.0.0.7", 22, KEY_A, HOSTKEYS_MATCH);
    is(h, "10.0.0.77", 22, KEY_A, HOSTKEYS_UNKNOWN);
    is(h, "r1.lab", 2222, KEY_B, HOSTKEYS_MATCH);
    is(h, "lab", 22, KEY_A, HOSTKEYS_UNKNOWN);
    hostkeys_free(h);
}

/* What a naive matcher takes exponential time for. */
static void many_stars_are_fast(void **state)
{
    char name[600];

    (void)state;
    memset(name, 'a', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    for (int i = 0; i < 1000; i++)
        assert_false(hostkeys_names_match("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", name));
    assert_true(hostkeys_names_match("*a*a*a*a*", name));
    assert_true(hostkeys_names_match("x,**", name));
}

static void revoked_keys_win(void **state)
{
    struct hostkeys *h = table("r1 " ED " " KEY_A "\n@revoked * " ED " " KEY_A "\n"
                               "@cert-authority r3 " ED " " KEY_B "\n");
    int line;

    (void)state;
    assert_int_equal(check(h, "r1", 22, KEY_A, &line), HOSTKEYS_REVOKED);
    assert_int_equal(line, 2);
    is(h, "r2", 22, KEY_A, HOSTKEYS_REVOKED);
    is(h, "r2", 22, KEY_B, HOSTKEYS_UNKNOWN);
    is(h, "r3", 22, KEY_B, HOSTKEYS_UNKNOWN);
    hostkeys_free(h);
}

static void malformed_lines_are_passed_over(void **state)
{
    struct hostkeys *h;
    int out = dup(STDERR_FILENO), pipes[2];
    char said[2000] = "";

    (void)state;
    assert_int_equal(pipe(pipes), 0);
    dup2(pipes[1], STDERR_FILENO);
    h = table("r1\nr1 " ED "\nr1 " ED " !!!!\n@unknown r1 " ED " " KEY_A "\n|1|xx|yy " ED " " KEY_A
              "\nr2 " ED " " KEY_A "\n");
    dup2(out, STDERR_FILENO);
    close(out);
    assert_true(read(pipes[0], said, sizeof(said) - 1) > 0);
    assert_non_null(strstr(said, ":1: not a known_hosts line"));
    assert_non_null(strstr(said, ":4: not a known_hosts line"));
    is(h, "r1", 22, KEY_A, HOSTKEYS_UNKNOWN);
    is(h, "r2", 22, KEY_A, HOSTKEYS_MATCH);
    hostkeys_free(h);
    close(pipes[0]);
    close(pipes[1]);
}

/* OpenSSH's own hashing. */
static void names_hashed_by_ssh_keygen(void **state)
{
    const char *const argv[] = {"ssh-keygen", "-q", "-H", "-f", path, NULL};
    struct hostkeys *h =
        table("r1 " ED " " KEY_A "\n[r1]:2222 " ED " " KEY_B "\nr2 ssh-rsa " KEY_R "\n");
    char old[80], types[100];
    FILE *file;
    char text[3000] = "";

    (void)state;
    hostkeys_free(h);
    if (sshd_run(argv) != 0)
        skip();
    file = fopen(path, "r");
    assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
    fclose(file);
    assert_memory_equal(text, "|1|", 3);
    h = hostkeys_load(path, NULL);
    is(h, "r1", 22, KEY_A, HOSTKEYS_MATCH);
    is(h, "r1", 22, KEY_B, HOSTKEYS_CHANGED);
    is(h, "r1", 2222, KEY_B, HOSTKEYS_MATCH);
    is(h, "r2", 22, KEY_R, HOSTKEYS_MATCH);
    is(h, "r3", 22, KEY_A, HOSTKEYS_UNKNOWN);
    hostkeys_types(h, "r2", 22, types, sizeof(types));
    assert_string_equal(types, "rsa-sha2-512,rsa-sha2-256,ssh-rsa");
    hostkeys_free(h);
    snprintf(old, sizeof(old), "%s.old", path);
    unlink(old);
}

static void types_in_the_files_order_and_once(void **state)
{
    struct hostkeys *h = table("r1 ssh-rsa " KEY_R "\nr1 " ED " " KEY_A "\nr1 " ED " " KEY_B
                               "\n@revoked r1 ecdsa-sha2-nistp256 " KEY_A "\n");
    char types[100];

    (void)state;
    hostkeys_types(h, "r1", 22, types, sizeof(types));
    assert_string_equal(types, "rsa-sha2-512,rsa-sha2-256,ssh-rsa,ssh-ed25519");
    hostkeys_types(h, "r1", 22, types, 20);
    assert_string_equal(types, "ssh-ed25519");
    hostkeys_types(h, "r2", 22, types, sizeof(types));
    assert_string_equal(types, "");
    hostkeys_free(h);
}

static void a_line_is_what_openssh_writes(void **state)
{
    struct key a = key_of(KEY_A), r = key_of(KEY_R);
    char *line = hostkeys_line("R1", 22, ED, a.blob, a.len);

    (void)state;
    assert_string_equal(line, "r1 " ED " " KEY_A);
    free(line);
    line = hostkeys_line("2001:db8::1", 2222, "ssh-rsa", r.blob, r.len);
    assert_string_equal(line, "[2001:db8::1]:2222 ssh-rsa " KEY_R);
    free(line);
}

/* As `ssh-keygen -l` prints it. */
static void fingerprint_is_openssh_s(void **state)
{
    struct key a = key_of(KEY_A);
    char out[HOSTKEYS_FINGERPRINT_MAX], command[200], said[200] = "";
    FILE *pipe_of;

    (void)state;
    hostkeys_free(table("r1 " ED " " KEY_A "\n"));
    hostkeys_fingerprint(a.blob, a.len, out);
    assert_int_equal(strlen(out), 50);
    snprintf(command, sizeof(command), "ssh-keygen -l -f %s 2>/dev/null", path);
    pipe_of = popen(command, "r");
    if (pipe_of == NULL || fgets(said, sizeof(said), pipe_of) == NULL)
        skip();
    pclose(pipe_of);
    assert_non_null(strstr(said, out));
}

static size_t file_size(const char *name)
{
    struct stat st;

    assert_int_equal(stat(name, &st), 0);
    return (size_t)st.st_size;
}

static void appending_makes_what_is_missing(void **state)
{
    char deep[120], command[200];
    struct stat st;
    struct err e = {0};

    (void)state;
    snprintf(deep, sizeof(deep), "/tmp/poller-hostkeys-dir-%d/a/known_hosts", (int)getpid());
    assert_int_equal(hostkeys_append(deep, "r1 " ED " " KEY_A, &e), 0);
    assert_int_equal(stat(deep, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(hostkeys_append(deep, "r1 " ED " " KEY_A, &e), 0); /* there already */
    assert_int_equal(file_size(deep), strlen("r1 " ED " " KEY_A "\n"));
    assert_int_equal(hostkeys_append(deep, "r2 " ED " " KEY_A, &e), 0);
    assert_int_equal(file_size(deep), 2 * strlen("r1 " ED " " KEY_A "\n"));
    snprintf(command, sizeof(command), "/tmp/poller-hostkeys-dir-%d", (int)getpid());
    sshd_run((const char *const[]){"rm", "-rf", command, NULL});
}

static void appending_keeps_an_open_last_line(void **state)
{
    struct hostkeys *h = table("r1 " ED " " KEY_A);

    (void)state;
    hostkeys_free(h);
    assert_int_equal(hostkeys_append(path, "r2 " ED " " KEY_B, NULL), 0);
    h = hostkeys_load(path, NULL);
    is(h, "r1", 22, KEY_A, HOSTKEYS_MATCH);
    is(h, "r2", 22, KEY_B, HOSTKEYS_MATCH);
    hostkeys_free(h);
}

/* Several processes at once: every line whole, none lost. */
static void appending_is_locked(void **state)
{
    char line[200];
    struct hostkeys *h;

    (void)state;
    for (int p = 0; p < 4; p++) {
        if (fork() == 0) {
            for (int i = 0; i < 50; i++) {
                snprintf(line, sizeof(line), "p%d-%d " ED " " KEY_A, p, i);
                if (hostkeys_append(path, line, NULL) != 0)
                    _exit(1);
            }
            _exit(0);
        }
    }
    for (int p = 0; p < 4; p++) {
        int status;

        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    h = hostkeys_load(path, NULL);
    for (int i = 0; i < 200; i++) {
        snprintf(line, sizeof(line), "p%d-%d", i / 50, i % 50);
        is(h, line, 22, KEY_A, HOSTKEYS_MATCH);
    }
    hostkeys_free(h);
}

static void what_cannot_be_read_is_an_error(void **state)
{
    struct err e = {0};
    struct hostkeys *h = hostkeys_load("/nonexistent/known_hosts", &e);

    (void)state;
    assert_non_null(h); /* a file that does not exist is an empty table */
    is(h, "r1", 22, KEY_A, HOSTKEYS_UNKNOWN);
    assert_string_equal(hostkeys_path(h), "/nonexistent/known_hosts");
    hostkeys_free(h);
    assert_null(hostkeys_load("/tmp", &e));
    assert_int_equal(e.class, FAIL_USAGE);
    err_clear(&e);
    assert_int_equal(hostkeys_append("/proc/nonexistent/x", "r1", &e), -1);
    assert_int_equal(e.class, FAIL_INTERNAL);
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A run of 10^5 devices looks each one up, twice. */
static void a_hundred_thousand_lines_are_fast(void **state)
{
    FILE *file = fopen(path, "w");
    struct hostkeys *h;
    char name[32], types[64];
    double begun;

    (void)state;
    for (int i = 0; i < 100000; i++)
        fprintf(file, "host%06d,10.%d.%d.%d " ED " " KEY_A "\n", i, i >> 16, (i >> 8) & 255,
                i & 255);
    fclose(file);
    begun = seconds();
    h = hostkeys_load(path, NULL);
    for (int i = 0; i < 100000; i++) {
        snprintf(name, sizeof(name), "host%06d", i);
        is(h, name, 22, KEY_A, HOSTKEYS_MATCH);
        hostkeys_types(h, name, 22, types, sizeof(types));
    }
    assert_true(seconds() - begun < 3);
    hostkeys_free(h);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(plain_names),
        CASE(one_match_of_several_is_enough),
        CASE(wildcards_and_negation),
        CASE(many_stars_are_fast),
        CASE(revoked_keys_win),
        CASE(malformed_lines_are_passed_over),
        CASE(names_hashed_by_ssh_keygen),
        CASE(types_in_the_files_order_and_once),
        CASE(a_line_is_what_openssh_writes),
        CASE(fingerprint_is_openssh_s),
        CASE(appending_makes_what_is_missing),
        CASE(appending_keeps_an_open_last_line),
        CASE(appending_is_locked),
        CASE(what_cannot_be_read_is_an_error),
        CASE(a_hundred_thousand_lines_are_fast),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
