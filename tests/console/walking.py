"""Every page of the console: found from the app, so that a new one is looked at too."""

from functools import lru_cache

from cmdb_api import create_app

# What addresses are filled with: the name of an argument, or of a family and an argument, to what
# of ``fleet.build`` it is.
FILLS = {
    "hostname": "hostname",
    "seq": "seq",
    "findings.number": "finding",
    "places.number": "rack",
}
# What is tried beside the bare page: {endpoint: [query string, ...]}.
ALSO = {
    "console.assets.page": ["query=hostname:web*", "query=nosuch:1", "query=hostname:x-no-such"],
    "console.find.page": ["q=192.0.2.10"],
}
# Not pages, or none that stays: files, redirects, what changes something.
NOT_PAGES = ("console.files.one", "console.preferences.speak")


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
