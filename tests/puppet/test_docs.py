"""docs/puppet.md says what facts tell, and what the programs are called."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_the_table_of_what_facts_tell_is_of_now():
    tool = ROOT / "tools/puppet_kinds.py"
    ended = subprocess.run([sys.executable, tool], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr


def test_every_option_of_the_import_is_described(run):
    said = (ROOT / "docs/puppet.md").read_text()
    options = {
        word.strip(",")
        for word in run("import", "puppetdb", "--help").stdout.split()
        if word.startswith("--") and word != "--help"
    }
    assert len(options) >= 7
    assert [option for option in sorted(options) if f"`{option}" not in said] == []


def test_every_parameter_of_the_class_is_described():
    said = (ROOT / "docs/puppet.md").read_text()
    manifest = (ROOT / "contrib/puppet/salt_cmdb/manifests/init.pp").read_text()
    names = [line.split()[2] for line in manifest.splitlines() if line.startswith("# @param")]
    assert len(names) == 7
    assert [name for name in names if f"`{name}`" not in said] == []
