"""Values that come in with requests, checked and made ours; times that go out."""

import re

from flask import current_app
from marshmallow import ValidationError, fields, validate

from cmdb_api.models.types import now
from cmdb_api.services import times

MOST_NAMES = 200
# No rack is higher.
MOST_UNITS = 200


class Text(fields.String):
    """Text that every database takes: no control characters, no half characters; stripped."""

    FORBIDDEN = "[\x00-\x1f\x7f\ud800-\udfff]"
    # What the OpenAPI document says of it.
    PATTERN = r"^[^\x00-\x1f\x7f]*$"

    def __init__(self, *, longest=255, **kwargs):
        super().__init__(**kwargs)
        self.longest = longest

    def _deserialize(self, value, attr, data, **kwargs):
        text = super()._deserialize(value, attr, data, **kwargs).strip()
        if len(text) > self.longest:
            raise ValidationError(f"Longer than {self.longest} characters.")
        if re.search(self.FORBIDDEN, text):
            raise ValidationError("Control characters and unpaired surrogates are not possible.")
        return text


class Label(Text):
    """Text that may be missing: a blank one is None."""

    def __init__(self, **kwargs):
        super().__init__(allow_none=True, **kwargs)

    def _deserialize(self, value, attr, data, **kwargs):
        return super()._deserialize(value, attr, data, **kwargs) or None


class Note(Label):
    """Text of several lines that may be missing."""

    FORBIDDEN = "[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]"
    PATTERN = r"^[^\x00-\x08\x0b-\x1f\x7f]*$"

    def _deserialize(self, value, attr, data, **kwargs):
        plain = value.replace("\r\n", "\n") if isinstance(value, str) else value
        return super()._deserialize(plain, attr, data, **kwargs)


class Names(fields.List):
    """Several names, each once; null or "" is none."""

    def __init__(self, **kwargs):
        super().__init__(
            Text(required=True, validate=validate.Length(min=1)), allow_none=True, **kwargs
        )

    def _deserialize(self, value, attr, data, **kwargs):
        if value == "":
            return []
        names = {}
        for name in super()._deserialize(value, attr, data, **kwargs):
            names.setdefault(name.lower(), name)
        if len(names) > MOST_NAMES:
            raise ValidationError(f"More than {MOST_NAMES} names.")
        # In lower case some letters are two.
        if any(len(key) > self.inner.longest for key in names):
            raise ValidationError(f"Longer than {self.inner.longest} characters.")
        return list(names.values())


class Day(fields.Date):
    """A day that may be missing: a blank one is None."""

    def __init__(self, **kwargs):
        super().__init__(allow_none=True, **kwargs)

    def _deserialize(self, value, attr, data, **kwargs):
        if value == "":
            return None
        if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", str(value)):
            raise ValidationError("A day is wanted, like 2026-11-22.")
        return super()._deserialize(value, attr, data, **kwargs)


class Flag(fields.Boolean):
    """True or false in JSON: "no", which marshmallow takes too, may be a mistake."""

    def _deserialize(self, value, attr, data, **kwargs):
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Units(fields.Integer):
    """A number of rack units, or of one of them; a blank one is None."""

    def __init__(self, **kwargs):
        super().__init__(
            strict=True, allow_none=True, validate=validate.Range(1, MOST_UNITS), **kwargs
        )

    def deserialize(self, value, *args, **kwargs):
        return super().deserialize(None if value == "" else value, *args, **kwargs)

    def _deserialize(self, value, attr, data, **kwargs):
        if isinstance(value, (str, bool)):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


class Hostname(Text):
    """The name of an asset: as in docs/report.schema.json."""

    PATTERN = r"^(?!\.\.?$)[^-\s/\x00-\x1f\x7f][^\s/\x00-\x1f\x7f]*$"

    def _deserialize(self, value, attr, data, **kwargs):
        text = super()._deserialize(value, attr, data, **kwargs)
        # In lower case some letters are two.
        if not re.fullmatch(r"[^\s/]+", text) or len(text.lower()) > self.longest:
            raise ValidationError("A hostname has 1 to 255 characters, no space and no slash.")
        if text in (".", "..") or text.startswith("-"):
            raise ValidationError("A hostname is neither . nor .. and begins with no dash.")
        return text


class Kind(Text):
    """The name of a kind, as a report may have it."""

    PATTERN = "^[a-z][a-z0-9_]{0,63}$"

    def _deserialize(self, value, attr, data, **kwargs):
        text = super()._deserialize(value, attr, data, **kwargs)
        if not re.fullmatch("[a-z][a-z0-9_]{0,63}", text):
            raise ValidationError("A kind is a word in lower case, like disk or raid_disk.")
        return text


class Duration(Text):
    """A length of time like 30m or 7d, as a timedelta."""

    PATTERN = "^[0-9]{1,18}[smhdw]$"

    def _deserialize(self, value, attr, data, **kwargs):
        return _said(times.duration, super()._deserialize(value, attr, data, **kwargs))


class Since(Text):
    """A time in ISO 8601, or a length of time before now, as a datetime."""

    def _deserialize(self, value, attr, data, **kwargs):
        return _said(times.moment, super()._deserialize(value, attr, data, **kwargs), now())


class Until(Text):
    """A time to come in ISO 8601, or a length of time from now, as a datetime."""

    def __init__(self, **kwargs):
        super().__init__(allow_none=True, **kwargs)

    def _deserialize(self, value, attr, data, **kwargs):
        text = super()._deserialize(value, attr, data, **kwargs)
        return _said(times.to_come, text, now())


class Moment(fields.DateTime):
    """A time that goes out: UTC, "2026-11-22T08:00:00.000Z"."""

    def __init__(self, **kwargs):
        super().__init__(allow_none=True, **kwargs)

    def _serialize(self, value, attr, obj, **kwargs):
        return times.text(value)


class Limit(fields.Integer):
    """How many rows a page has; the settings say how many when none are asked for."""

    def __init__(self, **kwargs):
        super().__init__(load_default=lambda: current_app.config["PAGE_SIZE"], **kwargs)

    def _deserialize(self, value, attr, data, **kwargs):
        number = super()._deserialize(value, attr, data, **kwargs)
        most = current_app.config["MAX_PAGE_SIZE"]
        if not 1 <= number <= most:
            raise ValidationError(f"Must be from 1 to {most}.")
        return number


def _said(parse, *args):
    """Call a parser; what it refuses is told as it says."""
    try:
        return parse(*args)
    except ValueError as error:
        text = str(error)
        raise ValidationError(f"{text[0].upper()}{text[1:]}.") from error
