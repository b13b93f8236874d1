"""Mounted filesystems, by hand-made lists of mounts."""

import threading

import cmdb_filesystem as filesystem
import cmdb_replay as replay
import cmdb_source as source
import pytest

MOUNTINFO = """\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro
30 27 253:2 / /srv/my\\040data rw,noatime - xfs /dev/mapper/vg0-data rw,attr2
31 27 0:44 / /home rw - autofs systemd-1 rw,fd=5,pgrp=1
32 31 0:45 / /home rw,nosuid - nfs4 nas:/home rw,vers=4.2,clientaddr=192.0.2.7,addr=192.0.2.9
33 27 0:50 /@var /var rw - btrfs /dev/sdb1 rw,subvol=/@var
34 27 0:60 / /mnt/share ro - cifs //nas/share rw,username=x,password=hunter2
35 27 0:61 / /var/lib/docker/overlay2/abc/merged rw - overlay overlay rw,lowerdir=/a
36 27 7:1 / /snap/core/1 ro - squashfs /dev/loop1 ro
37 27 0:70 / /tank rw - zfs tank rw
"""


def points(items):
    return [item["mount_point"] for item in items]


def by_point(said=MOUNTINFO, **options):
    return {item["mount_point"]: item for item in filesystem.parse(said, **options)}


def test_what_the_kernel_makes_up_and_containers_are_left_out():
    assert points(filesystem.parse(MOUNTINFO)) == [
        *("/", "/home", "/mnt/share", "/srv/my data", "/tank", "/var")
    ]


def test_the_last_mount_at_a_place_is_told():
    assert by_point()["/home"]["type"] == "nfs4"


def test_the_root_is_told_whatever_its_type():
    assert points(filesystem.parse("1 0 0:9 / / rw - overlay overlay rw,lowerdir=/x\n")) == ["/"]


def test_options_hold_no_secret_and_nothing_that_moves():
    share, home = by_point()["/mnt/share"], by_point()["/home"]
    assert share["options"] == ["ro", "username=x"]
    assert share["read_only"] is True
    assert home["options"] == ["addr=192.0.2.9", "nosuid", "rw", "vers=4.2"]


def test_a_filesystem_that_the_kernel_made_read_only_is():
    said = MOUNTINFO.replace("/dev/sda1 rw,", "/dev/sda1 ro,")
    assert by_point(said)["/"]["read_only"] is True


def test_a_subvolume_is_told_beside_its_device():
    assert by_point()["/var"]["subtree"] == "/@var"


def test_a_device_is_named_for_what_lasts(machine):
    machine(
        {filesystem.MOUNTINFO: MOUNTINFO, "/dev/sda1": ""},
    )
    (root,) = [item for item in filesystem.collect() if item["mount_point"] == "/"]
    assert (root["device"], root["name"]) == ("/dev/sda1", "/dev/sda1")
    content = {
        "read": {filesystem.MOUNTINFO: {"value": {"text": MOUNTINFO}}},
        "link": {"/dev/disk/by-uuid/1234-ABCD": {"value": "/dev/sda1"}},
        **{"glob": {}, "run": {}, "ask": {}},
    }
    with source.through(replay.Bundle(content)):
        root = filesystem.collect()[0]
    assert (root["device"], root["name"]) == ("UUID=1234-ABCD", "/dev/sda1")


@pytest.mark.parametrize("kind", ["xfs", "zfs"])
def test_sizes_are_bytes_and_a_pool_has_no_size_of_its_own(kind):
    said = filesystem.parse_statvfs([4096, 4096, 1000, 400, 300, 50, 20, 20, 0], kind)
    assert said == {
        "size_bytes": 4096000 if kind == "xfs" else None,
        "used_bytes": 600 * 4096,
        "available_bytes": 300 * 4096,
        "inode_count": 50,
        "inode_used_count": 30,
    }


def test_a_server_that_keeps_silent_costs_its_limit_once(problems):
    class Silent(source.Machine):
        asked = []

        def read_bytes(self, path):
            lines = [f"{n} 1 0:{n} / /n{n} rw - nfs4 dead:/n{n} rw" for n in range(3)]
            lines += [f"{n} 1 0:{n} / /n{n} rw - cifs //gone/n{n} rw" for n in range(3, 5)]
            return "\n".join(["1 0 0:1 / / rw - ext4 /dev/sda rw", *lines]).encode()

        def ask(self, name, function, args):
            self.asked += args
            if args[0] != "/":
                threading.Event().wait(20)
            return [1] * 9

    task = source.Task({"limit_seconds": 0.05})
    source.begin(task)
    with source.through(Silent()):
        items = filesystem.collect()
    assert len(items) == 6
    assert Silent.asked == ["/", "/n0", "/n3"]
    assert "took longer than 0.05 s" in task.problems[0]
    assert len(task.problems) == 5


@pytest.mark.parametrize("said", ["", "1 0 0:1 / / rw ext4 /dev/sda rw\n", MOUNTINFO[:-40]])
def test_a_list_that_is_cut_short_is_an_error_that_names_the_line(said):
    with pytest.raises(source.ParseError, match=r"line \d+|no mount"):
        filesystem.parse(said)


def test_all_filesystems_are_asked_in_one_thread_until_one_hangs():
    class Counting(source.Machine):
        threads = []

        def read_bytes(self, path):
            lines = [f"{n} 1 0:{n} / /n{n} rw - nfs4 nas{n}:/x rw" for n in range(6)]
            return "\n".join(lines).encode()

        def ask(self, name, function, args):
            self.threads.append(threading.get_ident())
            if args[0] == "/n2":
                threading.Event().wait(20)
            if args[0] == "/n4":
                raise OSError(116, "Stale file handle")
            return [1] * 9

    task = source.Task({"limit_seconds": 0.05})
    source.begin(task)
    with source.through(Counting()):
        sizes = {item["mount_point"]: item.get("size_bytes") for item in filesystem.collect()}
    source.begin(None)
    assert [point for point in sizes if not sizes[point]] == ["/n2", "/n4"]
    assert len(Counting.threads) == 6
    assert len(set(Counting.threads[:3])) == len(set(Counting.threads[3:])) == 1
    assert len(task.problems) == 2
