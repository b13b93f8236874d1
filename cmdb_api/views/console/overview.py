"""The first page: how the fleet stands, what changed, and what is to be decided."""

from datetime import datetime, timedelta
from itertools import accumulate, pairwise

from flask import Blueprint, current_app, render_template, url_for
from flask_babel import format_date, get_timezone, to_user_timezone
from flask_babel import gettext as _

from cmdb_api.extensions import db
from cmdb_api.models.asset import ONLINE, RETIRED
from cmdb_api.models.change import ACTIONS, MARKS
from cmdb_api.models.types import now
from cmdb_api.services import coverage, grouping, tallies, worklist
from cmdb_api.services.coverage import Windows
from cmdb_api.views.console import charts, coverage_texts, finding_texts, formats, labels

blp = Blueprint("overview", __name__)

DAYS, MONTHS, LINES, RACKS = 30, 12, 8, 6
# Of the last day's hours so many are looked at, the newest first, as have so many changes.
HOURS, ENOUGH = 24, 1000
# A first report is news of a host, and no change.
REAL = tuple(action for action in ACTIONS if action not in MARKS)


@blp.get("/")
def page():
    """Show how the fleet stands."""
    session = db.session
    assets = tallies.assets(session)
    findings = _findings(worklist.summary(session))
    if not sum(assets["states"].values()) and not findings:
        return render_template("console/overview_empty.html", steps=_steps())
    windows = Windows.of(current_app.config)
    days, hours = _changes(session)
    return render_template(
        "console/overview.html",
        states=_states(assets["states"]),
        coverage=coverage.counts(session, windows=windows),
        reasons=coverage_texts,
        days=days,
        hours=hours,
        groups=_newest(session, hours),
        findings=findings,
        growth=_growth(assets["made"]),
        hardware=_hardware(tallies.hardware(session)),
        ages=_ages(assets["purchased"]),
        warranty=assets["warranty"],
        ended=assets["ended"],
        faulty=assets["faulty"],
        racks=_racks(tallies.racks(session, RACKS)),
    )


def _states(counts):
    """Return (state, its words, how many, the search for them), what is online first."""
    order = sorted(counts, key=lambda state: (state != ONLINE, state == RETIRED))
    return [(s, labels.state(s), counts[s], _search(f"state:{s}")) for s in order]


def _findings(summary):
    """Return [(kind, its words, how many are open)], the most first."""
    counts = {kind: by["open"] for kind, by in summary["kinds"].items() if by["open"]}
    order = sorted(counts, key=lambda kind: -counts[kind])
    return [(kind, finding_texts.KINDS.get(kind, kind), counts[kind]) for kind in order]


def _changes(session):
    """
    Return the Drawing of the changes of the last days, in the viewer's zone.

    And the number of the newest hours that have enough of them to be looked at.
    """
    moment = now()
    today = to_user_timezone(moment).date()
    dates = [today - timedelta(days=back) for back in range(DAYS - 1, -2, -1)]
    days = list(pairwise(map(_midnight, dates)))
    ends = [moment - timedelta(hours=back) for back in range(HOURS + 1)]
    counts = tallies.changes_in(session, [*days, *((a, b) for b, a in pairwise(ends))])
    of_hours = accumulate(sum(pair) for pair in counts[DAYS:])
    hours = next((n for n, many in enumerate(of_hours, 1) if many >= ENOUGH), HOURS)
    rows = [(_day(date), pair) for date, pair in zip(dates, counts[:DAYS], strict=False)]
    return charts.over_time(rows), hours


def _newest(session, hours):
    """Return the newest changes of so many hours, like ones together."""
    since = {"since": now() - timedelta(hours=hours)} if hours < HOURS else {}
    return grouping.lines(session, limit=LINES, action=REAL, **since)["items"]


def _midnight(date):
    """Return when a day begins where the viewer is."""
    return get_timezone().localize(datetime(date.year, date.month, date.day))


def _day(date):
    return str(formats.day(date))


def _growth(made):
    """Return the Drawing of how many assets there were at the end of each of the last months."""
    today = now().date()
    last = today.year * 12 + today.month - 1
    rows = []
    for number in range(last - MONTHS + 1, last + 1):
        year, month = divmod(number, 12)
        count = sum(many for when, many in made.items() if when <= (year, month + 1))
        rows.append((format_date(datetime(year, month + 1, 1), "yyyy-MM"), (count,)))
    return charts.over_time(rows)


def _hardware(found):
    """Return (title, what charts.bars gives, how many are not known, the search for them)."""
    titles = {
        "board.vendor": _("Makers"),
        "board.model": _("Models"),
        "os": _("Operating systems"),
    }
    told = []
    for fact, title in titles.items():
        counts = found[fact]
        if fact == "os":
            counts = {pair if pair[0] else None: many for pair, many in counts.items()}
            shown = charts.bars(counts, link=_os_search, label=lambda pair: _system(*pair))
            unknown = _search("NOT os.name:*")
        else:
            shown = charts.bars(counts, link=_fact_search(fact))
            unknown = _search(f"NOT {fact}:*")
        told.append((title, *shown, counts.get(None, 0), unknown))
    return told


def _system(name, version):
    return f"{name} {version}" if version else name


def _ages(purchased):
    """Return how many were bought in each year, and of how many no day is declared."""
    years = {str(year): count for year, count in purchased.items() if year is not None}
    shown, *rest = charts.bars(years, link=_bought)
    shown.sort(key=lambda bar: bar.label, reverse=True)
    return shown, *rest, purchased.get(None, 0), _search("NOT purchased_on:*")


def _racks(found):
    bars = [
        charts.Bar(
            rack["name"],
            f"{rack['used_u']} / {rack['height_u']}",
            min(100, round(100 * rack["used_u"] / rack["height_u"], 2)),
            url_for("console.places.rack", number=rack["id"]),
        )
        for rack in found["racks"]
    ]
    return found | {"bars": bars}


def _bought(year):
    return _search(f"purchased_on:[{year}-01-01 TO {year}-12-31]")


def _fact_search(fact):
    return lambda value: _search(f"{fact}:{_quoted(value)}")


def _os_search(pair):
    name, version = pair
    end = f"os.version:{_quoted(version)}" if version else "NOT os.version:*"
    return _search(f"os.name:{_quoted(name)} AND {end}")


def _quoted(text):
    escaped = text.replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'


def _search(query):
    return url_for("console.assets.page", query=query)


def _steps():
    """Return (what it is for, the command) of what brings the first report."""
    return [
        (
            _("On this server: make a token for the Salt master, and put it into its settings."),
            "cmdb token create --scope relay",
        ),
        (
            _("On the Salt master: install the collectors on all minions, and their schedule."),
            "salt '*' state.highstate",
        ),
        (_("On the Salt master: let them report at once."), "salt '*' cmdb.report"),
    ]
