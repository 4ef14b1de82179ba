#include "tests/trust/oddity.h"

static const struct {
    const char *name;
    bool hostile;
} oddities[ODDITIES] = {
    [ODD_CUTS] = {"chunks cut anywhere", false},
    [ODD_BYTES] = {"byte by byte", false},
    [ODD_SLOW] = {"pauses between lines", false},
    [ODD_TYPED_SLOWLY] = {"keys arrive one by one", false},
    [ODD_LOG_IN_OUTPUT] = {"log line in output", false},
    [ODD_LOG_BEHIND_PROMPT] = {"log line behind prompt", false},
    [ODD_LOG_IN_ECHO] = {"log line in echo", false},
    [ODD_SAME_TWICE] = {"same command twice", false},
    [ODD_PAGER] = {"pager stays on", false},
    [ODD_NO_LAST_LF] = {"no last line end", false},
    [ODD_BLANKS] = {"blank lines, blanks", false},
    [ODD_COLOURS] = {"colours", false},
    [ODD_WRAPPED] = {"echo wrapped", false},
    [ODD_SCROLLED] = {"echo scrolled", false},
    [ODD_REDRAWN] = {"echo redrawn at each key", false},
    [ODD_ECHO_TWICE] = {"echo twice", false},
    [ODD_CHANGING_PROMPT] = {"prompt changes", false},
    [ODD_UPPER_LINE] = {"prompt of two lines", false},
    [ODD_DOUBLE_ENTER] = {"CR and LF two ENTERs", false},
    [ODD_NO_ERASE] = {"does not erase", false},
    [ODD_PROMPT_LINE] = {"own prompt, a line", true},
    [ODD_PROMPT_OPEN] = {"own prompt, goes on", true},
    [ODD_PROMPT_BLANK] = {"own prompt, blank line", true},
    [ODD_PROMPT_LAST] = {"own prompt, at end", true},
    [ODD_PROMPT_NEXT] = {"prompt and next input", true},
    [ODD_FOREIGN] = {"foreign prompt", true},
    [ODD_PAGER_TEXT] = {"pager mark as text", true},
    [ODD_QUESTION] = {"question as text", true},
    [ODD_BANNER] = {"question in banner", true},
    [ODD_LONG_LAST] = {"long last line", true},
    [ODD_LOST_AT_FIRST] = {"lost at first prompt", true},
    [ODD_LOST_TYPED_AHEAD] = {"typed ahead is lost", true},
    [ODD_CUT_IN_OUTPUT] = {"stream ends in output", true},
    [ODD_CUT_AT_PROMPT] = {"stream ends at prompt", true},
    [ODD_CUT_AT_LOGOUT] = {"stream ends at log-out", true},
    [ODD_SILENT] = {"silence in output", true},
};

const char *oddity_name(enum oddity o)
{
    return oddities[o].name;
}

bool oddity_is_hostile(enum oddity o)
{
    return oddities[o].hostile;
}
