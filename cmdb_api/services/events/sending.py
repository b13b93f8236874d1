"""Delivers what is due of one webhook, until nothing is, or it is to be left alone.

``commit`` ends each step's transaction: none is open while a receiver is waited for.
"""

import logging
import time

from cmdb_api.services.events import deliveries, outcomes, posting, signing, tries

log = logging.getLogger(__name__)

# What was taken is settled together: after so many, or so many seconds.
SETTLED_TOGETHER, SETTLED_EVERY = 20, 2
# After so long others get their turn, seconds.
SLICE = 30


class Sender:
    """Delivers for one webhook on behalf of a worker."""

    def __init__(self, session, settings, *, worker, clock):
        self.session, self.settings = session, settings
        self.worker, self.clock = worker, clock
        self.claim, self.receiver, self.is_stopped = None, None, False
        # The tries of what was taken and is not settled yet.
        self.sent, self.settled_at = [], 0.0

    def run(self, number):
        """Deliver for the webhook of this id; return how many events its receiver took."""
        count, end = 0, time.monotonic() + SLICE
        try:
            while time.monotonic() < end and self._claim(number):
                rows = deliveries.due(self.session, self.claim, self.clock())
                self.session.commit()
                if not rows:
                    break
                count += self._batch(rows)
        finally:
            if self.receiver:
                self.receiver.close()
        if self.claim:
            deliveries.release(self.session, self.claim)
            self.session.commit()
        return count

    def stop(self):
        """End soon; what is under way is cut off, and sent again another time."""
        self.is_stopped = True
        if self.receiver:
            self.receiver.abort()

    def _claim(self, number):
        if self.is_stopped:
            return False
        claim = deliveries.claim(self.session, number, self.worker, self.clock())
        self.session.commit()
        if claim is None:
            return False
        if self.receiver is None or claim.url != self.claim.url:
            if self.receiver:
                self.receiver.close()
            self.receiver = receiver(claim.url, self.settings)
        self.claim = claim
        return True

    def _batch(self, rows):
        """Deliver these events as far as it goes; return how many were taken."""
        held, count, self.settled_at = set(), 0, time.monotonic()
        for row in rows:
            if self.is_stopped:
                break
            if row.asset_id in held:
                continue
            answer = self._post(row.event)
            if answer.is_taken:
                count += 1
                if not self._taken(row, answer):
                    break
                continue
            if self.is_stopped or not self._settle():
                break
            outcome = outcomes.judge(answer, self.claim.failures)
            if not self._failed(row, outcome, answer) or outcome != outcomes.HOLD:
                break
            held.add(row.asset_id)
        self._settle()
        return count

    def _post(self, event):
        content = signing.body(event)
        moment, secrets = self.clock(), self.claim.secrets
        return self.receiver.post(signing.headers(event["id"], content, moment, secrets), content)

    def _taken(self, row, answer):
        self.sent.append(tries.of(row, answer, outcomes.TAKEN, self.clock()))
        self.claim = self.claim._replace(failures=0, failing_since=None)
        late = time.monotonic() - self.settled_at > SETTLED_EVERY
        return self._settle() if late or len(self.sent) >= SETTLED_TOGETHER else True

    def _settle(self):
        """Settle what was taken; return whether the webhook is still ours."""
        is_ours = deliveries.taken(self.session, self.claim, self.sent, self.clock())
        self.session.commit()
        self.sent, self.settled_at = [], time.monotonic()
        return is_ours

    def _failed(self, row, outcome, answer):
        is_ours = deliveries.failed(self.session, self.claim, row, outcome, answer, self.clock())
        self.session.commit()
        self.claim = self.claim._replace(failures=self.claim.failures + 1)
        log.warning(
            "webhook %s: %s of %s: %s; it %s",
            *(self.claim.name, row.event["id"], row.event["host"], answer.fault),
            _SAID[outcome],
        )
        return is_ours


_SAID = {
    outcomes.REST: "is left alone for a while",
    outcomes.HOLD: "and later ones of the host are held",
    outcomes.GONE: "is disabled",
}


def receiver(url, settings):
    """Return the Receiver at a URL, by the settings."""
    return posting.Receiver(
        url,
        networks=settings["WEBHOOK_ALLOWED_NETWORKS"],
        timeout=settings["WEBHOOK_TIMEOUT_SECONDS"],
        ca_file=settings["WEBHOOK_CA_FILE"],
    )
