"""What an admin should know of the installation: how much there is, and what does not work."""

from datetime import timedelta

from alembic.runtime.migration import MigrationContext
from sqlalchemy import func, or_, select, text

from cmdb_api.models import Account, Asset, Delivery, Retention, Subscription, Token
from cmdb_api.models.access import ADMIN, PROGRAM, SESSION
from cmdb_api.models.event import DEAD
from cmdb_api.services.events import waiting

# A worker hands events out within seconds: one that waits longer has none.
WORKER_LATE_SECONDS = 300
SOON = timedelta(days=14)


def counts(session, moment):
    """Return how many there are of what admins look after."""
    accounts, tokens = Account.__table__.c, Token.__table__.c
    deliveries, subscriptions = Delivery.__table__.c, Subscription.__table__.c
    program = tokens.kind == PROGRAM
    can_log_in = or_(accounts.password_hash.is_not(None), accounts.oidc_subject.is_not(None))
    wanted = {
        "assets": select(func.count()).select_from(Asset),
        "accounts": select(func.count()).select_from(Account),
        "admins": _count(accounts.role == ADMIN, accounts.enabled.is_(True), can_log_in),
        "disabled": _count(accounts.enabled.is_(False)),
        "sessions": _count(tokens.kind == SESSION, tokens.expires_at > moment),
        "tokens": _count(program),
        "expired": _count(program, tokens.expires_at <= moment),
        "expiring": _count(program, tokens.expires_at > moment, tokens.expires_at < moment + SOON),
        "subscriptions": select(func.count()).select_from(Subscription),
        "failing": _count(
            subscriptions.failing_since.is_not(None), subscriptions.enabled.is_(True)
        ),
        "dead": _count(deliveries.status == DEAD),
    }
    query = select(*(each.scalar_subquery().label(name) for name, each in wanted.items()))
    return dict(session.execute(query).mappings().one())


def _count(*conditions):
    return select(func.count()).where(*conditions)


def state(session, moment):
    """Return what does not show in counts: what waits for the worker, and the last pruning."""
    waits = waiting.not_handed_out_seconds(session, moment)
    return {
        "waits_seconds": waits,
        "worker_is_late": waits > WORKER_LATE_SECONDS,
        "pruned_at": session.scalar(select(Retention.pruned_at)),
    }


def database(session):
    """Return what the database is: its name, version, size in bytes and revision."""
    name = session.get_bind().dialect.name
    if name == "postgresql":
        version, size = "show server_version", "select pg_database_size(current_database())"
    else:
        version = "select sqlite_version()"
        size = "select page_count * page_size from pragma_page_count(), pragma_page_size()"
    return {
        "name": {"postgresql": "PostgreSQL", "sqlite": "SQLite"}.get(name, name),
        "version": session.scalar(text(version)),
        "size_bytes": session.scalar(text(size)),
        "revision": ", ".join(_revisions(session)) or None,
    }


def _revisions(session):
    return MigrationContext.configure(session.connection()).get_current_heads()
