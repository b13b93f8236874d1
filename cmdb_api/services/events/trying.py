"""A test event, posted while somebody waits, so that they see what the receiver says."""

import secrets

from cmdb_api.services import times
from cmdb_api.services.events import deliveries, events, sending, signing, tries


def event(name, moment):
    """Return an event that tells of nothing but that it is a test."""
    text = times.text(moment)
    made = {"id": f"evt_test_{secrets.token_hex(8)}", "type": events.TEST, "at": text}
    return made | {"recorded_at": text, "subscription": name}


def post(made, url, keys, settings, moment):
    """Post an event to a URL, signed; return the Answer."""
    content = signing.body(made)
    receiver = sending.receiver(url, settings)
    try:
        return receiver.post(signing.headers(made["id"], content, moment, keys), content)
    finally:
        receiver.close()


def told(made, answer):
    """Return what came of an event that was posted."""
    told = {"is_taken": answer.is_taken, "status": answer.status, "error": answer.error}
    return told | {"took_ms": answer.took_ms, "answer": answer.body, "event": made}


def keep(session, number, made, answer, moment):
    """Put a test into the log of the webhook."""
    deliveries.log(session, number, [tries.of_test(made, answer, moment)])
