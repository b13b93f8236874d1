"""Many reports in one transaction, as long as they change nothing: most reports of most days.

What brings news (a change, a host not seen before) or is refused is left for ``ingest``, and so is
whatever follows it of the same host: so no report's fate depends on another's. Nothing waits here
while it holds a lock, and no row is made; two batches can't wait for each other in a ring.
"""

from sqlalchemy import bindparam, update

from cmdb_api.errors import CMDBError
from cmdb_api.services import (
    admission,
    concerns,
    findings,
    identity,
    locking,
    names,
    signatures,
    standing,
    storage,
    times,
)
from cmdb_api.services.locking import STATUS, Locked
from cmdb_api.services.record import Record
from cmdb_api.services.sections import DIFFER
from cmdb_api.services.standing import Result


def ingest_unchanged(session, envelopes, received_at, settings):
    """
    Take those of the reports that change nothing; whoever calls commits, or rolls back.

    Each host's reports are in their order. Returns a Result, or None for what is left, of each.
    """
    locking.begin(session)
    batch = Batch(session, envelopes, times.to_ms(received_at), settings)
    results = [batch.take(envelope) for envelope in envelopes]
    batch.write()
    return results


class Batch:
    """The assets of a batch, as they are after each of its reports."""

    def __init__(self, session, envelopes, received_ms, settings):
        self.session, self.received_ms, self.settings = session, received_ms, settings
        self.secrets = signatures.secrets(settings)
        found = locking.find_free(session, [envelope.id for envelope in envelopes])
        # Several names may be one asset's.
        self.names = {name: asset.asset_id for name, asset in found.items()}
        self.assets = {asset.asset_id: asset for asset in found.values()}
        ids = list(self.assets)
        whole = any(s.get("items") is not None for e in envelopes for s in e.sections.values())
        self.stored = storage.sections_of(session, ids, whole=whole)
        self.rows = {}

    def take(self, envelope):
        """Return the Result of a report that changes nothing; None where it is left."""
        asset = self.assets.get(self.names.get(names.key(envelope.id)))
        if asset is None or admission.is_out(asset):
            return None
        try:
            signatures.check(envelope, asset.key_generation, self.secrets)
        except CMDBError:
            return None
        if standing.is_duplicate(envelope, asset):
            return Result("duplicate")
        if not identity.is_known(asset, envelope.identity):
            del self.assets[asset.asset_id]
            return None
        moment = standing.when(envelope, asset, self.received_ms, self.settings)
        stored = self.stored[asset.asset_id]
        settled, news = standing.judge(envelope, asset, stored, moment)
        if settled:
            return settled
        if (record := self._unchanged(envelope, asset, stored, moment, news)) is None:
            del self.assets[asset.asset_id]
            return None
        values = standing.status_of(record, envelope, self.received_ms)
        known = {field: value for field, value in values.items() if field in Locked._fields}
        self.assets[asset.asset_id] = asset._replace(**known)
        self.rows[asset.asset_id] = self.rows.get(asset.asset_id, {}) | values
        return Result("unchanged", problems=record.problems)

    def _unchanged(self, envelope, asset, stored, moment, news):
        """Return the record after a report; None where more than the status row is to change."""
        if any(new.items == DIFFER for new in news.values()):
            return None
        # The limit is on items, and none are read here.
        record = Record(self.session, asset, envelope, moment, stored, limit=None)
        record.take(news)
        return None if record.writes or self._is_concern(record) else record

    def _is_concern(self, record):
        """Tell whether a report may raise a finding, or close one."""
        if concerns.unclear(record):
            return True
        found = concerns.plain(record, skew_seconds=self.settings["CLOCK_SKEW_SECONDS"])
        known = record.asset.causes
        return any(findings.differs(known, name, cause) for name, cause in found.items())

    def write(self):
        """Write the status rows: one statement for those that have the same columns to change."""
        alike = {}
        for asset_id, values in self.rows.items():
            alike.setdefault(frozenset(values), []).append(values | {"of_asset": asset_id})
        for columns, rows in alike.items():
            values = {column: bindparam(column) for column in columns}
            same = STATUS.c.asset_id == bindparam("of_asset")
            self.session.execute(update(STATUS).where(same).values(values), rows)
