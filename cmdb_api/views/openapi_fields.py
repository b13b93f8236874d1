"""What the OpenAPI document says of fields beside their type: bounds, patterns, examples."""

from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema

from cmdb_api.schemas.example_values import EXAMPLES
from cmdb_api.schemas.values import MOST_NAMES, Limit, Moment, Names

TYPES = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}
MOMENT = "2026-11-28T08:00:00.000Z"


class Fields(MarshmallowPlugin):
    """The apispec plugin of marshmallow fields that knows ours; ``config``: the app's."""

    def __init__(self, config):
        super().__init__()
        self.config = config

    def init_spec(self, spec):
        """Say it of every field."""
        super().init_spec(spec)

        def bounds(_, field, ret, **__):
            return _bounds(field, ret, self.config)

        for function in (_or_null, bounds, _example):
            self.converter.add_attribute_function(function)


def _or_null(_, field, ret, **__):
    """Say that what is nested may be null: apispec says "or any object", which tells no type."""
    if field.allow_none and (choice := ret.pop("anyOf", None)):
        return {"nullable": True, "allOf": [one for one in choice if "$ref" in one]}
    return {}


def _bounds(field, ret, config):
    told = {}
    if longest := getattr(field, "longest", None):
        told["maxLength"] = longest
    if (pattern := getattr(field, "PATTERN", None)) and "pattern" not in ret:
        told["pattern"] = pattern
    if isinstance(field, Names):
        told["maxItems"] = MOST_NAMES
    if isinstance(field, Limit):
        most = config["MAX_PAGE_SIZE"]
        told |= {"minimum": 1, "maximum": most, "default": config["PAGE_SIZE"]}
    return told


def _example(_, field, ret, **__):
    if "example" in ret or _is_asked(field):
        return {}
    if isinstance(field, Moment):
        return {"example": MOMENT}
    known = [EXAMPLES[name] for name in _names(field) if name in EXAMPLES]
    fit = [value for value in known if _fits(value, ret)]
    return {"example": fit[-1]} if fit else {}


def _fits(value, schema):
    """Tell whether a value can be of a schema: a name may be that of several sorts of fields."""
    if value is None:
        return schema.get("nullable", False)
    if "enum" in schema:
        return value in schema["enum"]
    if "$ref" in str(schema):
        return False
    return "type" not in schema or type(value) is TYPES[schema["type"]]


def _is_asked(field):
    """Tell whether a field is of a query: a page where all were filled in would be empty."""
    return type(field.parent).__name__.endswith("Query")


def _names(field):
    """Return what a field's example is called in EXAMPLES: what is closest comes last."""
    if not isinstance(field.parent, Schema):
        return []
    name = field.data_key or field.name
    closest = [f"{kind.__name__}.{name}" for kind in type(field.parent).__mro__]
    return [name, *reversed(closest)]
