"""Files of lists: no secret is in one, nothing in one is a formula, and both kinds say the same."""

import csv
import html
import io
import json
import logging
import re
from zipfile import ZipFile

import pytest

from cmdb_api.services.exchange import cells
from tests.console import parsed, walking
from tests.console.test_hostile import hostile_client, hostile_site  # noqa: F401

# What a spreadsheet runs, whatever stands before it that it skips.
FORMULA = re.compile("[\\s]*[=+\\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
NUMBER = re.compile(r"-?\d+(\.\d+)?")
FILE = re.compile(r'href="([^"]*\bformat=csv[^"]*)"')
# Lists of these have nothing in them that hosts or people wrote, and may be empty here.
MAY_BE_EMPTY = ("deliveries",)


@pytest.fixture(scope="module")
def lists(hostile_site, hostile_client):  # noqa: F811
    """Return the addresses of the files of all lists, each with all of its columns."""
    found = set()
    for name in walking.names():
        with hostile_client.get(walking.address(name, hostile_site.known)) as answer:
            if answer.mimetype != "text/html":
                continue
            if offered := FILE.search(answer.text):
                found.add((html.unescape(offered[1]), _columns(answer.text)))
    return sorted(found)


def _columns(text):
    """Return the names of all columns that a page lets choose from."""
    boxes = [had for tag, had in parsed.Page(text).elements if tag == "input"]
    return ",".join(box["value"] for box in boxes if box.get("name") == "columns")


def files(lists, client, form):
    """Give (address, bytes) of the file of each list."""
    for address, columns in lists:
        for more in {"", f"&columns={columns}"}:
            path = address.replace("format=csv", f"format={form}") + more
            with client.get(path) as answer:
                assert answer.status_code == 200, (path, answer.status_code)
                if answer.mimetype == "text/html":
                    # What was asked for is wrong: the page says so.
                    continue
                yield path, answer.get_data()


def rows_of(data):
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_most_lists_are_looked_at(lists):
    places = {address.partition("?")[0] for address, _ in lists}
    wanted = {"/assets", "/changes", "/findings", "/admin/audit", "/admin/tokens"}
    assert len(places) >= 15 and wanted <= places, places


def test_no_cell_of_csv_is_a_formula(lists, hostile_client):  # noqa: F811
    count = 0
    for path, data in files(lists, hostile_client, "csv"):
        rows = rows_of(data)
        count += len(rows)
        bad = [
            cell
            for row in rows
            for cell in row
            if FORMULA.match(cell) and not NUMBER.fullmatch(cell)
        ]
        assert not bad, (path, bad[:3])
        assert len({len(row) for row in rows}) == 1, f"{path}: a cell is two"
    assert count > 100


def test_no_cell_of_a_workbook_is_a_formula_or_a_link(lists, hostile_client):  # noqa: F811
    for path, data in files(lists, hostile_client, "xlsx"):
        with ZipFile(io.BytesIO(data)) as book:
            assert not [n for n in book.namelist() if "external" in n.lower()], path
            for name in book.namelist():
                text = book.read(name).decode("utf-8", "replace")
                assert not re.search(r"<(f|hyperlink|x-canary)[ >/]", text), (path, name)


def test_no_file_tells_a_secret(hostile_site, lists, hostile_client, caplog):  # noqa: F811
    caplog.set_level(logging.DEBUG)
    found = [*files(lists, hostile_client, "csv")]
    for path, data in files(lists, hostile_client, "xlsx"):
        with ZipFile(io.BytesIO(data)) as book:
            found += [(path, book.read(name)) for name in book.namelist()]
    for as_ in ("xlsx", "csv", "jsonl"):
        for more in ("", "&components=1", "&set=declared"):
            path = f"/exchange/export/file?as={as_}{more}"
            with hostile_client.get(path) as answer:
                found.append((path, answer.get_data()))
    for path, data in found:
        text = data.decode("utf-8", "replace")
        told = [secret for secret in hostile_site.secrets if secret in text]
        assert not told, f"{path} tells {told}"
    assert not [s for s in hostile_site.secrets if s in caplog.text]


def test_what_was_quoted_in_a_file_is_the_same_text_when_it_is_read(lists, hostile_client):  # noqa: F811
    """The file of assets, imported as it is, changes nothing."""
    with hostile_client.get("/exchange/export/file?as=csv&set=declared&state=any") as answer:
        data, told = answer.get_data(), answer.status_code
    assert told == 200
    assert any(cell.startswith("'=") for row in rows_of(data) for cell in row)
    app = hostile_client.application
    admin = _api(app)
    kind = {"Content-Type": "text/csv"}
    answer = admin.post("/api/v1/imports?dry_run=true", data=data, headers=kind)
    counts = answer.json["counts"]
    assert {"failed": 0, "unchanged": counts["rows"]}.items() <= counts.items(), json.dumps(
        answer.json, indent=1
    )[:3000]


def _api(app):
    from tests.console.conftest import Driver

    return Driver(app, "admin")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "'=", "\uff1d"])
def test_every_beginning_of_a_formula_is_quoted_and_comes_back(start):
    text = f"{start}cmd|' /C calc'!A0"
    assert not FORMULA.match(cells.quoted(text))
    assert cells.unquoted(cells.quoted(text)) == text
