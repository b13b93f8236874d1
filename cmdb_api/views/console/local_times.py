"""Times that people type: in the zone that their pages are in."""

from datetime import datetime

from flask_babel import get_timezone, to_user_timezone
from pytz.exceptions import AmbiguousTimeError, NonExistentTimeError

from cmdb_api.schemas.values import Since


class LocalSince(Since):
    """A time; where it says no zone it is the viewer's. Or so long ago, like 24h."""

    def _deserialize(self, value, attr, data, **kwargs):
        text = zoned(value) if isinstance(value, str) else value
        return super()._deserialize(text, attr, data, **kwargs)


def zoned(text):
    """Return an ISO 8601 text with the viewer's zone where it has none; another one as it is."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return text
    return text if found.tzinfo else _localized(found).isoformat()


def field_value(at):
    """Return a time as a field of a form, ``datetime-local``, has it; empty for none."""
    return to_user_timezone(at).strftime("%Y-%m-%dT%H:%M") if at else ""


def _localized(naive):
    zone = get_timezone()
    try:
        return zone.localize(naive, is_dst=None)
    except (AmbiguousTimeError, NonExistentTimeError):
        # The hour that a clock change has twice, or never: as if it had not been changed yet.
        return zone.localize(naive, is_dst=True)
