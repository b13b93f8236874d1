"""What a person should decide: each with what shows it, decided one by one or many at once."""

from dataclasses import replace

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField

from cmdb_api.errors import CMDBError
from cmdb_api.extensions import db
from cmdb_api.models.finding import CLOSED, DECIDED, MUTED
from cmdb_api.schemas.finding import MOST, DecisionSchema, FindingQuery
from cmdb_api.services import decisions, worklist
from cmdb_api.views.console import finding_evidence, forms, many, tables
from cmdb_api.views.console import finding_texts as texts
from cmdb_api.views.console.messages import listed
from cmdb_api.views.console.tables import Column

blp = Blueprint("findings", __name__, url_prefix="/findings")

# How findings are shown where not one below another.
TABLE = "table"
ORDERS = (
    ("", _l("opened last first")),
    ("opened_at", _l("opened first first")),
    ("kind,-opened_at", _l("by kind")),
    ("hostname,-opened_at", _l("by host")),
)
# Which decisions take what a form has beside the decision and the comment.
TAKE = {"into": ("alias", "merge"), "until": ("mute",)}
COLUMNS = [
    Column("message", _l("Finding"), texts.plain, wide=True),
    Column("id", _l("Number"), type="number", usual=False),
    Column("kind", _l("Kind"), lambda row: str(texts.KINDS[row["kind"]])),
    Column("hostname", _l("Host")),
    Column("other", _l("The other host")),
    Column("subject", _l("Subject"), usual=False),
    Column("status", _l("Status"), lambda row: str(texts.STATUSES[row["status"]])),
    Column("opened_at", _l("Opened"), type="moment"),
    Column("first_at", _l("Opened first"), type="moment", usual=False),
    Column("muted_until", _l("Muted until"), type="moment", usual=False),
    Column("decision", _l("Decision"), texts.decided, usual=False),
    Column("decided_by", _l("Decided by"), usual=False),
    Column("decided_at", _l("Decided at"), type="moment", usual=False),
    Column("comment", _l("Comment"), usual=False, wide=True),
]


class DecisionForm(forms.Form):
    """What a person decides; which fields count depends on the decision."""

    decision = StringField(_l("Decision"))
    comment = TextAreaField(_l("Comment"))
    into = StringField(_l("That asset"))
    until = StringField(_l("How long"))

    def values(self):
        """Return what was typed, and what the decision takes of it."""
        taken = [n for n in self._fields if self.decision.data in TAKE.get(n, [self.decision.data])]
        return {name: text for name, text in super().values().items() if text and name in taken}


@blp.get("")
def page():
    """List findings, each with what shows it and what can be decided."""
    more = {"rows": worklist.ROWS, "key": "id"}
    listing = tables.read("findings", _columns(), FindingQuery(), _fetch, **more)
    if tables.wanted_file() and not listing.errors:
        return tables.as_file(listing, _fetch)
    summary = worklist.summary(db.session)
    return render_template(
        "console/findings.html",
        listing=listing,
        summary=_counted(summary, listing.asked),
        offered=_offered(listing.items),
        texts=texts,
        evidence_of=finding_evidence.of,
        as_table=request.args.get("view") == TABLE,
        orders=ORDERS,
        form=None,
    )


tables.choosable(blp, page)


@blp.get("/<int:number>")
def one(number):
    """Show one finding with all that was decided about it."""
    return _one(number, DecisionForm(formdata=None))


@blp.post("/<int:number>")
def decide(number):
    """Decide about one finding."""
    form = DecisionForm()
    given = forms.checked(form, DecisionSchema())
    number = _bounded(number)
    if given is None:
        return _one(number, form), 422
    try:
        decisions.decide(db.session, number, actor=g.bearer.name, **given)
        taken = decisions.of_finding(db.session, number)[-1].details
        db.session.commit()
    except CMDBError as error:
        db.session.rollback()
        forms.tell(form, error)
        return _one(number, form, tried=True), error.status
    flash(_("Decided: %(what)s.", what=texts.decision(given["decision"])))
    if hosts := taken.get("needs_new_key"):
        flash(_("Reports again once it has its new key: %(hosts)s", hosts=listed(hosts)), "info")
    return redirect(_back(number), 303)


@blp.post("/decide")
def decide_many():
    """Decide the same about several findings; tell what became of each."""
    form = DecisionForm()
    numbers = [int(n) for n in request.form.getlist(tables.PICK) if n.isdecimal() and len(n) < 19][
        :MOST
    ]
    given = forms.checked(form, DecisionSchema())
    if not numbers or given is None:
        told = [*form.wrong, *(text for texts_ in form.errors.values() for text in texts_)]
        flash(" ".join(map(str, told)) or _("Choose findings first, then decide."), "danger")
        return redirect(_list(), 303)
    more = given | {"actor": g.bearer.name}
    work = lambda number: decisions.decide(db.session, _bounded(number), **more)  # noqa: E731
    results = many.outcomes(dict.fromkeys(numbers), work)
    found = worklist.some(db.session, results)
    refused = sum(error is not None for error in results.values())
    return render_template(
        "console/findings_decided.html",
        rows=[(finding, results[finding["id"]]) for finding in found],
        refused=refused,
        decided=len(results) - refused,
        decision=given["decision"],
        texts=texts,
        back=_list(),
    )


def _columns():
    """Return the columns: where all were decided, what was, in the place of the status."""
    if request.args.get("status") not in (DECIDED, MUTED):
        return COLUMNS
    usual = {"status": False} | dict.fromkeys(worklist.OF_DECISION, True)
    return [replace(each, usual=usual.get(each.name, each.usual)) for each in COLUMNS]


def _fetch(**asked):
    return worklist.page(db.session, detailed=True, **asked)


def _one(number, form, *, tried=False):
    """Return the page of a finding, with what was typed; ``tried``: it could not be decided."""
    finding = worklist.of(db.session, _bounded(number))
    # Somebody else was faster, or the cause is gone.
    is_late = tried and finding["status"] in (DECIDED, CLOSED)
    return render_template(
        "console/finding.html",
        finding=finding,
        form=form,
        is_late=is_late,
        texts=texts,
        evidence_of=finding_evidence.of,
    )


def _counted(summary, asked):
    """Return how many findings there are: by status, and by kind of the status that is shown."""
    status = asked.get("status")
    kinds = {
        kind: sum(by.values()) if status == worklist.ANY else by.get(status, 0)
        for kind, by in summary["kinds"].items()
    }
    every = summary["statuses"] | {worklist.ANY: sum(summary["statuses"].values())}
    return {"statuses": every, "kinds": {kind: n for kind, n in kinds.items() if n}}


def _offered(items):
    """Return the decisions that need nothing and are possible for any of these findings."""
    found = {}
    for finding in items:
        for each in finding["possible"]:
            if not each["needs"]:
                found.setdefault(each["decision"], set()).add(finding["kind"])
    return found


def _bounded(number):
    """Return a number that can be a finding's: others are none's."""
    return number if 0 < number < 2**63 else 0


def _list():
    """Return the address of the list that a form was on, with its filters."""
    back, own = request.form.get("next", ""), url_for("console.findings.page")
    return back if back.partition("?")[0] == own and back.isprintable() else own


def _back(number):
    """Return where to go on after a decision: the list, or the finding where it was taken there."""
    if request.form.get("next"):
        return _list()
    return url_for("console.findings.one", number=number)
