"""What masters and rosters say of the hosts that they know: whole each time, with its moment."""

import re
from datetime import timedelta

from sqlalchemy import and_, bindparam, delete, func, select

from cmdb_api.errors import Invalid, NotFound, TooLarge
from cmdb_api.models import CoverageHost, CoverageSource
from cmdb_api.models.coverage import ACCEPTED, LISTED, SALT, STATES
from cmdb_api.models.types import now
from cmdb_api.services import locking
from cmdb_api.services.quarantine import tidy
from cmdb_api.services.reasons import FAILURES, NOT_COLLECTED

HOST, SOURCE = CoverageHost.__table__, CoverageSource.__table__
# One that has said nothing for so long is named stale, and who it said is down no longer counts.
STALE = timedelta(days=1)
MAX_HOSTS = 100_000
MAX_IGNORED = 100
MAX_DETAIL = 1024
_NAME = re.compile(r"[^\s/\x00-\x1f\x7f\ud800-\udfff]{1,255}")
_COLUMNS = ("hostname", "state", "up", "reason", "detail", "since")


def put(session, name, *, kind, failures, up=None, **lists):
    """
    Replace what a source knows; return the source and lines on what was not taken of it.

    ``lists`` are names by the state of their key, or ``hosts``; ``up`` is None where the source
    does not know who is.
    """
    _check(name, lists)
    ignored, moment = [], now()
    rows = _rows(lists, ignored)
    _set_up(rows, up, ignored)
    _set_failures(rows, failures, ignored)
    locking.begin(session)
    source = {"kind": kind, "pushed_at": moment}
    session.execute(
        locking.insert(session, SOURCE)
        .values(name=name, **source)
        .on_conflict_do_update(index_elements=["name"], set_=source)
    )
    _replace(session, name, rows, moment)
    more = [f"and {len(ignored) - MAX_IGNORED} more"] if len(ignored) > MAX_IGNORED else []
    return {"name": name, **source, "hosts": len(rows), "ignored": ignored[:MAX_IGNORED] + more}


def forget(session, name):
    """Remove a source and what it said; raises NotFound."""
    if not session.execute(delete(SOURCE).where(SOURCE.c.name == tidy(name))).rowcount:
        raise NotFound(f"there is no source {name}")


def every(session):
    """Return all sources by name, each with how many hosts it has in which state."""
    counts = {}
    query = select(HOST.c.source, HOST.c.state, func.count())
    for name, state, count in session.execute(query.group_by(HOST.c.source, HOST.c.state)):
        counts.setdefault(name, {})[state] = count
    late = now() - STALE
    return [
        {
            "name": source.name,
            "kind": source.kind,
            "pushed_at": source.pushed_at,
            "stale": source.pushed_at < late,
            "hosts": counts.get(source.name, {}),
        }
        for source in session.execute(select(SOURCE).order_by(SOURCE.c.name))
    ]


def _check(name, lists):
    if not _NAME.fullmatch(name):
        fault = "must be 1 to 255 characters without space, / and control ones"
        raise Invalid(f"name: {fault}", fields={"name": [fault]})
    if (count := sum(map(len, lists.values()))) > MAX_HOSTS:
        raise TooLarge(f"{count} hosts of one source; at most {MAX_HOSTS} are taken")


def _rows(lists, ignored):
    """Return {name in lower case: row}; of a name's several states the first of STATES counts."""
    rows = {}
    for state in (*STATES, LISTED):
        for name in lists.get("hosts" if state == LISTED else state, ()):
            # Anyone can ask for a key under any name: one that no asset can have spoils no push.
            if not _NAME.fullmatch(name) or len(name.lower()) > 255:
                ignored.append(f"{state}: {name[:255]!a} can't be the name of an asset")
            elif name.lower() in rows:
                known = rows[name.lower()]["state"]
                if state != known or name != rows[name.lower()]["hostname"]:
                    ignored.append(f"{state}: {name} is {known} too, which counts")
            else:
                empty = dict.fromkeys(_COLUMNS)
                rows[name.lower()] = empty | {"hostname": name, "state": state}
    return rows


def _set_up(rows, up, ignored):
    if up is None:
        return
    for row in rows.values():
        if row["state"] == ACCEPTED:
            row["up"] = False
    for name in up:
        row = rows.get(name.lower())
        if row is None or row["state"] != ACCEPTED:
            ignored.append(f"up: {name[:255]!a} is not among the accepted")
        else:
            row["up"] = True


def _set_failures(rows, failures, ignored):
    for name, failure in failures.items():
        row = rows.get(name.lower())
        if row is None:
            ignored.append(f"failures: {name[:255]!a} is not among the hosts")
            continue
        reason, detail = failure["reason"], failure.get("detail") or ""
        if reason not in FAILURES:
            reason, detail = NOT_COLLECTED, f"{reason}: {detail}"
        row |= {"reason": reason, "detail": tidy(detail, MAX_DETAIL) or None}


def _replace(session, name, rows, moment):
    """Write what differs; since when a host is as it is stays where it was so before."""
    query = select(HOST).where(HOST.c.source == name)
    old = {row["hostname_key"]: dict(row) for row in session.execute(query).mappings()}
    news = []
    for key, row in rows.items():
        was = old.get(key)
        stays = was and all(was[field] == row[field] for field in ("state", "up", "reason"))
        row["since"] = was["since"] if stays else moment
        if was is None or any(was[field] != row[field] for field in _COLUMNS):
            news.append({"source": name, "hostname_key": key} | row)
    if gone := [{"gone": key} for key in old.keys() - rows.keys()]:
        same = and_(HOST.c.source == name, HOST.c.hostname_key == bindparam("gone"))
        session.execute(delete(HOST).where(same), gone)
    if news:
        statement = locking.insert(session, HOST)
        new = {column: statement.excluded[column] for column in _COLUMNS}
        key = ["source", "hostname_key"]
        session.execute(statement.on_conflict_do_update(index_elements=key, set_=new), news)


def has_salt(session):
    """Tell whether any master says which keys it knows."""
    return session.scalar(select(SOURCE.c.name).where(SOURCE.c.kind == SALT).limit(1)) is not None
