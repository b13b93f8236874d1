"""A Python client that is generated from the served OpenAPI document works."""

import importlib
import re
import subprocess
import sys
import sysconfig
import textwrap
from pathlib import Path

import pytest

from tests.served import served

GENERATOR = Path(sysconfig.get_path("scripts")) / "openapi-python-client"
GUIDE = Path(__file__).parents[2] / "docs" / "api.md"
HOST = "https://cmdb.example.com"


def shown(start):
    """Return the block of the guide that begins so."""
    blocks = re.findall(r"(?:^    .*\n|^\n(?=    ))+", GUIDE.read_text(), flags=re.MULTILINE)
    (found,) = (block for block in map(textwrap.dedent, blocks) if block.lstrip().startswith(start))
    return found


@pytest.fixture
def address(app):
    """Serve the app, and return its address."""
    with served(app) as address:
        yield address


@pytest.fixture
def package(address, tmp_path, monkeypatch):
    """Generate a client without one warning, and return a function that imports its modules."""
    (tmp_path / "settings.yaml").write_text(shown("content_type_overrides:"))
    command = [GENERATOR, "generate", "--url", f"{address}/api/v1/openapi.json"]
    command += ["--config", "settings.yaml", "--meta", "none", "--output-path", "cmdb_api_client"]
    made = subprocess.run(
        [*command, "--fail-on-warning"], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert made.returncode == 0, made.stdout + made.stderr
    monkeypatch.syspath_prepend(tmp_path)
    yield lambda name: importlib.import_module(f"cmdb_api_client{name}")
    for name in [name for name in sys.modules if name.startswith("cmdb_api_client")]:
        del sys.modules[name]


@pytest.mark.slow
@pytest.mark.parametrize("make_database", ["sqlite"], indirect=True)
def test_a_generated_client_registers_an_asset_and_lists_it(package, address, make_token, capsys):
    example = shown("from cmdb_api_client import").replace(HOST, address)
    names = {"TOKEN": make_token("write")}
    with pytest.raises(SystemExit, match="there is no rack A12"):
        exec(example, names)
    client = package("").AuthenticatedClient(base_url=address, token=names["TOKEN"])
    models = package(".models")
    centre = models.DataCentre(name="FRA1")
    package(".api.data_centres.post_data_centres").sync(client=client, body=centre)
    rack = models.Rack(name="A12", data_centre="FRA1")
    package(".api.racks.post_racks").sync(client=client, body=rack)
    exec(example, names)
    assert capsys.readouterr().out == "web01 None\n"
    assert names["page"].items[0].registered_at.tzinfo is not None


@pytest.mark.slow
@pytest.mark.parametrize("make_database", ["sqlite"], indirect=True)
def test_a_generated_client_tells_errors_and_takes_files(package, address, make_token):
    with package("").AuthenticatedClient(base_url=address, token=make_token("write")) as client:
        answer = package(".api.assets.get_asset").sync_detailed("web99", client=client)
        assert answer.status_code == 404
        assert answer.parsed.error.code == "not_found"
        given = package(".models").NewAsset(hostname="web01", rack="A99")
        wrong = package(".api.assets.post_assets").sync(client=client, body=given)
        assert "rack" in wrong.error.fields.additional_properties
        exported = package(".api.exports.get_exports_assets_csv").sync(client=client)
        assert exported.payload.read().startswith("\ufeffHostname".encode())
