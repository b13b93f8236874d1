"""Packages of dpkg, rpm and apk."""

import cmdb_package as package
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


def test_chatter_of_rpm_is_an_error_that_names_the_line():
    with pytest.raises(source.ParseError, match="line 1 has 1 fields: error: db5"):
        package.parse_rpm("error: db5 is broken\n")


def test_a_database_without_a_package_is_an_error_not_an_empty_machine():
    with pytest.raises(source.ParseError, match="no package"):
        package.parse_dpkg("")


def test_a_machine_without_a_package_manager_is_unavailable(machine):
    with pytest.raises(source.Unavailable, match="no package database"):
        package.collect()
