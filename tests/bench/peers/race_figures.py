"""Reads the figures of build/bench/peers.json: medians, ranges, memory."""

import statistics

KB_PER_KIB = 1.024


def usable(cell):
    """The samples in which nothing failed."""
    return [sample for sample in cell.get("samples", ()) if not sample["failed"]]


def values(cell, key):
    return [sample[key] for sample in usable(cell) if sample.get(key) is not None]


def middle(cell, key):
    """The median, or None."""
    found = values(cell, key)
    return statistics.median(found) if found else None


def least_most(cell, key, digits):
    found = values(cell, key)
    return f"{min(found):.{digits}f}-{max(found):.{digits}f}" if len(found) > 1 else ""


def failed(cell):
    """How many of how many sessions."""
    samples = cell.get("samples", ())
    return (sum(sample["failed"] for sample in samples),
            sum(sample["failed"] + sample["ok"] for sample in samples))


def numbers(columns):
    """The columns of the crowd that it got through whole, in ascending order."""
    return sorted((name for name, cell in columns.items() if usable(cell)), key=int)


def kb_a_session(results, contest, column, row):
    """(KB, sessions open): what an open session adds to a client's memory, from the sample with the
    fewest sessions of the crowd to this one. None where either is not there."""
    contests = results["contests"]
    small = contests.get("crowd", {}).get("figures", {}).get(row, {})
    large = contests.get(contest, {}).get("figures", {}).get(row, {}).get(column, {})
    if not numbers(small) or not usable(large):
        return None
    first = usable(small[numbers(small)[0]])[0]
    found = []
    for sample in usable(large):
        more = sample["open"] - first["open"]
        if more > 0:
            found.append((KB_PER_KIB * (sample["open_kib"] - first["open_kib"]) / more,
                          sample["open"]))
    return sorted(found)[len(found) // 2] if found else None
