"""The fields that searches know, and the conditions on assets that they stand for.

Text is compared in any case; * stands for any text, ? for any character. Moments are as in
``services.times``, and now, now-7d, now+90d; sizes may end in K, M, G, T or P, in units of 1024.
"""

from sqlalchemy import and_

from cmdb_api.models import BulkItem
from cmdb_api.services import facts, nearest
from cmdb_api.services.quarantine import KINDS
from cmdb_api.services.search import (
    bulk,
    components,
    declared_terms,
    fact_terms,
    titles,
    values,
    vocabulary,
    words,
)
from cmdb_api.services.search.declared_terms import REFERENCES
from cmdb_api.services.search.vocabulary import Field, known, names
from cmdb_api.services.search.wanted import Wanted

# Kinds whose components have a name: package:nginx is short for package:(name:nginx).
NAMED = ("package", "unit", "user", "container", "guest")
_PACKAGE_FIELDS = ("name", "arch", "version", "older_versions")
ANY = Wanted("=", "*", "%")
# What people call fields, beside the headings of columns.
CALLED = {
    **dict.fromkeys(("ip", "ipv4", "ipv6", "mac", "network", "addr"), "address"),
    **dict.fromkeys(("sn", "serial_number", "service_tag"), "serial"),
    **dict.fromkeys(("host", "name", "minion", "id", "fqdn"), "hostname"),
    **dict.fromkeys(("owner", "responsible", "admin"), "contact"),
    **dict.fromkeys(("dc", "site", "location", "datacenter", "data_center"), "data_centre"),
    **dict.fromkeys(("ram", "memory_gb"), "memory.total_bytes"),
    **dict.fromkeys(("os", "distro", "osfinger"), "os.name"),
    **dict.fromkeys(("kernel", "kernelrelease"), "os.kernel"),
    **dict.fromkeys(("model", "product"), "board.model"),
    **dict.fromkeys(("vendor", "manufacturer", "brand"), "board.vendor"),
    **dict.fromkeys(("cores", "cpus", "num_cpus"), "cpu.core_count"),
    **{"env": "environment", "status": "state", "u": "position_u", "warranty": "warranty_until"},
    **dict.fromkeys(("faults", "health", "degraded", "failed", "broken"), "fault"),
    **{"last_seen": "reported", "updated": "changed", "role": "service"},
}

__all__ = ["NAMED", "REFERENCES", "Field", "Fields", "known", "names"]


class Fields:
    """The fields of one search; what is asked of the database for many terms is asked once."""

    def __init__(self, session):
        self.session = session
        self._unkept = None

    def matches(self, field, all_wanted):
        """
        Return the condition that one value of an asset's field is as all wanted.

        Without a field it is one of what names an asset. Raises ValueError.
        """
        for wanted in all_wanted:
            if "\0" in wanted.text or not wanted.text:
                raise ValueError("a value is wanted")
        if field == "_exists_":
            return self._exists(all_wanted[0].text)
        if field is None:
            return and_(*(words.anywhere(self.session, wanted) for wanted in all_wanted))
        if declared_terms.knows(field):
            return declared_terms.has(self.session, field, all_wanted)
        return self._told(field, all_wanted)

    def of_one(self, kind, asked, *, negates):
        """Return the condition that an asset has one component that is as asked."""
        if declared_terms.knows(kind) or not components.is_known(self.session, kind):
            hint = nearest.hint(kind, KINDS)
            raise ValueError(f"{kind} is no kind of components whose fields could follow{hint}")
        return components.has_one(self.session, kind, asked, negates=negates)

    def _exists(self, field):
        """Return the condition that an asset has any value of a field, or any of a kind."""
        if field == "_exists_":
            raise ValueError("the name of a field is wanted")
        return self.matches(field, [ANY])

    def _told(self, field, all_wanted):
        """Return the condition on what reports told."""
        if field in facts.FACTS or field == vocabulary.FAULT:
            if self._unkept is None:
                self._unkept = fact_terms.unkept(self.session)
            if field == vocabulary.FAULT:
                return fact_terms.faulty(self.session, all_wanted, self._unkept)
            return fact_terms.has(self.session, facts.FACTS[field], all_wanted, self._unkept)
        kind, dot, name = field.partition(".")
        if not components.is_known(self.session, kind):
            raise ValueError(f"there is no field {field}{self._meant(field)}")
        if not dot:
            return self._kind(kind, all_wanted)
        if facts.counted(field):
            return fact_terms.counts(kind, all_wanted)
        if kind == bulk.PACKAGE and name not in _PACKAGE_FIELDS:
            return self._package(name, all_wanted)
        if name not in components.fields_of(self.session, kind):
            raise ValueError(f"there is no field {field}{self._hint(field)}")
        return components.has(self.session, kind, name, all_wanted)

    def _kind(self, kind, all_wanted):
        """Return the condition on a kind alone: that there is one, or one of a name."""
        if all(wanted.is_any for wanted in all_wanted):
            return components.any_of(self.session, kind)
        if kind in NAMED:
            return components.has(self.session, kind, "name", all_wanted)
        there = components.fields_of(self.session, kind)
        field = f"{kind}.{'model' if 'model' in there else next(iter(there), 'FIELD')}"
        told = f"{kind} is a kind of component: write a field of it, like {field}:…"
        raise ValueError(f"{told} or {kind}.count:>1{self._hint(kind)}")

    def _package(self, name, all_wanted):
        if not name:
            raise ValueError("the name of a package is wanted: package.NAME")
        named = values.text(BulkItem.data["name"].as_string(), vocabulary.package(name))
        return bulk.packages(self.session, named, all_wanted)

    def _meant(self, field):
        """Return the end of a message: what may have been meant, or where to look."""
        if name := CALLED.get(field.lower()) or titles.name_of(field):
            return f"; did you mean {name}?"
        text = "; GET /api/v1/search/fields lists all; what has a colon in it stands in quotes"
        return self._hint(field) or text

    def _hint(self, field):
        return nearest.hint(field, vocabulary.names())
