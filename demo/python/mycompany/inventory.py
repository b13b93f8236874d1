"""Collectors of one's own as classes, for those who keep theirs in a package.

Named by dotted path: ``cmdb: {plugins: [mycompany.inventory.Licence]}``. The package must be
importable by the minion's Python: installed there by pip, or on its PYTHONPATH.
"""

import re


class Licence:
    """Licences of the software on this server: one item a licence file.

    Source: files with lines "name: value" below the setting ``cmdb:collectors:licence:folder``,
    default /etc/licences.

    ==================  ====  ==================================================
    product             str   what may be used; the identity
    seat_count          int   how many may use it at once
    expires_at          str   the day it ends, "2027-03-31"; None where it does not
    seat_used_count     int   how many use it now; volatile
    ==================  ====  ==================================================
    """

    # The kind; without it the class's name in lower case.
    KIND = "licence"
    # What names an item's place on the host: unique, and the same after a reboot.
    KEY = ["product"]
    # Stored, but never recorded as a change.
    VOLATILE = ["seat_used_count"]
    line = None

    @classmethod
    def initial(cls):
        """Prepare what all calls share; called before the class is made. May be left out."""
        cls.line = re.compile(r"([a-z ]+): *(.*)")

    def process(self, source):
        """Return the items; ``source`` is the only door to the machine."""
        folder = source.option("folder", "/etc/licences")
        paths = source.glob(f"{folder}/*.licence")
        if not paths:
            raise source.Unavailable(f"no licence below {folder}")
        return [self._item(dict(self.line.findall(source.need(path))), source) for path in paths]

    def _item(self, said, source):
        return {
            "product": said.get("product"),
            "seat_count": self._number(said, "seats", source),
            "seat_used_count": self._number(said, "used", source),
            "expires_at": said.get("expires"),
        }

    @staticmethod
    def _number(said, name, source):
        """Return a number; what is none costs this field only, and is told as a problem."""
        if said.get(name, "0").isdigit():
            return int(said[name]) if name in said else None
        source.problem(f"{name} of {said.get('product')} is no number: {said[name]}")
        return None
