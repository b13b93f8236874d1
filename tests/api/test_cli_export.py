"""``cmdb export``."""

import csv
import io
import json
import os
import stat
import threading

import openpyxl
import pytest
from sqlalchemy import select

from cmdb_api.models import AuditEntry
from tests.api.test_cli import cmdb, failed, run  # noqa: F401

ASSETS = "/api/v1/assets"


@pytest.fixture
def fleet(writer):
    for number, state in ((1, "online"), (2, "planned"), (3, "online")):
        given = {"hostname": f"web0{number}", "state": state, "comment": "北京"}
        assert writer.post(ASSETS, json=given).status_code == 201


def test_a_file_is_of_the_format_that_its_name_ends_as(cmdb, fleet, tmp_path):  # noqa: F811
    paths = [tmp_path / f"assets.{form}" for form in ("xlsx", "csv", "jsonl")]
    for path in paths:
        result = cmdb("export", str(path), "--columns", "hostname,comment", "--sort", "-hostname")
        assert (result.exit_code, result.stdout, result.stderr) == (0, "", "3 assets\n")
    sheet, about = openpyxl.load_workbook(paths[0])
    assert [cell.value for cell in sheet["A"]] == ["Hostname", "web03", "web02", "web01"]
    assert about["B3"].value.endswith("(cmdb export)")
    assert paths[1].read_bytes().startswith(b"\xef\xbb\xbfHostname,Comment\r\nweb03,")
    first = json.loads(paths[2].read_text().splitlines()[0])
    assert first == {"schema": 1, "hostname": "web03", "columns": first["columns"]}
    assert {path.name for path in tmp_path.iterdir()} >= {path.name for path in paths}
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_standard_output_has_the_file_and_nothing_else(cmdb, fleet):  # noqa: F811
    result = cmdb("export", "-", "--format", "csv", "--query", "state:online", "--language", "zh")
    assert result.stderr == "2 assets\n"
    heads, *rows = csv.reader(io.StringIO(result.stdout_bytes.decode(), newline=""))
    assert heads[0] == "主机名"
    assert [row[0] for row in rows] == ["web01", "web03"]
    result = cmdb("export", "-", "--format", "jsonl", "--state", "planned", "--components")
    assert json.loads(result.stdout)["components"] == {}
    result = cmdb("export", "-", "--format", "xlsx")
    assert openpyxl.load_workbook(io.BytesIO(result.stdout_bytes)).sheetnames[1] == "About"


def test_a_saved_search_is_exported_by_its_name(cmdb, fleet, writer):  # noqa: F811
    saved = {"name": "Planned", "query": "state:planned", "columns": ["hostname"], "shared": True}
    assert writer.post("/api/v1/saved-queries", json=saved).status_code == 201
    result = cmdb("export", "-", "--format", "csv", "--saved", "planned")
    assert result.stdout_bytes == b"Hostname\r\nweb02\r\n"


def test_it_is_in_the_audit_log_under_who_ran_it(cmdb, fleet, session):  # noqa: F811
    cmdb("export", "-", "--format", "csv", "--query", "state:planned")
    (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "export"))
    assert entry.actor.endswith("(cmdb export)")
    assert entry.what == "cmdb export -"
    assert entry.details == {"query": "state:planned", "rows": 1}


def test_a_pipe_is_filled_and_stays_one(cmdb, fleet, tmp_path):  # noqa: F811
    pipe, got = tmp_path / "pipe.csv", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    result = cmdb("export", str(pipe), "--columns", "hostname", "--no-bom")
    reader.join(20)
    assert result.exit_code == 0
    assert got == [b"Hostname\r\nweb01\r\nweb02\r\nweb03\r\n"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_failed_export_leaves_the_file_as_it_was(cmdb, fleet, tmp_path):  # noqa: F811
    path = tmp_path / "assets.csv"
    path.write_text("of yesterday")
    told = failed(cmdb("export", str(path), "--columns", "rak"))
    assert "columns: there is no column rak; did you mean" in told
    assert "query" in failed(cmdb("export", str(path), "--query", "rak:A12"))
    both = ("--format", "jsonl", "--components", "--columns", "rack")
    assert "not together" in failed(cmdb("export", str(path), *both))
    assert path.read_text() == "of yesterday"
    assert not [each for each in tmp_path.iterdir() if each.name.startswith(".")]


def test_a_folder_that_is_not_there_is_told(cmdb, tmp_path):  # noqa: F811
    told = failed(cmdb("export", str(tmp_path / "none" / "assets.csv")))
    assert "No such file or directory" in told


@pytest.mark.parametrize(
    "args",
    [
        ["assets.txt"],
        ["-"],
        ["assets.csv", "--state", "gone"],
        ["assets.csv", "--language", "de"],
        ["assets.csv", "--components"],
    ],
)
def test_wrong_arguments_are_told_with_the_usage(cmdb, tmp_path, args):  # noqa: F811
    result = cmdb("export", *args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("Usage:")
