"""A simulated fleet with weeks of history, sent through the real API: for the demo's pages.

Everything in it is marked: names begin with ``sim-``, assets have the tag ``simulated``.
"""

import gzip
import json
import time
import urllib.error
import urllib.request
from collections import Counter

from simulated_people import People
from simulated_reports import Teller

REPORTS_AT_ONCE = 150
TAKEN, RETRY = ("recorded", "unchanged"), "retry"
# Of the two machines that report under one name: somebody is to decide which it is.
MEANT = "refused (identity_conflict)"


class Loader:
    """Sends a fleet to an API, with an admin's token and the master secret of its host keys."""

    def __init__(self, url, token, secret, say=print):
        self.url, self.token, self.secret, self.say = url, token, secret, say
        self.now_ms = int(time.time() * 1000)
        self.results = Counter()

    def load(self, count):
        """Send so many hosts with their history, and what people made of them; return Tellers."""
        self.say(f"simulating {count} servers with weeks of history")
        tellers = [Teller(number, self.now_ms, self.secret) for number in range(count)]
        people = People(self, [teller.host for teller in tellers])
        people.before()
        self.report(tellers)
        people.after()
        return tellers

    def report(self, tellers):
        """Send all reports, the oldest first."""
        waiting, started = [], time.monotonic()
        for teller in tellers:
            waiting += teller.story()
            if len(waiting) >= REPORTS_AT_ONCE or teller is tellers[-1]:
                self.send_all(waiting)
                waiting = []
        self.say(f"  their reports took {time.monotonic() - started:.0f} s: {self._told()}")

    def _told(self):
        """Return what became of the reports, in words; what was not meant to be stands out."""
        told = ", ".join(f"{count} {result}" for result, count in self.results.most_common())
        odd = self.results.keys() - {*TAKEN, MEANT}
        return f"{told}; NOT MEANT: {', '.join(sorted(odd))}" if odd else told

    def send_all(self, reports):
        """Send reports as a master does, those that are to be sent again once more."""
        told = self.post(reports)
        # What came after one that was not taken lacks the items that it had.
        again = {report["id"] for result, report in told if result == RETRY}
        late = [one for result, one in told if one["id"] in again and result not in TAKEN]
        told = [each for each in told if each[0] in TAKEN or each[1]["id"] not in again]
        told += self.post(late) if late else []
        self.results.update(result for result, _ in told)

    def post(self, reports, limit_seconds=300):
        """Send reports; return (what became of it, report) for each."""
        now_ms = int(time.time() * 1000)
        aged = [one | {"age_ms": max(now_ms - one["seq"], 0)} for one in reports]
        body = gzip.compress(b"".join(json.dumps(one).encode() + b"\n" for one in aged), 1)
        headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}
        request = urllib.request.Request(f"{self.url}/api/v1/reports", body, headers)
        with urllib.request.urlopen(request, timeout=limit_seconds) as answer:
            lines = [json.loads(line) for line in answer.read().splitlines()]
        return [(_result(line), report) for line, report in zip(lines, reports, strict=True)]

    def ask(self, path, body, method="POST"):
        """Send JSON; raises with what the API says where it refuses."""
        headers = {"Content-Type": "application/json"}
        return self.send(path, json.dumps(body).encode(), headers, method)

    def send(self, path, data, headers, method="POST"):
        """Send a body; raises with what the API says where it refuses."""
        headers = {"Authorization": f"Bearer {self.token}"} | headers
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{path}: {error.read().decode()}") from error


def _result(line):
    """Return what became of a report, with the reason where it was refused."""
    code = line.get("error", {}).get("code")
    return f"refused ({code})" if line["result"] == "refused" else line["result"]
