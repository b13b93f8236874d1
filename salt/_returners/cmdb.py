"""Deliver reports to the CMDB: ``salt '*' cmdb.collect --return cmdb``, or ``returner: cmdb``.

Salt never calls a returner twice, so this one only hands the report to ``cmdb.deliver``, which
keeps it in the spool until the API has settled it. Returns of other functions pass by: they
are no reports.
"""

import logging

log = logging.getLogger(__name__)

__virtualname__ = "cmdb"


def __virtual__():
    return __virtualname__


def returner(ret):
    """Deliver the report that a ``cmdb.collect`` returned."""
    report = ret.get("return")
    if ret.get("fun") != "cmdb.collect" or not isinstance(report, dict) or "sections" not in report:
        log.debug("no report of cmdb.collect: %s of job %s", ret.get("fun"), ret.get("jid"))
        return
    summary = __salt__["cmdb.deliver"](report)
    log.info("job %s: the report is %s", ret.get("jid"), summary["result"])
