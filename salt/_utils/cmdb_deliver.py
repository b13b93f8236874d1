"""Deliver reports: spool first, then post, and forget only what the API has settled.

Whatever fails on the way is said in the summary and in the spool's state, never raised: the
Salt job that brought the report must not fail for it.
"""

import logging
import time

import cmdb_canonical as canonical
import cmdb_post as post
import cmdb_send as send
import cmdb_spool as spool_

log = logging.getLogger(__name__)

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
        said = [summary["error"]] if "error" in summary else []
        summary["error"] = "; ".join([*said, error])
        log.error("delivery to the CMDB: %s", error)
    return summary


def _unspooled(settings, report, trouble):
    """Send straight away what can't be spooled: better without a net than not at all."""
    trouble = f"the spool can't be written: {trouble}"
    log.error("delivery to the CMDB: %s", trouble)
    if report is None:
        return {"result": "failed", "error": trouble}
    try:
        result = post.post(settings, [post.line(_signed(report, settings), 0, {})])[0]
    except post.DeliveryError as error:
        return {"result": "lost", "report_id": report["report_id"], "error": f"{trouble}; {error}"}
    said = send.said(result)
    error = "; ".join(each for each in (trouble, said.get("error")) if each)
    return {"report_id": report["report_id"], **said, "error": error}


def _signed(report, settings):
    """
    Return a report with its signature; raises DeliveryError where there is no key for it.

    One that was collected before there was a key gets it now. A replay's has no number: it is
    another machine's, and stays without.
    """
    if report.get("sig") or "seq" not in report:
        return report
    if not settings["key"]:
        raise post.DeliveryError("cmdb:key is not set; reports wait in the spool")
    return {**report, "sig": canonical.sign(report, settings["key"])}


def _flush(spool, settings, results):
    """Send everything that waits, oldest first; returns what went wrong, or None."""
    state = spool.state()
    state["superseded_count"] = state.get("superseded_count", 0) + spool.make_room()
    sender = send.Sender(
        spool,
        settings,
        state,
        state.setdefault("acknowledged", {}),
        save=lambda: spool.remember(state),
        told=lambda report, answer: results.update({report["report_id"]: send.said(answer)}),
        signed=lambda report: _signed(report, settings),
    )
    try:
        wait = state.get("retry_at", 0) - time.time()
        if 0 < wait <= send.MAX_RETRY_AFTER_SECONDS:
            raise post.DeliveryError(f"the API asked to wait; {round(wait)} s are left", wait)
        sender.send_all()
        if said := sender.trouble():
            send.note_error(state, said)
        return said
    except post.DeliveryError as error:
        send.note_error(state, str(error))
        state["retry_at"] = time.time() + min(error.retry_after, send.MAX_RETRY_AFTER_SECONDS)
        return str(error)
    finally:
        spool.remember(state)
