"""How fast pages of the console are made for 10 000 hosts, on PostgreSQL, and how large they are.

``python benchmarks/console.py --keep FOLDER [--rounds 40] [--only WORD]``, in the environment of
``make``, asks the fleet that ``fleet.py --keep FOLDER`` loaded; without a folder it loads one,
which takes minutes. The console is served as ``cmdb serve`` does, by 2 workers, and an admin is
logged in. Each round asks every page once, with hosts and places of its own; printed are median and
p95 of the rounds in milliseconds, up to the last byte, the target being 100, and the bytes that the
page has as it travels. ``first load`` is the first page with all files that it names.

With ``--peer PYTHON``, an interpreter that has Flask-Admin, that is served on the same database by
as many workers, and asked for its list of assets, a search in it and one asset in the same rounds:
see ``peer_admin.py``. Printed are the medians of both, the peer's over ours, and the bytes of both.
"""

import http.client
import os
import random
import re
import secrets
import socket
import statistics
import subprocess
import sys
import time
from urllib.parse import quote, urlencode

import fleet
import furniture
import machines

from tests.console import walking

TARGET, MOST_BYTES = 100, 300_000
WORKERS, WARM = 2, 2
TYPES = {"Content-Type": "application/x-www-form-urlencoded"}
# No page for who is logged in, and one that makes a file of the whole fleet.
LEFT_OUT = ("/login", "/exchange/export/file")


class Browser:
    """Asks for pages on one connection, as one who is logged in."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.cookies = {}

    def ask(self, path, form=None):
        """Return the status, the headers, the body as it came, and the milliseconds it took."""
        headers = {"Accept-Encoding": "br, gzip", "Accept": "text/html"}
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = ("GET", path) if form is None else ("POST", path, urlencode(form))
        try:
            started = time.perf_counter()
            self.connection.request(*sent, headers=headers | (TYPES if form else {}))
            answer = self.connection.getresponse()
        except http.client.RemoteDisconnected:
            # A connection that was kept long enough: a browser opens another.
            self.connection.close()
            started = time.perf_counter()
            self.connection.request(*sent, headers=headers | (TYPES if form else {}))
            answer = self.connection.getresponse()
        body = answer.read()
        took = (time.perf_counter() - started) * 1000
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, answer.headers, body, took

    def text(self, path):
        """Return a page as text."""
        status, headers, body, _ = self.ask(path)
        if status != 200:
            raise SystemExit(f"{path}: {status}")
        return _inflated(headers, body).decode()

    def log_in(self, name, password):
        """Log in by the form."""
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.text("/login"))[1]
        status, *_ = self.ask("/login", {"csrf_token": token, "name": name, "password": password})
        if status != 302:
            raise SystemExit(f"the login was answered with {status}")


def main():
    parser = fleet.parser(__doc__, 10_000)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--only", default="", help="a part of the pages' addresses")
    parser.add_argument("--peer", help="an interpreter with Flask-Admin, to be asked beside")
    arguments = parser.parse_args()
    with fleet.database(arguments) as url, fleet.Api(url, WORKERS) as api:
        hosts = arguments.hosts
        name, password = f"bench-{secrets.token_hex(4)}", secrets.token_urlsafe(12)
        make_account(api, name, password)
        browser = Browser(api.port)
        browser.log_in(name, password)
        if "/assets/" not in browser.text("/assets"):
            print(f"loading {hosts} hosts", file=sys.stderr)
            fleet.load(api, range(hosts), int(time.time() * 1000))
        furniture.furnish(api, hosts)
        if arguments.peer:
            with Peer(arguments.peer, url) as peer:
                compare(browser, Browser(peer.port), hosts, arguments.rounds)
        else:
            measure(browser, hosts, arguments)


class Peer:
    """Flask-Admin on the same database, for as long as the context lasts."""

    def __init__(self, python, url):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        bind = ["--bind", f"127.0.0.1:{self.port}", "--workers", str(WORKERS)]
        self.argv = [python, "-m", "gunicorn", *bind, "peer_admin:make_app()"]
        self.environment = {"PATH": os.environ["PATH"], "PEER_DATABASE": url}

    def __enter__(self):
        folder = os.path.dirname(os.path.abspath(__file__))
        self.process = subprocess.Popen(
            self.argv, cwd=folder, env=self.environment, stderr=subprocess.DEVNULL
        )
        fleet.listening(self.port, "the peer")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def compare(browser, peer, hosts, rounds):
    """Ask both for the same, in turn; print the medians, their ratio, and the bytes."""
    draw, took, sizes = random.Random(4), {}, {}
    for number in range(-WARM, rounds):
        host = machines.Host(draw.randrange(hosts)).name
        detail = _link(peer, f"/admin/asset/?search={host}", r'href="(/admin/asset/details/[^"]+)"')
        asked = {
            "list of 50": ("/assets", "/admin/asset/"),
            "search by name": (f"/assets?query={host[:6]}", f"/admin/asset/?search={host[:6]}"),
            "one asset": (f"/assets/{host}", detail),
        }
        for name, paths in asked.items():
            for which, (client, path) in enumerate(zip((browser, peer), paths, strict=True)):
                status, _, body, milliseconds = client.ask(path)
                if status != 200:
                    raise SystemExit(f"{path}: {status}")
                if number >= 0:
                    took.setdefault((name, which), []).append(milliseconds)
                    sizes[name, which] = len(body)
    print(f"{hosts} hosts, {rounds} rounds, {WORKERS} workers each; medians in milliseconds\n")
    print(f"{'':<20} {'ours':>8} {'peer':>8} {'ratio':>7} {'bytes':>8} {'bytes':>8}")
    for name in dict.fromkeys(name for name, _ in took):
        ours, theirs = (statistics.median(took[name, which]) for which in (0, 1))
        line = (
            f"{ours:8.1f} {theirs:8.1f} {theirs / ours:7.2f} {sizes[name, 0]:8} {sizes[name, 1]:8}"
        )
        print(f"{name:<20} {line}")


def _link(client, page, pattern):
    found = re.search(pattern, client.text(page))
    if not found:
        raise SystemExit(f"{page} links to nothing that is wanted")
    return found[1].replace("&amp;", "&")


def make_account(api, name, password):
    """Add an admin by the API: the command line asks for the password."""
    connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=60)
    token = api.cmdb("token", "create", "--scope", "admin")
    body = f'{{"name": "{name}", "role": "admin", "password": "{password}"}}'
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection.request("POST", "/api/v1/accounts", body, headers)
    answer = connection.getresponse()
    if answer.status != 201:
        raise SystemExit(answer.read().decode())


def measure(browser, hosts, arguments):
    """Ask all pages so many times; print what each took."""
    draw = random.Random(4)
    names = [n for n in walking.names() if arguments.only in n and not n.startswith(LEFT_OUT)]
    fills = Fills(browser, hosts, draw)
    took, sizes, left = {}, {}, {}
    for number in range(-WARM, arguments.rounds):
        for name in [name for name in names if name not in left]:
            path = fills.address(name)
            status, headers, body, milliseconds = browser.ask(path) if path else (0, {}, b"", 0)
            if status != 200 or "html" not in headers["Content-Type"]:
                left[name] = f"answered with {status}" if path else "nothing to fill it with"
            elif number >= 0:
                took.setdefault(name, []).append(milliseconds)
                sizes[name] = len(body)
    print(f"{hosts} hosts, {arguments.rounds} rounds, {WORKERS} workers; milliseconds\n")
    print(f"{'':<56} {'median':>8} {'p95':>8} {'target':>7} {'bytes':>8}")
    for name, times in took.items():
        p95 = statistics.quantiles(times, n=20)[-1]
        mark = " " if p95 <= TARGET else "!"
        line = f"{statistics.median(times):8.1f} {p95:8.1f} {TARGET:>6}{mark} {sizes[name]:8}"
        print(f"{name:<56} {line}")
    for name, why in left.items():
        print(f"{name:<56} left out: {why}")
    total = first_load(browser)
    print(f"\nfirst load: {total} bytes compressed, target {MOST_BYTES}")


class Fills:
    """What addresses are filled with: hosts of the fleet, and what the console's lists link to."""

    def __init__(self, browser, hosts, draw):
        self.browser, self.hosts, self.draw = browser, hosts, draw
        self.found = {}

    def address(self, name):
        """Return an address of a page of this name; None where nothing fits."""
        known = {"hostname": quote(self._host())}
        rule = next(rule for rule in walking.rules() if rule.rule == name.partition("?")[0])
        family = rule.endpoint.split(".")[1]
        for argument in rule.arguments:
            what = walking.FILLS.get(f"{family}.{argument}") or walking.FILLS.get(argument)
            known.setdefault(what, self._first(f"{family}.{argument}", what))
        path = walking.address(name, known)
        path, mark, query = path.partition("?")
        # The names that the tests' fleet has: some of this one.
        query = re.sub(r"\b(?:web|db|old)0[12]\b", lambda _: self._host(), query)
        query = query.replace("web*", "srv001*").replace("EXAMPLE-D1", self._serial())
        query = query.replace("192.0.2.10", "10.0.0.1").replace("A12", "R01")
        return None if "/None" in path else f"{path}{mark}{query}"

    def _host(self):
        return machines.Host(self.draw.randrange(self.hosts)).name

    def _serial(self):
        return machines.Host(self.draw.randrange(self.hosts)).serial("board", 1)

    def _first(self, key, what):
        """Return the number of one such thing, from the list that links to it."""
        if key not in self.found:
            page, pattern = LISTS.get(key) or LISTS.get(what, (None, None))
            match = re.search(pattern, self.browser.text(page)) if page else None
            self.found[key] = match[1] if match else None if page else what
        return self.found[key]


# {family and argument, or what fills it: (page that links to them, the pattern of the link)}
LISTS = {
    "seq": ("/changes?view=each", r"/changes/[^/\"]+/(\d+)"),
    "finding": ("/findings", r"/findings/(\d+)"),
    "saved": ("/assets/saved", r"/assets/saved/(\d+)"),
    "subscription": ("/admin/webhooks", r"/admin/webhooks/(\d+)"),
    "accounts.number": ("/admin/users", r"/admin/users/(\d+)"),
    "exchange.number": ("/exchange/imports", r"/exchange/imports/(\d+)"),
    "exchange.mapping": ("/exchange/mappings", r"/exchange/mappings/(\d+)"),
    "exchange.upload": ("/exchange", r"/exchange/uploads/(\d+)"),
    # Of the same number as a room and a data centre that there are.
    "rack": ("/master/racks", r"/master/racks/(\d+)"),
}


def first_load(browser):
    """Return the bytes of the first page with all files that it names."""
    _, headers, body, _ = browser.ask("/")
    page = _inflated(headers, body).decode()
    files = {link for link in re.findall(r'(?:href|src)="(/-/[^"]+)"', page)}
    return len(body) + sum(len(browser.ask(file.replace("&amp;", "&"))[2]) for file in files)


def _inflated(headers, body):
    """Return a body without its compression."""
    encoding = headers.get("Content-Encoding")
    if encoding == "br":
        import brotli

        return brotli.decompress(body)
    if encoding == "gzip":
        import gzip

        return gzip.decompress(body)
    return body


if __name__ == "__main__":
    main()
