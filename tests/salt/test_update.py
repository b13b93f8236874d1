"""A running minion takes up changed libraries and collectors without a restart."""

import pytest

from tests.salt.conftest import wait_until


@pytest.fixture
def edit(file_root, salt):
    """Return a function that changes a file of the file root; it is changed back."""
    kept = {}

    def edit(name, old, new):
        path = file_root / name
        kept.setdefault(path, path.read_text())
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))

    yield edit
    for path, text in kept.items():
        path.write_text(text)
    salt("schedule.delete", "cmdb")
    salt("saltutil.sync_all")


def by_schedule(salt, api):
    """Let the running minion's schedule report; return the asset as the API then has it."""
    before = api.report_id()
    salt("schedule.run_job", "cmdb")
    wait_until(lambda: api.report_id() != before)
    return api.asset()


def owner(asset):
    (role,) = asset["components"]["role"]
    return role["fields"]["owner"]


def test_a_changed_library_and_a_changed_collector_run_after_a_sync(salt, api, roles, edit):
    roles.write_text("web = team-shop\n")
    salt("schedule.add", "cmdb", function="cmdb.report", hours=9, run_on_start=False)
    asset = by_schedule(salt, api)
    assert owner(asset) == "team-shop"
    version = asset["last_report"]["version"]
    for number in range(2):
        text = f"{version}.{number}"
        edit("_utils/cmdb_version.py", f'"{version}', f'"{text}')
        edit(
            "_modules/cmdb_role.py",
            "owner.strip() or None" if number == 0 else "'number 0'",
            f"'number {number}'",
        )
        salt("saltutil.sync_all")
        asset = by_schedule(salt, api)
        assert asset["last_report"]["version"] == text
        assert owner(asset) == f"number {number}"
        version = text
