"""Findings, and decisions about them."""

from marshmallow import Schema, fields, validate

from cmdb_api.models.finding import KINDS, OPEN, STATUSES
from cmdb_api.schemas.page import PageSchema, RowsQuery
from cmdb_api.schemas.values import Hostname, Moment, Note, Text, Until
from cmdb_api.services.worklist import ANY

MOST = 1000


class FindingQuery(RowsQuery):
    """Which findings."""

    kind = fields.List(
        fields.String(validate=validate.OneOf(KINDS)),
        load_default=(),
        metadata={"example": ["identity"]},
    )
    status = fields.String(
        validate=validate.OneOf([*STATUSES, ANY]),
        load_default=OPEN,
        metadata={"description": "one that was muted until a time that is over is open"},
    )
    asset = Hostname(metadata={"description": "hostname", "example": "web01"})
    subject = Text(
        metadata={
            "description": "the kind of component, the fact, or what an identity is thought to be",
            "example": "clone",
        }
    )


class FindingSchema(Schema):
    """Something that a person should decide."""

    id = fields.Integer(metadata={"example": 17})
    kind = fields.String(metadata={"enum": list(KINDS)})
    subject = fields.String(allow_none=True, metadata={"example": "clone"})
    status = fields.String(metadata={"enum": list(STATUSES)})
    hostname = fields.String(metadata={"example": "web01"})
    other = fields.String(
        allow_none=True, metadata={"description": "the other asset, where it is about two"}
    )
    message = fields.String(metadata={"description": "what is thought to have happened"})
    opened_at = Moment(metadata={"description": "when it was opened last"})
    first_at = Moment(metadata={"description": "when it was opened first"})
    seen_at = Moment(metadata={"description": "when what it tells was written last"})
    closed_at = Moment(metadata={"description": "when its cause was gone"})
    muted_until = Moment(metadata={"description": "null while it is muted: for ever"})
    decision = fields.String(
        allow_none=True,
        metadata={"description": "what was decided last; null: nothing yet", "example": "ignore"},
    )
    decided_by = fields.String(allow_none=True, metadata={"example": "anna"})
    decided_at = Moment()
    comment = fields.String(
        allow_none=True, metadata={"description": "on that", "example": "a test machine"}
    )


class FindingPageSchema(PageSchema):
    """A page of findings, those opened last first."""

    items = fields.List(fields.Nested(FindingSchema))


class PossibleSchema(Schema):
    """A decision that can be taken."""

    decision = fields.String(metadata={"example": "rename"})
    does = fields.String(metadata={"description": "what it will do"})
    needs = fields.List(fields.String(), metadata={"example": ["into"]})
    optional = fields.List(fields.String(), metadata={"example": ["until"]})


class TakenSchema(Schema):
    """A decision that was taken."""

    seq = fields.Integer()
    at = Moment()
    actor = fields.String(metadata={"example": "anna"})
    decision = fields.String(metadata={"example": "rename"})
    comment = fields.String(allow_none=True)
    details = fields.Dict(
        metadata={"description": "the message as it stood then, and what was done"}
    )


class FoundAssetSchema(Schema):
    """How an asset stands now that a finding is about."""

    hostname = fields.String()
    state = fields.String()
    standing = fields.String()
    reported_at = Moment()


class FindingDetailSchema(FindingSchema):
    """A finding with all that shows it, and all that was or can be decided."""

    evidence = fields.Dict(
        metadata={
            "description": "what shows it, by kind: see docs/findings.md",
            "example": {"reasons": ["machine-id equal: 0f3c", "board serial differs: A1 -> B2"]},
        }
    )
    possible = fields.List(fields.Nested(PossibleSchema))
    decisions = fields.List(fields.Nested(TakenSchema))
    assets = fields.List(fields.Nested(FoundAssetSchema))


class DecisionSchema(Schema):
    """A decision."""

    decision = Text(required=True, metadata={"example": "ignore"})
    comment = Note(longest=2000, load_default=None)
    into = Hostname(metadata={"description": "of merge and alias: the asset that stays"})
    until = Until(
        metadata={
            "description": "of mute: ISO 8601, or so long from now; null: for ever",
            "example": "7d",
        }
    )


class DecisionsSchema(DecisionSchema):
    """One decision about several findings."""

    ids = fields.List(
        fields.Integer(strict=True),
        required=True,
        validate=validate.Length(1, MOST),
        metadata={"example": [17, 18]},
    )


class DecidedSchema(Schema):
    """What became of one of several."""

    id = fields.Integer()
    result = fields.String(metadata={"enum": ["decided", "refused"]})
    status = fields.String(metadata={"description": "the finding's, where it was decided"})
    error = fields.Dict(metadata={"description": "why it was refused: as in any error"})


class DecidedListSchema(Schema):
    """What became of each."""

    items = fields.List(fields.Nested(DecidedSchema))


class SummarySchema(Schema):
    """How many findings there are."""

    statuses = fields.Dict(
        keys=fields.String(), values=fields.Integer(), metadata={"example": {"open": 3}}
    )
    kinds = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String(), values=fields.Integer()),
        metadata={"description": "the same by kind", "example": {"clock": {"open": 1}}},
    )


class EvidenceSchema(Schema):
    """One identifier of an asset."""

    type = fields.String(metadata={"example": "machine_id"})
    value = fields.String()
    since = Moment()
    until = Moment(metadata={"description": "null: reports carry it still"})
    weight = fields.String(
        metadata={
            "enum": ["strong", "frequent", "placeholder"],
            "description": "frequent: too many assets carry it to name one; placeholder: it can't "
            "name one",
        }
    )
    also_on = fields.List(fields.String(), metadata={"description": "other assets, at most 20"})
    also_on_count = fields.Integer()


class IdentitySchema(Schema):
    """By what an asset is known."""

    hostname = fields.String()
    identity_evidence = fields.List(fields.Nested(EvidenceSchema))
