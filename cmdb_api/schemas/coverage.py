"""Who did not report, and what masters and rosters know of the fleet."""

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from cmdb_api.models.coverage import KINDS, ROSTER, SALT, STATES
from cmdb_api.schemas.page import QUERY, PageSchema, RowsQuery
from cmdb_api.schemas.values import Duration, Kind, Moment, Text
from cmdb_api.services.mending import SALT as SALT_TOOL
from cmdb_api.services.mending import SSH
from cmdb_api.services.reasons import FAILURES, NOT_COLLECTED, REASONS


def _window():
    return Duration(
        load_default=None,
        metadata={
            "description": "how old a report may be, and each kind: a number and s, m, h, d or w; "
            "if not given, as COVERAGE_WINDOW_SECONDS and COVERAGE_WINDOWS say",
            "example": "30m",
        },
    )


def _reason(**more):
    return fields.String(
        metadata={
            "enum": list(REASONS),
            "description": "nothing_collected: it reported, but nothing (of the kind) came with "
            "its items; collector_missing: no report of it ever had the kind",
        },
        **more,
    )


class CoverageQuery(Schema):
    """How old a report may be."""

    window = _window()


class TargetQuery(CoverageQuery):
    """How old a report may be, and which of the missing."""

    kind = Kind(
        metadata={"description": "who did not bring this kind; default: any", "example": "disk"}
    )
    reason = fields.List(fields.String(validate=validate.OneOf(REASONS)), load_default=())
    query = Text(longest=1000, metadata=QUERY)


class MissingQuery(TargetQuery, RowsQuery):
    """Which of the missing, and how many on a page."""


class MissingSchema(Schema):
    """A host that did not report in time; it need not be an asset yet."""

    hostname = fields.String(metadata={"example": "web01"})
    known_as = fields.List(
        fields.String(),
        metadata={"description": "what masters and rosters call it", "example": ["web01"]},
    )
    reason = _reason()
    detail = fields.String(
        allow_none=True,
        metadata={"description": "in the words of who says so, where there are any"},
    )
    hint = fields.String(
        metadata={
            "description": "what to do, a line",
            "example": "on the master: salt-key -a web01",
        }
    )
    since = Moment(metadata={"description": "when it began, as far as that is known"})
    reported_at = Moment()
    registered_at = Moment()


class MissingPageSchema(PageSchema):
    """A page of them, by name."""

    items = fields.List(fields.Nested(MissingSchema))
    salt_target = fields.String(
        metadata={
            "description": "the names on this page for salt -L: where a master told its keys, "
            "those that are accepted",
            "example": "db01,web01",
        }
    )
    total = fields.Integer(metadata={"description": "hosts on all pages"})


class CommandsSchema(Schema):
    """What mends one reason."""

    reason = _reason()
    tool = fields.String(metadata={"enum": [SALT_TOOL, SSH]})
    hosts = fields.Integer(metadata={"description": "in all commands"})
    commands = fields.List(
        fields.String(),
        metadata={
            "description": "lines for a shell on the master, of 1000 hosts each at most",
            "example": ["salt -L db01,web01 cmdb.report"],
        },
    )


class TargetSchema(Schema):
    """The commands that mend what is missing, by reason."""

    items = fields.List(fields.Nested(CommandsSchema))
    left_out = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        metadata={
            "description": "hosts by reason that no such command reaches, or mends",
            "example": {"key_pending": 2},
        },
    )


class KindStateSchema(Schema):
    """How one kind of an asset stands."""

    kind = fields.String(metadata={"example": "disk"})
    status = fields.String(
        allow_none=True, metadata={"description": "of the newest attempt; null: there was none"}
    )
    reported_at = Moment(metadata={"description": "of the newest attempt"})
    items_at = Moment(metadata={"description": "when its components were collected"})
    age_seconds = fields.Integer(allow_none=True, metadata={"description": "of its components"})
    window_seconds = fields.Integer(metadata={"description": "how old they may be"})
    overdue = fields.Boolean()
    reason = _reason(allow_none=True)
    detail = fields.String(allow_none=True)
    hint = fields.String(allow_none=True, metadata={"description": "what to do, a line"})
    command = fields.String(
        allow_none=True,
        metadata={"description": "what mends it", "example": "salt -L web01 cmdb.report disk"},
    )


class AssetCoverageSchema(Schema):
    """How the kinds of an asset stand."""

    hostname = fields.String(metadata={"example": "web01"})
    expected = fields.Boolean(metadata={"description": "whether it should report"})
    not_expected = fields.String(
        allow_none=True,
        metadata={"description": "why not: its state, or its standing", "example": "planned"},
    )
    reported_at = Moment()
    window_seconds = fields.Integer(metadata={"description": "how old its report may be"})
    overdue = fields.Boolean(metadata={"description": "it did not report in time, or brought none"})
    reason = _reason(allow_none=True)
    detail = fields.String(allow_none=True)
    hint = fields.String(allow_none=True)
    command = fields.String(allow_none=True)
    kinds = fields.List(fields.Nested(KindStateSchema))


class FailureSchema(Schema):
    """Why a source could not collect a host."""

    reason = fields.String(
        required=True,
        validate=validate.Length(1, 64),
        metadata={
            "description": f"one of {', '.join(FAILURES)}; another word is {NOT_COLLECTED}",
            "example": FAILURES[0],
        },
    )
    detail = fields.String(allow_none=True)


def _names(description):
    return fields.List(fields.String(), metadata={"description": description})


class PutSourceSchema(Schema):
    """All that a source knows now: a master's keys, or the hosts of a roster."""

    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    accepted = _names("salt: minions whose key is accepted")
    pending = _names("salt: keys that wait")
    denied = _names("salt: keys of names that are another key's")
    rejected = _names("salt: these hosts are not expected")
    up = fields.List(
        fields.String(),
        allow_none=True,
        metadata={"description": "salt: who answers; null: unknown"},
    )
    hosts = _names("roster: its entries")
    failures = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(FailureSchema),
        load_default=dict,
        metadata={"description": "by host: why it could not be collected"},
    )

    @validates_schema
    def _of_kind(self, data, **_):
        of = {SALT: (*STATES, "up"), ROSTER: ("hosts",)}
        others = [name for kind, names in of.items() if kind != data.get("kind") for name in names]
        if faults := [name for name in others if name in data]:
            told = f"A source of kind {data.get('kind')} has {', '.join(of[data['kind']])}."
            raise ValidationError({name: [told] for name in faults})


class SourceSchema(Schema):
    """A source, as it was taken."""

    name = fields.String(metadata={"example": "salt01"})
    kind = fields.String(metadata={"enum": list(KINDS)})
    pushed_at = Moment()
    hosts = fields.Integer()
    ignored = fields.List(fields.String(), metadata={"description": "what was not taken, and why"})


class SourceStateSchema(Schema):
    """How a source stands."""

    name = fields.String(metadata={"example": "salt01"})
    kind = fields.String(metadata={"enum": list(KINDS)})
    pushed_at = Moment()
    stale = fields.Boolean(metadata={"description": "it has said nothing for a day"})
    hosts = fields.Dict(
        keys=fields.String(), values=fields.Integer(), metadata={"example": {"accepted": 12}}
    )


class KindCoverageSchema(Schema):
    """How many hosts have a kind, and how its collector fares there."""

    hosts = fields.Integer()
    collected = fields.Integer(metadata={"description": "brought it in the window"})
    error = fields.Integer()
    unavailable = fields.Integer()
    disabled = fields.Integer()
    window_seconds = fields.Integer(metadata={"description": "how old it may be"})


class CoverageSchema(Schema):
    """The whole fleet in numbers."""

    expected = fields.Integer(metadata={"description": "hosts that should report"})
    collected = fields.Integer(metadata={"description": "those that did in the window"})
    missing = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        metadata={"description": "the others, by reason", "example": {"silent": 2}},
    )
    not_expected = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        metadata={
            "description": "assets that need not report, by their state or standing",
            "example": {"planned": 3},
        },
    )
    window_seconds = fields.Integer(metadata={"description": "how old a report may be"})
    kinds = fields.Dict(keys=fields.String(), values=fields.Nested(KindCoverageSchema))
    sources = fields.List(fields.Nested(SourceStateSchema))
