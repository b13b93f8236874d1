"""A small fleet for the pages, made through the API: something of everything that they show."""
# ruff: noqa: E501 - tables are read better in lines

from io import BytesIO

from tests.reports import make_report, section
from tests.two_units import Maker

API = "/api/v1"
GIB = 2**30


# fmt: off
def build(admin, relay, post):
    """Make it; return {what: number or name} that addresses of pages are filled with."""
    make = Maker(admin)
    centre = make.add("data-centres", name="FRA1", address="Example street 1")
    room = make.add("rooms", name="Hall 2", data_centre="FRA1")
    rack = make.add("racks", name="A12", data_centre="FRA1", room="Hall 2", height_u=42)
    for path, name in (
        *(("environments", "production"), ("business-units", "Shop"), ("suppliers", "Example Ltd")),
        *(("services", "web shop"), ("contacts", "Anna Example"), ("tags", "lb")),
    ):
        make.add(path, name=name)
    make.asset("web01", rack="A12", position_u=10, height_u=2, environment="production",
               business_unit="Shop", tags=["lb"], services=["web shop"], contacts=["Anna Example"],
               warranty_until="2027-01-31", expected={"memory.total_bytes": 128 * GIB})
    make.asset("web02", rack="A12", position_u=14, environment="production")
    make.asset("db01", rack="A12", position_u=20, height_u=4, business_unit="Shop")
    make.asset("never01", comment="was registered and never reported")
    make.asset("old01")
    make.done(admin.post(f"{API}/assets/old01/state", json={"state": "retired"}))
    for age, disk, level in (
        (90_000_000, "EXAMPLE-D1", 1),
        (3_600_000, "EXAMPLE-D2", 1),
        (60_000, "EXAMPLE-D2", 2),
    ):
        post(
            make_report(
                "web01", sections("web01", disk, level), identity=_identity("web01", 1), age_ms=age
            )
        )
    post(make_report("web02", sections("web02", "EXAMPLE-D3", 1), identity=_identity("web02", 2)))
    # The same machine under another name: somebody has to decide.
    post(make_report("web03", sections("web03", "EXAMPLE-D4", 1), identity=_identity("web03", 2)))
    post(
        make_report(
            "db01",
            sections("db01", "EXAMPLE-D5", 1, raid=True),
            identity=_identity("db01", 4),
            age_ms=7_200_000,
        )
    )
    failing = {"psu": {"status": "error", "error": "ParseError: no such line",
                       "traceback": "Traceback (most recent call last):\n  File \"cmdb_psu.py\"\nParseError: no such line"}}
    post(
        make_report(
            "db01",
            sections("db01", "EXAMPLE-D5", 1, raid=True) | failing,
            identity=_identity("db01", 4),
            age_ms=60_000,
        )
    )
    make.done(relay.put(f"{API}/coverage/sources/salt01", json={
        "kind": "salt", "pending": ["new01"], "accepted": ["web01", "web02", "never01", "db01"], "up": ["web01"]}))
    make.add("accounts", name="vera", role="viewer", password="correct horse battery")
    make.add("subscriptions", name="chat", type="stream", query="hostname:web*")
    hook = add_a_webhook(admin)
    saved = make.done(
        admin.post(
            f"{API}/saved-queries",
            json={"name": "web servers", "query": "hostname:web*", "shared": True},
        )
    ).json["id"]
    table = b"hostname,comment\nweb02,imported\nweb03,imported\nbad name,x\n"
    run = make.done(
        admin.post(f"{API}/imports", data=table, headers={"Content-Type": "text/csv"})
    ).json["id"]
    make.add("import-mappings", name="finance list", columns={"Cabinet": "rack", "Price": None})
    run = _try_a_file(admin) or run
    texts = {"state": ["offline"], "why": ["moved"]}
    edit = edit_many(admin.client.application, ["never01", "old01"], texts, "old01 is retired")
    _deliver_some(admin, hook)
    findings = admin.get(f"{API}/findings").json["items"]
    return {
        "hostname": "web01", "data_centre": centre, "room": room, "rack": rack, "subscription": hook,
        "saved": saved, "import": run, "finding": findings[0]["id"] if findings else 0, "seq": 2,
        "serial": "EXAMPLE-D1", "edit": edit,
    }


def sections(host, disk, level, raid=False):
    """Return what a host of this fleet reports."""
    size = 960197124096
    banks = [
        {
            "slot": f"P0 {bank}",
            "size_bytes": 32 * GIB,
            "speed_mts": 3200,
            "type": "DDR4",
            "serial": f"EXAMPLE-M-{host}-{bank}",
        }
        for bank in ("A1", "B1")
    ]
    found = {
        "board": section([{"place": "system", "manufacturer": "Example Inc", "product": "Server 2000", "serial": f"EXAMPLE-B-{host}"}], ["place"], serial="serial"),
        "cpu": section([{"socket": "CPU 1", "vendor": "Example", "model": "Example CPU 2.0", "core_count": 16, "thread_count": 32, "max_hz": 3_400_000_000}], ["socket"]),
        "memory": section(banks, serial="serial"),
        "disk": section([{"slot": "0:1:0", "name": "sda", "vendor": "EXAMPLE", "model": "SSD 960", "serial": disk, "size_bytes": size, "firmware": f"FW{level}"}], serial="serial"),
        "nic": section([{"port": "0000:3b:00.0", "name": "eth0", "mac": "00:00:5e:00:53:01", "ipv4": ["192.0.2.10/24"], "speed_mbps": 25000, "carrier": True}], ["port"]),
        "lldp": section([{"place": "eth0", "interface": "eth0", "switch": "sw01", "port": "Eth1/12"}], ["place"]),
        "filesystem": section([{"mount_point": "/", "device": "/dev/sda2", "type": "ext4", "size_bytes": 100 * GIB}], ["mount_point"], volatile={"/": {"used_bytes": 91 * GIB, "available_bytes": 9 * GIB}}),
        "host": section([{"place": "os", "os_name": "Debian GNU/Linux", "os_id": "debian", "os_version": "12", "kernel": f"6.1.0-{level}"}], ["place"]),
        "package": section([{"name": "openssl", "arch": "amd64", "version": f"3.0.{level}"}, {"name": "bash", "arch": "amd64", "version": "5.2"}], ["name", "arch"], bulk=True),
        "socket": section([{"protocol": "tcp", "address": "0.0.0.0", "port": 443, "processes": ["nginx"]}], ["protocol", "address", "port"]),
        "raid_controller": {"status": "unavailable", "reason": "storcli64 is not installed"},
    }
    if raid:
        disks = [
            {"place": f"0:32:{n}", "controller": "0", "enclosure": "32", "slot": n, "serial": f"EXAMPLE-RD{n}", "size_bytes": size, "state": state}
            for n, state in enumerate(("online", "failed"))
        ]
        found["raid_controller"] = section([{"place": "0", "model": "Example RAID", "serial": "EXAMPLE-R1", "firmware": "4.1"}], ["place"], serial="serial")
        found["raid_volume"] = section([{"place": "0:0", "controller": "0", "name": "root", "level": "RAID1", "size_bytes": size, "state": "degraded", "members": ["0:32:0", "0:32:1"]}], ["place"])
        found["raid_disk"] = section(disks, ["place"], serial="serial")
    return found


def _identity(host, number):
    return {"hostname": host, "machine_id": f"{number:x}" * 32, "system_uuid": f"0000000{number}-1111-4222-8333-444444444444",
            "macs": [f"00:00:5e:00:53:{number:02x}"]}
# fmt: on


def add_a_webhook(admin):
    """Add a webhook to an address that nobody has; return its id."""
    from cmdb_api.extensions import db
    from cmdb_api.services.events import subscriptions

    given = {"name": "tickets", "type": "webhook", "url": "http://192.0.2.9/cmdb"}
    with admin.client.application.app_context():
        made = subscriptions.add(db.session, given, actor="anna", networks=["192.0.2.0/24"])
        number = made[0].id
        db.session.commit()
    return number


def _deliver_some(admin, hook):
    """Let a webhook's receiver take an event, and fail at the next."""
    from cmdb_api.extensions import db
    from cmdb_api.models.types import now
    from cmdb_api.services.events import deliveries, fanout, outcomes, tries
    from cmdb_api.services.events.posting import Answer

    with admin.client.application.app_context():
        fanout.hand_out(db.session)
        claim = deliveries.claim(db.session, hook, "a worker", now())
        one, other, *_ = deliveries.due(db.session, claim, now())
        taken = tries.of(one, Answer(204, None, "", 35), outcomes.TAKEN, now())
        deliveries.taken(db.session, claim, [taken], now())
        answers = (
            Answer(None, "no answer within 10 s", "", 10_004),
            Answer(503, None, "try later", 7),
        )
        for tried, answer in enumerate(answers):
            again = other._replace(attempts=tried)
            deliveries.failed(db.session, claim, again, outcomes.REST, answer, now())
        deliveries.release(db.session, claim)
        db.session.commit()


def edit_many(app, hostnames, asked, why):
    """Keep an edit of many assets of anna's, which all but the first refused; return its number."""
    from cmdb_api.extensions import db
    from cmdb_api.models import Account
    from cmdb_api.services import bulk_edits, bulk_runs

    with app.app_context():
        session = db.session
        names = bulk_edits.hostnames(session, bulk_edits.named(session, hostnames))
        owner = session.query(Account.id).filter_by(name="anna").scalar()
        who = {"actor": "anna", "owner": f"account:{owner}", "keep_days": 1}
        number = bulk_runs.add(session, list(names), asked=asked, **who)
        bulk_runs.begin(session, number, owner=who["owner"])
        first, *others = names.items()
        bulk_runs.keep(session, number, *first, "changed")
        for other in others:
            bulk_runs.keep(session, number, *other, "refused", why)
        bulk_runs.end(session, number)
        session.commit()
    return number


def _try_a_file(admin):
    """Let anna upload a file and try it; return the number of that run."""
    from tests.console.conftest import log_in_client, token_of

    client = log_in_client(admin.client.application, "anna")
    token = {"csrf_token": token_of(client.get("/preferences"))}
    table = "Hostname,机柜,Price,State,Comment\nweb01,A12,1,online,\nweb02,A13,2,lost,x\nnew07,A12,3,,new\n"
    sent = token | {"file": (BytesIO(table.encode()), "servers.csv")}
    upload = client.post(
        "/exchange/uploads", data=sent, content_type="multipart/form-data"
    ).location
    fields = {
        "column-1": "hostname",
        "column-2": "rack",
        "column-4": "state",
        "column-5": "comment",
    }
    tried = client.post(upload, data=token | fields | {"mode": "rows"})
    return int(tried.location.rpartition("/")[2])
