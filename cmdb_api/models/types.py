"""Column types that mean the same on PostgreSQL and SQLite."""

from datetime import UTC, datetime

from sqlalchemy import JSON, BigInteger, DateTime, Integer
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import TypeDecorator

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


def now():
    """Return the present time, UTC."""
    return datetime.now(UTC)
