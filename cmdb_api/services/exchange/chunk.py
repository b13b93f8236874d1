"""Some rows of a table into the record: found, compared, planned and written together.

What has no plan is written by itself, as the API does.
"""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from cmdb_api.errors import CMDBError, Conflict
from cmdb_api.models import Asset, AssetStatus
from cmdb_api.models.asset import ACCEPTED
from cmdb_api.services import declared, declaring, names
from cmdb_api.services.dialects import among
from cmdb_api.services.exchange import bulk, comparing, planning
from cmdb_api.services.exchange.headings import HOSTNAME
from cmdb_api.services.exchange.known import Known
from cmdb_api.services.exchange.making import make
from cmdb_api.services.exchange.outcome import CHANGED, CREATED, SHOWN, UNCHANGED
from cmdb_api.services.exchange.typed import wide


class Chunk:
    """Some rows of a table."""

    def __init__(self, importer, rows):
        self.importer, self.session = importer, importer.session
        self.options, self.outcome = importer.options, importer.outcome
        self.known = Known(self.session)
        self.entries = [importer.reader.read(row, self.known) for row in rows]
        self.assets, self.special, self.planned = {}, set(), []

    def take(self):
        """Write what differs, and note what became of each row."""
        self._find()
        if self.options.create:
            args = self.session, self.known, self.entries, self.options.create
            self.outcome.made += make(*args, actor=self.options.actor)
        differing = [entry for entry in self.entries if not entry.reasons and self._differs(entry)]
        if differing:
            self._hold(differing)
            waiting = [entry for entry in differing if not self._put(entry)]
            self._flush()
            # What stood in the way may have moved since.
            for entry in waiting:
                entry.reasons.clear()
                self._put_alone(entry)
        for entry in self.entries:
            if entry.reasons:
                self.outcome.fail(entry.number, entry.reasons)
        self._preview([entry for entry in differing if not entry.reasons])

    def _find(self):
        """Find the asset of each row; one that an earlier row named already is a fault."""
        good = [entry for entry in self.entries if not entry.reasons]
        spelled = {name for entry in good for name in (entry.hostname, wide(entry.hostname))}
        found = names.resolve(self.session, sorted(spelled)) if spelled else {}
        for entry in good:
            if names.key(entry.hostname) not in found:
                entry.given[HOSTNAME] = wide(entry.hostname)
            entry.asset_id = found.get(names.key(entry.hostname))
            if first := self._row_before(entry):
                text = f"row {first} is of this asset already; one row an asset is taken"
                self.importer.reader.refuse(entry, HOSTNAME, text)
        ids = sorted({entry.asset_id for entry in good} - {None})
        before = declared.read_many(self.session, ids) if ids else {}
        asset = Asset.__table__.c
        query = select(asset.id).where(among(self.session, asset.id, ids))
        # One that reports counts already: where a row changes nothing of it, it stays as it is.
        kept = query.where(asset.registered_at.is_not(None) | (asset.standing == ACCEPTED))
        self.kept = {*self.session.scalars(kept)} if ids else set()
        for entry in good:
            entry.before = before.get(entry.asset_id)

    def _row_before(self, entry):
        """Return the row that is of the same asset, if there is one; note that this one is."""
        rows = self.importer.rows
        keys = {names.key(entry.hostname), _owner(entry)}
        first = next((rows[key] for key in keys if key in rows), None)
        rows |= dict.fromkeys(keys - rows.keys(), entry.number)
        return first

    def _differs(self, entry):
        if entry.before is None or entry.asset_id not in self.kept:
            return True
        given = {name: value for name, value in entry.given.items() if name != HOSTNAME}
        if comparing.differing(given, entry.before):
            return True
        self.outcome.counts[UNCHANGED] += 1
        return False

    def _hold(self, entries):
        """Lock what is written to: assets first, then racks, each in one order."""
        ids = sorted({entry.asset_id for entry in entries} - {None})
        status = AssetStatus.__table__.c.asset_id
        query = select(status).where(among(self.session, status, ids)).order_by(status)
        self.session.execute(query.with_for_update())
        query = select(Asset).where(among(self.session, Asset.__table__.c.id, ids))
        fresh = query.execution_options(populate_existing=True)
        self.assets = {asset.id: asset for asset in self.session.scalars(fresh)}
        new = [entry.hostname for entry in entries if entry.asset_id is None]
        self.special = bulk.hold(self.session, new)
        racks = [asset.rack_id for asset in self.assets.values()]
        texts = (entry.given.get("rack") for entry in entries)
        self.known.hold(racks, {text for text in texts if text})

    def _put(self, entry):
        """Plan a row, or write it by itself; tell whether it is settled."""
        try:
            self._plan(entry)
            return True
        except planning.Unclear:
            self._flush()
            return self._put_alone(entry)

    def _plan(self, entry):
        asset = self.assets.get(entry.asset_id)
        new = entry.asset_id is None
        unclear = names.key(entry.hostname) in self.special
        if unclear or (not new and (asset is None or asset.registered_at is None)):
            raise planning.Unclear(HOSTNAME)
        given = {name: value for name, value in entry.given.items() if name != HOSTNAME}
        owner = _owner(entry)
        plan = planning.plan(self.known, asset, owner, given)
        bulk.take_units(self.known, owner, plan, new=new)
        self.planned.append((entry, plan))

    def _flush(self):
        """Write what was planned; where the database refuses it, each by itself."""
        planned, self.planned = self.planned, []
        if not planned:
            return
        rows = [(entry.asset_id, entry.hostname, plan) for entry, plan in planned]
        try:
            with self.session.begin_nested():
                ids = bulk.write(self.session, self.known, rows, actor=self.options.actor)
        except IntegrityError:
            for entry, _ in planned:
                self._put_alone(entry)
            return
        for (entry, _), number in zip(planned, ids, strict=True):
            self.outcome.counts[CREATED if entry.asset_id is None else CHANGED] += 1
            entry.asset_id = number

    def _put_alone(self, entry):
        """Write a row as the API does; tell whether it is settled, or may be later."""
        try:
            with self.session.begin_nested():
                result = declaring.put(self.session, entry.given, actor=self.options.actor)
            self.outcome.counts[result] += 1
        except CMDBError as error:
            self._refuse(entry, error)
            return not (isinstance(error, Conflict) and "position_u" in error.fields)
        except IntegrityError:
            text = "somebody else wrote the same this moment, or has the name; look, and try again"
            self.importer.reader.refuse(entry, HOSTNAME, text)
        self.known.again()
        return True

    def _refuse(self, entry, error):
        refuse = self.importer.reader.refuse
        if not error.fields:
            refuse(entry, HOSTNAME, error.message)
        for name, texts in error.fields.items():
            refuse(entry, name, " ".join(texts), self.known)

    def _preview(self, entries):
        """Keep the first rows that changed with their old and new values."""
        entries = entries[: SHOWN - len(self.outcome.preview)]
        if not entries:
            return
        found = names.resolve(self.session, [entry.hostname for entry in entries])
        after = declared.read_many(self.session, sorted({*found.values()}))
        for entry in entries:
            number = found.get(names.key(entry.hostname))
            fields = comparing.told(entry.before or {}, after.get(number) or {})
            is_new = {"created": entry.before is None}
            row = {"row": entry.number, "hostname": entry.hostname, "fields": fields}
            self.outcome.preview.append(row | is_new)


def _owner(entry):
    return names.key(entry.hostname) if entry.asset_id is None else entry.asset_id
