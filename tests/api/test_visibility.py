"""Whoever is limited to business units sees nothing of another one, by any route."""

import io
import json
import re
import zipfile

import pytest
from sqlalchemy import select, text

from cmdb_api.extensions import db
from cmdb_api.models import Asset, BusinessUnit
from cmdb_api.services import locking
from cmdb_api.services.access import visibility
from cmdb_api.views import limits
from tests import two_units
from tests.two_units import API, HIDDEN, MARK, MARKS, MOVED, SEEN

# Of the same shape as the mark, and in no row: what is hidden must be answered as what is not.
TWIN = "qqhush"
NO_NUMBER = 987654
WRITES = {"POST", "PUT", "PATCH", "DELETE"}
# What paths are filled with: (seen, hidden). Numbers are as the fleet was made.
NAMES = {
    "hostname": ([SEEN], [HIDDEN, f"{MARK}-alias"]),
    "alias": (["ops-alias"], [f"{MARK}-alias"]),
    "name": (["salt01"], [MARK]),
    "filename": (["x"], [MARK]),
    "seq": ([1], [1]),
    "outbox_id": ([1], [2]),
}
NUMBERS = {
    "racks": "racks",
    "tags": "tags",
    "contacts": "contacts",
    "services": "services",
    "business_units": "business-units",
    "saved_queries": "saved",
    "imports": "run",
    "findings": "findings",
}
# What is asked for by each name of a query. Any other text is asked for by the mark alone.
QUERIES = {
    "query": [
        *(MARK, f"{MARK}*", f"hostname:{MARK}*", f"serial:{MARK}*", f"tag:{MARK}-tag"),
        *(f"disk.model:{MARK}*", f"package.{MARK}-package:*", f"contact:({MARK} person)"),
        *(f'address:"{two_units.ADDRESS}"', f"business_unit:{MARK}*", f"{MARK}_kind.count:1", "*"),
        *("NOT hostname:x", "business_unit:*", f"alias:{MARK}-alias", f"nosuch:{MARK}", "web"),
    ],
    "saved": [f"{MARK} search"],
    "serial": [MOVED, f"{MARK}-sn", f"{MARK}*"],
    "asset": [SEEN, HIDDEN, f"{MARK}-unknown"],
    "hostname": [HIDDEN, SEEN],
    "left": [SEEN],
    "right": [SEEN, HIDDEN],
    "a": [SEEN],
    "b": [SEEN, HIDDEN],
    "name": [f"{MARK}-package", f"{MARK}-pack", "bash", "bas", f"{MARK}*"],
    "address": [two_units.ADDRESS, two_units.MAC],
    "columns": [
        "hostname,rack,tags,contacts,services,business_unit,comment,serial,aliases,disk.model",
        f"{MARK}_kind.{MARK}_field",
    ],
    "sort": ["hostname", "-inventory_number", f"{MARK}"],
    "field": ["hostname", "tag", "contact", "business_unit", "package", "disk.model", "nic.model"],
    "prefix": ["", MARK, MARK[:2]],
    "status": ["any", "open", "closed"],
    "state": ["any"],
    "standing": ["any"],
    "kind": ["disk", f"{MARK}_kind", "identity"],
    "since": ["7d"],
    "until": ["1s"],
    "window": ["1s"],
    "limit": ["1", "500"],
    "at": ["1h", "2s"],
    "to": ["1s"],
}
# What is sent to the views that are open to operators.
BODIES = {
    ("assets.Assets", "POST"): [
        {
            "hostname": "ops07",
            "business_unit": "Ops",
            "tags": ["fresh"],
            "contacts": ["Anna Example"],
        },
        {"hostname": HIDDEN, "business_unit": "Ops"},
        {"hostname": "ops09", "business_unit": f"{MARK} unit"},
        {"hostname": "ops09", "business_unit": "Ops", "tags": ["x"], "contacts": [f"{MARK} per"]},
        {"hostname": "ops09", "business_unit": "Ops", "services": [f"{MARK} service"]},
        {"hostname": "ops08", "business_unit": "Ops", "rack": "R1", "position_u": 5},
        {"hostname": "ops08", "business_unit": "Ops", "rack": "R1", "position_u": 1},
    ],
    ("assets.Asset", "PATCH"): [
        {"comment": "x"},
        {"rack": "R1", "position_u": 7},
        {"contacts": [f"{MARK} person"]},
        {"business_unit": f"{MARK} unit"},
        {"business_unit": None},
    ],
    ("assets.AssetState", "POST"): [{"state": "offline"}, {"state": "online"}],
    ("aliases.Alias", "PUT"): [None],
    ("accounts.Password", "PUT"): [{"old_password": MARK, "new_password": f"{MARK} password"}],
    ("tokens.Tokens", "POST"): [{"name": "mine", "scope": "read"}],
    ("findings.Decisions", "POST"): [{"ids": "hidden", "decision": "mute"}],
    ("findings.Decision", "POST"): [{"decision": "mute"}, {"decision": "x", "into": HIDDEN}],
    ("tags.Many", "POST"): [{"name": "fresh"}],
    ("saved_queries.SavedQueries", "POST"): [{"name": "mine", "query": f"serial:{MARK}"}],
    ("saved_queries.SavedQuery", "PATCH"): [{"description": "x"}],
    ("imports.Imports", "POST"): [
        b"hostname,business_unit,comment\nops01,Ops,imported\nops10,Ops,x\nops11,,y\n",
        f"hostname,rack,position_u,contacts\nops01,R1,5,{MARK} person\n".encode(),
    ],
}


@pytest.fixture
def fleet(make_client, post):
    return two_units.build(make_client("admin"), make_client("relay"), post)


@pytest.fixture
def limited(fleet, make_client):
    """Return a function that makes a session of an account which sees the first unit alone."""

    def limited(scope):
        role = {"read": "viewer", "write": "operator"}[scope]
        given = {"name": role, "role": role, "limited": True, "business_units": ["Ops"]}
        account = make_client("admin").post(f"{API}/accounts", json=given)
        assert account.status_code == 201, account.text
        return make_client(scope, name=role, account_id=account.json["id"], kind="session")

    return limited


def requests(app, fleet, document, *, reads):
    """Yield (endpoint, method, path, query, body) of everything that can be read, or written."""
    # The console is walked in tests/console; logging out comes last.
    ours = (r for r in app.url_map.iter_rules() if not r.endpoint.startswith("console."))
    for rule in sorted(ours, key=lambda r: r.endpoint == "sessions.Current"):
        for method in sorted(rule.methods & ({"GET"} if reads else WRITES)):
            for path in paths(rule, fleet):
                operation = document["paths"].get(_described(rule), {}).get(method.lower(), {})
                for query in queries(operation, fleet) if method == "GET" else [{}]:
                    for body in bodies(rule.endpoint, method, fleet):
                        yield rule.endpoint, method, path, query, body


def paths(rule, fleet):
    """Return the paths of a rule, with what is seen and what is hidden in each place."""
    found = [rule.rule]
    for name in rule.arguments:
        values = fills(rule, name, fleet)
        found = [re.sub(rf"<(\w+:)?{name}>", str(v), path) for path in found for v in values]
    return found


def fills(rule, name, fleet):
    if name == "number":
        sort = NUMBERS.get(rule.endpoint.partition(".")[0])
        return [one for side in fleet[sort] for one in _listed(side)] if sort else [1, 2]
    assert name in NAMES, f"say in NAMES what <{name}> of {rule.rule} is for seen and hidden assets"
    return [one for side in NAMES[name] for one in side]


def queries(operation, fleet):
    """Yield queries: each parameter by itself, beside those that must be given."""
    parameters = [p for p in operation.get("parameters", ()) if p.get("in") == "query"]
    needed = {p["name"]: values(p, fleet)[0] for p in parameters if p.get("required")}
    yield needed
    for parameter in parameters:
        # Each file takes its time, and they are all made from the same.
        step = 4 if "exports" in operation["tags"] else 1
        for value in values(parameter, fleet)[::step]:
            yield needed | {parameter["name"]: value}


def values(parameter, fleet):
    known = QUERIES.get(parameter["name"])
    if parameter["name"] == "from":
        return [fleet["now"]]
    return known or [parameter["schema"].get("enum", [MARK])[0]]


def bodies(endpoint, method, fleet):
    """Return what is sent: {"ids": "hidden"} stands for the numbers of hidden findings."""
    if method in ("GET", "DELETE") or method not in limits.OPEN.get(endpoint, ()):
        return [None]
    assert (endpoint, method) in BODIES, f"say in BODIES what {method} of {endpoint} is sent"
    hidden = json.dumps(fleet["findings"][1])
    return [
        json.loads(json.dumps(body).replace('"hidden"', hidden)) if isinstance(body, dict) else body
        for body in BODIES[endpoint, method]
    ]


def ask(client, method, path, query, body):
    """Return the status, and all that the answer says, in lower case."""
    given = {"data": body, "headers": {"Content-Type": "text/csv"}}
    if not isinstance(body, bytes):
        given = {} if body is None else {"json": body}
    answer = client.open(path, method=method, query_string=query, **given)
    data = answer.data
    answer.close()
    assert answer.status_code != 500, (method, path, query, body)
    if data.startswith(b"PK"):
        book = zipfile.ZipFile(io.BytesIO(data))
        data = b"\n".join(book.read(name) for name in book.namelist())
    text = f"{answer.headers}\n{data.decode('utf-8', 'replace')}".lower()
    return answer.status_code, text


TWINS = {
    MARK: TWIN,
    two_units.ADDRESS: "192.0.2.198",
    two_units.MAC: "00:00:5e:00:53:98",
}


def twin(given):
    """Return the same request for what does not exist."""
    text = given.decode() if isinstance(given, bytes) else json.dumps(given)
    for mine, other in TWINS.items():
        text = text.replace(mine, other)
    return text.encode() if isinstance(given, bytes) else json.loads(text)


def fault(client, endpoint, method, path, query, body, *, seen):
    """Return what is wrong with the answer: what is hidden is answered as what is not there."""
    said = status, text = ask(client, method, path, query, body)
    seen.setdefault(endpoint, set()).add(status)
    given = re.split(
        r'[",/]|(?:\\)+n', json.dumps([path, query, body], default=bytes.decode).lower()
    )
    if method != "GET":
        # What was sent may come back; to send another changes what the first one did.
        text = re.sub(
            "|".join(re.escape(each) for each in given if MARK in each) or "(?!)", "", text
        )
    elif any(mark in each for mark in MARKS for each in given):
        status_, text = ask(client, method, *(twin(part) for part in (path, query, body)))
        if plain(said) != plain((status_, untwinned(text))):
            return "tells what is hidden from what is not there: " + _differing(
                said, (status_, text)
            )
    for mark in MARKS:
        if mark in text:
            return f"has {mark} in it: {_around(text, mark)}"
    if method != "GET" and not limits.is_open(endpoint, method) and status < 400:
        return "is open to all"
    return None


def plain(said):
    """Return an answer without what differs from one moment to the next."""
    status, text = said
    return status, re.sub("|".join(_PASSING), "", text)


_PASSING = (
    r"\d{4}-\d\d-\d\d[t ]\d\d:\d\d(:\d\d)?[^\s\",<]*",
    # A time in a spreadsheet.
    r"4\d{4}\.\d+",
    r'"(id|took_ms|age_seconds)": \d+|content-length: \d+',
    r"(imports|saved-queries)/\d+",
)


def untwinned(text):
    for mine, other in TWINS.items():
        text = text.replace(other, mine)
    return text


def _differing(said, other):
    if said[0] != other[0]:
        return f"{said[0]} and {other[0]}: {said[1][-300:]} and {other[1][-300:]}"
    one, two = plain(said)[1], plain((other[0], untwinned(other[1])))[1]
    at = next((n for n, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), 0)
    return f"{one[max(0, at - 150) : at + 150]} and {two[max(0, at - 150) : at + 150]}"


def _around(text, mark):
    place = text.index(mark)
    return text[max(0, place - 200) : place + 100]


def _listed(side):
    return side if isinstance(side, list) else [side or NO_NUMBER]


def _described(rule):
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)


def walk(app, client, asking, fleet, *, reads):
    """Ask for all that can be read, or written; return {endpoint: statuses}."""
    document, seen = client.get(f"{API}/openapi.json").json, {}
    faults = [
        (*request, found)
        for request in requests(app, fleet, document, reads=reads)
        if (found := fault(asking, *request, seen=seen))
    ]
    assert not faults, "\n".join([f"{len(faults)} answers", *map(str, faults[:12])])
    assert asking.get(f"{API}/accounts/me").status_code == (200 if reads else 401)
    return seen


def test_nothing_of_another_unit_is_told_to_a_reader_by_any_route(app, client, limited, fleet):
    asking = limited("read")
    seen = walk(app, client, asking, fleet, reads=True)
    answered = {name for name, found in seen.items() if 200 in found}
    # What they have not made, and so do not see.
    own = {
        "saved_queries.SavedQuery",
        "imports.Import",
        "imports.Failed",
        "import_mappings.Mapping",
    }
    assert {name for name, methods in limits.OPEN.items() if "GET" in methods} - answered <= own
    walk(app, client, asking, fleet, reads=False)


def test_nothing_of_another_unit_is_told_to_a_writer_by_any_route(app, client, limited, fleet):
    seen = walk(app, client, limited("write"), fleet, reads=False)
    done = {name for name, found in seen.items() if found & {200, 201, 204}}
    assert {"assets.Assets", "assets.Asset", "imports.Imports", "aliases.Alias"} <= done


def test_limited_readers_see_what_is_of_their_own_units(limited, fleet):
    reader = limited("read")

    def told(path, **query):
        answer = reader.get(f"{API}/{path}", query_string=query)
        assert answer.status_code == 200, answer.text
        return answer.json

    listed = told("assets")
    assert [asset["hostname"] for asset in listed["items"]] == ["ops01", "ops02", "ops03"]
    assert listed["total"] == 3
    detail = told("assets/ops-alias")
    assert (detail["hostname"], detail["rack"], detail["tags"]) == (SEEN, "R1", ["web"])
    assert {change["hostname"] for change in told("changes")["items"]} == {
        "ops01",
        "ops02",
        "ops03",
    }
    assert told("packages", name="bash")["total"] == 1
    (named, other) = told("packages/names")["items"]
    assert (named["name"], named["host_count"], other["name"]) == ("bash", 1, "plain-package")
    (part,) = told("parts", serial=MOVED)["items"]
    assert [place["hostname"] for place in part["now"]] == [SEEN] and not part["before"]
    collector = told("findings", kind="collector")["items"]
    assert [finding["hostname"] for finding in collector] == [SEEN]
    assert [host["hostname"] for host in told("coverage/missing")["items"]] == ["ops03"]
    assert sum(told("coverage")["missing"].values()) == 1
    assert [tag["asset_count"] for tag in told("tags")["items"]] == [1]
    assert [unit["name"] for unit in told("business-units")["items"]] == ["Ops"]
    _, text = ask(reader, "GET", f"{API}/exports/assets.csv", {"columns": "hostname"}, None)
    assert text.split("\n\n")[-1].split() == ["\ufeffhostname", "ops01", "ops02", "ops03"]
    # The elevation of a rack names nobody who is hidden.
    elevation = told(f"racks/{fleet['racks'][0]}/elevation")
    taken = {unit["unit"]: unit["asset"] for unit in elevation["units"] if unit["asset"]}
    assert taken[1]["hostname"] == SEEN
    assert taken[5] == {"hostname": None, "state": None, "position_u": 5, "height_u": 1}
    assert (elevation["used_units"], elevation["free_units"]) == (3, 7)


def test_what_a_hidden_asset_has_is_taken_and_no_more_is_told(limited, fleet):
    writer = limited("write")
    for name in (HIDDEN, HIDDEN.upper(), f"{MARK}-alias", f"{MARK}02"):
        for answer in (
            writer.post(f"{API}/assets", json={"hostname": name}),
            writer.put(f"{API}/assets/ops02/aliases/{name}"),
            writer.patch(f"{API}/assets/ops02", json={"hostname": name}),
        ):
            assert (answer.status_code, answer.json["error"]["code"]) == (409, "conflict")
            assert answer.json["error"]["message"].endswith(f"{name} is taken")
            assert not answer.json["error"].get("details")
    answer = writer.patch(f"{API}/assets/ops02", json={"rack": "R1", "position_u": 5})
    assert answer.status_code == 409
    assert "taken by another asset (5); the nearest free place for one unit is 4" in answer.text
    answer = writer.patch(f"{API}/assets/ops02", json={"tags": [f"{MARK}-tag"]})
    assert (answer.status_code, answer.json["error"]["message"]) == (
        *(409, f"the tag {MARK}-tag is taken"),
    )
    table = f"hostname,rack,position_u\nops02,R1,2\n{HIDDEN},R1,3\nops05,R1,5\nops06,R1,6\n"
    given = {"data": table.encode(), "headers": {"Content-Type": "text/csv"}}
    told = writer.post(f"{API}/imports", **given).json
    reasons = {failure["row"]: failure for failure in told["failures"]}
    assert sorted(reasons) == [3, 4], told
    assert "is taken" in str(reasons[3]) and "another asset (5)" in str(reasons[4])
    placed = {a["hostname"]: a["position_u"] for a in writer.get(f"{API}/assets").json["items"]}
    assert placed == {"ops01": 1, "ops02": 2, "ops03": None, "ops06": 6}


@pytest.fixture
def two(app):
    """Make an asset of each of two business units, and one of none; return the first unit's id."""
    with app.app_context():
        units = [BusinessUnit(name=name, name_key=name) for name in ("ops", "dev")]
        db.session.add_all(units)
        db.session.flush()
        for name, unit in ((SEEN, units[0].id), (HIDDEN, units[1].id), ("none", None)):
            db.session.add(Asset(hostname=name, hostname_key=name.lower(), business_unit_id=unit))
            db.session.flush()
        locking.add(db.session, SEEN)
        db.session.commit()
        return units[0].id


def hostnames(session):
    return session.scalars(select(Asset.hostname).order_by(Asset.hostname)).all()


def test_a_limit_ends_with_its_session_and_holds_over_its_commits(app, two):
    with app.app_context():
        visibility.limit(db.session, {two})
        assert hostnames(db.session) == [SEEN]
        db.session.commit()
        assert hostnames(db.session) == [SEEN]
        with visibility.unscoped(db.session):
            assert hostnames(db.session) == ["none", SEEN, HIDDEN]
        assert hostnames(db.session) == [SEEN]
        db.session.rollback()
        assert hostnames(db.session) == [SEEN]
        visibility.limit(db.session, ())
        assert hostnames(db.session) == []
    with app.app_context():
        # From the same pool of connections.
        assert hostnames(db.session) == ["none", SEEN, HIDDEN]


def test_queries_that_have_a_with_of_their_own_are_limited_too(app, two):
    several = "WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n WHERE i < 2)"
    query = "SELECT hostname FROM asset JOIN n ON i = 1"
    with app.app_context():
        visibility.limit(db.session, {two})
        for start in (several, "WITH n AS (SELECT 1 AS i)"):
            assert db.session.scalars(text(f"{start} {query}")).all() == [SEEN]
        both = "(SELECT hostname FROM asset) UNION ALL (SELECT hostname FROM asset)"
        if db.engine.dialect.name == "postgresql":
            assert db.session.scalars(text(both)).all() == [SEEN, SEEN]


def test_rows_are_locked_only_where_they_are_seen(app, two):
    with app.app_context():
        hidden = db.session.scalar(select(Asset.id).where(Asset.hostname == HIDDEN))
        visibility.limit(db.session, {two})
        assert db.session.get(Asset, hidden) is None
        assert db.session.get(Asset, hidden, with_for_update=True) is None
        assert locking.get(db.session, hidden) is None
        assert locking.find(db.session, SEEN).hostname == SEEN


def test_who_is_limited_to_no_unit_sees_nothing(two, make_client):
    nobody = make_client("read", name="nobody", business_units=[])
    assert nobody.get(f"{API}/assets?standing=any&state=any").json["items"] == []
    assert nobody.get(f"{API}/assets/{SEEN}").status_code == 404


def test_a_view_that_nobody_looked_at_is_not_open_to_limited_readers(app, make_client):
    reader = make_client("read", business_units=[])
    answer = reader.get(f"{API}/master-changes")
    assert answer.status_code == 403
    assert "is not open to those who see the assets of some business units only" in answer.text
    assert not limits.is_open("console.New", "GET")
    assert limits.is_open("assets.Assets", "HEAD")
    assert limits.OPEN.keys() <= app.view_functions.keys()
