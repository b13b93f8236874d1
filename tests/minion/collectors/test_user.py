"""Accounts and who may become root, by hand-made files."""

import cmdb_source as source
import cmdb_user as user
import pytest

PASSWD = """\
root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
alice:x:1000:1000:Alice Example,Room 1,,:/home/alice:/bin/zsh
bob:$6$madeup$hash:1001:100::/home/bob:
postgres:x:105:110::/var/lib/postgresql:/bin/bash
alice:x:1009:1009:again:/:/bin/sh
+nis::::::
"""
GROUP = "root:x:0:\nusers:x:100:\nalice:x:1000:\nwheel:x:10:alice,root\ndocker:x:999:bob\n"
SUDOERS = """\
Defaults env_reset  # a comment
User_Alias OPS = bob, \\
    carol
Cmnd_Alias SHELLS = /bin/sh
root    ALL=(ALL:ALL) ALL
%wheel  ALL=(ALL) NOPASSWD: ALL
OPS     web1 = (root) /usr/bin/systemctl
#1005   ALL=(ALL) ALL
#includedir /etc/sudoers.d
@include local
"""


def test_accounts_are_read_and_the_first_of_a_name_counts(problems):
    items = {item["name"]: item for item in user.parse(PASSWD, GROUP, {"%wheel", "root"})}
    assert sorted(items) == ["alice", "bob", "daemon", "postgres", "root"]
    assert items["alice"] == {
        "name": "alice",
        "uid": 1000,
        "gid": 1000,
        "group": "alice",
        "groups": ["wheel"],
        "full_name": "Alice Example",
        "home": "/home/alice",
        "shell": "/bin/zsh",
        "login": True,
        "system": False,
        "sudo": ["%wheel"],
    }
    assert items["bob"]["shell"] == "/bin/sh"
    assert (items["daemon"]["login"], items["daemon"]["system"]) == (False, True)
    assert problems == []


def test_no_hash_leaves_the_host(problems):
    said = PASSWD + "carol:$6$secret$hash:oops:1:::\n"
    assert "$6$" not in str(user.parse(said, GROUP))
    assert problems == ["/etc/passwd, line 8: not an account"]


def test_names_in_sudoers_are_found_and_no_commands():
    names, aliases, includes = user.parse_sudoers(SUDOERS)
    assert names == {"root", "%wheel", "OPS", "#1005"}
    assert aliases == {"OPS": {"bob", "carol"}}
    assert includes == ["/etc/sudoers.d/", "local"]


def test_rights_come_by_name_by_alias_and_by_what_is_included(machine):
    machine(
        {
            "/etc/passwd": PASSWD,
            "/etc/group": GROUP,
            "/etc/sudoers": SUDOERS,
            "/etc/sudoers.d/90-team": "%docker ALL=(ALL) ALL\n",
            "/etc/sudoers.d/old.bak": "postgres ALL=(ALL) ALL\n",
            "/etc/shadow": "never read",
        }
    )
    sudo = {item["name"]: item["sudo"] for item in user.collect()}
    assert sudo == {
        "root": ["%wheel", "root"],
        "alice": ["%wheel"],
        "bob": ["%docker", "bob"],
        "postgres": [],
    }


def test_a_path_that_is_none_is_included_by_nobody(machine):
    said = "@includedir /etc/su\0doers.d\n@include /etc/x\0\nalice ALL=(ALL) ALL\n"
    machine({"/etc/passwd": PASSWD, "/etc/group": GROUP, "/etc/sudoers": said})
    assert {item["name"]: item["sudo"] for item in user.collect()}["alice"] == ["alice"]


def test_all_accounts_are_shown_when_asked(machine):
    machine({"/etc/passwd": PASSWD})
    source.begin(source.Task({"system": True}))
    assert "daemon" in [item["name"] for item in user.collect()]
    source.begin(None)


def test_rights_are_unknown_where_sudoers_can_t_be_read():
    assert user.parse(PASSWD, GROUP, None)[0]["sudo"] is None


def test_a_file_without_an_account_is_an_error():
    with pytest.raises(source.ParseError):
        user.parse("\n", GROUP)
