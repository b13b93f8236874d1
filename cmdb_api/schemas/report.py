"""The envelope of a report: all of it but its items. ``docs/report.schema.json`` describes it.

What is known must be of its type; what is not known is let pass and noted, for newer collectors.
"""

import re
from datetime import UTC, datetime
from typing import NamedTuple

from marshmallow import INCLUDE, Schema, ValidationError, fields, validate

from cmdb_api.errors import Invalid
from cmdb_api.services import canonical
from cmdb_api.services.quarantine import tidy

ACCEPTED = (1,)
STATUSES = ("ok", "unavailable", "error", "disabled")
RESULTS = "recorded", "unchanged", "incomplete", "duplicate", "older", "refused", "retry"
MAX_SECTIONS = 500
MAX_PROBLEMS = 50
MAX_TEXT = 1024
MAX_MACS = 1000
# Members of a section by their type; null counts as absent.
MEMBERS = {
    "status": str, "digest": str, "key": list, "serial": str, "bulk": bool, "items": list,
    "volatile": dict, "problems": list, "took_ms": int, "reason": str, "error": str,
    "traceback": str,
}  # fmt: skip
TYPES = {str: "text", list: "a list", dict: "an object", bool: "true or false", int: "an integer"}
# Those that a section is taken without.
HARMLESS = ("took_ms", "problems")
# What a section must hold besides its status.
NEEDS = {"ok": "digest", "unavailable": "reason", "error": "error"}

# The kind of the changes that people make to an asset; no host speaks for them.
RESERVED = "asset"
_KIND = re.compile("[a-z][a-z0-9_]{0,63}")
_DIGEST = re.compile("[0-9a-f]{64}")
_ID = re.compile(r"[^\s/\0-\x1f\x7f-\x9f\ud800-\udfff]{1,255}")
_REPORT_ID = re.compile(r"[0-9A-Za-z._-]{8,64}")
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?Z", re.ASCII)
_UNFIT = re.compile("[\0\ud800-\udfff]")


class Envelope(NamedTuple):
    """A report whose envelope is right; whether it is signed right is not known yet."""

    id: str
    report_id: str
    collected_at: datetime
    via: str
    version: str
    identity: dict
    sections: dict
    age_ms: int
    sig: str | None
    signed_text: str
    problems: list
    # Kinds whose sections are wrong, and why; in ``sections`` an error stands for each.
    not_taken: dict
    seq: int | None


class Hostname(fields.String):
    """A Salt minion id that can name an asset."""

    PATTERN = r"^[^\s/\x00-\x1f\x7f-\x9f]{1,255}$"

    def _deserialize(self, value, attr, data, **kwargs):
        value = super()._deserialize(value, attr, data, **kwargs)
        if not _ID.fullmatch(value) or len(value.lower()) > 255:
            raise ValidationError("must be 1 to 255 characters without space, / and control ones")
        return value


class Time(fields.String):
    """A time in UTC as reports write it."""

    def _deserialize(self, value, attr, data, **kwargs):
        match = _TIME.fullmatch(super()._deserialize(value, attr, data, **kwargs))
        try:
            moment = datetime.fromisoformat(match[1])
        except (TypeError, ValueError):
            raise ValidationError("must be a time in UTC like 2026-11-22T08:00:00Z") from None
        microseconds = int((match[2] or "0")[:6].ljust(6, "0"))
        return moment.replace(microsecond=microseconds, tzinfo=UTC)


class Tidy(fields.String):
    """Text that every database stores."""

    def _deserialize(self, value, attr, data, **kwargs):
        return tidy(super()._deserialize(value, attr, data, **kwargs))


class IdentitySchema(Schema):
    """Evidence of which machine it is."""

    class Meta:
        unknown = INCLUDE

    hostname = Tidy(allow_none=True, validate=validate.Length(max=MAX_TEXT))
    fqdn = Tidy(allow_none=True, validate=validate.Length(max=MAX_TEXT))
    machine_id = Tidy(allow_none=True, validate=validate.Length(max=MAX_TEXT))
    system_uuid = Tidy(allow_none=True, validate=validate.Length(max=MAX_TEXT))
    board_serial = Tidy(allow_none=True, validate=validate.Length(max=MAX_TEXT))
    macs = fields.List(
        Tidy(validate=validate.Length(max=MAX_TEXT)), validate=validate.Length(max=MAX_MACS)
    )


class Sections(fields.Dict):
    """The sections by kind; what is wrong within one does not refuse the others."""

    def _deserialize(self, value, attr, data, **kwargs):
        value = super()._deserialize(value, attr, data, **kwargs)
        if len(value) > MAX_SECTIONS:
            raise ValidationError(f"at most {MAX_SECTIONS} sections are taken")
        told = ["a kind is named by up to 64 of a-z, 0-9 and _, a letter first"]
        if faults := {kind[:64]: told for kind in value if not _KIND.fullmatch(kind)}:
            raise ValidationError(faults)
        return value


class ReportSchema(Schema):
    """A report, schema 1."""

    class Meta:
        unknown = INCLUDE

    schema = fields.Integer(strict=True, required=True)
    id = Hostname(required=True)
    report_id = fields.String(required=True, validate=validate.Regexp(_REPORT_ID.pattern + r"\Z"))
    collected_at = Time(required=True)
    via = Tidy(required=True, validate=validate.Length(1, 32))
    seconds_ms = fields.Integer(strict=True, validate=validate.Range(min=0))
    version = Tidy(required=True, validate=validate.Length(max=64))
    identity = fields.Nested(IdentitySchema, required=True)
    sections = Sections(required=True)
    sig = fields.String()
    age_ms = fields.Integer(strict=True, validate=validate.Range(min=0))
    seq = fields.Integer(strict=True, validate=validate.Range(min=0, max=2**63 - 1))


class ResultSchema(Schema):
    """What became of one report."""

    report_id = fields.String(allow_none=True)
    id = fields.String(allow_none=True)
    result = fields.String(
        metadata={
            "enum": [
                "recorded",
                "unchanged",
                "incomplete",
                "duplicate",
                "older",
                "refused",
                "retry",
            ],
        }
    )
    changes = fields.Integer(metadata={"description": "Recorded changes, without baselines."})
    wanted = fields.List(fields.String(), metadata={"description": "Kinds to send with items."})
    problems = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        metadata={"description": "Kinds that were not taken, and why."},
    )
    error = fields.Dict(metadata={"description": "Why it was refused, or must be sent again."})


_SCHEMA, _IDENTITY = ReportSchema(), IdentitySchema()


def load(document, problems=()):
    """Return a report's envelope; raises Invalid, whose ``fields`` name what is wrong."""
    if not isinstance(document, dict):
        raise Invalid("a report is a JSON object; several travel as NDJSON, one a line")
    number = document.get("schema")
    if type(number) is not int or number not in ACCEPTED:
        told = f"must be {' or '.join(map(str, ACCEPTED))}, the report schemas known here"
        raise Invalid(f"schema: {told}", fields={"schema": [told]})
    try:
        known = _SCHEMA.load(document)
    except ValidationError as error:
        raise _invalid(error.messages) from error
    sections, not_taken, ignored = _sections(known["sections"])
    lines = [*problems, *_unknown(document), *ignored]
    return Envelope(
        **{name: known[name] for name in ("id", "report_id", "collected_at", "via", "version")},
        identity=_identity(known["identity"]),
        sections=sections,
        not_taken=not_taken,
        seq=known.get("seq"),
        age_ms=known.get("age_ms", 0),
        sig=known.get("sig"),
        signed_text=canonical.signed_text(document),
        problems=[tidy(line, MAX_TEXT) for line in lines[:MAX_PROBLEMS]],
    )


def _sections(given):
    """Return the sections as they are taken, {kind: why} of wrong ones, and lines on others."""
    sections, not_taken, lines = {}, {}, []
    for kind, section in given.items():
        faults = _type_faults(section) if isinstance(section, dict) else {}
        for name in HARMLESS:
            if name in faults:
                lines.append(f"{name} of section {kind} ignored: {faults.pop(name)}")
                section = {other: value for other, value in section.items() if other != name}
        if why := _fault(kind, section, faults):
            not_taken[kind] = why
            section = {"status": "error", "error": f"not taken: {why}"}
        sections[kind] = section
    return sections, not_taken, lines


def _type_faults(section):
    """Return {member: what is wrong} for those that are not of their type."""
    return {
        name: f"must be {TYPES[MEMBERS[name]]}"
        for name, value in section.items()
        if value is not None and type(value) is not MEMBERS.get(name, type(value))
    }


def _fault(kind, section, faults):
    """Return why a section can't be taken, None where it can."""
    if kind == RESERVED:
        return "this kind is reserved for what people declare"
    if not isinstance(section, dict):
        return "it is not an object"
    for name, why in faults.items():
        return f"{name} {why}"
    status = section.get("status")
    if status not in STATUSES:
        return f"status must be one of {', '.join(STATUSES)}"
    need = NEEDS.get(status)
    if need and section.get(need) is None:
        return f"{need} is missing, which a section with status {status} has"
    return _fault_of_content(section) if status == "ok" else None


def _fault_of_content(section):
    if not _DIGEST.fullmatch(section["digest"]):
        return "digest must be 64 digits of 0-9 and a-f"
    if section.get("items") is None:
        return None
    key = section.get("key")
    if not key or not all(isinstance(f, str) and 0 < len(f) <= 64 for f in key) or len(key) > 16:
        return "key must name the fields that make up an item's place, 1 to 16 of them"
    if any(map(_UNFIT.search, key)):
        return "key holds a character that can't be stored"
    serial = section.get("serial") or ""
    if len(serial) > 64 or _UNFIT.search(serial):
        return "serial must be the name of a field, up to 64 characters"
    return None


def _identity(identity):
    """Keep what is known, and what else is plain text."""
    return {
        tidy(name): tidy(value) if isinstance(value, str) else value
        for name, value in list(identity.items())[:MAX_PROBLEMS]
        if name in _IDENTITY.fields or (isinstance(value, str) and len(name + value) <= MAX_TEXT)
    }


def _unknown(document):
    """Yield a line for each member that schema 1 does not have."""
    for name in sorted(document.keys() - _SCHEMA.fields.keys()):
        yield f"unknown member {name[:64]!r}"
    for kind, section in document["sections"].items():
        if not isinstance(section, dict):
            continue
        for name in sorted(section.keys() - MEMBERS.keys()):
            yield f"unknown member {name[:64]!r} of section {kind}"


def _invalid(messages):
    found = dict(sorted(_flat(messages)))
    told = "; ".join(f"{name}: {' '.join(texts)}" for name, texts in found.items())
    return Invalid(told[:MAX_TEXT], fields=found)


def _flat(messages, path=""):
    for name, inner in messages.items():
        if isinstance(inner, dict):
            yield from _flat(inner, f"{path}{name}.")
        else:
            yield f"{path}{name}", [text.rstrip(".") for text in inner]
