"""Assets as other departments get them: docs/asset.schema.json says what each member is.

A record stands for itself. What is new in it comes as a new member; what a member means changes
with ``SCHEMA`` only.
"""

from datetime import date, datetime

from sqlalchemy import select

from cmdb_api.models import AssetStatus, Section
from cmdb_api.services import declared, facts, kinds, times
from cmdb_api.services.dialects import among
from cmdb_api.services.search import columns, stored_items
from cmdb_api.services.sections import age

SCHEMA = 1
OWN = (
    *("hostname", "aliases", "standing", "created_at", "registered_at", "state_at"),
    *("reported_at", "via"),
)
STATUS, SECTION = AssetStatus.__table__.c, Section.__table__.c


class Chosen:
    """Makes records that have these columns."""

    def __init__(self, session, chosen):
        self.session, self.columns = session, chosen
        self.host = columns.choose(session, ["hostname"])

    def of(self, ids):
        """Yield the records of these assets, in their order."""
        known = columns.values(self.session, ids, [*self.host, *self.columns])
        for hostname, *row in known.values():
            named = zip(self.columns, row, strict=True)
            told = {column.name: _plain(value) for column, value in named}
            yield {"schema": SCHEMA, "hostname": hostname, "columns": told}


class Whole:
    """Makes records that have all that is declared and was observed, with components or without."""

    def __init__(self, session, *, components=False):
        self.session, self.components = session, components
        self.own = columns.choose(session, OWN)
        self.kinds = kinds.reported(session)
        names = [fact.name for fact in facts.every(self.kinds)]
        self.facts = [columns.find(session, name) for name in names]

    def of(self, ids):
        """Yield the records of these assets, in their order."""
        known = columns.values(self.session, ids, [*self.own, *self.facts])
        ids = list(known)
        said, identities = declared.read_many(self.session, ids), self._identities(ids)
        made = self._components(ids) if self.components else {}
        for number, row in known.items():
            own, seen = row[: len(self.own)], row[len(self.own) :]
            named = zip(self.own, own, strict=True)
            record = {"schema": SCHEMA} | {column.name: _plain(value) for column, value in named}
            record["declared"] = {name: _plain(value) for name, value in said[number].items()}
            record["facts"] = {
                column.name: value
                for column, value in zip(self.facts, seen, strict=True)
                if value is not None
            }
            record["identity"] = _plain(identities.get(number) or {})
            yield record | ({"components": _plain(made[number])} if self.components else {})

    def _identities(self, ids):
        query = select(STATUS.asset_id, STATUS.identity)
        return dict(map(tuple, self._rows(query, STATUS.asset_id, ids)))

    def _components(self, ids):
        """Return {asset id: {kind: how it stands, and its components}}."""
        items = stored_items.of(self.session, ids, self.kinds)
        ages = self._rows(select(STATUS.asset_id, STATUS.ages), STATUS.asset_id, ids)
        ages, found = dict(map(tuple, ages)), {number: {} for number in ids}
        query = select(SECTION.asset_id, SECTION.kind, SECTION.status, SECTION.reason)
        for number, kind, status, reason in self._rows(query, SECTION.asset_id, ids):
            rows = items[number].get(kind)
            found[number][kind] = {
                "status": status,
                "reason": reason,
                "items_at": times.text(times.from_ms(age(ages.get(number, {}), kind).items_at)),
                "items": None if rows is None else [*map(_component, rows.items())],
            }
        return found

    def _rows(self, query, column, ids):
        return self.session.execute(query.where(among(self.session, column, ids)))


def _component(item):
    place, fields = item
    return {"place": place, "fields": _plain(fields)}


def _plain(value):
    """Return a value as JSON has it; members in the order of their names, on each database."""
    if isinstance(value, dict):
        return dict(sorted(value.items()))
    if isinstance(value, datetime):
        return times.text(value)
    return value.isoformat() if isinstance(value, date) else value
