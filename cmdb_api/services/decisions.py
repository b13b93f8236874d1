"""What people decide about findings: which decisions are possible, and what each does.

Assets are locked first, in order of their ids, then their identifiers, then the finding.
"""

from sqlalchemy import func, select

from cmdb_api.errors import Conflict, Invalid, NotFound
from cmdb_api.models import Decision, Finding
from cmdb_api.models.finding import CLOSED, DECIDED, MUTED, OPEN
from cmdb_api.models.types import now
from cmdb_api.services import actions, carriers, findings, locking, names, nearest, times
from cmdb_api.services.findings import FINDING

DECISION = Decision.__table__
MUTE, UNMUTE, IGNORE, REOPEN = "mute", "unmute", "ignore", "reopen"
NAMES = tuple(sorted({MUTE, UNMUTE, IGNORE, REOPEN, *actions.NAMES}))
# In the place of the digest of a cause that is gone: equal to none.
ENDED = ""


def possible(finding, moment):
    """Return {decision: actions.Action} of what can be decided about a finding."""
    if finding.status == CLOSED or (finding.status == DECIDED and finding.cause == ENDED):
        return {}
    if finding.status == DECIDED:
        return {REOPEN: actions.Action("Show it among the open ones again; undo nothing.")}
    found = dict(actions.of(finding))
    found[IGNORE] = found.get(IGNORE) or actions.Action(
        "Leave it as it is; this opens again where its cause takes another form, or was gone and "
        "comes back."
    )
    found[MUTE] = actions.Action(
        "Keep it out of sight until a time, or for ever where none is given.", optional=("until",)
    )
    if is_muted(finding, moment):
        found[UNMUTE] = actions.Action("Show it among the open ones again.")
    return found


def is_muted(finding, moment):
    """Tell whether a finding is out of sight still."""
    until = finding.muted_until
    return finding.status == MUTED and (until is None or until > moment)


def decide(session, number, decision, *, actor, comment=None, **given):
    """
    Decide about a finding; return it.

    Raises NotFound; Conflict with what is possible where this is not, or where it is settled;
    Invalid for a parameter.
    """
    moment = now()
    finding = _locked(session, number, given.get("into"))
    known = possible(finding, moment)
    _check_open(session, finding, decision, known)
    if decision not in known:
        raise _impossible(finding, decision, known)
    _check_given(decision, known[decision], given)
    message = finding.message
    if decision in (MUTE, UNMUTE, REOPEN):
        done = _mute(finding, decision, given.get("until"))
    else:
        done = known[decision].run(session, finding, actor=actor, comment=comment, **given)
        session.flush()
        finding = session.get(Finding, number, populate_existing=True)
        if finding.status == CLOSED:
            # The decision ended its cause: whatever comes after it is another.
            finding.cause = ENDED
        finding.status, finding.closed_at, finding.muted_until = DECIDED, None, None
        if cause := done.pop("cause", None):
            finding.cause = findings.digest(cause)
    session.flush()
    _note(
        session,
        number,
        at=moment,
        actor=actor,
        decision=decision,
        comment=comment,
        details={"message": message} | done,
    )
    return finding


def of_finding(session, number):
    """Return the decisions that were taken about a finding, the oldest first."""
    query = select(Decision).where(Decision.finding_id == number).order_by(Decision.seq)
    return session.scalars(query).all()


def _locked(session, number, into):
    """Return a finding, locked after the assets that it is about and the one of this name."""
    locking.begin(session)
    columns = FINDING.c.asset_id, FINDING.c.other_id, FINDING.c.hostname
    found = session.execute(select(*columns).where(FINDING.c.id == number)).one_or_none()
    if found is None:
        raise NotFound(f"there is no finding {number}")
    ids = {asset_id for asset_id in found[:2] if asset_id}
    for asset_id in sorted(ids | ({names.find(session, into)} - {None} if into else set())):
        locking.get(session, asset_id)
    if not ids:
        locking.hold_names(session, found.hostname)
    known = carriers.of_assets(session, ids)
    carriers.hold(session, {pair for carried in known.values() for pair in carried.now})
    query = select(Finding).where(Finding.id == number).with_for_update()
    finding = session.scalar(query.execution_options(populate_existing=True))
    if finding is None or {finding.asset_id, finding.other_id} - {None} != ids:
        raise Conflict(f"finding {number} changed this moment; look at it again")
    return finding


def _check_open(session, finding, decision, known):
    if finding.status == CLOSED:
        raise Conflict(
            f"finding {finding.id} is closed since {times.text(finding.closed_at)}: its cause is "
            "gone, and there is nothing to decide",
            details={"possible": []},
        )
    if finding.status == DECIDED and decision not in known:
        *_, last = of_finding(session, finding.id)
        raise Conflict(
            f"finding {finding.id} was decided by {last.actor} at {times.text(last.at)}: "
            f"{last.decision}",
            details={"possible": [*known]},
        )


def _impossible(finding, decision, known):
    hint = nearest.hint(decision, known)
    text = f"{decision} is not possible for finding {finding.id}{hint}; possible: "
    return Conflict.of("decision", text + ", ".join(sorted(known)), details={"possible": [*known]})


def _check_given(decision, action, given):
    """Raise Invalid for what is missing, or is none of a decision's parameters."""
    for name in action.needs:
        if given.get(name) is None:
            raise Invalid.of(name, f"{decision} needs it: {action.does}")
    for name in sorted(given.keys() - {*action.needs, *action.optional}):
        if given[name] is not None:
            raise Invalid.of(name, f"{decision} takes none")


def _mute(finding, decision, until):
    if decision in (UNMUTE, REOPEN):
        finding.status, finding.muted_until = OPEN, None
        return {}
    finding.status, finding.muted_until = MUTED, until
    return {"until": times.text(until)}


def _note(session, number, **row):
    last = select(func.max(DECISION.c.seq)).where(DECISION.c.finding_id == number)
    seq = (session.scalar(last) or 0) + 1
    session.execute(DECISION.insert().values(finding_id=number, seq=seq, **row))
