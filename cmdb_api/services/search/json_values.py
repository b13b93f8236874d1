"""Values in a document as SQL compares and orders them, whatever a document holds."""

from sqlalchemy import BigInteger, Integer, Numeric, case, cast, func, literal
from sqlalchemy.dialects.postgresql import JSONB

from cmdb_api.services import facts
from cmdb_api.services.dialects import dialect

# What is more is taken for it: neither database keeps a larger whole number.
LARGEST = 2**63 - 1


def value(session, document, name, type_):
    """Return the expression for a document's value; None where it is of another type."""
    if type_ == facts.NUMBER:
        return case((_is_number(session, document, name), _number(session, document, name)))
    if type_ == facts.FLAG:
        return cast(document[name].as_boolean(), Integer)
    return document[name].as_string()


def _is_number(session, document, name):
    if dialect(session) == "postgresql":
        return func.jsonb_typeof(document.op("->", return_type=JSONB())(name)) == "number"
    return func.json_type(document, literal(f'$."{name}"')) == "integer"


def _number(session, document, name):
    text = document[name].as_string()
    if dialect(session) == "postgresql":
        return cast(func.least(cast(text, Numeric), LARGEST), BigInteger)
    return cast(text, BigInteger)
