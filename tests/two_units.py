"""A fleet of two business units; whatever the hidden one has holds the mark, in every field."""

from datetime import UTC, datetime

from tests.reports import make_report, section

API = "/api/v1"
MARK = "zzhush"
# What stands where no mark can.
MAC, ADDRESS = "00:00:5e:00:53:99", "192.0.2.199"
MARKS = (MARK, MAC, ADDRESS)
SEEN, HIDDEN = "ops01", f"{MARK}01.example.com"
# A part that was in a hidden asset, and is in one that is seen.
MOVED = "EXAMPLE-MOVED-1"
# Identifiers that a hidden asset and one that is seen have in common.
SHARED_MAC, MACHINE = "00:00:5e:00:53:10", "12" * 16


def build(admin, relay, post):
    """Make it through the API; return {what: ids} of what is addressed by number."""
    make = Maker(admin)
    own = make.add("business-units", name="Ops")
    make.add("business-units", name=f"{MARK} unit", description=MARK)
    make.add("data-centres", name="FRA1")
    for path, given in (
        ("rooms", {"data_centre": "FRA1"}),
        ("environments", {}),
        ("suppliers", {}),
    ):
        make.add(path, name="Plain", **given)
    rack = make.add("racks", name="R1", data_centre="FRA1", height_u=10)
    tags = make.add("tags", name="web"), make.add("tags", name=f"{MARK}-tag", description=MARK)
    contacts = (
        make.add("contacts", name="Anna Example"),
        make.add("contacts", name=f"{MARK} person", email=f"{MARK}@example.com", phone=MARK),
    )
    services = (
        make.add("services", name="Shop", business_unit="Ops"),
        make.add("services", name=f"{MARK} service", business_unit=f"{MARK} unit"),
    )
    make.asset(SEEN, business_unit="Ops", rack="R1", position_u=1, tags=["web"], services=["Shop"])
    make.asset("ops02", business_unit="Ops", contacts=["Anna Example"])
    make.asset("ops03", business_unit="Ops")
    for name, unit in ((HIDDEN, 5), (f"{MARK}02", 7)):
        make.asset(name, rack="R1", position_u=unit, expected={"memory.total_bytes": 7}, **_MARKED)
    make.asset(f"{MARK}-bare", business_unit=f"{MARK} unit")
    make.asset(f"{MARK}-none", comment=MARK)
    make.asset(f"{MARK}-gone", comment=MARK)
    make.done(admin.put(f"{API}/assets/{HIDDEN}/aliases/{MARK}-alias"))
    make.done(admin.put(f"{API}/assets/{SEEN}/aliases/ops-alias"))
    make.done(admin.patch(f"{API}/assets/{MARK}02", json={"hostname": f"{MARK}-new"}))
    _report(post)
    make.done(admin.post(f"{API}/assets/{MARK}-gone/state", json={"state": "retired"}))
    make.done(admin.delete(f"{API}/assets/{MARK}-gone"))
    pending = {"kind": "salt", "pending": [f"{MARK}-bare", f"{MARK}-key", "ops02"]}
    make.done(relay.put(f"{API}/coverage/sources/salt01", json=pending))
    person = {"name": f"{MARK}.person", "role": "viewer", "email": f"{MARK}@example.com"}
    make.add("accounts", **person, limited=True, business_units=[f"{MARK} unit"])
    make.add("tokens", name=f"{MARK} token", scope="read", business_units=[f"{MARK} unit"])
    make.add("subscriptions", name=f"{MARK}-events", type="stream", query=f"hostname:{MARK}*")
    query = {"name": f"{MARK} search", "query": f"hostname:{MARK}*", "shared": True}
    saved = make.done(admin.post(f"{API}/saved-queries", json=query)).json["id"]
    table = f"hostname,comment\n{MARK}-bare,{MARK} imported\n{MARK} bad name,x\n".encode()
    run = admin.post(f"{API}/imports", data=table, headers={"Content-Type": "text/csv"})
    findings = admin.get(f"{API}/findings?limit=500&status=any").json["items"]
    return {
        "unit": own,
        "now": datetime.now(UTC).isoformat(),
        "racks": (rack, 0),
        "tags": tags,
        "contacts": contacts,
        "services": services,
        "business-units": (own, own + 1),
        "saved": (0, saved),
        "run": (0, make.done(run).json["id"]),
        "findings": (
            [f["id"] for f in findings if MARK not in str(f).lower()],
            [f["id"] for f in findings if MARK in str(f).lower()],
        ),
    }


_MARKED = {
    "business_unit": f"{MARK} unit",
    "tags": [f"{MARK}-tag", "web"],
    "contacts": [f"{MARK} person"],
    "services": [f"{MARK} service"],
    "inventory_number": f"{MARK}-INV",
    "comment": f"{MARK} comment",
}


class Maker:
    """Makes things through the API, and looks that each was taken."""

    def __init__(self, admin):
        self.admin = admin

    def done(self, answer):
        assert answer.status_code < 300, answer.text
        return answer

    def add(self, path, **given):
        return self.done(self.admin.post(f"{API}/{path}", json=given)).json["id"]

    def asset(self, hostname, **given):
        self.done(self.admin.post(f"{API}/assets", json={"hostname": hostname} | given))


def _report(post):
    """Report of both units: parts that move, packages, a failure, a machine that is two."""
    disk = {"vendor": "EXAMPLE", "model": "Plain"}
    other = {"vendor": MARK, "model": f"{MARK} model"}
    first = [{"slot": f"{MARK}:1", "serial": MOVED, **disk}]
    last = [{"slot": f"{MARK}:1", "serial": f"{MARK}-SN".upper(), **other}]
    for ago, disks in ((7_200_000, first), (3_600_000, last)):
        sections = {"disk": _disks(disks)} | _sections(MARK, MAC, ADDRESS)
        sections["psu"] = {"status": "error", "error": f"{MARK} failed", "traceback": MARK}
        post(make_report(HIDDEN, sections, identity=_identity(HIDDEN, MAC, MACHINE), age_ms=ago))
    # The same machine as one that is seen, which it is a finding of though it is gone.
    gone = _identity(f"{MARK}-gone", "00:00:5e:00:53:01", "ab" * 16)
    post(make_report(f"{MARK}-gone", {"disk": _disks([])}, identity=gone))
    mine = {"disk": _disks([{"slot": "0:1", "serial": MOVED, **disk}])}
    mine |= _sections("plain", "00:00:5e:00:53:01", "192.0.2.1")
    post(make_report(SEEN, mine, identity=_identity(SEEN, "00:00:5e:00:53:01", "ab" * 16)))
    failing = mine | {"psu": {"status": "error", "error": "psu failed"}}
    post(make_report(SEEN, failing, identity=_identity(SEEN, "00:00:5e:00:53:01", "ab" * 16)))
    # The same machine as a hidden one: a finding that speaks of both.
    twin = _identity("ops02", SHARED_MAC, MACHINE)
    post(make_report("ops02", {"disk": _disks([])}, identity=twin))
    post(make_report(f"{MARK}-unknown", {"disk": _disks([])}, identity=_identity(MARK, MAC, None)))


def _disks(items):
    return section(items, serial="serial")


def _identity(host, mac, machine):
    return {"hostname": host, "macs": [mac, SHARED_MAC], "machine_id": machine}


def _sections(word, mac, address):
    packages = [
        {"name": "bash", "arch": "amd64", "version": "5.2"},
        {"name": f"{word}-package", "arch": "amd64", "version": f"1.{word}"},
    ]
    nics = [{"slot": "eth0", "mac": mac, "ipv4": [f"{address}/24"], "model": f"{word} nic"}]
    return {
        "nic": section(nics),
        "package": section(packages, ["name", "arch"], bulk=True),
        f"{word}_kind": section([{"slot": "1", f"{word}_field": word}]),
        "memory": section([{"slot": "1", "size_bytes": f"{word} is no number"}]),
    }
