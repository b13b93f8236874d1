"""Send what waits in a spool: in batches, and forget only what the API has settled.

Shared by the minion, which sends its own reports, and the master, which sends a fleet's.
"""

import logging
import time

import cmdb_post as post

log = logging.getLogger(__name__)

SETTLED = {"recorded", "unchanged", "duplicate", "older"}
ACKNOWLEDGES = {"recorded", "unchanged"}
BATCH_REPORTS = 50
BATCH_BYTES = 4 * 1024 * 1024
# How often one report is sent again within a delivery because the API wants more of it.
ROUNDS = 3
MAX_RETRY_AFTER_SECONDS = 3600
MOST_LINES = 5


class Sender:
    """
    Sends a spool's reports to the API.

    ``acknowledged`` is {host: {kind: digest}} of what the API has. ``state`` is what
    ``cmdb.status`` tells of; ``save()`` is called whenever either has moved. ``told(report,
    answer)`` hears what the API said of each report. ``signed(report)`` returns it with its
    signature.
    """

    def __init__(
        self,
        spool,
        settings,
        state,
        acknowledged,
        save,
        told,
        batch_reports=BATCH_REPORTS,
        signed=lambda report: report,
    ):
        self.spool, self.settings, self.state = spool, settings, state
        self.acknowledged, self.save, self.told = acknowledged, save, told
        self.batch_reports, self.signed = batch_reports, signed
        # {report id: kinds that the API asked for}
        self.whole = {}
        # Reports that were not settled, and are left for another time.
        self.left = set()
        self.too_large = None
        # Those of them that the API wants again a little later.
        self.asked_again = set()
        self.settled_count = 0

    def send_all(self):
        """Send everything that waits, oldest first; raises DeliveryError where the API is away."""
        for _round in range(ROUNDS):
            if not any([self._send(batch) for batch in self._batches()]):
                break

    def trouble(self):
        """Return what is wrong with single reports, which stay; None where nothing is."""
        lines = [str(self.too_large)] if self.too_large else []
        lines += [f"{path} can't be read: {why}" for path, why in self.spool.unreadable.items()]
        return "; ".join(lines[:MOST_LINES]) or None

    def _batches(self):
        batch, size = [], 0
        for path in self.spool.names():
            waiting = None if path in self.left else self.spool.load(path)
            if waiting is None:
                continue
            if batch and (len(batch) >= self.batch_reports or size + waiting.size > BATCH_BYTES):
                yield batch
                batch, size = [], 0
            batch.append(waiting)
            size += waiting.size
        if batch:
            yield batch

    def _send(self, batch):
        """Post one batch and settle it; returns whether a report of it is to be sent again."""
        pairs = [(waiting, self._line(waiting)) for waiting in batch]
        batch = [waiting for waiting, line in pairs if line]
        lines = [line for _, line in pairs if line]
        if not lines:
            return False
        try:
            answers = post.post(self.settings, lines)
        except post.DeliveryError as error:
            if error.status != 413:
                raise
            return self._send_less(batch, error)
        again = [self._settle(*pair) for pair in zip(batch, answers)]
        if any(answer["result"] in SETTLED for answer in answers):
            self.state["last_success_at"] = now()
        self.save()
        return any(again)

    def _send_less(self, batch, error):
        """Post a batch that is too large in halves; one report that is stays, and holds up none."""
        if len(batch) == 1:
            self.left.add(batch[0].path)
            self.too_large = error
            return False
        half = len(batch) // 2
        first = self._send(batch[:half])
        return self._send(batch[half:]) or first

    def _line(self, waiting):
        """Return what travels of a report; None where its file is broken, which is set aside."""
        head = waiting.head
        known = self.acknowledged.get(head["id"], {})
        wanted = self.whole.get(head["report_id"], ())
        has = {kind: digest for kind, digest in known.items() if kind not in wanted}
        try:
            all_known = all(
                has.get(kind) == section["digest"]
                for kind, section in head["sections"].items()
                if section.get("digest")
            )
            report = self.signed(head if all_known else waiting.report)
            return post.line(report, waiting.age_ms, has)
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            self.spool.set_aside_broken(waiting.path, error)
            return None

    def _settle(self, waiting, answer):
        """Do what the API's answer asks for; returns whether the report is to be sent again."""
        report, result = waiting.head, answer["result"]
        self.told(report, answer)
        if result in ACKNOWLEDGES:
            self._acknowledge(report, answer)
        if result in SETTLED:
            self.spool.settle(waiting)
            self.settled_count += 1
        elif result == "refused":
            log.error("the CMDB refused a report of %s: %s", report["id"], why(answer))
            self.state["refused_count"] = self.state.get("refused_count", 0) + 1
            note_error(self.state, why(answer))
            self.spool.reject(waiting, answer.get("error"))
        elif result == "incomplete":
            return self._is_wanted(report, answer)
        else:
            self.left.add(waiting.path)
            self.asked_again.add(waiting.path)
        return False

    def _acknowledge(self, report, answer):
        acknowledged = self.acknowledged.setdefault(report["id"], {})
        for kind, section in report["sections"].items():
            if section.get("status") == "ok" and kind not in answer.get("problems", {}):
                acknowledged[kind] = section["digest"]

    def _is_wanted(self, report, answer):
        wanted = [kind for kind in answer.get("wanted", []) if kind in report["sections"]]
        for kind in wanted:
            self.acknowledged.get(report["id"], {}).pop(kind, None)
        before = self.whole.setdefault(report["report_id"], set())
        new = set(wanted) - before
        before.update(wanted)
        return bool(new)


def note_error(state, said):
    """Keep what went wrong last, and when."""
    state["last_error"], state["last_error_at"] = said, now()


def said(answer):
    """Return of an answer what people want to read."""
    told = {n: answer[n] for n in ("result", "changes", "problems") if answer.get(n)}
    return {**told, "error": why(answer)} if answer.get("error") else told


def why(answer):
    """Return the message of an answer's error."""
    error = answer.get("error")
    return str(error.get("message") if isinstance(error, dict) else error)


def now():
    """Return the time as texts hold it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
