"""Reports of PuppetDB's nodes into the record, each taken like every other report.

A node whose facts have not moved since they were settled is skipped. One that fails is told, and
tried again at the next import; it holds nobody else.
"""

from contextlib import contextmanager
from datetime import timedelta
from typing import NamedTuple

from cmdb_api.errors import CMDBError, Conflict, Invalid
from cmdb_api.models.types import now
from cmdb_api.services import canonical, keys, locking, puppet_nodes, puppet_report
from cmdb_api.services.puppet_kinds import at, text
from cmdb_api.services.puppetdb import Node
from cmdb_api.services.quarantine import KINDS

# Nodes whose facts are in memory at once.
TOGETHER = 10
SETTLED = ("recorded", "unchanged", "duplicate", "older")
# What became of a node that brought no result of the API's.
FAILED, SKIPPED, OLD, INACTIVE, READ = "failed", "skipped", "old", "inactive", "read"
# It was refused for what a person decided, or has to decide: no failure of the import.
REFUSED = "refused"
DECIDED = ("unknown_host", "retired", "ignored")


class Outcome(NamedTuple):
    """What became of a node: a result of the API's or one of ours; ``lines`` tell problems."""

    certname: str
    result: str
    lines: tuple = ()
    changes: int = 0
    # Kinds that were left to collectors.
    left: int = 0
    hostname: str | None = None
    # Nobody has registered it yet.
    in_review: bool = False


class _Ready(NamedTuple):
    """A node's report, ready to be sent."""

    node: Node
    report: dict
    left: int


class Importer:
    """One import of one PuppetDB; ``post`` sends reports to the API and returns its answers."""

    def __init__(self, session, puppetdb, post, settings, *, name_fact=None, oldest=None):
        self.session, self.puppetdb, self.post, self.settings = session, puppetdb, post, settings
        self.name_fact, self.oldest, self.source = name_fact, oldest, puppetdb.url
        # {hostname: certname} of the nodes of this run.
        self.named = {}

    def run(self, *, dry=False):
        """Yield the Outcome of each node. A dry run reads and makes reports, and sends none."""
        yield from self._inactive(dry)
        for page in self.puppetdb.nodes():
            certnames = [node.certname for node in page]
            known, due = puppet_nodes.known(self.session, self.source, certnames), []
            for node in page:
                if self.oldest and node.producer_at < self.oldest:
                    yield Outcome(node.certname, OLD)
                elif known.get(node.certname) == node.producer_at:
                    yield Outcome(node.certname, SKIPPED)
                else:
                    due.append(node.certname)
            for start in range(0, len(due), TOGETHER):
                yield from self._take(due[start : start + TOGETHER], dry)

    def _inactive(self, dry):
        for node in self.puppetdb.inactive():
            if not dry:
                # One that came back under another certname may speak for the asset again.
                with self._writing():
                    puppet_nodes.retire(self.session, self.source, node.certname)
            yield Outcome(node.certname, INACTIVE, (f"not imported: {node.why}",))

    def _take(self, certnames, dry):
        ready = []
        for node, facts in self.puppetdb.factsets(certnames):
            try:
                ready.append(self._ready(node, facts))
            except CMDBError as error:
                yield Outcome(node.certname, FAILED, (error.message,))
        self.session.rollback()
        if dry:
            yield from (Outcome(each.node.certname, READ, left=each.left) for each in ready)
            return
        self._note(ready, settled=False)
        answers = self.post([each.report for each in ready]) if ready else []
        outcomes = [_outcome(*pair) for pair in zip(ready, answers, strict=True)]
        settled = [
            each for each, told in zip(ready, outcomes, strict=True) if told.result in SETTLED
        ]
        self._note(settled, settled=True)
        names = [each.report["id"] for each in settled]
        review = puppet_nodes.under_review(self.session, names) if names else ()
        for told in outcomes:
            yield told._replace(in_review=told.hostname.lower() in review)

    def _ready(self, node, facts):
        hostname = self._name(node, facts)
        asset = puppet_nodes.asset_id(self.session, hostname)
        other = self.named.setdefault(hostname.lower(), node.certname)
        if other == node.certname:
            other = asset and puppet_nodes.other(self.session, self.source, node.certname, asset)
        if other:
            raise Conflict(
                f"{hostname} is told of by the node {other} already; if that one is gone: "
                f"puppet node deactivate {other}"
            )
        left, age = [], timedelta(0)
        if puppet_report.FACT in facts:
            limit = self.settings["MAX_REPORT_LENGTH"]
            report, age = puppet_report.carried(facts[puppet_report.FACT], hostname, limit)
        else:
            report = puppet_report.of_facts(node, facts, hostname, KINDS)
            left = puppet_nodes.left(self.session, asset, report["sections"]) if asset else []
            report["sections"] = {k: s for k, s in report["sections"].items() if k not in left}
        age = max(now() - node.producer_at, timedelta(0)) + age
        aged = self._signed(report) | {"age_ms": age // timedelta(milliseconds=1)}
        return _Ready(node, aged, len(left))

    def _name(self, node, facts):
        if self.name_fact is None:
            return node.certname
        name = text(at(facts, self.name_fact))
        if name is None:
            raise Invalid(f"it has no fact {self.name_fact} to be named by")
        return name

    def _signed(self, report):
        generation = keys.generation(self.session, report["id"])
        key = keys.of(self.settings["MASTER_SECRET"], report["id"], generation)
        try:
            return report | {"sig": canonical.sign(report, key)}
        except (ValueError, RecursionError) as error:
            raise Invalid(f"its report can't be signed: {error}") from error

    def _note(self, ready, *, settled):
        with self._writing():
            for node, report, _ in ready:
                puppet_nodes.note(self.session, self.source, node, report, settled=settled)

    @contextmanager
    def _writing(self):
        # SQLite lets nobody write beside a transaction that has read before.
        self.session.rollback()
        locking.begin(self.session)
        yield
        self.session.commit()


def _outcome(ready, answer):
    certname, hostname, result = ready.node.certname, ready.report["id"], answer["result"]
    if result not in SETTLED:
        error = answer.get("error") or {}
        result = REFUSED if error.get("code") in DECIDED else FAILED
        told = error.get("message") or f"the API answered {answer['result']}"
        return Outcome(certname, result, (told,), hostname=hostname)
    lines = tuple(f"{kind}: {why}" for kind, why in (answer.get("problems") or {}).items())
    return Outcome(certname, result, lines, answer.get("changes", 0), ready.left, hostname)
