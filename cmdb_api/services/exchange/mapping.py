"""Which column of a table is which field: as whoever imports says, else as the headings say.

No database: plain data in, plain data out.
"""

from typing import NamedTuple

from cmdb_api.errors import Invalid
from cmdb_api.services.exchange import headings
from cmdb_api.services.exchange.headings import HOSTNAME
from cmdb_api.services.exchange.tables import letters, number

# How it was decided what a column is.
GIVEN, GUESSED, NAMED, BY_VALUES = "given", "heading", "name", "values"
OBSERVED, UNKNOWN, REASONS, NUMBERS = "observed", "unknown", "reasons", "numbers"
SHOWN = 20


class Column(NamedTuple):
    """A column of a table; ``field`` is None where it is left out, ``why`` says so then."""

    number: int
    heading: str
    field: str | None
    how: str
    why: str | None = None

    @property
    def place(self):
        """Return the letters of the column."""
        return letters(self.number)

    def told(self):
        """Return the column for a program."""
        told = {"column": self.place, "heading": self.heading, "field": self.field}
        return told | {"how": self.how, "why": self.why}


def decide(found, given=None, saved=None, kinds=()):
    """
    Return the Columns of {column number: heading}; ``kinds`` are those that hosts reported.

    ``given`` and ``saved`` are {heading: field, or None to leave it out}; what is given comes
    first, and must be there. Raises Invalid where two are one field, or none is the hostname.
    """
    said = _said(found, saved or {}, must=False) | _said(found, given or {}, must=True)
    columns = [_column(at, text, said, kinds) for at, text in sorted(found.items())]
    _check_twice(columns)
    return columns


def hostname_in(found, given=None, saved=None):
    """Return the column that has the hostnames if these are the headings; None if they are not."""
    said = _said(found, saved or {}, must=False) | _said(found, given or {}, must=False)
    chosen = [at for at, field in said.items() if field == HOSTNAME]
    named = [at for at, text in found.items() if at not in said and _is_hostname(text)]
    return min(chosen or named, default=None)


def check_unknown(survey, *, dry_run):
    """
    Raise Invalid where a column is not known, and nobody said that it is left out.

    In a dry run it is noted that an import would be refused.
    """
    columns = survey.columns
    unknown = [column for column in columns if column.how == UNKNOWN]
    if not unknown:
        return
    if dry_run:
        places = ", ".join(column.place for column in unknown[:SHOWN])
        text = f"refused until it is said which fields these columns are, or none: {places}"
        survey.table.notes.append(text)
        return
    first = unknown[0]
    told = "; ".join(f'column {each.place} "{each.heading}" {each.why}' for each in unknown[:SHOWN])
    more = f" and {len(unknown) - SHOWN} more" if len(unknown) > SHOWN else ""
    text = (
        f"{told}{more}. Say which field it is, or null to leave it out, like "
        f'{{"{first.heading}": null}}; or leave all of them out with leave_out_unknown'
    )
    details = {"columns": [column.told() for column in columns]}
    raise Invalid.of("columns", text, details=details)


def _said(found, wanted, *, must):
    """Return {column number: field} of what was said; ``must``: its headings are to be there."""
    plain = {}
    for at, text in found.items():
        plain.setdefault(headings.plain(text), []).append(at)
    said = {}
    for text, field in wanted.items():
        places = plain.get(headings.plain(text)) or _lettered(found, text)
        if must and not places:
            known = ", ".join(list(found.values())[:SHOWN])
            raise Invalid.of("columns", f"the table has no column {text}; there are {known}")
        said |= dict.fromkeys(places, field)
    return said


def _lettered(found, text):
    text = text.strip().upper()
    at = number(text) if text.isascii() and text.isalpha() and len(text) <= 3 else None
    return [at] if at in found else []


def _is_hostname(text):
    return headings.named(text) == HOSTNAME


def _column(at, text, said, kinds):
    if at in said:
        why = None if said[at] else "as asked"
        return Column(at, text, said[at], GIVEN, why)
    if headings.is_reason(text):
        return Column(at, text, None, REASONS, "tells why rows failed")
    if headings.numbers_rows(text):
        return Column(at, text, None, NUMBERS, "numbers the rows")
    name = headings.named(text, kinds)
    if name is None:
        return Column(at, text, None, UNKNOWN, f"is no field{headings.hint(text)}")
    if headings.is_field(name):
        return Column(at, text, name, NAMED if name == text else GUESSED)
    field = headings.declarable(name)
    more = f"; to declare it, import it as {field}" if field else ""
    return Column(at, text, None, OBSERVED, f"{name} is not declared by people{more}")


def _check_twice(columns):
    known = {}
    for column in columns:
        if column.field is None:
            continue
        other = known.setdefault(column.field, column)
        if other is not column:
            raise Invalid.of(
                "columns",
                f'column {other.place} "{other.heading}" and column {column.place} '
                f'"{column.heading}" are both {column.field}: say which one it is, and leave the '
                f'other out, like {{"{column.heading}": null}}',
                details={"columns": [each.told() for each in columns]},
            )
