"""Packages of dpkg, rpm and apk."""

import sqlite3
import struct

import cmdb_package as package
import cmdb_rpmdb as rpmdb
import cmdb_source as source
import pytest

DPKG = """Package: bash
Status: install ok installed
Priority: required
Architecture: amd64
Version: 5.2.15-2+b7
Description: a shell
 Version: 9 in a description is none of a package
 .
 Package: neither

Package: removed
Status: deinstall ok config-files
Architecture: amd64
Version: 1.0

Package: libc6
Status: hold ok installed
Architecture: i386
Multi-Arch: same
Version: 2.36-9
"""


def test_installed_packages_are_read_and_removed_ones_left_out():
    assert package.parse_dpkg(DPKG) == [
        {"name": "bash", "arch": "amd64", "version": "5.2.15-2+b7"},
        {"name": "libc6", "arch": "i386", "version": "2.36-9"},
    ]


@pytest.mark.parametrize(
    ("state", "there"),
    [
        ("install ok half-configured", True),
        ("install ok unpacked", True),
        ("install ok triggers-pending", True),
        ("install reinstreq half-installed", False),
        ("purge ok not-installed", False),
        ("deinstall ok config-files", False),
    ],
)
def test_a_package_whose_files_are_there_is_there_though_its_setup_failed(state, there):
    names = [item["name"] for item in package.parse_dpkg(DPKG.replace("hold ok installed", state))]
    assert ("libc6" in names) is there


def test_a_package_without_a_version_is_a_problem(problems):
    items = package.parse_apk("P:musl\nV:1\nA:x86_64\n\nP:cut\n")
    assert ([item["name"] for item in items], problems) == (["musl"], ["apk: cut has no version"])


def test_apk_s_database_may_lie_below_usr(machine):
    machine({"/usr/lib/apk/db/installed": "P:musl\nV:1\nA:x86_64\n"})
    assert [item["name"] for item in package.collect()] == ["musl"]


def test_one_name_in_two_architectures_is_two_items():
    both = DPKG + DPKG.replace("i386", "amd64")
    names = [(item["name"], item["arch"]) for item in package.parse_dpkg(both)]
    assert sorted(names) == [("bash", "amd64"), ("libc6", "amd64"), ("libc6", "i386")]


def test_a_distroless_image_lists_its_packages_in_files(machine):
    stanza = "Package: tzdata\nArchitecture: all\nVersion: 2026a-1\n"
    machine({package.DPKG + ".d/tzdata": stanza, package.DPKG + ".d/tzdata.md5sums": "x y\n"})
    assert package.collect() == [{"name": "tzdata", "arch": "all", "version": "2026a-1"}]


def test_several_versions_beside_each_other_are_one_item_with_the_newest_first():
    lines = (
        "kernel\t(none)\t5.14.0\t70.el9\tx86_64\n"
        "kernel\t(none)\t5.14.0\t503.el9\tx86_64\n"
        "gpg-pubkey\t(none)\t8483c65d\t5ccc5b19\t(none)\n"
        "bind-libs\t32\t9.16.23\t1.el9\tx86_64\n"
    )
    kernel, key, bind = package.parse_rpm(lines)
    assert kernel == {
        "name": "kernel",
        "arch": "x86_64",
        "version": "5.14.0-503.el9",
        "older_versions": ["5.14.0-70.el9"],
    }
    assert key == {"name": "gpg-pubkey", "arch": None, "version": "8483c65d-5ccc5b19"}
    assert bind["version"] == "32:9.16.23-1.el9"


@pytest.mark.parametrize(
    ("older", "newer"),
    [("1.9", "1.10"), ("1.0~rc1", "1.0"), ("1.0", "1.0.1"), ("1.0a", "1.0.1"), ("01", "2")],
)
def test_versions_sort_as_package_managers_sort_them(older, newer):
    assert package.version_key(older) < package.version_key(newer)


def test_apk_s_database_is_read():
    said = "C:Q1x=\nP:musl\nV:1.2.5-r0\nA:x86_64\nT:the C library\n\nP:busybox\nV:1.36\nA:x86_64\n"
    assert [item["name"] for item in package.parse_apk(said)] == ["musl", "busybox"]


def test_pacman_s_database_is_read_and_a_broken_file_is_a_problem(machine, problems):
    folder = "/var/lib/pacman/local/"
    said = "%NAME%\nzlib\n\n%VERSION%\n1:1.3.1-2\n\n%ARCH%\nx86_64\n\n%SIZE%\n1\n"
    machine({f"{folder}zlib-1:1.3.1-2/desc": said, f"{folder}broken-1/desc": said[:9]})
    assert package.collect() == [{"name": "zlib", "arch": "x86_64", "version": "1:1.3.1-2"}]
    assert problems == [f"{folder}broken-1/desc: no name and version of a package in it"]


def test_rpm_is_asked_once_where_it_has_a_database(machine):
    machine(
        {
            "/var/lib/rpm/rpmdb.sqlite": "",
            "commands/rpm": "bash\t(none)\t5.1\t9.el9\tx86_64\n",
        }
    )
    assert package.collect() == [{"name": "bash", "arch": "x86_64", "version": "5.1-9.el9"}]


def test_a_list_in_rpm_s_own_format_is_read():
    said = (
        "made-up-libs-5.1-9.el9.x86_64  Tue 14 Jul 2015 09:25:38 AEST\n"
        "bind-32:9.16-1.el9.noarch\n"
        "old-3.2-33.el5\n"
        "gpg-pubkey-8483c65d-5ccc5b19\n"
    )
    items = [(item["name"], item["version"], item["arch"]) for item in package.parse_rpm(said)]
    assert items == [
        ("made-up-libs", "5.1-9.el9", "x86_64"),
        ("bind", "32:9.16-1.el9", "noarch"),
        ("old", "3.2-33.el5", None),
        ("gpg-pubkey", "8483c65d-5ccc5b19", None),
    ]


def test_a_list_in_blocks_is_read_and_a_description_is_none_of_it():
    said = """Name        : made-up
Epoch       : 1
Version     : 3.82                              Vendor: none
Release     : 24.el7
Architecture: x86_64
Description :
Name: of something else
Version : 9
Name        : other
Version     : 2
Release     : 1
"""
    assert package.parse_rpm(said) == [
        {"name": "made-up", "arch": "x86_64", "version": "1:3.82-24.el7"},
        {"name": "other", "arch": None, "version": "2-1"},
    ]


def test_without_rpm_its_package_is_named(machine):
    machine({"/var/lib/rpm/Packages": ""})
    with pytest.raises(source.Unavailable, match="package rpm"):
        package.collect()


def test_chatter_of_rpm_is_an_error_that_names_the_line():
    with pytest.raises(source.ParseError, match="line 1 has 1 fields: error: db5"):
        package.parse_rpm("error: db5 is broken\n")


def test_a_database_without_a_package_is_an_error_not_an_empty_machine():
    with pytest.raises(source.ParseError, match="no package"):
        package.parse_dpkg("")


def test_a_machine_without_a_package_manager_is_unavailable(machine):
    with pytest.raises(source.Unavailable, match="no package database"):
        package.collect()


def header(**fields):
    """Return a package's header as rpm keeps it in its database."""
    index, values = b"", b""
    for name, value in fields.items():
        tag = next(number for number, known in rpmdb.TAGS.items() if known == name)
        packed = struct.pack(">i", value) if isinstance(value, int) else value.encode() + b"\0"
        index += struct.pack(">iIiI", tag, 4 if isinstance(value, int) else 6, len(values), 1)
        values += packed
    # What rpm adds itself stands before and behind, with offsets of its own.
    index = struct.pack(">iIiI", 62, 7, -16, 16) + index
    return struct.pack(">II", len(index) // 16, len(values)) + index + values


BASH = header(name="bash", version="5.1", release="9.el9", arch="x86_64")
BIND = header(name="bind", version="9.16", release="1.el9", arch="noarch", epoch=32)
KEY = header(name="gpg-pubkey", version="8483c65d", release="5ccc5b19")


@pytest.fixture
def database(tmp_path):
    """Return a function that makes rpm's database of headers."""

    def make(*headers):
        path = str(tmp_path / "rpmdb.sqlite")
        with sqlite3.connect(path) as made:
            made.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL)")
            made.executemany(
                "INSERT INTO Packages (blob) VALUES (?)", [(each,) for each in headers]
            )
        made.close()
        return path

    return make


def test_rpm_s_database_in_sqlite_is_read_as_rpm_itself_lists_it(database):
    items = package.parse_rpm(rpmdb.read(database(BASH, BIND, KEY)))
    assert items == [
        {"name": "bash", "arch": "x86_64", "version": "5.1-9.el9"},
        {"name": "bind", "arch": "noarch", "version": "32:9.16-1.el9"},
        {"name": "gpg-pubkey", "arch": None, "version": "8483c65d-5ccc5b19"},
    ]


def test_reading_rpm_s_database_leaves_nothing_beside_it(database, tmp_path):
    rpmdb.read(database(BASH))
    assert [path.name for path in tmp_path.iterdir()] == ["rpmdb.sqlite"]


def test_a_database_that_is_being_written_to_is_left_to_rpm(database):
    path = database(BASH)
    with open(path + "-wal", "wb") as file:
        file.write(b"not yet in the database")
    with pytest.raises(OSError, match="written to"):
        rpmdb.read(path)


@pytest.mark.parametrize(
    "blob", [b"", BASH[:-9], BASH[:20], b"\xff" * 40, header(name="x"), "text"]
)
def test_a_database_with_a_broken_header_is_left_to_rpm(database, blob):
    with pytest.raises(OSError, match="header"):
        rpmdb.read(database(BASH, blob))


def test_a_file_that_is_no_database_is_left_to_rpm(tmp_path):
    path = tmp_path / "rpmdb.sqlite"
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 2000)
    with pytest.raises(OSError, match=r"rpmdb\.sqlite"):
        rpmdb.read(str(path))


def test_a_tab_or_a_line_s_end_in_a_name_makes_no_other_field():
    assert rpmdb.line(header(name="a\tb", version="1\n2")) == "a b\t(none)\t1 2\t(none)\t(none)\n"
