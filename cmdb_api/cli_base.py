"""What several commands share: arguments that are fields, who runs them, tables, output."""

import getpass
import os

import click
from marshmallow import ValidationError


class Field(click.ParamType):
    """What a field of a request takes, as an argument."""

    def __init__(self, field, name):
        self.field, self.name = field, name

    def convert(self, value, param, ctx):
        try:
            return self.field.deserialize(value)
        except ValidationError as error:
            self.fail(error.messages[0], param, ctx)


def user():
    """Return the name of whoever runs the command; changes are recorded under it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return f"user {os.getuid()}"


def table(rows):
    """Print rows of texts, the first of them the heads, in columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def printable(text):
    """Return text with nothing in it for a terminal to act on: a host may have written it."""
    return "".join(each if each.isprintable() else "\ufffd" for each in text)
