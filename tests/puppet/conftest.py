"""A real PuppetDB, and ``cmdb import puppetdb`` run against it."""

import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from cmdb_api import cli
from tests.api.conftest import (  # noqa: F401 - fixtures
    app,
    client,
    make_app,
    make_client,
    make_report,
    make_token,
    post,
    reader,
    session,
)
from tests.puppet import certificates, puppetdb
from tests.reports import MASTER_SECRET


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """Return Puppet's CA."""
    return certificates.Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="session")
def running_puppetdb(tmp_path_factory, authority):
    """Return a PuppetDB that runs as long as the tests; it takes a minute to start."""
    with puppetdb.server(tmp_path_factory.mktemp("puppetdb"), authority) as running:
        yield running


@pytest.fixture
def pdb(running_puppetdb):
    """Return the PuppetDB; after the test it forgets all nodes."""
    yield running_puppetdb
    rows = running_puppetdb.query("nodes", ["extract", ["certname"], ["=", "node_state", "any"]])
    for row in rows:
        running_puppetdb.delete(row["certname"])


@pytest.fixture
def run(database_url):
    """Return a function that runs ``cmdb`` with these arguments and gives its result."""

    def run(*args):
        settings = {
            "SECRET_KEY": "an example secret key",
            "MASTER_SECRET": MASTER_SECRET,
            "SQLALCHEMY_DATABASE_URI": database_url,
        }
        env = {f"CMDB_{name}": value for name, value in settings.items()}
        return CliRunner().invoke(cli.cmdb, [str(arg) for arg in args], env=env)

    return run


@pytest.fixture
def import_(run, pdb):
    """Return a function that imports from the PuppetDB."""
    return lambda *args: run("import", "puppetdb", pdb.url, *args)


@pytest.fixture
def ago():
    """Return a function that gives the time so many seconds ago, to the millisecond."""
    start = datetime.now(UTC).replace(microsecond=0)
    return lambda seconds: start - timedelta(seconds=seconds)


@pytest.fixture(scope="session")
def facter():
    """Return a function that runs the real Facter; it gives its answer, JSON."""

    def facter(*args):
        try:
            ended = subprocess.run(
                ["facter", "--json", *map(str, args)], capture_output=True, text=True
            )
        except FileNotFoundError:
            pytest.fail("Facter is not installed: apt-get install puppet-agent facter")
        # It exits with 1 where a fact of its own could not be read; the others are told.
        assert ended.stdout.startswith("{"), ended.stderr
        return ended.stdout

    return facter
