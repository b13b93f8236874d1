"""How a report stands to what is known of its asset. Plain data in and out, no database."""

import hashlib
from typing import NamedTuple

from cmdb_api.services import sections, times
from cmdb_api.services.sections import WANTED

# A number that is a later time than this, milliseconds from now, is that of a wrong clock.
FAR_AHEAD_MS = 24 * 3600 * 1000
REMEMBERED = 128
# Of those with a number, marked so: one that comes again later is known by its number.
REMEMBERED_NUMBERED, NUMBERED = 4, "#"


class Result(NamedTuple):
    """What became of a report."""

    result: str
    changes: int = 0
    wanted: list | None = None
    problems: dict | None = None


class When(NamedTuple):
    """When a report was collected by our clock, milliseconds since 1970, and its number."""

    at: int
    number: int | None
    # Whether no newer report was taken before.
    is_newest: bool
    # The same moment by the report's age alone.
    by_age: int


def when(envelope, asset, received_ms, settings):
    """
    Return when a report was collected.

    Its age is not signed, and is short of the time that it took on its way; its number is signed.
    One whose number is not higher than all before was collected before the newest report, and each
    after those with lower numbers, whatever age it is sent with.
    """
    oldest_ms = settings["MAX_REPORT_AGE_SECONDS"] * 1000
    by_age, number = received_ms - min(envelope.age_ms, oldest_ms), _number(envelope, received_ms)
    if asset.reported_at is None:
        return When(by_age, number, True, by_age)
    at, newest_at = by_age, times.to_ms(asset.reported_at)
    is_late = None not in (number, asset.seq) and number <= asset.seq
    if is_late:
        at = min(at, newest_at - 1)
    if number is not None and at < newest_at:
        ages = [sections.age(asset.ages, kind) for kind in asset.ages]
        at = max([at, *(moment for age in ages for moment in age.moments_before(number))])
    return When(at, number, not is_late and at >= newest_at, by_age)


def _number(envelope, received_ms):
    """
    Return a report's number, None where it does not count.

    Hosts count by their clock. One that is far ahead must not outdo what comes once it is right.
    """
    ahead = envelope.seq is not None and envelope.seq > received_ms + FAR_AHEAD_MS
    return None if ahead else envelope.seq


def is_duplicate(envelope, asset):
    """Tell whether this report was taken already."""
    mark = _mark(envelope)
    return mark in asset.recent or NUMBERED + mark in asset.recent


def judge(envelope, asset, stored, moment):
    """Return a report's Result where it brings nothing to store, else None; and {kind: News}."""
    news = {
        kind: sections.news(
            section, stored.get(kind), moment.at, moment.number, sections.age(asset.ages, kind)
        )
        for kind, section in envelope.sections.items()
    }
    if wanted := sorted(kind for kind, new in news.items() if new.items == WANTED):
        return Result("incomplete", wanted=wanted), news
    if news and not any(new.outcome or new.items for new in news.values()):
        return Result("older"), news
    return None, news


def status_of(record, envelope, received_ms):
    """Return the columns of the asset's status row once a report is taken."""
    asset, at = record.asset, times.from_ms(record.at)
    ages = [sections.Age(*age) for age in record.ages.values()]
    numbers = [number for number in (asset.seq, record.when.number) if number is not None]
    values = {
        "ages": record.ages,
        "items_at": times.from_ms(max((a.items_at for a in ages if a.items_at), default=None)),
        "volatile": record.volatile,
        "quarantine": record.quarantine or None,
        "recent": _remembered(asset.recent, _mark(envelope), record.when.number),
        "seq": max(numbers, default=None),
        "change_count": record.seq,
    }
    if record.when.is_newest:
        values |= {
            "reported_at": at,
            "received_at": times.from_ms(received_ms),
            "report_id": envelope.report_id,
            "via": envelope.via,
            "version": envelope.version,
            "clock_skew_ms": times.to_ms(envelope.collected_at) - record.when.by_age,
            "identity": envelope.identity,
            "problems": envelope.problems or None,
        }
    return values


def _remembered(recent, mark, number):
    """Return the marks of the newest reports, once there is one more."""
    marks = [*recent, mark if number is None else NUMBERED + mark]
    numbered = [mark for mark in marks if mark.startswith(NUMBERED)]
    others = [mark for mark in marks if not mark.startswith(NUMBERED)]
    return [*others[-REMEMBERED:], *numbered[-REMEMBERED_NUMBERED:]]


def _mark(envelope):
    """Return what a report is remembered by: short, for the row is written each time."""
    return hashlib.sha256(envelope.report_id.encode()).hexdigest()[:16]
