"""Accounts, sessions, tokens and the audit log, as they are given and told of."""

import re

from marshmallow import Schema, ValidationError, fields, validate

from cmdb_api.models.access import ROLES, SCOPES
from cmdb_api.schemas.page import PageSchema, RowsQuery
from cmdb_api.schemas.values import Duration, Flag, Label, Moment, Names, Since, Text
from cmdb_api.services.access import accounts, audit, passwords

_UNITS = {"description": "names of business units", "example": ["Online shop"]}


class Secret(fields.String):
    """A password: taken as it is, and told of by no error."""

    def __init__(self, **kwargs):
        super().__init__(load_only=True, **kwargs)

    def _deserialize(self, value, attr, data, **kwargs):
        if not isinstance(value, str):
            raise ValidationError("A password is a text.")
        if len(value) > passwords.LONGEST:
            raise ValidationError(f"Longer than {passwords.LONGEST} characters.")
        if re.search("[\0\ud800-\udfff]", value):
            raise ValidationError("NUL and unpaired surrogates are not possible.")
        return value


class AccountName(Text):
    """What somebody logs in with: no spaces, no parentheses."""

    def _deserialize(self, value, attr, data, **kwargs):
        text = super()._deserialize(value, attr, data, **kwargs)
        if fault := accounts.name_fault(text):
            raise ValidationError(fault)
        return text


class AccountSchema(Schema):
    """An account as it is given."""

    name = AccountName(
        required=True, metadata={"description": "unique in any case", "example": "anna"}
    )
    full_name = Label(metadata={"example": "Anna Example"})
    email = Label(metadata={"example": "anna@example.com"})
    role = fields.String(
        required=True,
        validate=validate.OneOf(ROLES),
        metadata={
            "description": "viewer may read, operator write, admin everything",
            "example": "operator",
        },
    )
    limited = Flag(metadata={"description": "whether only assets of the business units are seen"})
    business_units = Names(metadata=_UNITS)
    enabled = Flag(metadata={"description": "whether the account may log in"})
    oidc_subject = Label(
        longest=512,
        metadata={
            "description": "who logs in by OIDC: issuer and subject",
            "example": "https://id.example.com 248289761001",
        },
    )
    password = Secret(
        metadata={"description": f"{passwords.SHORTEST} characters or more; none: OIDC alone"}
    )


class AccountEditSchema(AccountSchema):
    """What is to be changed of an account; what is not given stays."""

    name = AccountName(metadata={"example": "anna"})
    role = fields.String(validate=validate.OneOf(ROLES), metadata={"example": "operator"})


class AccountDetailSchema(AccountSchema):
    """An account as it is told of."""

    class Meta:
        exclude = ("password",)

    id = fields.Integer()
    business_units = fields.List(fields.String(), metadata=_UNITS)
    has_password = fields.Boolean()
    password_at = Moment(metadata={"description": "when the password was set"})
    last_login_at = Moment()
    created_at = Moment()
    updated_at = Moment()
    etag = fields.String(metadata={"description": "for If-Match", "example": '"3-1"'})


class AccountPageQuery(RowsQuery):
    """Which accounts."""

    name = Text(metadata={"description": "a part of the name in any case, or a pattern"})
    role = fields.String(validate=validate.OneOf(ROLES))
    enabled = fields.Boolean()


class AccountPageSchema(PageSchema):
    """A page of accounts."""

    items = fields.List(fields.Nested(AccountDetailSchema))


class MeSchema(Schema):
    """Whoever asks."""

    name = fields.String(metadata={"description": "changes are recorded under it"})
    kind = fields.String(metadata={"description": "session or program"})
    token_id = fields.Integer()
    scope = fields.String(validate=validate.OneOf(SCOPES))
    role = fields.String(allow_none=True, metadata={"description": "null without an account"})
    full_name = fields.String(allow_none=True)
    email = fields.String(allow_none=True)
    business_units = fields.List(
        fields.String(),
        allow_none=True,
        metadata={"description": "those whose assets are seen; null: of all"},
    )
    expires_at = Moment()


class PasswordSchema(Schema):
    """Another password."""

    old_password = Secret(required=True)
    new_password = Secret(required=True)


class LoginSchema(Schema):
    """A name and a password."""

    name = Text(required=True, metadata={"example": "anna"})
    password = Secret(required=True)


class SessionSchema(Schema):
    """A session."""

    id = fields.Integer()
    account = fields.String(metadata={"example": "anna"})
    scope = fields.String(metadata={"description": "by the account's role", "example": "write"})
    current = fields.Boolean(metadata={"description": "whether it is the one that asks"})
    created_at = Moment()
    expires_at = Moment()
    last_used_at = Moment()


class NewSessionSchema(SessionSchema):
    """A session that was started; the only time that its token is told."""

    token = fields.String(metadata={"description": "for Authorization: Bearer TOKEN"})


class SessionsSchema(Schema):
    """Sessions that are not over."""

    items = fields.List(fields.Nested(SessionSchema))


class SessionQuery(Schema):
    """Whose sessions."""

    all = fields.Boolean(
        load_default=False, metadata={"description": "of all accounts; for admins"}
    )


class CallbackQuery(Schema):
    """What the provider sends back with the browser."""

    state = Text(longest=1000)
    code = Text(longest=4000)
    iss = Text(longest=1000)
    error = Text(longest=1000)
    error_description = Text(longest=4000)


class NewTokenSchema(Schema):
    """A token that is to be made."""

    name = Text(
        required=True,
        longest=accounts.LONGEST_NAME,
        validate=validate.Length(min=1),
        metadata={"description": "what it is for", "example": "inventory report"},
    )
    scope = fields.String(required=True, validate=validate.OneOf(SCOPES))
    lasts = Duration(
        load_only=True, metadata={"description": "for ever if not given", "example": "90d"}
    )
    own = Flag(
        load_only=True,
        metadata={
            "description": "whether it belongs to the account that makes it, and ends with it; "
            "only admins can say false, which is the default for them"
        },
    )
    business_units = Names(
        metadata={"description": "only their assets are seen; all if not given", "example": []}
    )


class TokenSchema(Schema):
    """A token, less its text, which nobody knows any more."""

    id = fields.Integer()
    name = fields.String(metadata={"example": "inventory report"})
    scope = fields.String(metadata={"description": "what it allows now", "example": "read"})
    account = fields.String(allow_none=True, metadata={"description": "whose it is"})
    business_units = fields.List(fields.String(), allow_none=True, metadata=_UNITS)
    created_by = fields.String(allow_none=True)
    created_at = Moment()
    expires_at = Moment()
    last_used_at = Moment()


class MadeTokenSchema(TokenSchema):
    """A token that was made; the only time that its text is told."""

    token = fields.String(metadata={"description": "for Authorization: Bearer TOKEN"})


class TokensSchema(Schema):
    """Tokens of programs."""

    items = fields.List(fields.Nested(TokenSchema))


class AuditQuery(RowsQuery):
    """Which entries."""

    actor = Text(metadata={"description": "a name in any case, or a pattern with * and ?"})
    action = fields.String(validate=validate.OneOf(audit.ACTIONS))
    what = Text(metadata={"description": "a part of the method and path, or a pattern"})
    subject = Text(metadata={"description": "of a login the name that was given"})
    address = Text(longest=64)
    since = Since(metadata={"description": "a time, or so long ago", "example": "7d"})
    until = Since(metadata={"description": "a time, or so long ago", "example": "1d"})


class AuditEntrySchema(Schema):
    """What somebody did."""

    id = fields.Integer()
    at = Moment()
    actor = fields.String(
        allow_none=True, metadata={"description": "null: nobody who is known", "example": "anna"}
    )
    account_id = fields.Integer(allow_none=True)
    token_id = fields.Integer(allow_none=True)
    address = fields.String(
        allow_none=True, metadata={"description": "null: on the API's host", "example": "192.0.2.7"}
    )
    action = fields.String(validate=validate.OneOf(audit.ACTIONS))
    what = fields.String(metadata={"example": "PATCH /api/v1/assets/web01"})
    status = fields.Integer(allow_none=True, metadata={"description": "of the answer"})
    subject = fields.String(allow_none=True)
    details = fields.Dict(allow_none=True, metadata={"example": {"fields": ["rack"]}})


class AuditPageSchema(PageSchema):
    """A page of the audit log, newest first."""

    items = fields.List(fields.Nested(AuditEntrySchema))
