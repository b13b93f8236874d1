"""What charts are drawn of: numbers in, places and sizes for the macros of _charts.html out."""

from typing import NamedTuple

from cmdb_api.views.console import formats

# A drawing of bars over time, in its own units; the page scales it.
WIDTH, HEIGHT, GAP = 600, 120, 0.25
TOP = 8


class Bar(NamedTuple):
    """One line of a list of bars; ``share`` is its length in percent of the longest."""

    label: object
    count: int
    share: float
    url: str | None = None
    # Lines that are no value of their own: the others, and those not known.
    is_rest: bool = False


class Column(NamedTuple):
    """One bar over time, of parts on top of each other: (y, height) each, from the bottom."""

    label: object
    counts: tuple
    x: float
    width: float
    parts: tuple
    title: str


class Drawing(NamedTuple):
    """Bars over time: ``most`` is what the highest stands for, ``sums`` of each part."""

    columns: list
    most: int
    sums: tuple


def bars(pairs, *, link=None, label=str, top=TOP):
    """
    Return (the bars of the most frequent values, how many other values there are, their count).

    ``pairs`` is {value: count}; ``link`` gives the address that shows exactly a value's.
    """
    known = {value: count for value, count in pairs.items() if value is not None and count}
    order = sorted(known.items(), key=lambda pair: (-pair[1], str(pair[0])))
    most = order[0][1] if order else 0
    shown = [
        Bar(label(value), count, _share(count, most), link(value) if link else None)
        for value, count in order[:top]
    ]
    rest = order[top:]
    return shown, len(rest), sum(count for _, count in rest)


def over_time(rows):
    """Return the Drawing of (label, counts) rows, each label already in words."""
    most = max((sum(counts) for _, counts in rows), default=0)
    step = WIDTH / max(1, len(rows))
    columns = [
        Column(
            label,
            counts,
            round(number * step + step * GAP / 2, 2),
            round(step * (1 - GAP), 2),
            tuple(_stacked(counts, most)),
            f"{label}: {' + '.join(str(formats.number(count)) for count in counts)}",
        )
        for number, (label, counts) in enumerate(rows)
    ]
    parts = zip(*(counts for _, counts in rows), strict=True)
    return Drawing(columns, most, tuple(sum(part) for part in parts))


def _stacked(counts, most):
    """Yield (y, height) of each part; what is there at all is seen."""
    bottom = HEIGHT
    for count in counts:
        height = max(1.5, HEIGHT * count / most) if count else 0
        bottom -= height
        yield round(max(0, bottom), 2), round(height, 2)


def _share(count, most):
    return round(100 * count / most, 2) if most else 0
