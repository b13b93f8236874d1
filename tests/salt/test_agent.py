"""A host without a master reports the same as a minion of one."""

import pytest

from tests.agent.conftest import Agent
from tests.salt.conftest import MINION

HOST = "agent01"
# Sockets and units come and go while Salt's own processes run; the demo's collector is the
# master's alone.
MOVING = {"socket", "unit", "role"}


@pytest.fixture
def agent(tmp_path):
    return Agent(tmp_path / "root")


def components(api, host):
    asset = api.asset(host)
    return {
        kind: {each["place"]: each["fields"] for each in asset["components"].get(kind, ())}
        for kind in asset["kinds"]
        if kind not in MOVING
    }


def outcomes(api, host):
    kinds = api.asset(host)["kinds"]
    return {
        kind: (each["status"], each["reason"]) for kind, each in kinds.items() if kind not in MOVING
    }


def test_the_agents_components_are_those_of_a_minion(salt, api, agent, tmp_path, pillar):
    key = tmp_path / "key"
    key.write_text(api.key(HOST))
    agent.install("--url", api.url, "--key-file", str(key), "--id", HOST, "--report")
    salt("cmdb.report")
    assert components(api, HOST) == components(api, MINION)
    assert outcomes(api, HOST) == outcomes(api, MINION)
    assert sum(map(len, components(api, HOST).values())) > 50
