"""Findings: raised where there is cause for concern, closed once the cause is gone.

A cause has a name within its asset, "collector:psu", and the fingerprint "collector:17:psu" for
the asset with id 17. Assets are locked first, then findings by fingerprint.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select, update

from cmdb_api.errors import Busy
from cmdb_api.models import Finding
from cmdb_api.models.finding import CLOSED, DECIDED, MUTED, OPEN
from cmdb_api.models.types import now
from cmdb_api.services import locking
from cmdb_api.services.access import visibility
from cmdb_api.services.dialects import insert
from cmdb_api.services.quarantine import tidy

FINDING = Finding.__table__
LONGEST_NAME = 120
MAX_MESSAGE, MAX_SUBJECT = 1024, 128
# What a refused report shows is written again only now and then, as anyone can send one.
NOTED_EVERY = timedelta(minutes=1)
# Findings of a kind about hosts that are no asset, at most: there are as many names as one likes.
MOST_OF_NO_ASSET = 1000
# While a finding is closed, that it was muted for ever.
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)


class Cause(NamedTuple):
    """Cause for a finding."""

    fingerprint: str
    kind: str
    hostname: str
    message: str
    evidence: dict
    # What makes it what it is: where this differs, a decided finding opens again.
    cause: str
    asset_id: int | None = None
    other_id: int | None = None
    subject: str | None = None


def fingerprint(owner, name):
    """Return the fingerprint of a cause by its name; ``owner`` is its asset's id, or a hostname."""
    kind, _, rest = name.partition(":")
    text = ":".join([kind, str(owner).lower(), *([rest] if rest else [])])
    if len(text) > LONGEST_NAME:
        text = f"{text[:80]}~{hashlib.sha256(text.encode()).hexdigest()[:32]}"
    return text


def digest(text):
    """Return the form in which the text of a cause is compared."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def raise_(session, cause, moment=None):
    """
    Open a finding, or bring it up to date; return its id.

    A closed one opens again, and so does a decided one whose cause has another form. A muted one
    stays muted. Where nothing differs nothing is written. Raises Busy where its asset is removed
    this moment.
    """
    moment = moment or now()
    values = _values(cause)
    fresh = values | {"opened_at": moment, "first_at": moment, "seen_at": moment, "status": OPEN}
    made = insert(session, FINDING).values(fingerprint=cause.fingerprint, **fresh)
    made = made.on_conflict_do_nothing().returning(FINDING.c.id)
    if (number := session.scalar(made)) is not None:
        return number
    row = _locked(session, cause.fingerprint)
    if row is None:
        raise Busy(f"an asset is removed this moment: {cause.message}; try again")
    if new := _news(row, values, moment):
        session.execute(update(FINDING).where(FINDING.c.id == row.id).values(new))
    return row.id


def close(session, fingerprint, moment=None):
    """Close a finding whose cause is gone, if there is one that is not closed."""
    row = _locked(session, fingerprint)
    if row is None or row.status == CLOSED:
        return
    forever = row.status == MUTED and row.muted_until is None
    values = {
        "status": CLOSED,
        "closed_at": moment or now(),
        "muted_until": FOREVER if forever else row.muted_until if row.status == MUTED else None,
    }
    session.execute(update(FINDING).where(FINDING.c.id == row.id).values(values))


def forget(session, asset_id, moment=None):
    """Close what concerns an asset that is removed, and another that stays."""
    c = FINDING.c
    both = (c.asset_id == asset_id) | (c.other_id == asset_id)
    prints = select(c.fingerprint).where(both, c.other_id.is_not(None), c.status != CLOSED)
    for print_ in session.scalars(prints.order_by(c.fingerprint)).all():
        close(session, print_, moment)


def reconcile(session, locked, causes):
    """
    Raise and close the findings of an asset that is locked; return the causes that it has then.

    ``causes`` is {name: Cause}, None for one that is gone; those that are not named stay. The
    causes are to be stored in the asset's status, which is not done here.
    """
    known = dict(locked.causes)
    moment = now()
    for print_, name, cause in sorted(
        (cause.fingerprint if cause else fingerprint(locked.asset_id, name), name, cause)
        for name, cause in causes.items()
        if differs(known, name, cause)
    ):
        if cause is None:
            close(session, print_, moment)
            del known[name]
        else:
            raise_(session, cause, moment)
            known[name] = mark(cause)
    return known


def differs(known, name, cause):
    """Tell whether a cause is another than the one that is known by this name."""
    return known.get(name) != (cause and mark(cause))


def mark(cause):
    """Return what a cause is remembered by in its asset's status: short, as it is read often."""
    return digest(cause.cause)[:8]


def note(session, cause):
    """
    Keep what a refused report showed, in a transaction of its own; return whether it was written.

    The same is written again after a minute at the earliest.
    """
    session.rollback()
    moment = now()
    row = session.execute(_select(cause.fingerprint)).one_or_none()
    if row is not None and _is_noted(row, cause, moment):
        return False
    if row is None and cause.asset_id is None and _is_full(session, cause.kind):
        return False
    session.rollback()
    locking.begin(session)
    # Assets are locked before findings.
    locked = cause.asset_id and locking.get(session, cause.asset_id)
    if cause.asset_id and not locked:
        return False
    raise_(session, cause, moment)
    if locked:
        _remember(session, locked, cause)
    return True


def _remember(session, locked, cause):
    """Store a cause in its asset's status, so that it is known to be one once it is gone."""
    name = f"{cause.kind}:{cause.subject}" if cause.subject else cause.kind
    is_named = fingerprint(cause.asset_id, name) == cause.fingerprint
    if is_named and differs(locked.causes, name, cause):
        same = locking.STATUS.c.asset_id == cause.asset_id
        known = locked.causes | {name: mark(cause)}
        session.execute(update(locking.STATUS).where(same).values(causes=known))


def _is_noted(row, cause, moment):
    """Tell whether a cause was written just now, or needs not be."""
    if row.cause != digest(cause.cause) or row.status == CLOSED:
        return False
    return row.status == DECIDED or row.seen_at > moment - NOTED_EVERY


def _is_full(session, kind):
    query = select(func.count()).where(
        FINDING.c.kind == kind, FINDING.c.asset_id.is_(None), FINDING.c.status == OPEN
    )
    return session.scalar(query) >= MOST_OF_NO_ASSET


def _values(cause):
    values = {name: value for name, value in cause._asdict().items() if name != "fingerprint"}
    values["message"] = tidy(cause.message, MAX_MESSAGE)
    values["subject"] = cause.subject and tidy(cause.subject, MAX_SUBJECT)
    return values | {"cause": digest(cause.cause)}


def _select(print_):
    return select(FINDING).where(FINDING.c.fingerprint == print_)


def _locked(session, print_):
    # What is noted of an asset is not what somebody sees of it.
    with visibility.unscoped(session):
        return session.execute(_select(print_).with_for_update()).one_or_none()


def _news(row, values, moment):
    """Return the columns to write where a cause meets the finding that it has already."""
    differing = {name: value for name, value in values.items() if getattr(row, name) != value}
    if row.status == DECIDED and "cause" not in differing:
        return {}
    if row.status == CLOSED:
        muted = row.muted_until is not None and row.muted_until > moment
        until = row.muted_until if muted and row.muted_until < FOREVER else None
        return differing | {
            "status": MUTED if muted else OPEN,
            "muted_until": until,
            "closed_at": None,
            "opened_at": moment,
            "seen_at": moment,
        }
    if row.status == DECIDED:
        return differing | {"status": OPEN, "opened_at": moment, "seen_at": moment}
    return differing | {"seen_at": moment} if differing else {}
