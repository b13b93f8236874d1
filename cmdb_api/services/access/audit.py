"""The audit log: who did what. One entry for each request that writes, in its own transaction.

``by`` says who acts from now on in this context; the first commit keeps it. ``note`` keeps more: an
export, a login. What was refused is kept by ``note_refused`` after all was taken back.
"""

import logging
import re
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, event, func, select
from sqlalchemy.orm import Session

from cmdb_api.models import AuditEntry
from cmdb_api.models.types import now
from cmdb_api.services import locking

WRITE, EXPORT, LOGIN, LOGIN_FAILED = "write", "export", "login", "login_failed"
LOGOUT, REFUSED, TOKEN_FAILED = "logout", "refused", "token_failed"
ACTIONS = (WRITE, EXPORT, LOGIN, LOGIN_FAILED, LOGOUT, REFUSED, TOKEN_FAILED)
# Characters of what is told, and of a subject; names of fields.
LONGEST, LONGEST_SUBJECT, MOST_FIELDS = 2000, 255, 100
# Of what nobody can be held to account for, so many are kept of an address in a minute, and of all.
MOST_OF_ADDRESS, MOST_OF_ALL = 20, 600
# Entries that one transaction removes.
BATCH = 5000

log = logging.getLogger(__name__)


@dataclass
class Deed:
    """What is being done: by whom, from where, and whether it writes."""

    what: str
    actor: str | None = None
    account_id: int | None = None
    token_id: int | None = None
    address: str | None = None
    writes: bool = False
    # Of the answer when all goes well.
    status: int | None = None
    # Gives the details of the entry, once it is written.
    tell: object = None
    # Whether an entry is kept, or will be by the next commit.
    noted: bool = False
    adding: bool = False


_deed = ContextVar("deed", default=None)


def by(deed):
    """Let a deed be what is done from now on in this context; None: nothing to be kept."""
    _deed.set(deed)


def current():
    """Return the deed that is being done; None where there is none."""
    return _deed.get()


def note(session, *, action, subject=None, details=None, status=None, **who):
    """
    Keep an entry with the transaction; who acts and what is known from the request.

    The request then needs no other entry of its own.
    """
    deed = current() or Deed(what="")
    deed.adding = True
    told = {name: getattr(deed, name) for name in ("actor", "account_id", "token_id", "address")}
    entry = AuditEntry(
        **told | {name: value for name, value in who.items() if value is not None},
        action=action,
        what=plain(deed.what)[:LONGEST],
        status=status or deed.status,
        subject=subject and plain(subject)[:LONGEST_SUBJECT],
        details=details or None,
    )
    entry.actor = entry.actor and plain(entry.actor)[:LONGEST_SUBJECT]
    session.add(entry)
    return entry


def note_refused(session, *, action, status, subject=None, details=None):
    """Keep what was refused, unless the address did so too often this minute; tell whether."""
    deed = current() or Deed(what="")
    if deed.token_id is None and not _has_room(session, action, deed.address):
        log.warning("not kept in the audit log, too many: %s from %s", action, deed.address)
        return False
    locking.begin(session)
    note(session, action=action, status=status, subject=subject, details=details)
    return True


def fields(names):
    """Return the details that name the fields which were given, not what they hold."""
    listed = sorted(plain(str(name))[:LONGEST_SUBJECT] for name in names)
    return {"fields": listed[:MOST_FIELDS]} if listed else None


def plain(text):
    """Return text that every database takes, and that no terminal acts on."""
    return re.sub("[\x00-\x1f\x7f\ud800-\udfff]", "\ufffd", text)


def prune(session, before):
    """Remove some entries from before a time; return how many: none is left where it is 0."""
    old = select(AuditEntry.id).where(AuditEntry.at < before).order_by(AuditEntry.at).limit(BATCH)
    return session.execute(delete(AuditEntry).where(AuditEntry.id.in_(old))).rowcount


def _has_room(session, action, address):
    """Tell whether few enough entries of nobody's were kept in the last minute."""
    recent = (AuditEntry.action == action) & (AuditEntry.at > now() - timedelta(minutes=1))
    recent &= AuditEntry.subject.is_(None)
    count = select(func.count()).select_from(AuditEntry).where(recent)
    if session.scalar(count.where(AuditEntry.address == address)) >= MOST_OF_ADDRESS:
        return False
    return session.scalar(count) < MOST_OF_ALL


@event.listens_for(Session, "before_commit")
def _keep(session):
    deed = current()
    if deed is None or not deed.writes or deed.noted or deed.adding:
        return
    note(session, action=WRITE, details=deed.tell() if deed.tell else None)


@event.listens_for(Session, "after_commit")
def _kept(_session):
    deed = current()
    if deed is not None and deed.adding:
        deed.noted, deed.adding = True, False


@event.listens_for(Session, "after_rollback")
def _taken_back(_session):
    deed = current()
    if deed is not None:
        deed.adding = False
