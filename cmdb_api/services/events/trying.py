"""A test event, posted while somebody waits, so that they see what the receiver says."""

import secrets

from cmdb_api.services import times
from cmdb_api.services.events import events, sending, signing


def event(name, moment):
    """Return an event that tells of nothing but that it is a test."""
    text = times.text(moment)
    made = {"id": f"evt_test_{secrets.token_hex(8)}", "type": events.TEST, "at": text}
    return made | {"recorded_at": text, "subscription": name}


def post(made, url, keys, settings, moment):
    """Post an event to a URL, signed; return what came of it."""
    content = signing.body(made)
    receiver = sending.receiver(url, settings)
    try:
        answer = receiver.post(signing.headers(made["id"], content, moment, keys), content)
    finally:
        receiver.close()
    told = {"is_taken": answer.is_taken, "status": answer.status, "error": answer.error}
    return told | {"took_ms": answer.took_ms, "answer": answer.body, "event": made}
