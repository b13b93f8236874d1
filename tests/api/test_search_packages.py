"""Searches by packages and their versions, and by the items of other bulk kinds."""

import pytest

from cmdb_api.services.search import bulk
from tests.api.searches import Finder
from tests.reports import section

DEBIAN = {
    "openssl": ("amd64", "3.0.13-1~deb12u1"),
    "linux-image-amd64": ("amd64", "6.1.90-1"),
    "nginx": ("amd64", "1.22.1-9"),
    "g++": ("amd64", "4:12.2.0-3"),
    "python3.11": ("amd64", "3.11.2-6+deb12u2"),
    "libc6": ("amd64", "2.36-9~rc1"),
}
REDHAT = {
    "openssl": ("x86_64", "1:3.0.7-27.el9"),
    "kernel": ("x86_64", "5.14.0-427.el9"),
    "NetworkManager": ("x86_64", "1:1.46.0-1.el9"),
    "snapshot": ("noarch", "1.0^git1-1.el9"),
}
OLDER = {"kernel": ["5.14.0-362.el9"]}


@pytest.fixture
def find(writer):
    return Finder(writer)


@pytest.fixture(autouse=True)
def fleet(writer, post, make_report):
    """A host of each sort, and one without packages."""

    def packages(known):
        items = [
            {"name": name, "arch": arch, "version": version}
            | ({"older_versions": OLDER[name]} if name in OLDER else {})
            for name, (arch, version) in known.items()
        ]
        return section(items, ["name", "arch"], bulk=True)

    units = [
        {"name": "nginx.service", "state": "enabled", "overrides": ["a.conf", "b.conf"]},
        {"name": "cron.service", "state": "masked"},
    ]
    user = {"name": "anna", "uid": 1000, "shell": "/bin/zsh", "login": True, "groups": ["sudo"]}
    post(
        make_report(
            "deb01",
            {
                "package": packages(DEBIAN),
                "unit": section(units, ["name"], bulk=True),
                "user": section([user], ["name"]),
            },
        ),
        make_report("el01", {"package": packages(REDHAT)}, identity={"macs": []}),
    )
    writer.post("/api/v1/assets", json={"hostname": "none01"})


def test_packages_are_found_by_name_and_version(find):
    find.check(
        {
            "package:nginx": "deb01",
            "package.nginx:*": "deb01",
            "NOT package.nginx:*": "el01 none01",
            "package:(nginx AND openssl)": "deb01",
            "package:(nginx OR kernel)": "deb01 el01",
            "package:open*": "deb01 el01",
            "package:networkmanager": "el01",
            "package.networkmanager:>=1.46": "el01",
            "package.openssl:<3.0.13": "el01",
            "package.openssl:<=3.0.13": "deb01 el01",
            "package.openssl:>3.0.13": "",
            "package.openssl:3.0.13": "deb01",
            "package.openssl:<3.0.13-1": "deb01 el01",
            "package.openssl:<3.0.13-1~deb12u1": "el01",
            "package.openssl:<1:3.0.8": "deb01 el01",
            "package.openssl:>=1:3.0.7": "el01",
            "package.openssl:[3.0.8 TO 3.1}": "deb01",
            "package.openssl:(>=3.0.8 AND <3.1)": "deb01",
            'package.openssl:"3.0.13-1~deb12u1"': "deb01",
            "package.openssl:3.0.*": "deb01 el01",
            "package.linux-image-amd64:6.1*": "deb01",
            "package.linux-image-*:<6.1.99": "deb01",
            "package.g++:<13": "deb01",
            'package."g++":12.2*': "deb01",
            "package.python3.11:3.11.2": "deb01",
            "package.libc6:<2.36-9": "deb01",
            "package.libc6:>=2.36-9~rc1": "deb01",
            "package.snapshot:>1.0": "el01",
            "package.snapshot:<1.0.1": "el01",
            "package.kernel:<5.14.0-427": "el01",
            "package.kernel:>=5.14.0-427.el9": "el01",
            "package.nothing:<3": "",
            "NOT package.nothing:<3": "deb01 el01 none01",
            "package.arch:noarch": "el01",
            "package:(name:openssl AND arch:amd64)": "deb01",
            "package:(name:nginx AND version:3*)": "",
            "package.count:>5": "deb01",
            "_exists_:package": "deb01 el01",
        }
    )


def test_units_and_users_are_found_by_their_fields(find):
    find.check(
        {
            "unit:nginx.service": "deb01",
            "unit.name:NGINX.*": "deb01",
            "unit.state:masked": "deb01",
            "unit.overrides:b.conf": "deb01",
            "unit:(name:cron.service AND state:masked)": "deb01",
            "unit:(name:cron.service AND state:enabled)": "",
            "NOT unit:(name:cron.service AND state:enabled)": "deb01 el01 none01",
            "user.name:anna": "deb01",
            "user:anna": "deb01",
            "user.uid:>=1000": "deb01",
            "user.login:true": "deb01",
            "user.shell:/bin/zsh": "deb01",
            "user.groups:sudo": "deb01",
            "user:(name:anna AND login:false)": "",
        }
    )


def test_a_package_that_an_upgrade_took_away_is_found_no_more(find, post, make_report):
    items = [{"name": "nginx", "arch": "amd64", "version": "1.26.0-1"}]
    report = {"package": section(items, ["name", "arch"], bulk=True)}
    post(make_report("deb01", report))
    find.check({"package.nginx:<1.26": "", "package.nginx:1.26.0": "deb01", "package:libc6": ""})


def test_a_term_that_fits_too_many_packages_is_refused(find, monkeypatch):
    monkeypatch.setattr(bulk, "MOST", 3)
    told = find.fault("tag:a OR package:*n*")
    assert "at character 10: more than 3 different items of kind package" in told["message"]
    assert find.names("package:nginx") == ["deb01"]
