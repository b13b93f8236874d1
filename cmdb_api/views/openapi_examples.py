"""Whole examples of the OpenAPI document, put together from those of the fields."""

_REF = "#/components/schemas/"


def compose(schema, schemas):
    """
    Return the example of a JSON schema; ``schemas`` are those that it may name.

    Raises LookupError where a part has none.
    """
    if "example" in schema:
        return schema["example"]
    for name in ("allOf", "oneOf", "anyOf"):
        if name in schema:
            return compose(schema[name][0], schemas)
    if "$ref" in schema:
        return compose(schemas[schema["$ref"].removeprefix(_REF)], schemas)
    if "enum" in schema:
        return next(value for value in schema["enum"] if value is not None)
    return _of_type(schema, schemas)


def _of_type(schema, schemas):
    kind = schema.get("type")
    if kind == "boolean":
        return schema.get("default", False)
    if kind == "array":
        return schema.get("default") or [compose(schema["items"], schemas)]
    if kind == "object" and "properties" in schema:
        return {name: _named(name, inner, schemas) for name, inner in schema["properties"].items()}
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return {"disk": _named("disk", schema["additionalProperties"], schemas)}
    raise LookupError(f"no example of {schema}")


def _named(name, schema, schemas):
    try:
        return compose(schema, schemas)
    except LookupError as error:
        raise LookupError(f"{name}: {error.args[0]}") from error
