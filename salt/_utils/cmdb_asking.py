"""Ask many hosts, some of them at a time, and tell a report from what came in its place.

Knows no Salt: how hosts are asked, and how their returns come, is handed in.
"""

import collections
import re
import time

# The end of a text that a host sent in place of a report: there a traceback says what it is about.
MOST_TEXT = 500
NOT_SYNCED = ("'cmdb.collect' is not available", "Module 'cmdb' is not available")
# What a host was asked for is wrong, and not the host.
BAD_ARGUMENTS = "bad_arguments"
NO_SUCH = ("no collector for ", "cmdb.collect has no option ")
# What ssh, or salt-ssh, says where a host can't be reached or used.
SSH_SAYS = (
    ("Permission denied", "denied"),
    ("Host key verification failed", "host_key"),
    ("The host key needs to be accepted", "host_key"),
    ("Unable to locate appropriate python", "no_python"),
    ("ssh: ", "unreachable"),
    ("Connection closed by", "unreachable"),
    ("Connection reset by", "unreachable"),
    ("Connection timed out", "unreachable"),
)
REPORT_ID = re.compile("[0-9A-Za-z._-]{8,64}")
SAID = ("_error", "stderr", "stdout", "return")


def ask(hosts, publish, receive, *, batch, timeout):
    """
    Yield (host, what it returned) as returns come, and (None, None) while none does.

    ``publish(hosts)`` asks these; ``receive()`` gives a return, or None after a short wait. At
    most ``batch`` hosts are waited for at once, so a slow one holds up its own place only. One
    that returned nothing within ``timeout`` seconds is yielded with None; when it returns while
    others are still waited for, it is yielded again.
    """
    known, waiting, asked = set(hosts), collections.deque(hosts), {}
    while waiting or asked:
        free = batch - len(asked)
        # Each time is a job of its own for the master: not one for every place that is free.
        if waiting and (not asked or free >= batch / 4):
            group = [waiting.popleft() for _ in range(min(free, len(waiting)))]
            publish(group)
            asked.update(dict.fromkeys(group, time.monotonic() + timeout))
        data = receive()
        if data is None:
            yield None, None
            # Only now, when all that came is read: what waits to be read is not silent.
            for host in [host for host, end in asked.items() if end < time.monotonic()]:
                del asked[host]
                yield host, None
        elif isinstance(data.get("id"), str) and data["id"] in known:
            asked.pop(data["id"], None)
            yield data["id"], data


def is_report(value):
    """Return whether a host returned a report, or something in its place."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("sections"), dict)
        # It becomes a part of a file's name.
        and REPORT_ID.fullmatch(str(value.get("report_id"))) is not None
    )


def failure(value):
    """Return why there is no report, from what came in its place."""
    text = _text(value)
    return {"result": "failed", "reason": _reason(value, text), "error": _short(text)}


def _reason(value, text):
    if any(words in text for words in NOT_SYNCED):
        return "modules_not_synced"
    if any(words in text for words in NO_SUCH):
        return BAD_ARGUMENTS
    if isinstance(value, dict) and "stderr" in value:
        for words, reason in SSH_SAYS:
            if words in text:
                return reason
    return "job_failed"


def _text(value):
    """Return what a host, or ssh in its place, said."""
    if isinstance(value, dict):
        said = [str(value[name]).strip() for name in SAID if value.get(name)]
        return "\n".join(said) or "it returned no report"
    return str(value).strip() or "it returned nothing"


def _short(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    text = lines[-1] if "Traceback (most recent call last)" in text else "; ".join(lines)
    # A terminal would obey what a host put into it.
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    return text if len(text) <= MOST_TEXT else f"...{text[-MOST_TEXT:]}"
