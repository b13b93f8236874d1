"""Reports as lines to the API, and its answers back; whatever is no answer is a DeliveryError."""

import json

import cmdb_canonical as canonical
import cmdb_http as http
import cmdb_version as version

PATH = "/api/v1/reports"


class DeliveryError(Exception):
    """The API could not be reached or gave no usable answer; the reports stay in the spool."""

    def __init__(self, message, retry_after=0, status=None):
        super().__init__(message)
        self.retry_after, self.status = retry_after, status


def line(report, age_ms, known):
    """Return a report as one line; sections that the API is known to have go without items."""
    sections = {}
    for kind, section in report["sections"].items():
        if section.get("digest") and known.get(kind) == section["digest"]:
            section = {n: v for n, v in section.items() if n not in canonical.WITH_ITEMS}
        sections[kind] = section
    return canonical.dumps({**report, "age_ms": age_ms, "sections": sections}).encode("ascii")


def post(settings, lines):
    """Return the API's answers, one a line; raises DeliveryError where that is not what came."""
    if not settings["url"]:
        raise DeliveryError("cmdb:url is not set; reports wait in the spool")
    url = settings["url"].rstrip("/") + PATH
    try:
        status, headers, body = http.post(
            url,
            lines,
            version=version.VERSION,
            timeout=settings["timeout"],
            ca_file=settings["ca_file"],
            proxy=settings["proxy"],
        )
    except http.PostError as error:
        raise DeliveryError(str(error)) from error
    if status != 200:
        message = f"{url} answered {status}: {http.message(body)}"
        raise DeliveryError(message, _seconds(headers.get("Retry-After")), status)
    try:
        answers = [json.loads(line) for line in body.splitlines() if line.strip()]
    except ValueError:
        raise DeliveryError(f"{url} answered no JSON: {http.message(body)}") from None
    if len(answers) != len(lines) or not all(
        isinstance(answer, dict) and isinstance(answer.get("result"), str) for answer in answers
    ):
        raise DeliveryError(f"{url} answered {len(answers)} results for {len(lines)} reports")
    return answers


def _seconds(text):
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0
