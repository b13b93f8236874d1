"""Where the items of a kind are kept: hardware as rows, bulk kinds as ids of a dictionary.

All of a report's rows are gathered and written at once; what hosts have in common goes to ``kept``.
"""

from collections import defaultdict

from sqlalchemy import and_, bindparam, delete, select

from cmdb_api.models import BulkItem, Change, Component, ComponentAddress, Section
from cmdb_api.models.change import BASELINE
from cmdb_api.services import kept, part_items, placements
from cmdb_api.services.diff import differing
from cmdb_api.services.events import outbox
from cmdb_api.services.locking import among, insert

ADDRESS_FIELDS = ["mac", "permanent_mac", "ipv4", "ipv6", "address", "addresses", "ip_address"]
MAX_ADDRESS = 64

SECTION, COMPONENT = Section.__table__, Component.__table__
ADDRESS, BULK, CHANGE = ComponentAddress.__table__, BulkItem.__table__, Change.__table__
OF_COMPONENT = ("serial", "shared_id", "own")
OUTCOME = ("status", "reason", "traceback", "problems")
CONTENT = (
    *("digest", "key", "serial", "fields_id", "item_count"),
    *("first_at", "bulk_list_id", "quarantine"),
)


_HEAD = [SECTION.c[name] for name in ("kind", *OUTCOME, "digest")]
_IS_BULK = SECTION.c.bulk_list_id.is_not(None).label("is_bulk")
_SHAPE = [SECTION.c.key, SECTION.c.serial, _IS_BULK]
_REST = [Section.fields, SECTION.c.item_count, SECTION.c.first_at]
_SECTIONS = select(*_HEAD, *_SHAPE, *_REST).where(SECTION.c.asset_id == bindparam("asset_id"))


def sections(session, asset_id):
    """Return {kind: row} of an asset's sections, without what only their items need."""
    return {row.kind: row for row in session.execute(_SECTIONS, {"asset_id": asset_id})}


def sections_of(session, asset_ids, *, whole):
    """
    Return {asset: {kind: row}} of many assets: enough to tell whether a report is news.

    ``whole`` tells that items come too, which are compared by more than their digest.
    """
    found = {asset_id: {} for asset_id in asset_ids}
    query = select(SECTION.c.asset_id, *_HEAD, *(_SHAPE if whole else ()))
    for row in session.execute(query.where(among(session, SECTION.c.asset_id, list(asset_ids)))):
        found[row.asset_id][row.kind] = row
    return found


def items(session, asset_id, stored):
    """
    Return {kind: {place: item}} of these sections, rows of ``sections``.

    And {kind: {place: id}} of those that are stored in the dictionary.
    """
    found, ids = {row.kind: {} for row in stored}, {}
    if plain := [row.kind for row in stored if not row.is_bulk and row.item_count]:
        c = COMPONENT.c
        for kind, place, data in session.execute(
            select(c.kind, c.place, Component.data).where(c.asset_id == asset_id, c.kind.in_(plain))
        ):
            found[kind][place] = data
    if bulk := [row.kind for row in stored if row.is_bulk and row.item_count]:
        c = SECTION.c
        for kind, numbers in session.execute(
            select(c.kind, Section.bulk_ids).where(c.asset_id == asset_id, c.kind.in_(bulk))
        ):
            rows = bulk_items(session, numbers, kind)
            found[kind] = {place: data for _, place, data in rows}
            ids[kind] = {place: number for number, place, _ in rows}
    return found, ids


def bulk_items(session, ids, kind=None):
    """Return the rows (id, place, item) of these ids of the dictionary; of a kind alone."""
    c = BULK.c
    query = select(c.id, c.place, c.data).where(among(session, c.id, ids))
    return session.execute(query if kind is None else query.where(c.kind == kind)).all()


def bulk_ids(session, kind, before, after, ids):
    """
    Return the sorted ids of a state's items in the dictionary; what is missing there is added.

    ``ids`` are those of the state before, by place.
    """
    same, entries = [], []
    for place, item in after.items():
        if place in ids and not differing(before[place], item):
            same.append(ids[place])
        else:
            entries.append(kept.bulk_item(kind, place, item))
    return sorted([*same, *kept.ids(session, entries).values()])


def addresses_of(item):
    """Return the set of MAC and IP addresses in an item, in lower case, without prefix length."""
    found = set()
    for field in ADDRESS_FIELDS:
        value = item.get(field)
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and (plain := text.partition("/")[0].strip().lower()):
                found.add(plain[:MAX_ADDRESS])
    return found


class Writes:
    """The rows that one report writes of one asset."""

    def __init__(self, asset_id):
        self.asset_id = asset_id
        self.rows = defaultdict(list)
        # {(kind, place): the place before} of parts whose places are but named anew.
        self.renamed = {}

    def __bool__(self):
        return any(self.rows.values())

    def outcome(self, kind, outcome):
        """Store how a collector fared."""
        self.rows["outcome"].append(self._named(kind=kind) | outcome._asdict())

    def content(self, kind, outcome, **content):
        """Store a section with what describes its items."""
        self.rows["content"].append(self._named(kind=kind) | outcome._asdict() | content)

    def change(self, **change):
        """Record a change, or a mark."""
        self.rows["change"].append(self._named(**change))

    def components(self, kind, before, after, serial, visit, *, was_serial):
        """
        Turn the rows of a kind from one state into another.

        ``was_serial`` is the field that held the serial numbers before.
        """
        told = [row for row in self.rows["change"] if row["kind"] == kind]
        fields = {"serial": serial, "was_serial": was_serial}
        ended, renamed = placements.leaving(kind, before, after, told, visit, **fields)
        self.rows["ended"] += ended
        self.renamed |= {(kind, new): place for new, place in renamed.items()}
        anew = before and serial != was_serial
        for place in sorted(before.keys() - after.keys()):
            self.rows["gone"].append(self._named(kind=kind, place=place))
            self._addresses(kind, place, before[place], {})
        for place in sorted(after):
            was, item = before.get(place), after[place]
            if anew or was is None or differing(was, item):
                number = part_items.serial_of(kind, item, serial)
                row = self._named(kind=kind, place=place, data=item, serial=number)
                self.rows["component"].append(row | {"since": number and visit.at})
                self._addresses(kind, place, was or {}, item)

    def _addresses(self, kind, place, was, item):
        old, new = addresses_of(was), addresses_of(item)
        for address in sorted(old - new):
            self.rows["lost"].append(self._named(kind=kind, place=place, address=address))
        for address in sorted(new - old):
            self.rows["address"].append(self._named(kind=kind, place=place, address=address))

    def _named(self, **names):
        return {"asset_id": self.asset_id} | names

    def flush(self, session):
        """Write all rows, what goes before what comes."""
        self._keep(session)
        lists = self._keep_lists(session)
        ended, components = self.rows["ended"], self.rows["component"]
        placements.write(session, self.asset_id, ended, self.renamed, components)
        self._delete(session, ADDRESS, "lost", ("kind", "place", "address"))
        self._delete(session, COMPONENT, "gone", ("kind", "place"))
        self._upsert(
            session, COMPONENT, "component", ("kind", "place"), OF_COMPONENT, placements.stay
        )
        self._upsert(session, ADDRESS, "address", ("address", "kind", "place"), ())
        self._upsert(session, SECTION, "outcome", ("kind",), OUTCOME)
        self._upsert(session, SECTION, "content", ("kind",), OUTCOME + CONTENT)
        if rows := self.rows["change"]:
            session.execute(CHANGE.insert(), rows)
            outbox.note(session, rows)
        if lists:
            kept.let_go(session, lists)

    def _keep(self, session):
        """Put ids in the place of what is kept once for the fleet."""
        listed = [(row, row.pop("fields")) for row in self.rows["content"]]
        for row in self.rows["change"]:
            is_list = row["action"] == BASELINE
            listed.append((row, row["fields"] if is_list else None))
            row["fields"] = [] if is_list else row["fields"]
        lists = [(row, None if names is None else kept.fields(names)) for row, names in listed]
        split = [
            (row, *kept.split(row["kind"], row["place"], row["serial"], row.pop("data")))
            for row in self.rows["component"]
        ]
        entries = [entry for _, entry in lists if entry] + [entry for _, entry, _ in split]
        known = kept.ids(session, entries)
        for row, entry in lists:
            row["fields_id"] = entry and known[entry.kind, entry.hash]
        for row, entry, own in split:
            row |= {"shared_id": known[entry.kind, entry.hash], "own": own}

    def _keep_lists(self, session):
        """The same for lists of bulk kinds; return the ids of those that go out of use here."""
        rows = self.rows["content"]
        for row in rows:
            numbers = row.pop("bulk_ids")
            row["bulk_list_id"] = None if numbers is None else kept.list_id(session, numbers)
        c = SECTION.c
        before = select(c.bulk_list_id).where(
            c.asset_id == self.asset_id,
            c.kind.in_([row["kind"] for row in rows]),
            c.bulk_list_id.is_not(None),
        )
        used = {row["bulk_list_id"] for row in rows}
        return sorted(set(session.scalars(before)) - used) if rows else []

    def _delete(self, session, table, name, key):
        if rows := self.rows[name]:
            same = [table.c[column] == bindparam(column) for column in ("asset_id", *key)]
            session.execute(delete(table).where(and_(*same)), rows)

    def _upsert(self, session, table, name, key, columns, more=None):
        if not (rows := self.rows[name]):
            return
        statement = insert(session, table)
        key = ["asset_id", *key]
        if columns:
            new = {column: statement.excluded[column] for column in columns}
            new |= more(statement.excluded) if more else {}
            statement = statement.on_conflict_do_update(index_elements=key, set_=new)
        else:
            statement = statement.on_conflict_do_nothing(index_elements=key)
        session.execute(statement, rows)
