"""Texts in the order of their bytes: that of an index for patterns, whatever the locale is.

PostgreSQL has operators of its own for it, which such an index serves; elsewhere bytes are the
order of all texts.
"""

from sqlalchemy import Boolean, and_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

# Comes behind every other character.
_LAST = "\U0010ffff"


class _Bytewise(FunctionElement):
    inherit_cache = True
    type = Boolean()
    usual = own = ""


class Up(_Bytewise):
    """The part of ORDER BY from the first to the last."""

    inherit_cache = True
    usual, own = "{} ASC", "{} USING ~<~"


class Down(_Bytewise):
    """The part of ORDER BY from the last to the first."""

    inherit_cache = True
    usual, own = "{} DESC", "{} USING ~>~"


class Before(_Bytewise):
    """The condition that one text comes before another."""

    inherit_cache = True
    usual, own = "{} < {}", "{} ~<~ {}"


class UpTo(_Bytewise):
    """The condition that one text is another, or comes before it."""

    inherit_cache = True
    usual, own = "{} <= {}", "{} ~<=~ {}"


class Behind(_Bytewise):
    """The condition that one text comes behind another."""

    inherit_cache = True
    usual, own = "{} > {}", "{} ~>~ {}"


class From(_Bytewise):
    """The condition that one text is another, or comes behind it."""

    inherit_cache = True
    usual, own = "{} >= {}", "{} ~>=~ {}"


def begins(column, text):
    """Return the condition that a column begins with a text, letter by letter."""
    return and_(From(column, text), Before(column, text + _LAST))


@compiles(_Bytewise)
def _usual(element, compiler, **more):
    return element.usual.format(*(compiler.process(part, **more) for part in element.clauses))


@compiles(_Bytewise, "postgresql")
def _own(element, compiler, **more):
    return element.own.format(*(compiler.process(part, **more) for part in element.clauses))
