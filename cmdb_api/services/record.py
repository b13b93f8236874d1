"""What one report changes in the record of its asset, kind by kind; gathered, not yet written."""

from cmdb_api.models.change import BASELINE, REKEYED
from cmdb_api.services import diff, likeness, sections, storage, times
from cmdb_api.services.placements import Visit
from cmdb_api.services.quarantine import Quarantine
from cmdb_api.services.sections import DIFFER, NotTaken, Outcome


class Record:
    """The record of an asset while one report is taken."""

    def __init__(self, session, asset, envelope, when, stored, limit):
        """``limit`` is the most items that a section may have."""
        self.session, self.asset, self.envelope = session, asset, envelope
        self.limit = limit
        self.when, self.at = when, when.at
        self.stored = stored
        self.writes = storage.Writes(asset.asset_id)
        self.ages, self.volatile = dict(asset.ages), dict(asset.volatile)
        self.quarantine = dict(asset.quarantine or {})
        self.seq, self.changes = asset.change_count, 0
        # Kinds that could not be taken, and why.
        self.problems = dict(envelope.not_taken)
        # {kind: {place: item}} of the kinds whose items are stored anew.
        self.stored_anew = {}
        # {kind: how its collector fared}, and {kind: the notes on values} of those stored here.
        self.outcomes, self.noted = {}, {}

    def take(self, news):
        """Take each section's news."""
        known = [
            self.stored[k] for k, new in news.items() if new.items == DIFFER and k in self.stored
        ]
        before, ids = storage.items(self.session, self.asset.asset_id, known)
        for kind, new in sorted(news.items()):
            section = self.envelope.sections[kind]
            told = sections.outcome(section) if new.outcome else None
            fresh = new.items
            if new.items == DIFFER:
                fresh = self._differ(kind, section, before.get(kind, {}), ids.get(kind, {}), told)
            else:
                self._outcome(kind, told)
            if fresh:
                self._volatile(kind, section)
            if told or fresh:
                known = sections.age(self.ages, kind)
                self.ages[kind] = sections.aged(
                    known, self.at, self.when.number, outcome=told, items=fresh
                )

    def _differ(self, kind, section, before, ids, told):
        """Store a kind's items where they can be; return whether they were."""
        try:
            after, odd = sections.read_items(kind, section, self.limit)
        except NotTaken as why:
            self.problems[kind] = str(why)
            self._outcome(kind, told and _not_taken(told, why))
            return False
        seen = self._compare(kind, section, before, after, odd)
        self._store(kind, section, before, after, ids, odd, seen, told)
        self.stored_anew[kind] = after
        return True

    def _outcome(self, kind, told):
        """Store how a collector fared; None where a newer outcome is stored."""
        if told is None:
            return
        self.outcomes[kind] = told
        stored = self.stored.get(kind)
        if stored is None or told != _stored_outcome(stored):
            self.writes.outcome(kind, told)

    def _volatile(self, kind, section):
        """Keep the volatile values that came with a kind's items."""
        values, odd = sections.read_volatile(kind, section) if section.get("volatile") else ({}, ())
        for kept, new in ((self.volatile, values), (self.quarantine, _quarantined(odd))):
            kept.pop(kind, None)
            if new:
                kept[kind] = new

    def _compare(self, kind, section, before, after, odd):
        """Record what changed in a kind; return the names of all fields ever seen in it."""
        stored, serial = self.stored.get(kind), section.get("serial")
        first = stored is None or stored.digest is None
        if before and stored.key != section["key"]:
            before = self._rekey(kind, before, after, stored.key, section["key"])
        _keep(before, after, odd)
        seen = set() if first else set(stored.fields or ())
        unseen = diff.fields_of(after) - seen
        # A first state without items needs no mark: nothing is to be told of.
        if unseen:
            self._change(kind, BASELINE, first, fields=sorted(unseen), item_count=len(after))
        if not first:
            for one in diff.diff(before, after, serial=serial, ignore=unseen):
                self._change(kind, **one._asdict())
                self.changes += 1
        return seen | unseen

    def _rekey(self, kind, before, after, old_key, new_key):
        places = diff.rekey(before, after, old_key, new_key)
        moved = {old: new for old, new in places.items() if old != new}
        self._change(
            kind,
            REKEYED,
            fields=["key"],
            before={"key": old_key},
            after={"key": new_key, "places": moved},
            item_count=len(after),
        )
        return {places[old]: item for old, item in before.items()}

    def _change(self, kind, action, first=False, **more):
        self.seq += 1
        empty = {"place": "", "before": None, "after": None, "item_count": None}
        what = {name: (empty | more)[name] for name in ("place", "fields", "before", "after")}
        serial = self.envelope.sections.get(kind, {}).get("serial")
        empty["likeness"] = likeness.of(kind, action, **what, first=first, serial=serial)
        self.writes.change(
            seq=self.seq,
            at=times.from_ms(self.at),
            hostname=self.asset.hostname,
            report_id=self.envelope.report_id,
            kind=kind,
            action=action,
            **(empty | more),
        )

    def _store(self, kind, section, before, after, ids, odd, seen, told):
        stored, serial = self.stored.get(kind), section.get("serial")
        self.noted[kind] = _quarantined(odd)
        if told:
            self.outcomes[kind] = told
        was_bulk = stored is not None and stored.is_bulk
        numbers = None
        if was_bulk or section.get("bulk"):
            numbers = storage.bulk_ids(self.session, kind, before, after, ids)
        if not was_bulk:
            items = {} if numbers is not None else after
            seen_at = times.from_ms(sections.age(self.ages, kind).items_at)
            visit = Visit(times.from_ms(self.at), seen_at, self.seq)
            was_serial = stored.serial if stored else None
            self.writes.components(kind, before, items, serial, visit, was_serial=was_serial)
        self.writes.content(
            kind,
            # An older outcome than the stored one does not replace it.
            told or _stored_outcome(stored),
            digest=section["digest"],
            key=section["key"],
            serial=serial,
            fields=sorted(seen),
            item_count=len(after),
            first_at=stored.first_at if stored and stored.digest else times.from_ms(self.at),
            bulk_ids=numbers,
            quarantine=self.noted[kind],
        )


def _stored_outcome(stored):
    return Outcome(stored.status, stored.reason, stored.traceback, stored.problems)


def _not_taken(told, why):
    return Outcome("error", f"not taken: {why}", None, told.problems)


def _keep(before, after, odd):
    """Keep what was stored for a field whose new value can't be."""
    for place, field, _, _ in odd:
        was = before.get(place, {})
        if field not in after[place] and field in was:
            after[place][field] = was[field]


def _quarantined(odd):
    if not odd:
        return None
    held = Quarantine()
    for one in odd:
        held.note(*one)
    return held.rows()
