"""The master's settings and secrets: what engine, runner and ext_pillar share.

They stand under ``cmdb:`` in the master's configuration. Hosts' keys are derived from the master
secret that the API has too; a host's generation, raised in the API, makes its older keys worthless.
"""

import copy
import hmac
import json
import logging
import os

import cmdb_canonical as canonical
import cmdb_durable as durable
import cmdb_settings as settings_
import cmdb_spool as spool_

log = logging.getLogger(__name__)

DEFAULTS = {
    # The API's address, as "https://cmdb.example.com".
    "url": None,
    # File whose first line is the MASTER_SECRET of the API, readable by the master's user only.
    "secret_file": None,
    # The same for the secret before it, while hosts move to a new one.
    "previous_secret_file": None,
    # File whose first line is a token of scope "relay": cmdb token create --scope relay.
    "token_file": None,
    # The same of scope "read", for cmdb.search and cmdb.targets: cmdb token create --scope read.
    "read_token_file": None,
    # File with the CA certificates that the API's certificate is checked against; None: system's.
    "ca_file": None,
    # Proxy on the way to the API, as "http://proxy.example.com:3128". Never from the environment.
    "proxy": None,
    # Longest wait for one answer of the API, seconds; longer than it takes for a batch, 60.
    "timeout": 90,
    # Take unsigned reports from Salt's bus too and sign them here. Any minion can then speak for
    # any other one that way.
    "trust_bus": False,
    # A stream of the API, by its name, whose events the engine fires on the master's bus, as
    # "cmdb/change/HOST/KIND"; None: none is asked for.
    "events": None,
    # The engine sends when so many reports wait, or the first has waited so long.
    "batch_reports": 200,
    "batch_seconds": 1,
    "spool": {
        # Where reports wait; None: cmdb/spool in the master's cachedir.
        "folder": None,
        # Bounds. Past them superseded reports go first; the newest state of a kind always stays.
        "max_reports": 50_000,
        "max_bytes": 4 * 1024 * 1024 * 1024,
        # Reports that were refused are kept for a look, at most this many.
        "max_rejected": 500,
    },
}
TEXTS = (
    *("url", "secret_file", "previous_secret_file", "token_file", "read_token_file"),
    *("ca_file", "proxy", "events"),
)
NUMBERS = ("timeout", "batch_seconds")
VALUES = {
    **dict.fromkeys(TEXTS, settings_.TEXT),
    **dict.fromkeys(NUMBERS, settings_.NUMBER),
    "batch_reports": settings_.COUNT,
    "trust_bus": settings_.SWITCH,
    "spool": settings_.MAPPING,
}
# More than the API takes in one request is refused whole.
MOST_REPORTS = 200


class MasterError(Exception):
    """What the master needs is not set, or can't be read; says which setting."""


def settings(opts):
    """Return the settings of the master; raises MasterError where one can't be used."""
    merged = copy.deepcopy(DEFAULTS)
    try:
        settings_.lay(merged, opts.get("cmdb") or {})
        settings_.check(merged, VALUES, DEFAULTS)
    except settings_.SettingsError as error:
        raise MasterError(f"the master's configuration: {error}") from error
    if merged["batch_reports"] > MOST_REPORTS:
        raise MasterError(f"the master's configuration: cmdb:batch_reports is over {MOST_REPORTS}")
    return merged


def problems(wanted):
    """Return a line for each setting that nothing reads."""
    return [
        *settings_.strangers(wanted, DEFAULTS, "cmdb"),
        *settings_.strangers(wanted["spool"], DEFAULTS["spool"], "cmdb:spool"),
    ]


def folder(opts, *names):
    """Return where the master's side keeps its own."""
    return os.path.join(opts["cachedir"], "cmdb", *names)


def open_spool(wanted, opts):
    """Return the master's spool; raises OSError where it can't be made."""
    bounds = wanted["spool"]
    return spool_.Spool(
        bounds["folder"] or folder(opts, "spool"),
        max_reports=bounds["max_reports"],
        max_bytes=bounds["max_bytes"],
        max_rejected=bounds["max_rejected"],
    )


def secrets(wanted):
    """Return the secrets that keys may be derived from, the one in use first."""
    if not wanted["secret_file"]:
        raise MasterError("cmdb:secret_file is not set in the master's configuration")
    names = [name for name in ("secret_file", "previous_secret_file") if wanted[name]]
    return [first_line(wanted[name], f"cmdb:{name}") for name in names]


def first_line(path, setting):
    """Return the first line of a file that a setting names; raises MasterError."""
    try:
        with open(path, encoding="utf-8") as file:
            line = file.readline().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise MasterError(f"{setting} names {path}: {reason}") from error
    if not line:
        raise MasterError(f"{setting} names {path}, whose first line is empty")
    return line


def _stamp(path):
    try:
        told = os.stat(path or "")
    except OSError:
        return None
    return told.st_mtime_ns, told.st_ino, told.st_size


class Keys:
    """The hosts' keys, from the secrets and what is known of generations."""

    def __init__(self, wanted, opts):
        self.wanted, self.secrets_stamp = wanted, None
        self._read_secrets()
        self.path = folder(opts, "generations.json")
        self.stamp, self.generations, self.retired = None, {}, frozenset()
        # Hosts that have another key now, and were not told yet.
        self.untold = set()

    def of(self, host):
        """Return the key that a host is to sign with."""
        self._read_secrets()
        return canonical.host_key(self.secrets[0], host, self.generation(host))

    def generation(self, host):
        """Return the generation of a host's key, as the API last told."""
        self._read()
        return self.generations.get(host.lower(), 1)

    def is_retired(self, host):
        """Tell whether a host is to have no key, as the API last told: it is out of use."""
        self._read()
        return host.lower() in self.retired

    def sign(self, report):
        """Return a report signed with its host's key: for what is proven in another way."""
        unsigned = {name: value for name, value in report.items() if name != "sig"}
        return {**unsigned, "sig": canonical.sign(unsigned, self.of(report["id"]))}

    def fault(self, report):
        """Return why a report can't be its host's own word; None where all is well."""
        given, host = report.get("sig"), report["id"]
        if not isinstance(given, str) or not given:
            return f"it is not signed; does {host} have its key (ext_pillar cmdb)?"
        self._read_secrets()
        newest = self.generation(host)
        # One that is retired has an old key at best: the API tells who still reports.
        oldest = 1 if self.is_retired(host) else newest
        for number in range(newest, oldest - 1, -1):
            for secret in self.secrets:
                right = canonical.sign(report, canonical.host_key(secret, host, number))
                if hmac.compare_digest(right.encode(), given.encode("utf-8", "surrogatepass")):
                    return None
        return (
            f"its signature is not {host}'s: made with another key, or the report was altered; "
            "after a change of keys: salt ID saltutil.refresh_pillar"
        )

    def learn(self, generations, retired=()):
        """Keep what the API tells of keys; returns the hosts that have another now, or none."""
        self._read()
        before, self.generations = self.generations, generations
        were, self.retired = self.retired, frozenset(retired)
        if (before, were) != (generations, self.retired) or not os.path.exists(self.path):
            os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
            told = {"generations": generations, "retired": sorted(self.retired)}
            durable.write(self.path, told)
        hosts = {*before, *generations}
        changed = {host for host in hosts if before.get(host, 1) != generations.get(host, 1)}
        changed |= were ^ self.retired
        self.untold |= changed
        return sorted(changed)

    def _read_secrets(self):
        """Read the secrets where a file of them is another now; raises MasterError."""
        paths = [self.wanted[name] for name in ("secret_file", "previous_secret_file")]
        stamp = [_stamp(path) for path in paths]
        if stamp == self.secrets_stamp:
            return
        try:
            self.secrets = secrets(self.wanted)
        except MasterError as error:
            if self.secrets_stamp is None:
                raise
            log.error("the secret read before is used: %s", error)
        self.secrets_stamp = stamp

    def _read(self):
        """Read what another process of the master has learned."""
        try:
            told = os.stat(self.path)
            stamp = told.st_mtime_ns, told.st_ino
            if stamp == self.stamp:
                return
            with open(self.path, encoding="utf-8") as file:
                content = json.load(file)
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            log.error("%s can't be read, generations of keys are not known: %s", self.path, error)
            return
        self.stamp = stamp
        # As it was written before hosts could be retired.
        flat = not isinstance(content.get("generations"), dict)
        told = content if flat else content["generations"]
        self.generations = {str(h): n for h, n in told.items() if isinstance(n, int)}
        self.retired = frozenset(() if flat else map(str, content.get("retired") or ()))
