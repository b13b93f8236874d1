"""Subscriptions: who is told of which changes. Made, edited and removed by people."""

from sqlalchemy import func, select

from cmdb_api.errors import Conflict, Invalid, NotFound
from cmdb_api.models import Subscription
from cmdb_api.models.event import STREAM, WEBHOOK
from cmdb_api.models.types import now
from cmdb_api.services import etags, kinds, locking, nearest, unique
from cmdb_api.services.events import outbox, reach, signing, waiting
from cmdb_api.services.search import query, rows
from cmdb_api.services.search.columns import FLAG, MOMENT, NUMBER
from cmdb_api.services.search.rows import Field, Rows

GIVEN = ("name", "url", "query", "kinds", "actions", "enabled")
_TRIED_ANEW = {"failures": 0, "failing_since": None, "next_at": None, "last_error": None}
ROWS = Rows(
    "webhooks",
    {
        "name": Field(Subscription.name_key, named=True, always=True, description="its name"),
        "type": Field(Subscription.type, choices=(WEBHOOK, STREAM), description="which of both"),
        "url": Field(
            Subscription.url, named=True, unique=True, description="where it is posted to"
        ),
        "query": Field(Subscription.query, description="of which assets"),
        "enabled": Field(Subscription.enabled, FLAG, description="whether it is not paused"),
        "failing_since": Field(Subscription.failing_since, MOMENT, description="since when"),
        "failures": Field(Subscription.failures, NUMBER, description="in a row"),
        "delivered_at": Field(Subscription.delivered_at, MOMENT, description="when last"),
        "delivered_count": Field(Subscription.delivered_count, NUMBER, description="in all"),
        "created_by": Field(Subscription.created_by, counted=True, description="who made it"),
        "created_at": Field(Subscription.created_at, MOMENT, description="when it was made"),
    },
    order=("name",),
)


def page(session, moment, *, most=None, **asked):
    """Return one page by name, with what waits for each; ``asked`` may have query and sort."""
    every = select(Subscription)
    found, following = rows.page(session, ROWS, every, **asked)
    counted = select(func.count()).select_from(Subscription)
    if asked.get("query"):
        counted = counted.where(ROWS.condition(session, asked["query"]))
    items = told(session, [row[0] for row in found], moment, most)
    return {"items": items, "next_cursor": following, "total": session.scalar(counted)}


def one(session, number, moment, most=None):
    """Return what is told of one; raises NotFound."""
    return told(session, [get(session, number)], moment, most)[0]


def told(session, rows, moment, most=None):
    """Return what is told of subscriptions, what waits counted to ``most``: never a secret."""
    hidden = ("secret", "old_secret", "claimed_by", "claimed_until", "name_key")
    names = [c.key for c in Subscription.__table__.columns if c.key not in hidden]
    counts = waiting.of(session, [row.id for row in rows], moment, most)
    return [
        {name: getattr(row, name) for name in names} | counts[row.id] | {"etag": etags.of(row)}
        for row in rows
    ]


def get(session, number):
    """Return one; raises NotFound."""
    row = session.get(Subscription, number, populate_existing=True) if number < 2**63 else None
    if row is None:
        raise NotFound(f"there is no subscription with id {number}")
    return row


def stream(session, name):
    """Return the stream of this name; raises NotFound with the nearest, or Conflict."""
    row = session.scalar(select(Subscription).where(Subscription.name_key == name.lower()))
    if row is None:
        of = Subscription.type == STREAM
        names = session.scalars(select(Subscription.name).where(of).limit(nearest.COMPARED))
        hint = nearest.hint(name, names) or ";"
        raise NotFound(f"there is no stream {name}{hint} POST /api/v1/subscriptions makes one")
    if row.type != STREAM:
        raise Conflict(f"{row.name} is a webhook: its events are posted, not read here")
    return row


def webhook(session, number):
    """Return the webhook of this id; raises NotFound, or Conflict where it is none."""
    row = get(session, number)
    if row.type != WEBHOOK:
        raise Conflict(f"{row.name} is a stream: nothing is posted, its reader takes the events")
    return row


def add(session, given, *, actor, networks):
    """Add one; return it and the secret of a webhook, which is told this once."""
    locking.begin(session)
    row = Subscription(type=given["type"], created_by=actor, created_at=now())
    row.updated_at, row.version = row.created_at, 1
    row.enabled = True
    _write(session, row, {n: v for n, v in given.items() if n != "type"}, networks)
    secret = row.secret = signing.new_secret() if row.type == WEBHOOK else None
    session.add(row)
    _flush(session, row)
    return row, secret


def edit(session, number, given, *, networks, if_match=None):
    """Change one; what is not given stays. A webhook that is edited is tried at once again."""
    locking.begin(session)
    row = _locked(session, number)
    before = _item(row)
    etags.check(if_match, row, lambda: before)
    _write(session, row, given, networks)
    if _item(row) != before:
        row.version += 1
        row.updated_at = now()
        _try_anew(row)
    _flush(session, row)


def remove(session, number, *, if_match=None):
    """Remove one, with all that waits for it."""
    locking.begin(session)
    row = _locked(session, number)
    etags.check(if_match, row, lambda: _item(row))
    session.delete(row)
    session.flush()


def rotate(session, number, *, keep):
    """Give a webhook a new secret and return it; the old one signs too for as long as ``keep``."""
    locking.begin(session)
    row = _locked(session, number)
    if row.type != WEBHOOK:
        webhook(session, number)
    row.old_secret, row.old_secret_until = (row.secret, now() + keep) if keep else (None, None)
    row.secret = signing.new_secret()
    session.flush()
    return row.secret


def try_anew(session, number):
    """Let a webhook be tried at once again; raises NotFound."""
    locking.begin(session)
    _try_anew(_locked(session, number))
    session.flush()


def _try_anew(row):
    for name, value in _TRIED_ANEW.items():
        setattr(row, name, value)


def _item(row):
    return {name: getattr(row, name) for name in GIVEN}


def _locked(session, number):
    row = None
    if number < 2**63:
        query_ = select(Subscription).where(Subscription.id == number).with_for_update()
        row = session.scalar(query_.execution_options(populate_existing=True))
    if row is None:
        raise NotFound(f"there is no subscription with id {number}")
    return row


def _write(session, row, given, networks):
    """Set the fields of a row, once they are known to be right."""
    url = given.get("url", row.url)
    if row.type == WEBHOOK and not url:
        raise Invalid.of("url", "a webhook needs one, like https://hooks.example.com/cmdb")
    if row.type == STREAM and url:
        raise Invalid.of("url", "a stream has none: its reader takes the events")
    if given.get("url") and given["url"] != row.url:
        _check_url(url, networks)
    if given.get("query"):
        query.condition(session, given["query"])
    _check_kinds(session, given.get("kinds") or ())
    with session.no_autoflush:
        for name, value in given.items():
            setattr(row, name, value if value != [] else None)
        row.name_key = row.name.lower()


def _check_url(url, networks):
    try:
        reach.check(reach.parse(url), networks)
    except (ValueError, reach.Refused) as error:
        raise Invalid.of("url", str(error)) from None
    except OSError as error:
        host = reach.parse(url).host
        raise Invalid.of("url", f"{host} can't be resolved: {error.strerror or error}") from None


def _check_kinds(session, wanted):
    """Raise Invalid for a kind that looks like a mistyped one; another one may come to be."""
    for kind in wanted:
        try:
            kinds.check(session, kind, also=(outbox.ASSET,))
        except NotFound as error:
            if "did you mean" in error.message:
                raise Invalid.of("kinds", error.message) from None


def _flush(session, row):
    taken = Conflict.of("name", f"a subscription is named {row.name} already")
    unique.flush(session, row, taken)
