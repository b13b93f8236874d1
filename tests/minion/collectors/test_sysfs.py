"""Places that stay the same whatever numbers the kernel gave out."""

import cmdb_sysfs as sysfs
import pytest

PCI = "/sys/devices/pci0000:00/0000:00:1f.2"


@pytest.mark.parametrize(
    ("path", "place", "transport"),
    [
        (
            "/sys/devices/pci0000:00/0000:00:02.0/virtio1/block/vda",
            "pci-0000:00:02.0",
            "virtio",
        ),
        (
            "/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/nvme/nvme3/nvme3n1",
            "pci-0000:01:00.0-nvme-1",
            "nvme",
        ),
        (
            "/sys/devices/pci0000:00/pci10000:e0/10000:e0:01.0/10000:e1:00.0/nvme/nvme0/nvme0n2",
            "pci-10000:e1:00.0-nvme-2",
            "nvme",
        ),
        (
            f"{PCI}/host0/target0:2:1/0:2:1:0/block/sda",
            "pci-0000:00:1f.2-scsi-0:2:1:0",
            "scsi",
        ),
        (
            "/sys/devices/pci0000:00/0000:00:14.0/usb2/2-1/2-1.4/2-1.4:1.0/host6/target6:0:0/"
            "6:0:0:0/block/sdb",
            "pci-0000:00:14.0-usb-1.4:1.0-lun-0",
            "usb",
        ),
        ("/sys/devices/vbd-51712/block/xvda", "xen-vbd-51712", "xen"),
        (
            "/sys/devices/css0/0.0.0001/0.0.0191/virtio0/block/vda",
            "ccw-0.0.0191",
            "virtio",
        ),
        (
            "/sys/devices/platform/soc/fe340000.mmc/mmc_host/mmc0/mmc0:aaaa/block/mmcblk0",
            "platform-fe340000.mmc",
            "mmc",
        ),
        (
            "/sys/devices/virtio-mmio-cmdline/virtio-mmio.0/virtio0/block/vda",
            "platform-virtio-mmio.0",
            "virtio",
        ),
        (
            "/sys/devices/LNXSYSTM:00/LNXSYBUS:00/ACPI0004:00/VMBUS:00/"
            "00000000-0000-8899-0000-000000000000/host0/target0:0:0/0:0:0:1/block/sda",
            "vmbus-00000000-0000-8899-0000-000000000000-scsi-0:0:0:1",
            "scsi",
        ),
        ("/sys/devices/pci0000:00/0000:00:03.0/virtio2", "pci-0000:00:03.0", "virtio"),
    ],
)
def test_a_place_is_what_the_device_hangs_on(machine, path, place, transport):
    assert sysfs.attachment(path) == (place, transport)


def test_a_sata_port_is_numbered_by_its_controller_not_by_the_kernel(machine):
    machine({f"{PCI}/ata7/ata_port/ata7/port_no": "2\n"})
    path = f"{PCI}/ata7/host6/target6:0:0/6:0:0:0/block/sdc"
    assert sysfs.place(path) == "pci-0000:00:1f.2-ata-2"
    assert sysfs.attachment(path)[1] == "sata"


def test_a_kernel_that_does_not_number_ports_has_them_in_a_row(machine):
    machine({f"{PCI}/ata{n}/uevent": "" for n in (5, 6, 10)})
    path = f"{PCI}/ata10/host9/target9:0:0/9:0:0:0/block/sdc"
    assert sysfs.place(path) == "pci-0000:00:1f.2-ata-3"


def test_a_disk_behind_a_port_multiplier_has_its_target(machine):
    machine({f"{PCI}/ata1/ata_port/ata1/port_no": "1\n"})
    path = f"{PCI}/ata1/host0/target0:3:0/0:3:0:0/block/sdc"
    assert sysfs.place(path) == "pci-0000:00:1f.2-ata-1-3:0:0"


def test_a_sas_disk_keeps_its_bay_when_it_is_replaced(machine):
    for target in ("0:4", "0:9"):
        device = f"{PCI}/host0/port-0:0/expander-0:0/port-{target}/end_device-{target}"
        name = f"end_device-{target}"
        machine(
            {
                f"{device}/sas_device/{name}/bay_identifier": "7\n",
                f"{device}/sas_device/{name}/enclosure_identifier": "0x5000000000000001\n",
            }
        )
        path = f"{device}/target0:0:4/0:0:4:0/block/sda"
        expected = "pci-0000:00:1f.2-enclosure-0x5000000000000001-bay-7-lun-0"
        assert sysfs.place(path) == expected
        assert sysfs.attachment(path)[1] == "sas"


def test_a_sas_disk_without_a_bay_is_named_by_expander_and_phy(machine):
    expander = f"{PCI}/host0/port-0:0/expander-0:0"
    machine(
        {
            f"{expander}/sas_device/expander-0:0/sas_address": "0x500000000000003f\n",
            f"{expander}/port-0:0:5/phy-0:0:12/uevent": "",
        }
    )
    path = f"{expander}/port-0:0:5/end_device-0:0:5/target0:0:5/0:0:5:0/block/sda"
    assert sysfs.place(path) == "pci-0000:00:1f.2-sas-0x500000000000003f-phy-12-lun-0"


def test_a_san_volume_is_named_by_its_target_and_lun(machine):
    machine(
        {
            "/sys/class/iscsi_session/session3/targetname": "iqn.2026-01.com.example:disk\n",
            "/sys/class/fc_remote_ports/rport-1:0-2/port_name": "0x5000000000000002\n",
        }
    )
    iscsi = "/sys/devices/platform/host4/session3/target4:0:0/4:0:0:1/block/sdb"
    fibre = f"{PCI}/host1/rport-1:0-2/target1:0:0/1:0:0:5/block/sdc"
    assert sysfs.place(iscsi) == "iscsi-iqn.2026-01.com.example:disk-lun-1"
    assert sysfs.place(fibre) == "pci-0000:00:1f.2-fc-0x5000000000000002-lun-5"
    assert sysfs.attachment(iscsi)[1] == "iscsi"


def test_two_hosts_of_one_controller_are_told_apart_by_their_order(machine):
    machine({f"{PCI}/host{n}/uevent": "" for n in (3, 4)})
    assert sysfs.place(f"{PCI}/host4/target4:0:0/4:0:0:0/block/sdb").endswith("scsi-1:0:0:0")


def test_an_nvme_disk_over_a_fabric_is_named_by_its_subsystem(machine):
    subsystem = "/sys/devices/virtual/nvme-subsystem/nvme-subsys3"
    controller = "/sys/devices/virtual/nvme-fabrics/ctl/nvme3"
    name = "nqn.2026-01.com.example:a\n"
    machine({f"{subsystem}/subsysnqn": name, f"{controller}/subsysnqn": name})
    expected = "nqn.2026-01.com.example:a-nvme-1"
    assert sysfs.place(f"{subsystem}/nvme3n1") == expected
    assert sysfs.place(f"{controller}/nvme3n1") == expected
    assert sysfs.attachment(f"{subsystem}/nvme3n1")[1] == "nvme"
