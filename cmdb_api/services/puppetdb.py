"""PuppetDB's query API, version 4: pages of nodes, and their facts. Standard library only.

No proxy from the environment, no redirect followed, bounded waits and answers; the server's
certificate is always checked.
"""

import http.client
import json
import socket
import ssl
from contextlib import closing
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlsplit

PATH = "/pdb/query/v4/"
PAGE = 500
NODE = ("certname", "producer_timestamp", "hash")
MAX_ANSWER_BYTES = 256 * 1024 * 1024
SHOWN = 160
LOOPBACK = ("localhost", "127.0.0.1", "::1")
# What a refusal means, by its status.
REFUSALS = {
    401: "it does not know who asks: give --cert and --key, or --token-file",
    403: "it does not let this certificate or token in: PuppetDB's certificate-allowlist names who "
    "may ask",
    404: "no PuppetDB is at this address: it is without a path, like https://puppetdb:8081",
}


class PuppetDBError(Exception):
    """PuppetDB could not be reached, let nobody in, or gave no usable answer."""


class Node(NamedTuple):
    """A node that has facts: when they were made, and a hash of them."""

    certname: str
    producer_at: datetime
    hash: str


class Inactive(NamedTuple):
    """A node that PuppetDB keeps but that counts no more, and why."""

    certname: str
    why: str


class PuppetDB:
    """A PuppetDB at an address; raises PuppetDBError on every failure to get an answer."""

    def __init__(self, url, *, cert=None, key=None, ca=None, token=None, timeout=60):
        self.url = url.rstrip("/")
        parts = _parts(self.url)
        self.host, self.base, self.secure = parts.netloc, parts.path, parts.scheme == "https"
        if token and not self.secure and parts.hostname not in LOOPBACK:
            raise PuppetDBError(f"{self.url}: a token is sent over https:// only")
        if (cert or key or ca) and not self.secure:
            raise PuppetDBError(f"{self.url}: certificates are of use with https:// only")
        self.headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if token:
            # Puppet Enterprise reads the first, a web server before PuppetDB the second.
            self.headers |= {"X-Authentication": token, "Authorization": f"Bearer {token}"}
        self.timeout = timeout
        self.context = _context(cert, key, ca) if self.secure else None

    def nodes(self):
        """Yield pages, each a list of Node, of the active nodes that have facts."""
        for page in self._pages("factsets", ["extract", [*NODE]]):
            yield [self._node(row) for row in page]

    def inactive(self):
        """Yield each Inactive node, and those that have sent no facts."""
        wanted = ["extract", ["certname", "deactivated", "expired"]]
        for page in self._pages("nodes", [*wanted, ["=", "node_state", "inactive"]]):
            for row in page:
                certname, deactivated, expired = self._members(row, *wanted[1])
                why = f"deactivated since {deactivated}" if deactivated else f"expired at {expired}"
                yield Inactive(certname, why)
        for page in self._pages("nodes", [*wanted, ["null?", "facts_timestamp", True]]):
            for row in page:
                yield Inactive(*self._members(row, "certname"), "PuppetDB has no facts of it")

    def factsets(self, certnames):
        """Yield (Node, {name: fact}) of these nodes."""
        for row in self._ask("factsets", {"query": ["in", "certname", ["array", certnames]]}):
            (facts,) = self._members(row, "facts")
            (data,) = self._members(facts, "data")
            yield self._node(row), dict(self._members(each, "name", "value") for each in data)

    def _node(self, row):
        certname, producer_at, hash_ = self._members(row, *NODE)
        return Node(certname, moment(producer_at), hash_)

    def _members(self, row, *names):
        try:
            return [row[name] for name in names]
        except (KeyError, TypeError) as error:
            raise PuppetDBError(f"{self.url}: the answer lacks {error}") from error

    def _pages(self, entity, query):
        offset = 0
        while True:
            page = self._ask(
                entity,
                {
                    "query": query,
                    "order_by": [{"field": "certname"}],
                    "limit": PAGE,
                    "offset": offset,
                },
            )
            if page:
                yield page
            if len(page) < PAGE:
                return
            offset += PAGE

    def _ask(self, entity, body):
        status, kind, said = self._send(entity, json.dumps(body).encode())
        if status != 200:
            why = REFUSALS.get(status) or _start(said)
            raise PuppetDBError(f"{self.url} answered {status}: {why}")
        if "json" not in kind:
            what = kind or "something"
            raise PuppetDBError(f"{self.url} answered {what}, is it PuppetDB? {_start(said)}")
        try:
            rows = json.loads(said)
        except ValueError as error:
            raise PuppetDBError(f"{self.url}: the answer is damaged or cut off: {error}") from error
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise PuppetDBError(f"{self.url}: the answer is not a list of objects: {_start(said)}")
        return rows

    def _send(self, entity, body):
        try:
            with closing(self._connection()) as connection:
                connection.request("POST", self.base + PATH + entity, body, self.headers)
                with connection.getresponse() as answer:
                    said = answer.read(MAX_ANSWER_BYTES + 1)
                    if answer.length and len(said) <= MAX_ANSWER_BYTES:
                        raise http.client.IncompleteRead(said, answer.length)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise PuppetDBError(f"{self.url}: {_plainly(error)}") from error
        if len(said) > MAX_ANSWER_BYTES:
            raise PuppetDBError(f"{self.url}: an answer of more than {MAX_ANSWER_BYTES} bytes")
        return answer.status, answer.headers.get("Content-Type", ""), said

    def _connection(self):
        if self.secure:
            return http.client.HTTPSConnection(
                self.host, timeout=self.timeout, context=self.context
            )
        return http.client.HTTPConnection(self.host, timeout=self.timeout)


def moment(text):
    """Return a time of PuppetDB's; raises PuppetDBError where it is none."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (TypeError, ValueError) as error:
        raise PuppetDBError(f"PuppetDB gave {text!r} where a time was expected") from error


def _parts(url):
    try:
        parts = urlsplit(url)
        fit = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        fit = False
    if not fit or parts.query or parts.fragment or len(url) > 255:
        raise PuppetDBError(f"{url!r} is no address like https://puppetdb.example.com:8081")
    if "@" in parts.netloc:
        raise PuppetDBError("the address holds a user name or password; use --token-file")
    return parts


def _context(cert, key, ca):
    if bool(cert) != bool(key):
        raise PuppetDBError("--cert and --key belong together")
    try:
        context = ssl.create_default_context(cafile=ca)
        if cert:
            # A key with a passphrase would ask for it on a terminal that may not be there.
            context.load_cert_chain(cert, key, password="")
    except (OSError, ValueError) as error:
        files = ", ".join(str(file) for file in (cert, key, ca) if file)
        raise PuppetDBError(f"certificates ({files}) can't be used: {_plainly(error)}") from error
    return context


def _start(said):
    return repr(" ".join(said[: 4 * SHOWN].decode("utf-8", "replace").split())[:SHOWN])


def _plainly(error):
    if isinstance(error, socket.gaierror):
        return f"the name can't be resolved ({error.strerror})"
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"its certificate is not accepted: {error.verify_message}; --ca names the CA that "
            "signed it"
        )
    if isinstance(error, ssl.SSLError):
        hint = "is it the port for https://, and does it want --cert and --key?"
        return f"TLS: {error.reason or error}; {hint}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, http.client.IncompleteRead):
        return f"the answer was cut off after {len(error.partial)} bytes"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
