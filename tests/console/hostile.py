"""A fleet whose every text tries to be more than text."""

from io import BytesIO

from tests.console import fleet
from tests.console.fleet import API
from tests.reports import make_report, section

# An element, an attribute, a template, marks that turn the direction, an emoji.
EVIL = "<x-canary>'\"x-canary=1 {{7*7}}canary ‮⁦ 🔥</title><script>canary()</script>"
NAME = "<x-canary>'\"{{7*7}}canary‮🔥"
# The same where only what prints is taken.
PLAIN = "".join(c for c in EVIL if c.isprintable())
LONG = "long" * 1000
# How texts begin that a spreadsheet would run.
FORMULAS = ("=", "+", "-", "@", "\uff1d")
# What a URL takes of it.
_IN_URLS = "<x-canary>'\"x-canary=1{{7*7}}canary</title><script>canary()</script>"
OLD_SECRET = "canary-old-secret-of-a-webhook"
SECRET = "canary-secret-that-nobody-sees"


def build(admin, relay, post):
    """Make it; return {what: number or name} that addresses of pages are filled with."""

    def done(answer):
        assert answer.status_code < 300, answer.text
        return answer

    def add(path, **given):
        return done(admin.post(f"{API}/{path}", json=given)).json["id"]

    centre = add("data-centres", name=EVIL, address=EVIL, description=EVIL)
    room = add("rooms", name=EVIL, data_centre=EVIL, description=EVIL)
    rack = add("racks", name=EVIL, data_centre=EVIL, room=EVIL, height_u=10, description=EVIL)
    for path in ("environments", "business-units", "suppliers", "contacts", "tags", "services"):
        add(path, name=EVIL, description=EVIL)
    declared = {"rack": EVIL, "position_u": 3, "environment": EVIL, "business_unit": EVIL}
    declared |= {"supplier": EVIL, "tags": [EVIL], "contacts": [EVIL], "services": [EVIL]}
    declared |= {"comment": EVIL, "inventory_number": EVIL, "expected": {"os.name": PLAIN}}
    done(admin.post(f"{API}/assets", json={"hostname": NAME} | declared))
    done(admin.post(f"{API}/assets", json={"hostname": "twin01", "comment": LONG[:1000]}))
    for level in (1, 2):
        report = make_report(
            NAME, sections(level), identity=_identity(NAME), age_ms=60_000 * (3 - level)
        )
        post(report)
    post(make_report("twin01", sections(1), identity=_identity(NAME)))
    source = {"kind": "salt", "pending": [f"{NAME}-new"], "accepted": [NAME]}
    done(relay.put(f"{API}/coverage/sources/salt01", json=source))
    more = {"full_name": EVIL, "password": SECRET, "email": "canary@example.com"}
    more["oidc_subject"] = EVIL
    add("accounts", name="mallory", role="viewer", **more)
    add("tokens", name=EVIL, scope="read")
    add("subscriptions", name="canary", type="stream", query="hostname:web*")
    hook = _failing_webhook(admin)
    given = {"name": EVIL, "query": f'comment:"{NAME[:10]}"', "shared": True, "description": EVIL}
    done(admin.post(f"{API}/saved-queries", json={k: v for k, v in given.items() if k != "query"}))
    table = f'hostname,comment\n"{NAME.replace(chr(34), "")}x y",z\n'.encode()
    sent = admin.post(f"{API}/imports", data=table, headers={"Content-Type": "text/csv"})
    run = done(sent).json["id"]
    add("import-mappings", name=PLAIN, description=EVIL, columns={EVIL: "comment", NAME: None})
    run = _try_a_file(admin) or run
    _send_strange_names(admin)
    found = admin.get(f"{API}/findings").json["items"]
    _decide(admin, found[0])
    _write_formulas(admin)
    done(admin.put(f"{API}/assets/twin01/aliases/{_quoted(NAME + '-alias')}"))
    return {
        **{"hostname": _quoted(NAME), "data_centre": centre, "room": room, "rack": rack},
        **{"subscription": hook, "saved": 1, "import": run, "seq": 2, "serial": "EXAMPLE"},
        "finding": found[0]["id"],
        "edit": _edit_many(admin),
    }


def sections(level):
    """Return what a hostile host reports: each text of it tries."""
    disk = {"slot": EVIL, "vendor": EVIL, "model": LONG, "serial": f"{NAME}-{level}", EVIL[:9]: 1}
    packages = [{"name": NAME, "arch": EVIL, "version": f"{EVIL}{level}"}]
    return {
        "disk": section([disk], serial="serial"),
        "package": section(packages, ["name", "arch"], bulk=True),
        "host": section([{"place": "os", "os_name": EVIL, "os_version": str(level)}], ["place"]),
        "board": section([{"place": "system", "product": EVIL, "manufacturer": EVIL}], ["place"]),
        "nic": section(
            [{"port": EVIL, "name": EVIL, "mac": EVIL, "ipv4": [EVIL]}, {"port": "x", "mtu": EVIL}],
            ["port"],
        ),
        "lldp": section([{"place": EVIL, "interface": EVIL, "switch": EVIL}], ["place"]),
        "filesystem": section([{"mount_point": EVIL, "size_bytes": 1}], ["mount_point"]),
        "memory": section([{"slot": EVIL, "size_bytes": EVIL, "part_number": EVIL}]),
        "raid_volume": section([{"place": EVIL, "controller": EVIL, "name": EVIL}], ["place"]),
        "raid_disk": section([{"place": EVIL, "controller": EVIL, "state": EVIL}], ["place"]),
        "own_kind": section([{"slot": EVIL, "some_field": EVIL, "many": [EVIL]}]),
        "psu": {"status": "error", "error": EVIL, "traceback": EVIL},
        "gpu": {"status": "unavailable", "reason": EVIL},
    }


def _failing_webhook(admin):
    """Add a webhook whose receiver answers in a hostile way; return its id."""
    from cmdb_api.extensions import db
    from cmdb_api.models import Delivery, DeliveryTry, Outbox, Subscription
    from cmdb_api.models.types import now

    number = fleet.add_a_webhook(admin)
    with admin.client.application.app_context():
        row = db.session.get(Subscription, number)
        row.name, row.url, row.last_error = PLAIN, f"http://192.0.2.9/{_IN_URLS}", EVIL
        row.query, row.old_secret = f'comment:"{_IN_URLS[:9]}"', OLD_SECRET
        event = dict.fromkeys(("host", "kind", "place", "action", "actor"), EVIL)
        event |= {"id": "1", "before": {EVIL: EVIL}, "after": None}
        told = Outbox(asset_id=1, event=event, handed_out=True)
        db.session.add(told)
        db.session.flush()
        # What the receiver answered: a page.
        failed = {"status": "dead", "attempts": 3, "error": f"status 500: <html>{EVIL}</html>"}
        db.session.add(Delivery(subscription_id=number, outbox_id=told.id, asset_id=1, **failed))
        tried = {"event_id": EVIL, "hostname": EVIL, "kind": EVIL, "place": EVIL, "action": EVIL}
        tried |= {"outbox_id": told.id, "asset_id": 1, "error": failed["error"]}
        more = {"at": now(), "duration_ms": 1, "attempt": 3, "outcome": "failed"}
        db.session.add(DeliveryTry(subscription_id=number, status_code=500, **tried, **more))
        db.session.commit()
    return number


def _try_a_file(admin):
    """Let anna try a file whose name, headings and cells are hostile; return the run's number."""
    from tests.console.conftest import log_in_client, token_of

    client = log_in_client(admin.client.application, "anna")
    token = {"csrf_token": token_of(client.get("/preferences"))}
    texts = [each.replace('"', '""') for each in (EVIL, f"=cmd()|{EVIL}")]
    table = f'hostname,"{texts[0]}","rack"\n"{texts[0]} x","{texts[1]}","{texts[0]}z"\n'
    sent = token | {"file": (BytesIO(table.encode()), f"{PLAIN.replace('/', '')}.csv")}
    kind = {"content_type": "multipart/form-data"}
    upload = client.post("/exchange/uploads", data=sent, **kind).location
    fields = {"column-1": "hostname", "column-2": "comment", "column-3": "rack", "mode": "rows"}
    tried = client.post(upload, data=token | fields)
    assert tried.location, tried.text
    return int(tried.location.rpartition("/")[2])


def _send_strange_names(admin):
    """Let the audit log tell of fields, subjects and paths that are hostile."""
    for given in ({EVIL: EVIL, "name": "x"}, {"name": EVIL, f"=cmd() {NAME}": SECRET}):
        assert admin.post(f"{API}/tags", json=given).status_code in (409, 422)
    assert admin.patch(f"{API}/assets/{_quoted(EVIL)}", json={"comment": SECRET}).status_code == 404
    for name in (EVIL, f"=cmd() {PLAIN}", "x" * 4000):
        given = {"name": name, "password": SECRET}
        assert admin.post(f"{API}/sessions", json=given).status_code in (401, 422)


def _write_formulas(admin):
    """Let what people write begin as formulas do."""
    for number, start in enumerate(FORMULAS):
        given = {"hostname": f"formula{number}", "comment": f"{start}cmd|' /C calc'!A0 {EVIL}"}
        given["inventory_number"] = f"{start.strip()}1+{number}"
        answer = admin.post(f"{API}/assets", json=given)
        assert answer.status_code < 300, answer.text
        name = f"{start.strip()}HYPERLINK({number})"
        answer = admin.post(f"{API}/tags", json={"name": name, "description": f"{start}1"})
        assert answer.status_code < 300, answer.text
        given = {"name": name, "query": f'comment:"{number}"', "shared": True, "description": name}
        assert admin.post(f"{API}/saved-queries", json=given).status_code < 300


def _decide(admin, finding):
    given = {"decision": "mute", "until": "30d", "comment": EVIL}
    answer = admin.post(f"{API}/findings/{finding['id']}/decision", json=given)
    assert answer.status_code < 300, answer.text


def _edit_many(admin):
    """Keep an edit of hostile texts, of all hosts; return its number."""
    items = admin.get(f"{API}/assets?state=any").json["items"]
    asked = {"comment": [EVIL], "why": [LONG], "tags_add": [NAME[:50]]}
    names = [each["hostname"] for each in items]
    return fleet.edit_many(admin.client.application, names, asked, f"{EVIL} {LONG}")


def _identity(host):
    return {"hostname": EVIL, "machine_id": EVIL, "macs": [EVIL], "board_serial": EVIL}


def _quoted(name):
    from urllib.parse import quote

    return quote(name, safe="")
