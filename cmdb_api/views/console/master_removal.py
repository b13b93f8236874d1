"""Pieces of master data that were chosen in a list: asked about, then removed, each by itself."""

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from cmdb_api.errors import InUse, NotFound, PreconditionFailed
from cmdb_api.extensions import db
from cmdb_api.services import master
from cmdb_api.views.console import many
from cmdb_api.views.console import master as pages
from cmdb_api.views.console import master_words as words
from cmdb_api.views.console.addresses import of as address_of
from cmdb_api.views.console.listings import PICK
from cmdb_api.views.console.messages import say

family = pages.blp


@family.post("/<path>/remove-chosen")
def remove_chosen(path):
    """Ask about the chosen ones, or remove those that nothing uses; tell what became of each."""
    resource = pages.resource_of(path)
    if request.form.get("sure") == "1":
        return _removed(path, resource)
    numbers = many.numbers()
    if not numbers:
        many.tell(0, [], None)
        return redirect(_back(path), 303)
    found = master.some(db.session, resource, numbers)
    return render_template(
        "console/master_remove_chosen.html",
        free=[each for each in found if not each["uses"]],
        used=[each for each in found if each["uses"]],
        gone=len(numbers) - len(found),
        **_known(path),
    )


def _removed(path, resource):
    """Remove those that were asked about, as they were then; return the page of what became."""
    asked = _asked()

    def work(number):
        more = {"actor": g.bearer.name, "if_match": asked[number][0]}
        master.remove(db.session, resource, number, **more)

    found = many.outcomes(asked, work)
    left = {each["id"]: each for each in master.some(db.session, resource, list(asked))}
    rows = [
        {"id": number, "name": name, "now": left.get(number), "why": _why(found[number])}
        for number, (_etag, name) in asked.items()
    ]
    # What was not removed comes first.
    rows.sort(key=lambda row: row["why"] is None)
    stay = sum(error is not None for error in found.values())
    return render_template(
        "console/master_removed.html", rows=rows, stay=stay, done=len(rows) - stay, **_known(path)
    )


def _asked():
    """Return {number: (ETag, name)} of those that were asked about."""
    given = (request.form.getlist(name) for name in (PICK, "etag", "name"))
    told = {number: more for number, *more in zip(*given, strict=False)}
    return {number: tuple(told[text]) for number in many.numbers() if (text := str(number)) in told}


def _why(error):
    """Return why a piece was not removed; None where it was."""
    if isinstance(error, NotFound):
        return _("Somebody else removed it meanwhile.")
    if isinstance(error, PreconditionFailed):
        return _("Somebody else changed it meanwhile: look at it, then remove it.")
    if isinstance(error, InUse):
        return _("It is in use meanwhile.")
    return error and say(error.message)


def _known(path):
    """Return what both pages know."""
    return {"path": path, "words": words, "back": _back(path), "uses_of": _uses_of}


def _back(path):
    """Return the address of the list that the form was on, with its filters."""
    back = request.form.get("next", "")
    lists = url_for("console.master.many", path=path), url_for("console.places.page")
    return back if back.partition("?")[0] in lists and back.isprintable() else lists[0]


def _uses_of(path, told):
    """Yield (words, address) of what uses a piece; the address is None where there is no list."""
    search = words.search_for(path, told)
    for what, count in told["uses"]:
        if what == words.ASSETS:
            address = address_of("console.assets.page", {"query": search, "state": "any"})
        elif what in words.OF_PATH:
            address = address_of("console.master.many", {"query": search}, path=what)
        else:
            address = None
        yield _counted(what, count), address


def _counted(what, count):
    """Return how many use a piece, in words."""
    spoken = {
        words.ASSETS: lambda: ngettext("%(num)s asset", "%(num)s assets", count),
        "rooms": lambda: ngettext("%(num)s room", "%(num)s rooms", count),
        "racks": lambda: ngettext("%(num)s rack", "%(num)s racks", count),
        "services": lambda: ngettext("%(num)s service", "%(num)s services", count),
        "accounts": lambda: ngettext("%(num)s user", "%(num)s users", count),
        "tokens": lambda: ngettext("%(num)s token", "%(num)s tokens", count),
    }
    return spoken[what]()
