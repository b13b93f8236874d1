"""The Puppet module of contrib/puppet with Debian's real puppet-agent, terminus and PuppetDB."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cmdb_api.services import canonical
from contrib.puppet import build
from tests.puppet.puppetdb import ALLOWED
from tests.puppet.test_import import asset

pytestmark = pytest.mark.slow

# Other programs on this machine open and close sockets, log in and start units meanwhile.
MOVING = {"socket", "unit"}
ROUTES = """
---
apply:
  catalog: {terminus: compiler}
  facts: {terminus: facter, cache: puppetdb_apply}
"""


class Node:
    """A host with puppet-agent, whose folders are all below one."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "conf").mkdir()
        self.modules = folder / "modules"
        self.fact = folder / "facts.d/salt_cmdb"
        build.build(self.modules)

    def apply(self, **parameters):
        """Apply the class with these parameters; return what Puppet said."""
        given = {
            "folder": str(self.folder / "opt"),
            "cache_folder": str(self.folder / "cache"),
            "facts_folder": str(self.fact.parent),
        } | parameters
        # JSON is Puppet's own way of writing such values, but for the colons.
        said = json.dumps(given).replace('": ', '" => ')
        arguments = ", ".join(f"{name} => $given['{name}']" for name in given)
        manifest = self.folder / "site.pp"
        manifest.write_text(f"$given = {said}\nclass {{ 'salt_cmdb': {arguments} }}\n")
        return self.puppet("apply", "--detailed-exitcodes", manifest)

    def puppet(self, *args):
        if not shutil.which("puppet"):
            pytest.fail("Puppet is not installed: apt-get install puppet-agent")
        options = ["--confdir", self.folder / "conf", "--vardir", self.folder / "var"]
        options += ["--modulepath", self.modules, "--pluginfactdest", self.fact.parent]
        command, *rest = args
        return subprocess.run(
            ["puppet", command, "--color", "false", *options, *rest], capture_output=True, text=True
        )

    def send_facts_to(self, pdb, authority, certname):
        """Let its facts go to PuppetDB, as a master's do: the certificate says whose they are."""
        (self.folder / "conf/routes.yaml").write_text(ROUTES)
        (self.folder / "conf/puppetdb.conf").write_text(f"[main]\nserver_urls = {pdb.tls_url}\n")
        ssl = self.folder / "ssl"
        for name in ("certs", "private_keys"):
            (ssl / name).mkdir(parents=True)
        certificate, key = authority.issue(certname)
        shutil.copy(authority.ca, ssl / "certs/ca.pem")
        shutil.copy(certificate, ssl / f"certs/{certname}.pem")
        shutil.copy(key, ssl / f"private_keys/{certname}.pem")
        (self.folder / "conf/puppet.conf").write_text(
            f"[main]\ncertname = {certname}\nssldir = {ssl}\ncertificate_revocation = false\n"
        )


@pytest.fixture
def database_url(make_sqlite_database):
    """Return the URL of a database; test_import has both sorts."""
    return make_sqlite_database()


@pytest.fixture
def node(tmp_path):
    return Node(tmp_path)


def test_the_class_installs_the_fact_and_then_changes_nothing(node, facter):
    first = node.apply(settings={"collectors": {"package": False}})
    # 2: there were changes, and no failure.
    assert first.returncode == 2, first.stderr
    told = json.loads(facter("--external-dir", node.fact.parent, "salt_cmdb"))["salt_cmdb"]
    assert told["report"]
    assert "error" not in told
    second = node.apply(settings={"collectors": {"package": False}})
    assert second.returncode == 0, second.stdout


def test_a_collector_that_left_the_module_leaves_the_host(node):
    node.apply()
    gone = "salt/_modules/cmdb_fru.py"
    (node.modules / "salt_cmdb/files" / gone).unlink()
    assert (node.folder / "opt" / gone).exists()
    node.apply()
    assert not (node.folder / "opt" / gone).exists()


def test_reports_and_settings_are_roots_alone(node):
    node.apply()
    subprocess.run([node.fact], check=True, stdout=subprocess.DEVNULL)
    assert (node.folder / "cache").stat().st_mode & 0o777 == 0o700
    for path in ("opt/settings.json", "cache/report.json.gz"):
        assert (node.folder / path).stat().st_mode & 0o777 == 0o600


def test_absent_takes_all_of_it_back(node):
    node.apply()
    subprocess.run([node.fact], check=True, stdout=subprocess.DEVNULL)
    assert node.apply(ensure="absent").returncode == 2
    assert not any(path.exists() for path in (node.fact, node.folder / "opt"))
    assert not (node.folder / "cache").exists()


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"settings": "x"}, "parameter 'settings' expects a Hash value"),
        ({"limit_seconds": 0}, "parameter 'limit_seconds' expects an Integer[1] value"),
        ({"ensure": "gone"}, "parameter 'ensure' expects a match for Enum['absent', 'present']"),
    ],
)
def test_a_wrong_parameter_is_told(node, parameters, told):
    ended = node.apply(**parameters)
    assert ended.returncode == 1
    assert told in ended.stderr


def test_all_kinds_of_this_machine_arrive_as_its_collectors_report_them(
    node, pdb, import_, reader, authority
):
    node.send_facts_to(pdb, authority, ALLOWED[0])
    # The fact that the first run installs is told by the second.
    for _ in range(2):
        ended = node.apply()
        assert ended.returncode in (0, 2), ended.stderr
    contents = pdb.query("fact-contents", ["=", "name", "salt_cmdb"])
    assert 2 <= len(contents) < 30
    result = import_()
    assert (result.exit_code, result.stderr) == (0, "")
    told = asset(reader, ALLOWED[0])
    assert told["via"] == "puppet"
    program = Path(__file__).parent.parent / "minion/report_alone.py"
    own = json.loads(subprocess.run([sys.executable, program], capture_output=True).stdout)
    expected = {
        kind: section["digest"]
        for kind, section in own["sections"].items()
        if "items" in section and kind not in MOVING
    }
    found = {
        kind: canonical.digest(items, own["sections"][kind]["key"])
        for kind, items in told["components"].items()
        if kind not in MOVING
    }
    assert found == expected
