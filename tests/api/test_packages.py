"""A package on all hosts: its versions, and which hosts have them."""

import pytest
from sqlalchemy import event, text

from tests.reports import make_report, section

PACKAGES = "/api/v1/packages"


def item(name, version, arch="amd64", **more):
    return {"name": name, "arch": arch, "version": version} | more


@pytest.fixture
def installed(post):
    """Return a function that reports a host's packages."""

    def installed(host, *items, **members):
        held = section(list(items), ["name", "arch"], bulk=True)
        (result,) = post(make_report(host, {"package": held}, **members))
        assert result["result"] == "recorded", result

    return installed


@pytest.fixture
def ask(reader):
    """Return a function that asks for a package and gives the answer's JSON."""

    def ask(name, **more):
        answer = reader.get(PACKAGES, query_string={"name": name} | more)
        assert answer.status_code == 200, answer.text
        return answer.json

    return ask


def test_versions_are_told_with_their_hosts_most_first(installed, ask):
    installed("web02", item("openssl", "3.0.1"), item("bash", "5.2"))
    installed("web01", item("openssl", "3.0.1"), item("bash", "5.2"))
    installed("db01", item("openssl", "3.0.2"))
    got = ask("openssl")
    assert (got["name"], got["total"], got["next_cursor"]) == ("openssl", 3, None)
    assert got["versions"] == [
        {"version": "3.0.1", "arch": "amd64", "host_count": 2},
        {"version": "3.0.2", "arch": "amd64", "host_count": 1},
    ]
    assert [(row["hostname"], row["version"]) for row in got["items"]] == [
        ("db01", "3.0.2"),
        ("web01", "3.0.1"),
        ("web02", "3.0.1"),
    ]
    assert got["items"][0]["name"] == "openssl"


def test_one_version_can_be_chosen_also_where_a_newer_one_is_beside_it(installed, ask):
    installed("web01", item("kernel", "6.2", older_versions=["6.1"]))
    installed("web02", item("kernel", "6.1"))
    installed("web03", item("kernel", "6.3"))
    got = ask("kernel", version="6.1")
    assert got["total"] == 2
    assert [row["hostname"] for row in got["items"]] == ["web01", "web02"]
    assert got["items"][0]["older_versions"] == ["6.1"]
    assert "older_versions" not in got["items"][1]
    assert {row["version"] for row in got["versions"]} == {"6.1", "6.2", "6.3"}


def test_versions_are_asked_for_as_in_searches(installed, ask, reader):
    installed("web01", item("openssl", "3.0.11-1~deb12u2"))
    installed("web02", item("openssl", "3.0.13-1~deb12u1", older_versions=["1.1.1w-0+deb11u1"]))
    installed("web03", item("openssl", "3.1.4-2"))
    for version, hosts in (
        ("<3.0.13", ["web01", "web02"]),
        (">=3.0.13", ["web02", "web03"]),
        (">=3 AND <3.1", ["web01", "web02"]),
        (">=3 <3.1", ["web01", "web02"]),
        ("[3.0.12 TO 3.2}", ["web02", "web03"]),
        ("3.0.*", ["web01", "web02"]),
        ("<3.0 OR >3.1", ["web02", "web03"]),
        ("3.1.4", ["web03"]),
        ("3.1.4-2", ["web03"]),
        ("1.1.1w-0+deb11u1", ["web02"]),
        ("<1", []),
    ):
        got = ask("openssl", version=version)
        assert [row["hostname"] for row in got["items"]] == hosts, version
        assert (got["total"], len(got["versions"])) == (len(hosts), 3), version
    got = ask("openssl", version=">3", query="hostname:web03")
    assert [row["hostname"] for row in got["items"]] == ["web03"]
    for version in (
        "<",
        "(3",
        "3 AND hostname:web01",
        "3) OR (hostname:web01",
        "* * * * * * * *(",
        "[3",
    ):
        answer = reader.get(PACKAGES, query_string={"name": "openssl", "version": version})
        assert answer.status_code == 422, version
        assert list(answer.json["error"]["fields"]) == ["version"], answer.json
        assert "at character" not in answer.json["error"]["message"]
    answer = reader.get(PACKAGES, query_string={"name": "openssl", "version": "3.0.14"})
    assert answer.status_code == 404


def test_a_host_with_two_architectures_counts_once(installed, ask):
    installed("web01", item("libc6", "2.36"), item("libc6", "2.36", arch="i386"))
    got = ask("libc6")
    assert (got["total"], len(got["items"])) == (1, 2)
    assert [row["arch"] for row in got["versions"]] == ["amd64", "i386"]


def test_hosts_come_in_pages(installed, ask):
    for number in range(5):
        installed(f"web{number}", item("bash", "5.2"), item("bash", "5.2", arch="i386"))
    names, cursor = [], None
    while len(names) < 20:
        got = ask("bash", limit=3, **({"cursor": cursor} if cursor else {}))
        assert got["total"] == 5
        names += [row["hostname"] for row in got["items"]]
        if (cursor := got["next_cursor"]) is None:
            break
    assert names == [f"web{number // 2}" for number in range(10)]


@pytest.fixture
def other_order(session):
    """Let the database order hostnames as some languages do, "_" before "-"; SQLite can be told."""
    if (engine := session.get_bind()).dialect.name != "sqlite":
        return

    def compare(one, other):
        one, other = (text.replace("_", "\0") for text in (one, other))
        return (one > other) - (one < other)

    @event.listens_for(engine, "connect")
    def connect(connection, _):
        connection.create_collation("language", compare)

    plain = "hostname_key VARCHAR(255)"
    session.execute(text("PRAGMA writable_schema = ON"))
    session.execute(
        text("UPDATE sqlite_master SET sql = replace(sql, :old, :new) WHERE name = 'asset'"),
        {"old": plain, "new": f"{plain} COLLATE language"},
    )
    session.commit()
    session.remove()
    engine.dispose()


def test_no_host_is_lost_where_the_database_has_an_order_of_its_own(other_order, installed, ask):
    names = {"a_1", "a-1", "a.1", "a-2", "b"}
    for name in sorted(names):
        installed(name, item("bash", "5.2"))
    found, cursor = [], {}
    while cursor is not None:
        got = ask("bash", limit=1, **cursor)
        found += [row["hostname"] for row in got["items"]]
        cursor = {"cursor": got["next_cursor"]} if got["next_cursor"] else None
    assert sorted(found) == sorted(names)


def test_what_was_upgraded_everywhere_is_no_version_any_more(installed, ask, reader):
    installed("web01", item("bash", "5.1"), item("nano", "7"))
    installed("web01", item("bash", "5.2"))
    assert [row["version"] for row in ask("bash")["versions"]] == ["5.2"]
    answer = reader.get(PACKAGES, query_string={"name": "nano"})
    assert answer.status_code == 404
    assert "no host has a package nano" in answer.json["error"]["message"]


def test_hosts_are_ordered_and_found_by_version_as_its_package_manager_does(installed, ask):
    for number, version in enumerate(("3.0.9", "3.0.10", "3.0.2~rc1", "3.0.2", "3.0.9")):
        installed(f"web{number}", item("openssl", version, arch="amd64" if number else "i386"))
    installed("web9", item("openssl", "3.1", older_versions=["3.0.10"]))
    shown = lambda **asked: [row["hostname"] for row in ask("openssl", **asked)["items"]]  # noqa: E731
    order = ["web2", "web3", "web0", "web4", "web1", "web9"]
    assert shown(sort="version") == order
    assert shown(sort="-version,hostname") == ["web9", "web1", "web0", "web4", "web3", "web2"]
    found, cursor = [], {}
    while cursor is not None:
        got = ask("openssl", sort="version", limit=2, **cursor)
        found += [row["hostname"] for row in got["items"]]
        cursor = {"cursor": got["next_cursor"]} if got["next_cursor"] else None
    assert found == order
    assert shown(query="version:<3.0.9") == ["web2", "web3"]
    assert shown(query="version:3.0.10") == ["web1", "web9"]
    assert shown(query="version:3.0.* AND NOT arch:amd64") == ["web0"]
    assert shown(query="NOT version:>=3.0.9") == ["web2", "web3"]
    got = ask("openssl", query="version:3.0.9 OR hostname:web9", limit=1)
    assert (got["total"], len(got["items"])) == (3, 1)


def test_what_is_wrong_with_a_search_is_told_of_any_package(reader):
    for query in ({"sort": "nosuch"}, {"query": "nosuch:1"}, {"query": "arch:<a"}):
        answer = reader.get(PACKAGES, query_string={"name": "nosuch"} | query)
        assert answer.status_code == 422, query


def names(reader, **asked):
    """Return (name, hosts, versions) of all packages, page after page."""
    found, cursor = [], {}
    while cursor is not None:
        answer = reader.get(f"{PACKAGES}/names", query_string=asked | cursor)
        assert answer.status_code == 200, answer.text
        found += [
            (row["name"], row["host_count"], row["version_count"]) for row in answer.json["items"]
        ]
        following = answer.json["next_cursor"]
        cursor = {"cursor": following} if following else None
    return found


def test_all_packages_are_listed_by_name_with_their_hosts_and_versions(installed, reader):
    assert names(reader) == []
    installed("web01", item("bash", "5.1"), *(item(f"gone{n:02}", "1") for n in range(40)))
    both = item("libc6", "2.36"), item("libc6", "2.36", arch="i386")
    installed("web01", item("bash", "5.2"), item("Zlib", "1"), *both)
    installed("web02", item("bash", "5.2"), item("zsh", "5.9"))
    installed("db01", item("bash", "5.2"), item("zsh", "5.9"))
    installed("db02", item("bash", "5.3"))
    every = {("bash", 4, 2), ("libc6", 1, 1), ("Zlib", 1, 1), ("zsh", 2, 1)}
    listed = names(reader)
    assert {*listed} == every and len(listed) == 4
    # What no host has any more is passed over, however much of it there is.
    assert names(reader, limit=1) == listed
    assert names(reader, limit=1, sort="-name") == listed[::-1]
    assert {name for name, *_ in names(reader, name="z*")} == {"Zlib", "zsh"}
    assert [name for name, *_ in names(reader, name="?as%")] == []
    assert [name for name, *_ in names(reader, name="BASH")] == ["bash"]


@pytest.mark.parametrize("query", [{"sort": "host_count"}, {"cursor": "x"}, {"name": "a\0"}])
def test_a_wrong_list_of_packages_is_told(reader, query):
    answer = reader.get(f"{PACKAGES}/names", query_string=query)
    assert answer.status_code == 422
    assert set(answer.json["error"]["fields"]) == {*query}


def test_an_unknown_name_or_version_tells_of_the_nearest(installed, reader):
    installed("web01", item("openssl", "3.0.1"), item("openssh-server", "9.2"))
    answer = reader.get(PACKAGES, query_string={"name": "openss1"})
    assert answer.status_code == 404
    assert "no host has a package openss1; did you mean openssl" in answer.json["error"]["message"]
    answer = reader.get(PACKAGES, query_string={"name": "openssl", "version": "3.0.11"})
    assert answer.status_code == 404
    assert answer.json["error"]["message"] == (
        "no host has openssl in version 3.0.11; did you mean 3.0.1?"
    )


def test_a_name_is_wanted(reader):
    for query in ({}, {"name": " "}):
        answer = reader.get(PACKAGES, query_string=query)
        assert answer.status_code == 422
        assert "name" in answer.json["error"]["fields"]


def test_units_that_bear_a_package_s_name_are_no_package(post, installed, ask):
    installed("web01", item("ssh", "9.2"))
    units = section([{"name": "ssh", "version": "x", "state": "enabled"}], ["name"], bulk=True)
    post(make_report("web02", {"unit": units}))
    assert ask("ssh")["total"] == 1
