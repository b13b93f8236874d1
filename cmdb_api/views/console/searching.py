"""What searches are on pages: terms that narrow them, where one is wrong, examples, fields."""

from functools import lru_cache

from flask_babel import lazy_gettext as _l

from cmdb_api.errors import Invalid
from cmdb_api.services.search import columns, completion, grammar
from cmdb_api.views.console import labels

# What a term can be asked of exactly: a moment is hardly the same twice.
_EXACT = (columns.TEXT, columns.NUMBER, columns.FLAG, columns.LIST, columns.DAY)
_UNASKED = ("etag", "comment")
MOST_VALUES = 12
EXAMPLES = (
    ("web", _l("a word of the name, or of an address or serial number")),
    ("hostname:web*", _l("names that begin with web; * stands for any text, ? for a character")),
    ("rack:A12 AND NOT tag:lab", _l("in this rack, and without this tag")),
    ("rack:(A12 OR A13)", _l("in one of these racks")),
    ('business_unit:"Online shop"', _l("a value with a space stands in quotes")),
    ("NOT rack:*", _l("in no rack: * alone stands for any value")),
    ("memory.total_bytes:>=64G", _l("at least 64 GiB of memory")),
    ("position_u:[1 TO 10]", _l("from 1 to 10, both included")),
    ("address:192.0.2.0/24", _l("with an address in this network")),
    ("warranty_until:<now+90d", _l("whose warranty ends within 90 days, or has ended")),
    ("reported:<now-7d", _l("whose newest report is older than 7 days")),
    ("package.openssl:<3.0.2", _l("with openssl before this version")),
    (
        "disk:(model:*960* AND size_bytes:>500G)",
        _l("with one disk of which both is true"),
    ),
    ("state:retired", _l("retired ones, which are left out else")),
)


def field_of(column):
    """Return the field that a search asks for what a column shows; None where none does."""
    name, kind = column.name, column.type
    if kind not in _EXACT or name in _UNASKED or name.startswith("expected."):
        return None
    before, dot, package = name.partition(".")
    if before == "package" and dot and package != "count":
        return f"package.{completion.as_written(package)}"
    return name


def term(field, value):
    """Return the term that finds exactly a value; no value: the one that finds those without."""
    if value is None or value == "" or value == []:
        return f"NOT {field}:*"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"{field}:{completion.as_written(text)}"


def opposite(wanted):
    """Return the term that finds all that a term does not."""
    return wanted.removeprefix("NOT ") if wanted.startswith("NOT ") else f"NOT {wanted}"


def narrowed(query, wanted):
    """Return a search with one more term that has to fit; None where it would be too long."""
    query = query.strip()
    if not query:
        return wanted
    whole = f"({query}) AND {wanted}" if _is_either(query) else f"{query} AND {wanted}"
    return whole if len(whole) <= grammar.LONGEST else None


@lru_cache(maxsize=64)
def _is_either(query):
    """Tell whether a search finds what fits one of its parts; a page asks it for many terms."""
    root = grammar.read(query)
    return isinstance(root, grammar.Joined) and root.join is grammar.or_


def menu(listing, column):
    """
    Return [(value, words, address of only these, address of not these)] of a column on this page.

    The most frequent come first.
    """
    field, query = _field(listing, column), listing.asked.get("query") or ""
    if field is None:
        return []
    counted, words = {}, {}
    for row in listing.items:
        value = _value(listing, column, row)
        for each in value if isinstance(value, list) and value else [value]:
            each = None if each == "" or each == [] else each
            counted[each] = counted.get(each, 0) + 1
            # What the page says where the search says another.
            words.setdefault(each, each if isinstance(value, list) else _words(column, row, each))
    values = sorted(counted, key=lambda each: (-counted[each], str(each)))[:MOST_VALUES]
    found = [
        (value, words[value], *_addresses(listing, query, term(field, value))) for value in values
    ]
    return [entry for entry in found if entry[2]]


def _field(listing, column):
    """Return the field that a search asks for what a column shows; None where none does."""
    if listing.rows is None:
        return field_of(column)
    name = column.field or column.name
    known = listing.rows.fields.get(name)
    if known is None or known.always or known.unique or known.type not in _EXACT:
        return None
    return name


def _value(listing, column, row):
    """Return what a row has of a column, as a search says it."""
    if column.asked:
        return column.asked(row)
    name = column.field or column.name
    if isinstance(row, dict):
        return row.get(name) if listing.rows or name == column.name else column.of(row)
    return getattr(row, name)


def _words(column, row, value):
    return column.of(row) if column.value and value is not None else value


def _addresses(listing, query, wanted):
    told = []
    for each in (wanted, opposite(wanted)):
        try:
            text = narrowed(query, each)
        except Invalid:
            text = None
        told.append(text and listing.url(query=text, cursor=None, start=None))
    return told


def marked(query, position):
    """Return a search as what is before a character, the character, and what is behind it."""
    if not position or not query:
        return None
    at = min(position - 1, len(query))
    return query[:at], query[at : at + 1] or " ", query[at + 1 :]


def fields(session, *, limited):
    """Return [(name, words, type, example, is it a column, does it order)] of what is known."""
    return [
        (each["name"], labels.column(each["name"]), each["type"], each["description"])
        for each in completion.fields(session, limited=limited)
        if each["search"]
    ]
