"""SQL that puts an item together from its parts, on each of the databases."""

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from cmdb_api.models.types import Document


class composed(FunctionElement):
    """
    The whole item: what is shared, the place and serial number under their names, and the rest.

    Its arguments: shared, place_field, place, serial_field, serial, own.
    """

    type = Document
    name = "composed"
    inherit_cache = True


@compiles(composed)
def _any(element, compiler, **kw):
    return compiler.visit_function(element, **kw)


@compiles(composed, "postgresql")
def _postgresql(element, compiler, **kw):
    shared, *pairs, own = (compiler.process(one, **kw) for one in element.clauses)
    fields = (
        f"CASE WHEN {name} IS NULL THEN '{{}}'::jsonb ELSE jsonb_build_object({name}, {value}) END"
        for name, value in zip(pairs[::2], pairs[1::2], strict=True)
    )
    return f"({' || '.join((shared, *fields))} || coalesce({own}, '{{}}'::jsonb))"


@compiles(composed, "sqlite")
def _sqlite(element, compiler, **kw):
    shared, *pairs, own = (compiler.process(one, **kw) for one in element.clauses)
    text = shared
    for name, value in zip(pairs[::2], pairs[1::2], strict=True):
        field = f"CASE WHEN {name} IS NULL THEN '{{}}' ELSE json_object({name}, {value}) END"
        text = f"json_patch({text}, {field})"
    return f"json_patch({text}, coalesce({own}, '{{}}'))"
