"""What an address asks for, where it is no list: checked, and answered by a service."""

from flask import request
from marshmallow import EXCLUDE, ValidationError

from cmdb_api.errors import CMDBError
from cmdb_api.extensions import db
from cmdb_api.views import errors
from cmdb_api.views.console.messages import say_all


def asked(schema, args=None):
    """Return what the address, or ``args``, asks for, and {name: texts} of what is wrong there."""
    given, args = {}, request.args if args is None else args
    for name, loader in schema.fields.items():
        key = loader.data_key or name
        values = [value for value in args.getlist(key) if value.strip()]
        if values:
            given[key] = values if hasattr(loader, "inner") else values[-1]
    try:
        return schema.load(given, unknown=EXCLUDE), {}
    except ValidationError as error:
        return {}, say_all(errors.invalid(error.messages, error, schema, "query").fields)


def answered(work):
    """Return what a service gives, and {name: texts} of what it refuses."""
    try:
        return work(), {}
    except CMDBError as error:
        db.session.rollback()
        return None, say_all(error.fields or {"": [error.message]})
