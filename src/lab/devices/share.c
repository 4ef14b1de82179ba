#include "lab/devices/share.h"

#include <arpa/inet.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ITEM_MAX 128
/* What is left for the items that say no number. */
#define PART_REST (-1.0)

static int read_part(const char *text, double *part)
{
    char *end;
    double percent = strtod(text, &end);
    if (end == text || strcmp(end, "%") != 0 || !(percent >= 0 && percent <= 100))
        return -1;
    *part = percent / 100;
    return 0;
}

static int read_address(const char *text, uint32_t *address)
{
    struct in_addr in;
    /* 0.0.0.0 is no device's, and stands for none in struct share. */
    if (inet_pton(AF_INET, text, &in) != 1 || in.s_addr == 0)
        return -1;
    *address = ntohl(in.s_addr);
    return 0;
}

static int read_item(char *item, const char *option, share_name_fn *number, void *ctx,
                     struct share *out, struct err *e)
{
    char *at = strpbrk(item, ":@");
    char kind = at ? *at : '\0';
    *out = (struct share){.part = PART_REST};
    if (at)
        *at++ = '\0';
    if (kind == ':' && read_part(at, &out->part) != 0)
        return err_set(e, FAIL_USAGE, "%s %s:%s: a share is a percentage such as 5%%", option, item,
                       at);
    if (kind == '@') {
        out->part = 0;
        if (read_address(at, &out->address) != 0)
            return err_set(e, FAIL_USAGE, "%s %s@%s: '%s' is no IPv4 address", option, item, at,
                           at);
    }
    out->what = number(ctx, item, e);
    return out->what < 0 ? -1 : 0;
}

/* Gives what is left to the one item without a number. */
static int settle_parts(struct shares *out, const char *option, struct err *e)
{
    double sum = 0;
    struct share *rest = NULL;
    for (unsigned i = 0; i < out->n; i++) {
        struct share *item = &out->items[i];
        if (item->part == PART_REST && rest)
            return err_set(e, FAIL_USAGE, "%s: only one of the names may be without a share",
                           option);
        if (item->part == PART_REST)
            rest = item;
        else
            sum += item->part;
    }
    if (sum > 1 + 1e-9)
        return err_set(e, FAIL_USAGE, "%s: the shares add up to %.4g %%", option, sum * 100);
    if (rest)
        rest->part = sum < 1 ? 1 - sum : 0;
    return 0;
}

int shares_parse(const char *text, const char *option, share_name_fn *number, void *ctx,
                 struct shares *out, struct err *e)
{
    while (*text) {
        char item[ITEM_MAX];
        size_t len = strcspn(text, ",");
        if (len == 0 || len >= sizeof item || out->n == SHARES_MAX)
            return err_set(e, FAIL_USAGE, "%s: an empty or overlong item, or more than %d of them",
                           option, SHARES_MAX);
        memcpy(item, text, len);
        item[len] = '\0';
        if (read_item(item, option, number, ctx, &out->items[out->n], e) != 0)
            return -1;
        out->n++;
        text += len;
        /* A comma at the end leaves an empty item, which is none. */
        if (text[0] == ',' && text[1] != '\0')
            text++;
    }
    return settle_parts(out, option, e);
}

int shares_pick(const struct shares *shares, uint32_t address, uint32_t place, uint32_t n)
{
    double upto = 0;
    for (unsigned i = 0; i < shares->n; i++)
        if (shares->items[i].address == address)
            return shares->items[i].what;
    for (unsigned i = 0; i < shares->n; i++) {
        if (shares->items[i].address != 0)
            continue;
        upto += shares->items[i].part;
        if (place < (uint32_t)llround(upto * n))
            return shares->items[i].what;
    }
    return -1;
}
