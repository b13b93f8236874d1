"""Deliver reports: spool first, then post, and forget only what the API has settled.

Whatever fails on the way is said in the summary and in the spool's state, never raised: the
Salt job that brought the report must not fail for it.
"""

import logging
import time

import cmdb_post as post
import cmdb_spool as spool_

log = logging.getLogger(__name__)

SETTLED = {"recorded", "unchanged", "duplicate", "older"}
ACKNOWLEDGES = {"recorded", "unchanged"}
BATCH_REPORTS = 50
BATCH_BYTES = 4 * 1024 * 1024
# How often one report is sent again within a delivery because the API wants more of it.
ROUNDS = 3
MAX_RETRY_AFTER_SECONDS = 3600
LOCK_WAIT_SECONDS = 60


def open_spool(settings, folder):
    """Return the spool that the settings name, by default the one in ``folder``."""
    wanted = settings["spool"]
    return spool_.Spool(
        wanted["folder"] or folder,
        max_reports=wanted["max_reports"],
        max_bytes=wanted["max_bytes"],
        max_rejected=wanted["max_rejected"],
    )


def deliver(settings, folder, report=None):
    """
    Spool a report and deliver all that waits; returns a short summary.

    ``result`` is what the API said of this report, or ``spooled`` where it waits and ``error``
    says why; without a report it is ``delivered`` or ``spooled``.
    """
    try:
        spool = open_spool(settings, folder)
        if report is not None:
            spool.put(report)
    except OSError as error:
        return _unspooled(settings, report, error)
    results, error = {}, None
    try:
        with spool.locked(LOCK_WAIT_SECONDS) as held:
            if held:
                error = _flush(spool, settings, results)
            else:
                error = "another process is delivering; it or the next run takes this along"
        counts = spool.counts()
    except OSError as problem:
        error, counts = f"spool {spool.folder}: {problem}", {}
    return _summary(report, results, error, counts.get("spooled_count"))


def _summary(report, results, error, waiting):
    summary = {"spooled_count": waiting}
    if report is not None:
        summary["report_id"] = report["report_id"]
        summary["result"] = "spooled"
        summary.update(results.get(report["report_id"], {}))
    else:
        summary["result"] = "spooled" if waiting else "delivered"
    if error:
        summary["error"] = error
        log.error("delivery to the CMDB: %s", error)
    return summary


def _unspooled(settings, report, trouble):
    """Send straight away what can't be spooled: better without a net than not at all."""
    trouble = f"the spool can't be written: {trouble}"
    log.error("delivery to the CMDB: %s", trouble)
    if report is None:
        return {"result": "failed", "error": trouble}
    try:
        result = post.post(settings, [post.line(report, 0, {})])[0]
    except post.DeliveryError as error:
        return {"result": "lost", "report_id": report["report_id"], "error": f"{trouble}; {error}"}
    return {"report_id": report["report_id"], "error": trouble, **_said(result)}


def _flush(spool, settings, results):
    """Send everything that waits, oldest first; returns what went wrong, or None."""
    state = spool.state()
    state["superseded_count"] = state.get("superseded_count", 0) + spool.make_room()
    try:
        wait = state.get("retry_at", 0) - time.time()
        if 0 < wait <= MAX_RETRY_AFTER_SECONDS:
            raise post.DeliveryError(f"the API asked to wait; {round(wait)} s are left", wait)
        if not settings["url"]:
            raise post.DeliveryError("cmdb:url is not set, reports wait in the spool")
        _send_all(spool, settings, state, results)
    except post.DeliveryError as error:
        state["last_error"], state["last_error_at"] = str(error), _now()
        state["retry_at"] = time.time() + min(error.retry_after, MAX_RETRY_AFTER_SECONDS)
        return str(error)
    finally:
        spool.remember(state)
    return None


def _send_all(spool, settings, state, results):
    whole = {}
    for _round in range(ROUNDS):
        again = False
        for batch in _batches(spool):
            again |= _send(spool, settings, state, batch, results, whole)
        if not again:
            return


def _batches(spool):
    batch, size = [], 0
    for path in spool.names():
        waiting = spool.load(path)
        if waiting is None:
            continue
        if batch and (len(batch) >= BATCH_REPORTS or size + waiting.size > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(waiting)
        size += waiting.size
    if batch:
        yield batch


def _send(spool, settings, state, batch, results, whole):
    """Post one batch and settle it; returns whether a report of it is to be sent again."""
    known = state.setdefault("acknowledged", {})
    lines = []
    for waiting in batch:
        id_ = waiting.report["id"]
        wanted = whole.get(waiting.report["report_id"], ())
        has = {kind: d for kind, d in known.get(id_, {}).items() if kind not in wanted}
        lines.append(post.line(waiting.report, waiting.age_ms, has))
    try:
        answers = post.post(settings, lines)
    except post.DeliveryError as error:
        if error.status != 413 or len(batch) == 1:
            raise
        half = len(batch) // 2
        first = _send(spool, settings, state, batch[:half], results, whole)
        return _send(spool, settings, state, batch[half:], results, whole) or first
    state["last_success_at"] = _now()
    again = [_settle(spool, state, *pair, results, whole) for pair in zip(batch, answers)]
    spool.remember(state)
    return any(again)


def _settle(spool, state, waiting, answer, results, whole):
    """Do what the API's answer asks for; returns whether the report is to be sent again."""
    report, result = waiting.report, answer["result"]
    results[report["report_id"]] = _said(answer)
    if result in ACKNOWLEDGES:
        acknowledged = state["acknowledged"].setdefault(report["id"], {})
        for kind, section in report["sections"].items():
            if section.get("status") == "ok" and kind not in answer.get("problems", {}):
                acknowledged[kind] = section["digest"]
    if result in SETTLED:
        spool.settle(waiting)
    elif result == "refused":
        log.error("the CMDB refused a report: %s", _why(answer))
        state["refused_count"] = state.get("refused_count", 0) + 1
        state["last_error"], state["last_error_at"] = _why(answer), _now()
        spool.reject(waiting, answer.get("error"))
    elif result == "incomplete":
        wanted = [kind for kind in answer.get("wanted", []) if kind in report["sections"]]
        for kind in wanted:
            state["acknowledged"].get(report["id"], {}).pop(kind, None)
        new = set(wanted) - set(whole.get(report["report_id"], ()))
        whole.setdefault(report["report_id"], set()).update(wanted)
        return bool(new)
    return False


def _said(answer):
    return {n: answer[n] for n in ("result", "changes", "problems", "error") if answer.get(n)}


def _why(answer):
    error = answer.get("error")
    return str(error.get("message") if isinstance(error, dict) else error)


def _now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
