"""Files that people sent and have not imported yet: kept where every worker finds them, not long.

Each is its sender's alone. Whoever works on one says so, and how far they are: two can't import it
at once, and a page can tell how long it may take.
"""

from datetime import timedelta

from sqlalchemy import delete, select, update

from cmdb_api.errors import Conflict, NotFound
from cmdb_api.models import ImportUpload
from cmdb_api.models.types import now
from cmdb_api.services import locking
from cmdb_api.services.quarantine import tidy

# How long one is kept, and how many of one sender: the newest.
KEPT, MOST = timedelta(hours=24), 5
# Who works on one and was not heard of for so long has ended.
SILENT = timedelta(minutes=15)
LONGEST_NAME = 255

UPLOAD = ImportUpload.__table__
_COLUMNS = [column for column in UPLOAD.c if column.name != "data"]


def add(session, *, owner, file_name, file_type, data):
    """Keep a file, and forget old ones; return its id."""
    locking.begin(session)
    mine = select(UPLOAD.c.id).where(UPLOAD.c.owner_key == owner)
    older = session.scalars(mine.order_by(UPLOAD.c.id.desc()).offset(MOST - 1)).all()
    prune(session)
    session.execute(delete(UPLOAD).where(UPLOAD.c.id.in_(older)))
    row = ImportUpload(
        owner_key=owner,
        file_name=tidy(file_name)[-LONGEST_NAME:],
        file_type=tidy(file_type)[:128],
        data=data,
        size_bytes=len(data),
    )
    session.add(row)
    session.flush()
    return row.id


def prune(session):
    """Forget the files that were kept long enough."""
    session.execute(delete(UPLOAD).where(UPLOAD.c.at < now() - KEPT))


def waiting(session, *, owner):
    """Return the files of a sender, newest first."""
    query = select(*_COLUMNS).where(UPLOAD.c.owner_key == owner, UPLOAD.c.at >= now() - KEPT)
    return [_told(row) for row in session.execute(query.order_by(UPLOAD.c.id.desc()))]


def one(session, number, *, owner):
    """Return what is known of a file; raises NotFound."""
    return _told(_find(session, _COLUMNS, number, owner))


def content(session, number, *, owner):
    """Return the bytes of a file; raises NotFound."""
    return _find(session, [UPLOAD.c.data], number, owner).data


def of_run(session, run_id, *, owner):
    """Return the file of which this is the last run; None where there is none."""
    mine = UPLOAD.c.owner_key == owner
    row = session.execute(select(*_COLUMNS).where(UPLOAD.c.run_id == run_id, mine)).first()
    return row and _told(row)


def choose(session, number, asked, *, owner):
    """Keep how a file is to be imported."""
    locking.begin(session)
    _set(session, number, owner, asked=asked)


def begin(session, number, *, owner):
    """Say that a file is worked on; raises Conflict where it is already."""
    locking.begin(session)
    idle = UPLOAD.c.began_at.is_(None) | (UPLOAD.c.heard_at < now() - SILENT)
    told = {"began_at": now(), "heard_at": now(), "rows_done": 0, "row_count": None}
    if not _set(session, number, owner, idle, **told):
        one(session, number, owner=owner)
        raise Conflict("this file is being worked on already; wait until that has ended")


def hear(session, number, done, count, *, owner):
    """Say how many rows are done, of how many."""
    _set(session, number, owner, heard_at=now(), rows_done=done, row_count=count)


def end(session, number, *, owner, run_id=None):
    """Say that nobody works on a file any more, and what became of it."""
    locking.begin(session)
    _set(session, number, owner, began_at=None, **({"run_id": run_id} if run_id else {}))


def remove(session, number, *, owner):
    """Forget a file."""
    locking.begin(session)
    mine = UPLOAD.c.owner_key == owner
    session.execute(delete(UPLOAD).where(UPLOAD.c.id == number, mine))


def _set(session, number, owner, *also, **values):
    wanted = (UPLOAD.c.id == number, UPLOAD.c.owner_key == owner, *also)
    return session.execute(update(UPLOAD).where(*wanted).values(**values)).rowcount


def _find(session, columns, number, owner):
    query = select(*columns).where(UPLOAD.c.id == number, UPLOAD.c.owner_key == owner)
    query = query.where(UPLOAD.c.at >= now() - KEPT)
    row = session.execute(query).one_or_none() if number < 2**63 else None
    if row is None:
        raise NotFound("this file is not here any more; upload it again")
    return row


def _told(row):
    told = row._asdict()
    heard = row.heard_at is not None and row.heard_at >= now() - SILENT
    return told | {"is_busy": row.began_at is not None and heard}
