"""A real master with the engine and ext_pillar, two minions without a route to the API, the API."""

import json
import os
import shutil
import tempfile
import time
from pathlib import Path

import pytest

from tests.reports import MASTER_SECRET
from tests.salt.conftest import PROJECT, QUIET, Api, wait_until

MINIONS = ("web01", "db01")
# What whoever has a minion can do: send the master events of any tag, a job's return among them.
FORGE = """
import json

import salt.channel.client
import salt.crypt


def fire(path):
    with open(path) as file:
        events = json.load(file)
    load = {
        "id": __opts__["id"],
        "tok": salt.crypt.SAuth(__opts__).gen_token(b"salt"),
        "cmd": "_minion_event",
        "events": events,
        "pretag": None,
    }
    with salt.channel.client.ReqChannel.factory(__opts__) as channel:
        channel.send(load, timeout=20)
    return True
"""

# What a site might do when a duty of a host changes.
REACT = """
note:
  local.file.write:
    - tgt: {{{{ data['host'] | json }}}}
    - args:
      - path: {folder}/reacted
      - args: {{{{ data['after']['name'] | json }}}}
"""


@pytest.fixture(scope="session")
def folder():
    """Return a folder with a short name: a socket's path must fit in 107 bytes."""
    made = Path(tempfile.mkdtemp(prefix="cmdb-r-", dir="/tmp"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="session")
def salt_factories_config(folder):
    return {"root_dir": folder / "salt"}


@pytest.fixture(scope="session")
def relay_api(make_postgres_database, folder):
    api = Api(folder, make_postgres_database(tables=False))
    api.start()
    yield api
    if api.process.poll() is None:
        api.stop()


@pytest.fixture(scope="session")
def master_settings(relay_api, folder):
    """Return the master's `cmdb:`; secret and token are in files."""
    token = relay_api.cmdb("token", "create", "--scope", "relay")
    read = relay_api.cmdb("token", "create", "--scope", "read")
    for name, text in (("secret", MASTER_SECRET), ("token", token), ("read_token", read)):
        path = folder / name
        path.write_text(f"{text}\n")
        path.chmod(0o600)
    return {
        "url": relay_api.url,
        "secret_file": str(folder / "secret"),
        "token_file": str(folder / "token"),
        "read_token_file": str(folder / "read_token"),
        "timeout": 10,
        "events": "salt",
        "spool": {"folder": str(folder / "spool")},
    }


@pytest.fixture(scope="session")
def relay_master(salt_factories, master_settings, folder):
    files = folder / "files"
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PROJECT / "salt", files, ignore=ignore)
    shutil.copytree(PROJECT / "srv_salt", files, ignore=ignore, dirs_exist_ok=True)
    (files / "_modules/forge.py").write_text(FORGE)
    (files / "react.sls").write_text(REACT.format(folder=folder))
    pillar = folder / "pillar"
    pillar.mkdir()
    (pillar / "top.sls").write_text(json.dumps({"base": {"*": ["cmdb"]}}))
    (pillar / "cmdb.sls").write_text(json.dumps({"cmdb": {"collectors": {"package": False}}}))
    factory = salt_factories.salt_master_daemon(
        "relay-master",
        overrides={
            **QUIET,
            "worker_threads": 3,
            "file_roots": {"base": [str(files)]},
            "pillar_roots": {"base": [str(pillar)]},
            "module_dirs": [str(PROJECT / "salt")],
            "engines": [{"cmdb": {}}],
            "reactor": [{"cmdb/change/*/duty": [str(files / "react.sls")]}],
            "ext_pillar": [{"cmdb": True}],
            "cmdb": master_settings,
        },
    )
    with factory.started():
        yield factory


@pytest.fixture(scope="session")
def minions(relay_master):
    """Start both minions; they know no address of the API."""
    factories = [relay_master.salt_minion_daemon(name, overrides=QUIET) for name in MINIONS]
    for factory in factories:
        factory.start()
    yield dict(zip(MINIONS, factories, strict=True))
    for factory in factories:
        factory.terminate()


@pytest.fixture(scope="session")
def salt(relay_master, minions):
    """Return a function that runs `salt TARGET ...` and gives {minion: what it returned}."""
    cli = relay_master.salt_cli()

    def salt(target, function, /, *words, **options):
        ended = cli.run(function, *words, minion_tgt=target, **options)
        assert ended.data is not None, ended.stdout + ended.stderr
        return ended.data

    salt("*", "saltutil.sync_all")
    return salt


@pytest.fixture(scope="session")
def salt_run(relay_master, minions):
    """Return a function that runs `salt-run ...` and gives what it printed last."""
    cli = relay_master.salt_run_cli()

    def salt_run(function, /, *words, **options):
        return cli.run(function, *words, **options)

    return salt_run


@pytest.fixture
def spooled(master_settings):
    """Return a function that lists the reports in the master's spool."""
    folder = Path(master_settings["spool"]["folder"])
    return lambda: [name for name in os.listdir(folder) if name[:1].isdigit()]


@pytest.fixture
def settled(spooled):
    """Wait until nothing is to be sent from the master's spool."""

    def settled(limit_seconds=30):
        def due():
            # Copies of what a runner asked for wait until it no longer listens.
            return [name for name in spooled() if int(name[:20]) < time.time_ns()]

        wait_until(lambda: not due(), limit_seconds)

    return settled
