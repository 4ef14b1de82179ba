#include "dialogue/log_line.h"

#include <ctype.h>
#include <string.h>

/* What follows the '%': "SYS-5-CONFIG_I", "%01IFNET/4/LINK_STATE", "ADJCHANGE:", or with Comware a
 * date, "Jun  6 12:00:00:123 2026 HPE SHELL/5/SHELL_LOGIN". A column "%CPU %MEM" is none. */
static bool is_facility(const char *text, size_t n)
{
    size_t i = 0, from;
    while (i < n && (text[i] == '%' || isdigit((unsigned char)text[i])))
        i++;
    from = i;
    if (n - i > 4 && isupper((unsigned char)text[i]) && islower((unsigned char)text[i + 1]) &&
        islower((unsigned char)text[i + 2]) && text[i + 3] == ' ')
        return i == 0;
    while (i < n &&
           (isupper((unsigned char)text[i]) || isdigit((unsigned char)text[i]) || text[i] == '_'))
        i++;
    return i - from > 1 && i < n && strchr("-/:", text[i]) != NULL;
}

/* "*Mar  1 00:00:01.000: %SYS-5-CONFIG_I: …", "… %%01IFNET/4/LINK_STATE …", "… %AAA-I-CONNECT: …"
 */
static bool is_network_log(const char *text, size_t n)
{
    const char *end = text + n;
    for (const char *at = text; at < end && (at = memchr(at, '%', (size_t)(end - at))) != NULL;) {
        at++;
        if (is_facility(at, (size_t)(end - at)))
            return true;
    }
    return false;
}

/* "[  12.345678] usb 1-1: …", and what a Unix system says to all terminals. */
static bool is_unix_log(const char *text, size_t n)
{
    static const char *const heads[] = {"Message from ", "Broadcast message from "};
    static const char shape[] = "aaa/00/0000 00:00:00 "; /* RouterOS */
    bool same = n >= sizeof shape - 1;
    for (size_t k = 0; same && shape[k]; k++)
        same = shape[k] == 'a'   ? islower((unsigned char)text[k])
               : shape[k] == '0' ? isdigit((unsigned char)text[k])
                                 : text[k] == shape[k];
    size_t i = 0;
    while (n > 0 && *text == ' ')
        text++, n--;
    if (same || (n > 20 && text[0] == '(' && memmem(text, n, " messages not shown)", 20)))
        return true;
    for (size_t k = 0; k < sizeof heads / sizeof *heads; k++)
        if (n > strlen(heads[k]) && memcmp(text, heads[k], strlen(heads[k])) == 0)
            return true;
    if (n < 4 || text[i++] != '[')
        return false;
    while (i < n && (text[i] == ' ' || text[i] == '.' || isdigit((unsigned char)text[i])))
        i++;
    return i > 2 && i < n && text[i] == ']';
}

bool prompt_is_log_line(const char *text, size_t n)
{
    return is_network_log(text, n) || is_unix_log(text, n);
}

bool prompt_is_log_head(const char *text, size_t n)
{
    static const char head[] = "Message from syslogd@";
    while (n > 0 && *text == ' ')
        text++, n--;
    return n > sizeof head - 1 && memcmp(text, head, sizeof head - 1) == 0;
}
