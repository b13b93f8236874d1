"""Two assets side by side, now or at a moment."""

from flask import Blueprint, redirect, render_template, request, url_for

from cmdb_api.extensions import db
from cmdb_api.schemas.history import TwoQuery
from cmdb_api.services import compare, picking
from cmdb_api.views.console import asking, difference_pages, difference_rows, forms, local_times
from cmdb_api.views.console.local_times import LocalSince

blp = Blueprint("compare", __name__, url_prefix="/compare")

SUGGESTED = 20


class CompareQuery(TwoQuery):
    """Which assets, and when; the time is in the viewer's zone."""

    at = LocalSince()


@blp.get("")
def page():
    """Show what differs between two assets."""
    found, asked, wrong = None, {}, {}
    if request.args.get("left", "").strip() and request.args.get("right", "").strip():
        asked, wrong = asking.asked(CompareQuery())
    if asked:
        everything = request.args.get("show") == "all"
        found, wrong = asking.answered(
            lambda: compare.two(db.session, **asked, everything=everything)
        )
    told = found and _told(found, asked["kind"])
    if told and (file := told.file(left=found["left"], right=found["right"])):
        return file
    return render_template(
        "console/compare.html",
        asked=asked,
        found=found,
        told=told,
        wrong=wrong,
        local=local_times.field_value,
    )


def _told(found, kinds):
    """Return the Differences that a page and its file tell."""
    sides = found["left"], found["right"]
    return difference_pages.Differences(
        name="-".join(("compare", *sides)),
        sides=sides,
        declared=difference_rows.of_declared(found["declared"]),
        entries={kind: difference_rows.two(told) for kind, told in found["kinds"].items()},
        only=kinds,
    )


@blp.get("/names")
def names():
    """Suggest hostnames, as options of a field, that begin as what is typed."""
    if not forms.wants_fragment():
        return redirect(url_for(".page"))
    typed = (request.args.get("left") or request.args.get("right") or "").strip()
    found = picking.hostnames(db.session, typed[:255], SUGGESTED)
    return render_template("console/compare_names.html", names=found)
