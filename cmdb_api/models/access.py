"""Who may use the API: accounts of people, and the tokens of programs and of people's sessions."""

from datetime import datetime

from sqlalchemy import Column, ForeignKey, String, Table, Text
from sqlalchemy.orm import Mapped, mapped_column

from cmdb_api.extensions import db
from cmdb_api.models.types import NEVER_AGAIN, BigId, Document, UTCDateTime, now

SCOPES = ("relay", "read", "write", "admin")
VIEWER, OPERATOR, ADMIN = "viewer", "operator", "admin"
ROLES = (VIEWER, OPERATOR, ADMIN)
# What made a token: `cmdb token create` or the API, or somebody who logged in.
PROGRAM, SESSION = "program", "session"


def _units(owner):
    """Return the table of the business units that an account or a token is limited to."""
    return Table(
        f"{owner}_business_unit",
        db.metadata,
        Column(
            f"{owner}_id",
            ForeignKey(f"{owner}.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        Column("business_unit_id", BigId, ForeignKey("business_unit.id"), primary_key=True),
    )


class Account(db.Model):
    """A person who may log in."""

    __tablename__ = "account"
    __table_args__ = NEVER_AGAIN

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    # What they log in with; changes are recorded under it.
    name: Mapped[str] = mapped_column(String(255))
    # The name in lower case.
    name_key: Mapped[str] = mapped_column(String(255), unique=True)
    full_name: Mapped[str | None] = mapped_column(String(255))
    email: Mapped[str | None] = mapped_column(String(255))
    # argon2; None: they log in by OIDC alone.
    password_hash: Mapped[str | None] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(16), default=VIEWER)
    # Whether they see the assets of their business units only: none, where they have none.
    limited: Mapped[bool] = mapped_column(default=False)
    # Whether they may log in; what is not enabled keeps its name.
    enabled: Mapped[bool] = mapped_column(default=True)
    # Who they are to the OIDC provider: "issuer subject".
    oidc_subject: Mapped[str | None] = mapped_column(String(512), unique=True)
    # Counts the edits: the ETag.
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    # When the password was set.
    password_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_login_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Token(db.Model):
    """
    A bearer token: ``admin`` includes ``write``, which includes ``read``; ``relay`` stands alone.

    One of a session allows what its account's role does at the time of use, and no more than its
    scope.
    """

    __tablename__ = "token"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    # sha256 of the token's text, which is random enough to need no slow hash.
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    scope: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(16), default=PROGRAM)
    # Whose session it is.
    account_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), index=True
    )
    # As of an account; those of a session are its account's.
    limited: Mapped[bool] = mapped_column(default=False)
    # Who made it.
    created_by: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


account_business_unit = _units("account")
token_business_unit = _units("token")


class SavedQuery(db.Model):
    """A search of a list that somebody keeps under a name."""

    __tablename__ = "saved_query"
    __table_args__ = NEVER_AGAIN

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(String(255))
    # Its owner's key and the name in lower case, with a tab between; what is shared has no owner.
    # The list comes before it, and two tabs, where it is not that of assets.
    name_key: Mapped[str] = mapped_column(String(600), unique=True)
    # The name of the account or token that made it.
    owner: Mapped[str] = mapped_column(String(255))
    # Which one that is, as others may have the name: "account:3", "token:7".
    owner_key: Mapped[str] = mapped_column(String(300), index=True)
    # Whether others see it too.
    shared: Mapped[bool] = mapped_column(default=False)
    description: Mapped[str | None] = mapped_column(Text)
    query: Mapped[str] = mapped_column(Text)
    sort: Mapped[str | None] = mapped_column(String(255))
    # Names with commas, as the list takes them.
    columns: Mapped[str | None] = mapped_column(Text)
    # Of which list it is, and what beside the search narrows that: {name: [values]}.
    list: Mapped[str] = mapped_column(String(32), default="assets", server_default="assets")
    filters: Mapped[dict | None] = mapped_column(Document)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
