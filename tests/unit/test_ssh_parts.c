/* links: base/buf base/err transport/ssh_inbox transport/ssh_algorithms */

/* The pure parts of the SSH transport: the inbox, and what is said of algorithms. */
#include "transport/ssh_algorithms.h"
#include "transport/ssh_inbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void takes(struct ssht_inbox *in, size_t size, const char *text,
                  enum transport_stream stream)
{
    char got[64];
    size_t n = 0;
    enum transport_stream from = STREAM_OUT;

    ssht_inbox_take(in, got, size, &n, &from);
    assert_int_equal(n, strlen(text));
    assert_memory_equal(got, text, n);
    if (n > 0)
        assert_int_equal(from, stream);
}

static void pieces_keep_their_order(void **state)
{
    struct ssht_inbox in;

    (void)state;
    ssht_inbox_init(&in, 1000);
    takes(&in, 10, "", STREAM_OUT);
    ssht_inbox_add(&in, STREAM_OUT, "abc", 3);
    ssht_inbox_add(&in, STREAM_OUT, "def", 3);
    ssht_inbox_add(&in, STREAM_ERR, "!", 1);
    ssht_inbox_add(&in, STREAM_OUT, "ghi", 3);
    takes(&in, 2, "ab", STREAM_OUT);
    ssht_inbox_add(&in, STREAM_OUT, "jk", 2);
    takes(&in, 10, "cdef", STREAM_OUT);
    takes(&in, 10, "!", STREAM_ERR);
    takes(&in, 4, "ghij", STREAM_OUT);
    ssht_inbox_add(&in, STREAM_OUT, "l", 1);
    takes(&in, 10, "kl", STREAM_OUT);
    assert_true(ssht_inbox_empty(&in));
    ssht_inbox_add(&in, STREAM_ERR, "m", 1);
    takes(&in, 10, "m", STREAM_ERR);
    ssht_inbox_free(&in);
}

/* Against the plainest model: two strings of what went in, compared with what came out. */
static void any_mixture_comes_out_whole(void **state)
{
    struct ssht_inbox in;
    static char put[2][40000], got[2][40000];
    size_t n_put[2] = {0}, n_got[2] = {0};
    unsigned seed = 1;

    (void)state;
    ssht_inbox_init(&in, 1u << 20);
    for (int i = 0; i < 8000; i++) {
        char piece[16], out[24];
        size_t n, size;
        enum transport_stream stream;

        seed = seed * 1103515245u + 12345u;
        stream = (seed >> 16) % 3 == 0 ? STREAM_ERR : STREAM_OUT;
        n = (seed >> 20) % 8;
        for (size_t k = 0; k < n; k++)
            piece[k] = put[stream][n_put[stream]++] = (char)(seed >> k);
        ssht_inbox_add(&in, stream, piece, n);
        size = i < 7000 ? (seed >> 8) % 9 : sizeof(out);
        ssht_inbox_take(&in, out, size, &n, &stream);
        memcpy(got[stream] + n_got[stream], out, n);
        n_got[stream] += n;
    }
    for (int s = 0; s < 2; s++) {
        assert_true(n_got[s] > 1000);
        assert_memory_equal(put[s], got[s], n_got[s]);
    }
    assert_int_equal(n_put[0] + n_put[1] > n_got[0] + n_got[1], !ssht_inbox_empty(&in));
    ssht_inbox_free(&in);
}

static void what_does_not_fit_is_noted(void **state)
{
    struct ssht_inbox in;
    char big[200] = "";

    (void)state;
    ssht_inbox_init(&in, 100);
    ssht_inbox_add(&in, STREAM_OUT, "abc", 3);
    ssht_inbox_add(&in, STREAM_ERR, big, sizeof(big));
    assert_true(in.overflowed);
    ssht_inbox_add(&in, STREAM_OUT, "d", 1); /* nothing after a gap */
    takes(&in, 10, "abc", STREAM_OUT);
    takes(&in, 10, "", STREAM_OUT);
    ssht_inbox_free(&in);
}

static void lists_by_device(void **state)
{
    struct device device = {.name = "r1"};

    (void)state;
    assert_null(strstr(ssht_algorithms(&device, SSHT_ALG_KEX), "group-exchange"));
    assert_null(strstr(ssht_algorithms(&device, SSHT_ALG_KEX), "group18"));
    assert_null(strstr(ssht_algorithms(&device, SSHT_ALG_KEX), "sha1"));
    assert_null(strstr(ssht_algorithms(&device, SSHT_ALG_HOSTKEYS), "ssh-rsa"));
    device.legacy = true;
    assert_non_null(strstr(ssht_algorithms(&device, SSHT_ALG_KEX), "diffie-hellman-group1-sha1"));
    assert_non_null(strstr(ssht_algorithms(&device, SSHT_ALG_HOSTKEYS), "ssh-rsa"));
    assert_non_null(strstr(ssht_algorithms(&device, SSHT_ALG_CIPHERS), "3des-cbc"));
    assert_non_null(strstr(ssht_algorithms(&device, SSHT_ALG_MACS), "hmac-sha1"));
    device.macs = "hmac-sha1";
    assert_string_equal(ssht_algorithms(&device, SSHT_ALG_MACS), "hmac-sha1");
}

static void known_types_are_put_in_front(void **state)
{
    char out[100];

    (void)state;
    ssht_algorithms_pin("a,bb,ccc", "ccc,x,a", out, sizeof(out));
    assert_string_equal(out, "ccc,a,bb");
    ssht_algorithms_pin("a,bb,ccc", "", out, sizeof(out));
    assert_string_equal(out, "a,bb,ccc");
    ssht_algorithms_pin("a,bb,ccc", "c", out, 5); /* whole names only */
    assert_string_equal(out, "a,bb");
}

static void says(const char *method, const char *server, const char *client, const char *part)
{
    char text[1024], out[640];

    snprintf(text, sizeof(text), "kex error : no match for method %s: server [%s], client [%s]",
             method, server, client);
    assert_true(ssht_algorithms_mismatch(text, out, sizeof(out)));
    if (strstr(out, part) == NULL)
        fail_msg("%s", out);
}

static void mismatches_in_words(void **state)
{
    char out[640];

    (void)state;
    says("kex algos", "x,diffie-hellman-group1-sha1", "a,b",
         "no key exchange algorithm in common: it offers x,diffie-hellman-group1-sha1, we offer "
         "a,b; set `legacy: true` or `kex: diffie-hellman-group1-sha1` for it");
    says("server host key algo", "ssh-rsa", "a", "`hostkeys: ssh-rsa`");
    says("server host key algo", "ssh-dss", "a", "none of the device's is supported");
    says("encryption client->server", "3des-cbc", "a", "cipher algorithm in common");
    says("mac algo server->client", "hmac-md5,hmac-sha1", "a", "`macs: hmac-sha1`");
    says("kex algos", "diffie-hellman-group18-sha512", "a",
         "; set `kex: diffie-hellman-group18-sha512` for it");
    says("kex algos", "", "a", "it offers , we offer a");
    assert_false(ssht_algorithms_mismatch("kex error : other", out, sizeof(out)));
    assert_false(ssht_algorithms_mismatch("", out, sizeof(out)));
    assert_false(ssht_algorithms_mismatch("kex error : no match for method kex algos: server [",
                                          out, sizeof(out)));
}

static void long_offers_are_cut(void **state)
{
    char server[600], out[640];

    (void)state;
    memset(server, 'x', sizeof(server) - 1);
    server[sizeof(server) - 1] = '\0';
    says("kex algos", server, "a", "x…, we offer a; none");
    assert_false(ssht_algorithms_mismatch(server, out, sizeof(out)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_keep_their_order),
        cmocka_unit_test(any_mixture_comes_out_whole),
        cmocka_unit_test(what_does_not_fit_is_noted),
        cmocka_unit_test(lists_by_device),
        cmocka_unit_test(known_types_are_put_in_front),
        cmocka_unit_test(mismatches_in_words),
        cmocka_unit_test(long_offers_are_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
