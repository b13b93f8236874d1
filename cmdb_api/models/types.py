"""Column types that mean the same on PostgreSQL and SQLite."""

import re
from datetime import UTC, datetime

from sqlalchemy import JSON, BigInteger, DateTime, Integer, LargeBinary, String, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

# Ids are in ETags and in addresses: SQLite shall not give one again once its row is gone.
NEVER_AGAIN = {"sqlite_autoincrement": True}

# SQLite gives row ids to INTEGER keys only.
BigId = BigInteger().with_variant(Integer, "sqlite")

# None is SQL NULL, not the JSON text "null".
Document = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")

# Sorted ids of a dictionary.
IdList = JSON(none_as_null=True).with_variant(ARRAY(Integer), "postgresql")


class UTCDateTime(TypeDecorator):
    """An aware time, always UTC; SQLite keeps no zone, so it is taken off and put on again."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value, dialect):
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value, dialect):
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Hex(TypeDecorator):
    """A hash as hex digits; PostgreSQL keeps its bytes, half as many."""

    impl = String(64)
    cache_ok = True

    def load_dialect_impl(self, dialect):
        plain = LargeBinary() if dialect.name == "postgresql" else String(64)
        return dialect.type_descriptor(plain)

    def process_bind_param(self, value, dialect):
        if value is None or dialect.name != "postgresql":
            return value
        return bytes.fromhex(value)

    def process_result_value(self, value, dialect):
        return bytes(value).hex() if isinstance(value, (bytes, memoryview)) else value


class ReportId(TypeDecorator):
    """
    The id of a report. PostgreSQL keeps one of 32 hex digits, as hosts make them, as its 16 bytes.

    Of any other it keeps the text behind NUL, one or two: never 16 bytes.
    """

    impl = String(64)
    cache_ok = True

    def load_dialect_impl(self, dialect):
        plain = LargeBinary() if dialect.name == "postgresql" else String(64)
        return dialect.type_descriptor(plain)

    def process_bind_param(self, value, dialect):
        if value is None or dialect.name != "postgresql":
            return value
        if re.fullmatch("[0-9a-f]{32}", value):
            return bytes.fromhex(value)
        text = value.encode()
        return (b"\0\0" if len(text) == 15 else b"\0") + text

    def process_result_value(self, value, dialect):
        if not isinstance(value, (bytes, memoryview)):
            return value
        kept = bytes(value)
        return kept.hex() if len(kept) == 16 else kept.lstrip(b"\0").decode()


def now():
    """Return the present time, UTC."""
    return datetime.now(UTC)


class MasterData:
    """The columns of what assets refer to by name."""

    __table_args__ = NEVER_AGAIN

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(String(255))
    # The name in lower case, after the ids of what it is unique in: "3:7:a12".
    name_key: Mapped[str] = mapped_column(String(320), unique=True)
    description: Mapped[str | None] = mapped_column(Text)
    # Counts the edits: the ETag.
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
