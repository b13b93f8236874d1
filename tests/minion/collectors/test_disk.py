"""Disks from sysfs and udev."""

import json

import cmdb_disk as disk
import cmdb_source as source
import pytest

PCI = "/sys/devices/pci0000:00/0000:00:1f.2"


def sata(name, port, **files):
    """Return (files, links) of a SATA disk."""
    path = f"{PCI}/ata{port}/host{port}/target{port}:0:0/{port}:0:0:0/block/{name}"
    known = {
        "size": "1953525168\n",
        "removable": "0\n",
        "queue/rotational": "1\n",
        "dev": "8:0\n",
        "device/vendor": "ATA     \n",
        "device/model": "EXAMPLE DISK 100\n",
        "device/rev": "1E01\n",
        "device/vpd_pg80": b"\0\x80\0\x14" + b"      MADEUP-00000001"[:20],
        "device/wwid": "naa.5000000000000001\n",
        **{file.replace("__", "/"): content for file, content in files.items()},
    }
    files = {f"{path}/{file}": content for file, content in known.items()}
    files[f"{PCI}/ata{port}/ata_port/ata{port}/port_no"] = f"{port}\n"
    return files, {f"/sys/block/{name}": path}


def test_a_sata_disk_has_what_sysfs_and_udev_tell(machine):
    files, links = sata("sda", 1)
    udev = "S:disk/by-id/x\nE:ID_MODEL_ENC=EXAMPLE\\x20DISK\\x201000ABC\nE:ID_REVISION=1E012345\n"
    machine({**files, "/run/udev/data/b8:0": udev}, links)
    (item,) = disk.collect()
    assert item == {
        "slot": "pci-0000:00:1f.2-ata-1",
        "name": "sda",
        "vendor": None,
        "model": "EXAMPLE DISK 1000ABC",
        "serial": "MADEUP-0000000",
        "wwn": "5000000000000001",
        "firmware": "1E012345",
        "size_bytes": 1953525168 * 512,
        "rotational": True,
        "removable": False,
        "transport": "sata",
        "namespace": None,
        "lun": None,
    }


def test_names_that_swap_at_a_boot_move_no_disk(machine, tmp_path):
    first, links = sata("sda", 1)
    second, other = sata("sdb", 2)
    machine({**first, **second}, {**links, **other})
    before = {item["name"]: item["slot"] for item in disk.collect()}
    assert before == {"sda": "pci-0000:00:1f.2-ata-1", "sdb": "pci-0000:00:1f.2-ata-2"}
    assert "name" in disk.VOLATILE


def test_what_is_no_disk_is_left_out(machine):
    files, links = sata("sr0", 1)
    empty, other = sata("sdz", 2, size="0\n")
    virtual = {
        f"/sys/block/{n}": f"/sys/devices/virtual/block/{n}" for n in ("loop0", "dm-0", "md0")
    }
    machine({**files, **empty}, {**links, **other, **virtual})
    assert disk.collect() == []


def test_a_virtio_disk_has_its_serial_beside_its_size(machine):
    path = "/sys/devices/pci0000:00/0000:00:02.0/virtio1/block/vda"
    files = {f"{path}/size": "2048\n", f"{path}/serial": "made-up-7\n"}
    files[f"{path}/device/vendor"] = "0x1af4\n"
    machine(files, {"/sys/block/vda": path})
    (item,) = disk.collect()
    assert item["serial"] == "made-up-7"
    assert item["vendor"] is None
    assert item["slot"] == "pci-0000:00:02.0"
    assert item["rotational"] is None


def test_an_nvme_disk_that_has_two_paths_is_one_disk(machine):
    subsystem = "/sys/devices/virtual/nvme-subsystem/nvme-subsys0"
    controller = "/sys/devices/pci0000:00/0000:03:00.0/nvme/nvme0"
    path = f"{subsystem}/nvme0n1"
    files = {
        f"{path}/size": "4096\n",
        f"{path}/wwid": "eui.0000000000000001\n",
        f"{path}/device/model": "EXAMPLE NVME\n",
        f"{path}/device/serial": "MADEUP-2    \n",
        f"{path}/device/firmware_rev": "GDC7\n",
        f"{controller}/transport": "pcie\n",
        "/sys/devices/pci0000:00/0000:03:00.0/nvme/nvme0/nvme0c0n1/size": "4096\n",
    }
    links = {
        "/sys/block/nvme0n1": path,
        "/sys/block/nvme0c0n1": f"{controller}/nvme0c0n1",
        f"{subsystem}/nvme0": controller,
    }
    machine(files, links)
    (item,) = disk.collect()
    assert item["slot"] == "pci-0000:03:00.0-nvme-1"
    assert item["serial"] == "MADEUP-2"
    assert item["wwn"] == "0000000000000001"
    assert item["transport"] == "nvme"
    assert item["namespace"] == 1


def test_a_sata_disk_behind_a_sas_controller_is_sata(machine):
    path = f"{PCI}/host0/port-0:0/end_device-0:0/target0:0:0/0:0:0:0/block/sda"
    files = {f"{path}/size": "8\n", f"{path}/device/vendor": "ATA\n"}
    machine(files, {"/sys/block/sda": path})
    assert disk.collect()[0]["transport"] == "sata"


def test_a_placeholder_serial_falls_to_the_next_source(machine):
    files, links = sata("sda", 1, device__serial="00000000\n")
    machine(files, links)
    assert disk.collect()[0]["serial"] == "MADEUP-0000000"


def test_a_scsi_disk_s_world_wide_name_is_its_serial_only_as_a_last_resort(machine):
    files, links = sata("sda", 1, device__vpd_pg80=b"")
    udev = "E:ID_SERIAL_SHORT=5000000000000001\nE:SCSI_IDENT_SERIAL=MADEUP-7\n"
    machine({**files, "/run/udev/data/b8:0": udev}, links)
    assert disk.collect()[0]["serial"] == "MADEUP-7"


def test_a_page_of_another_kind_is_no_serial():
    assert disk.parse_vpd80(b"\0\x83\0\x04ABCD") is None
    assert disk.parse_vpd80(b"\0\x80") is None
    assert disk.parse_vpd80(b"\0\x80\0\x04AB\xffD") == "AB\ufffdD"


def san(channel, lun):
    """Return (files, links) of one path to a volume of a SAN."""
    path = f"{PCI}/host3/rport-3:0-{channel}/target3:0:{channel}/3:0:{channel}:{lun}/block/sd{lun}"
    files = {f"{path}/size": "8\n", f"{path}/device/wwid": f"naa.500000000000000{lun}\n"}
    port = f"/sys/class/fc_remote_ports/rport-3:0-{channel}/port_name"
    return {**files, port: f"0x50000000000000a{channel}\n"}, {f"/sys/block/sd{lun}": path}


def test_volumes_of_a_san_are_told_apart_by_port_and_lun(machine):
    for number in (1, 2):
        machine(*san(0, number))
    first, second = disk.collect()
    assert (first["lun"], second["lun"]) == (1, 2)
    assert first["slot"].endswith("fc-0x50000000000000a0-lun-1")
    assert first["transport"] == "fc"


def test_smartctl_is_asked_only_for_what_sysfs_lacks_and_only_when_asked(machine):
    files, links = sata("sda", 1, device__vpd_pg80=b"", device__model="")
    report = {"device": {"protocol": "ATA"}, "model_name": "EXAMPLE", "serial_number": "MADEUP-9"}
    machine({**files, "/commands/smartctl -j -i _dev_sda": json.dumps(report)}, links)
    assert disk.collect()[0]["serial"] is None
    source.begin(source.Task({"smartctl": True}))
    (item,) = disk.collect()
    source.begin(None)
    assert (item["serial"], item["model"]) == ("MADEUP-9", "EXAMPLE")
    assert item["wwn"] == "5000000000000001"


def test_a_tool_that_is_missing_costs_no_disk(machine):
    files, links = sata("sda", 1, device__model="")
    machine(files, links)
    task = source.Task({"smartctl": True})
    source.begin(task)
    assert len(disk.collect()) == 1
    source.begin(None)
    (problem,) = task.problems
    assert problem.endswith("smartctl is not installed: install the package smartmontools")


def test_without_sysfs_disks_are_unknown_not_removed(machine):
    with pytest.raises(source.Unavailable, match="/sys/block is not here"):
        disk.collect()
