"""The agent mode with the oldest Salt that is supported, and with the newest."""

import pytest

from tests.agent.conftest import KEY, NOWHERE, Agent
from tests.matrix.test_salts import SALTS

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("series", "version"), SALTS)
def test_the_agent_installs_and_reports(environment, tmp_path, series, version):
    agent = Agent(tmp_path / "root")
    salt_call = environment(series, version) / "salt-call"
    words = ("--url", NOWHERE, "--id", "web01", "--key-file", "-", "--no-report")
    agent.install(*words, "--salt-call", str(salt_call), text=KEY)
    assert str(salt_call) in (agent.units / "salt-cmdb.service").read_text()
    # Nobody listens there; all before that worked.
    summary = agent.report()
    assert (summary["result"], summary["kinds"]["cpu"]) == ("spooled", "ok")
