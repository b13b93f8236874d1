"""Every page of the console: found from the app, so that a new one is looked at too."""

from functools import lru_cache

from cmdb_api import create_app

# What addresses are filled with: the name of an argument, or of a family and an argument, to what
# of ``fleet.build`` it is.
FILLS = {
    "exchange.upload": "1",
    "exchange.number": "import",
    "exchange.mapping": "1",
    "exchange.language": "en",
    "search_help.name": "racks",
    "hostname": "hostname",
    "asset.kind": "disk",
    "seq": "seq",
    "findings.number": "finding",
    "places.number": "rack",
    "master.number": "rack",
    "master.path": "racks",
    "accounts.number": "1",
    "bulk.number": "edit",
    "webhooks.number": "subscription",
    "saved.number": "saved",
    "tokens.number": "1",
    "me.number": "1",
    "files.name": "app.css",
    "preferences.code": "en",
}
# What is tried beside the bare page: {endpoint: [query string, ...]}.
ALSO = {
    "console.exchange.export": ["set=ticked&columns=hostname,rack"],
    "console.exchange.file": ["encoding=cp1252"],
    "console.exchange.run": ["columns=cell,row,reason"],
    "console.assets.page": [
        *("query=hostname:web*", "query=nosuch:1", "query=hostname:x-no-such"),
        *("columns=package.openssl,hostname,disk.firmware,nosuch&sort=-hostname", "state=any"),
        "sort=-rack,hostname",
    ],
    "console.assets.help": ["q=disk"],
    "console.assets.choose": ["columns=rack,hostname&query=hostname:web*", "columns=nosuch"],
    "console.bulk.page": ["all=1&query=hostname:web*", "all=1&query=nosuch:1"],
    "console.bulk.one": ["query=hostname:web*&sort=-outcome&outcome=changed", "query=nosuch:1"],
    "console.bulk.past": ["query=refused_count:%3E0&sort=-changed_count"],
    "console.asset.hardware": ["fields=all"],
    "console.asset.items": [
        *("query=ssd&sort=-size_bytes", "sort=nosuch", "query=nosuch", "query=no:1", "cursor=x")
    ],
    "console.asset.software": ["query=open&columns=name"],
    "console.asset.raw": ["download=1"],
    "console.coverage.page": [
        "query=NOT%20reported_at:*&sort=-hostname",
        *("reason=key_pending", "kind=psu", "window=nonsense", "kind=nosuch"),
    ],
    "console.coverage.commands": ["reason=never_seen"],
    "console.findings.page": [
        *("view=table", "view=table&status=any&sort=-kind", "query=kind:drift&sort=kind"),
        *("status=any", "kind=identity&kind=collector", "kind=nosuch"),
        "status=muted&view=table&query=decided_by:*&sort=-decided_at",
    ],
    "console.packages.page": [
        "name=openssl&query=hostname:web*&sort=-hostname",
        *("name=openssl", "name=openssl&version=3.0.1", "name=opensl", "name=open*&sort=-name"),
        "name=openssl&query=version:%3E3&sort=-version,arch",
        *("name=openssl&version=%3C3.0.2", "name=openssl&version=%3C", "name=openssl&version=%3C1"),
    ],
    "console.parts.page": [
        *("query=kind:disk&sort=-serial", "query=kind:disk%20AND%20NOT%20rack:x", "query=nosuch:1"),
        *("serial=EXAMPLE-D1", "serial=EXAMPLE-*", "asset=db01", "serial=EXAMP"),
        *("kind=disk&limit=2&vendor=example", "kind=nosuch"),
    ],
    "console.places.page": [
        *("name=A1", "name=nosuch", "sort=-used_percent", "view=table&sort=nosuch"),
        *("view=table", "view=table&sort=-used_percent&columns=name,used_percent,description"),
        "view=table&query=largest_gap:%3E%3D4&sort=-largest_gap,name",
    ],
    "console.places.rack": ["colour=unit"],
    "console.places.place": ["unit=40&asset=old01"],
    "console.master.many": [
        *("unused=1", "unused=x&cursor=x", "query=asset_count:%3E0&sort=-asset_count,data_centre"),
    ],
    "console.asset_history.page": ["fold=true&since=24h", "view=table", "kind=nosuch", "since=x"],
    "console.asset_history.at": ["at=2h", "at=2h&kind=package", "at=nonsense", "at=2999-01-01"],
    "console.asset_history.diff": ["from=5h", "from=5h&to=1h&kind=disk", "from=x", "from=5h&to=9h"],
    "console.compare.page": [
        *("left=web01&right=db01", "left=web01&right=db01&show=all&ignore_identifiers=false"),
        *("left=web01&right=nosuch", "left=web01", "left=web01&right=db01&kind=disk&start=1"),
    ],
    "console.asset_edit.register": ["like=web01", "hostname=new02"],
    "console.changes.page": [
        *("since=31d", "view=each&fold=true", "view=each&kind=nosuch", "since=soon", "since=90d"),
        "view=each&columns=at,line,differences&origin=people",
        "query=kind:package%20AND%20hostname:web*&since=31d&sort=-change_count",
        *("view=each&query=field:size_bytes&sort=at", "query=nosuch:1&view=each"),
    ],
    "console.audit.page": [
        *("query=action:write%20AND%20NOT%20actor:x&sort=-actor", "query=nosuch:1&sort=nosuch"),
        "query=(action:",
    ],
    "console.admin.settings": ["q=secret&sort=origin", "q=nosuch", "sort=x"],
    "console.accounts.page": ["query=role:admin&sort=-name"],
    "console.tokens.page": ["query=NOT%20last_used_at:*&sort=scope"],
    "console.webhooks.page": ["query=enabled:true&sort=-name"],
    "console.webhooks.deliveries": [
        *("query=hostname:web*&sort=-attempts", "status=dead", "query=nosuch:1&status=nosuch"),
    ],
    "console.webhooks.log": [
        *("query=NOT%20outcome:delivered&sort=-duration_ms", "outcome=failed", "outcome=nosuch"),
    ],
    "console.exchange.past": ["query=failed:%3E0&sort=failed", "query=nosuch:1"],
    "console.exchange.mappings": ["query=name:*&sort=-name"],
    "console.master.changes": ["query=action:added&sort=name"],
    "console.find.page": [
        *("q=192.0.2.10", "q=A12", "q=EXAMPLE-D1", "q=no-such-thing", "q=192.0.", "q=web%200"),
        *("q=EXAMPLE-D", "q=00:00:5e"),
    ],
}
# Not pages, or none that stays: files, redirects, what changes something.
NOT_PAGES = (
    *("console.files.one", "console.preferences.speak"),
    *("console.assets.complete", "console.search_help.complete"),
)


@lru_cache(maxsize=1)
def rules():
    """Return the rules of all pages, by their endpoint."""
    app = create_app(
        SECRET_KEY="an example secret key",
        MASTER_SECRET="an example master secret",
        SQLALCHEMY_DATABASE_URI="sqlite://",
    )
    found = [
        rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("console.") and "GET" in rule.methods
    ]
    return sorted((r for r in found if r.endpoint not in NOT_PAGES), key=lambda r: r.rule)


def names():
    """Return what each page to look at is called: its rule, and the query."""
    found = []
    for rule in rules():
        found.append(rule.rule)
        found += [f"{rule.rule}?{query}" for query in ALSO.get(rule.endpoint, ())]
    return found


def address(name, known):
    """Return the address of a page of this name in a fleet."""
    path, _, query = name.partition("?")
    rule = next(rule for rule in rules() if rule.rule == path)
    return filled(rule, known) + (f"?{query}" if query else "")


def filled(rule, known):
    """Return the address of a rule in a fleet."""
    family, path = rule.endpoint.split(".")[1], rule.rule
    for argument in rule.arguments:
        what = FILLS.get(f"{family}.{argument}") or FILLS.get(argument)
        assert what, f"say in FILLS what <{argument}> of {rule.rule} is"
        path = path.replace(_piece(rule.rule, argument), str(known.get(what, what)))
    return path


def _piece(rule, argument):
    for piece in rule.split("<")[1:]:
        inner = piece.split(">")[0]
        if inner.rpartition(":")[2] == argument:
            return f"<{inner}>"
    raise AssertionError(argument)
