"""Whoever reads saved searches: what belongs to them, and what they may."""

from typing import NamedTuple


class Reader(NamedTuple):
    """Who asks: the name, the key that searches belong to, and what it may."""

    name: str
    key: str
    admin: bool = False
    limited: bool = False

    @classmethod
    def of(cls, bearer):
        """Return the reader that a bearer of a token is."""
        limited = bearer.units is not None
        return cls(bearer.name, bearer.owner, bearer.scope == "admin" and not limited, limited)

    @classmethod
    def local(cls, name):
        """Return the reader that a user of the server is, on its command line."""
        return cls(name, f"user:{name}")

    def owns(self, row):
        """Tell whether a search is this reader's."""
        return row.owner_key == self.key
