"""Virtual machines of libvirt and Proxmox, by hand-made files."""

import cmdb_domain as domain
import cmdb_guest as guest
import cmdb_source as source
import pytest

UUID = "0f1e2d3c-4b5a-4678-8796-a5b4c3d2e1f0"
XML = f"""<!-- WARNING: THIS IS AN AUTO-GENERATED FILE. -->
<domain type='kvm'>
  <name>web01</name>
  <uuid>{UUID}</uuid>
  <memory unit='GiB'>2</memory>
  <vcpu placement='static' current='1'>4</vcpu>
  <devices>
    <disk type='file' device='disk'><source file='/vm/web01.qcow2'/><target dev='vda'/></disk>
    <disk type='network' device='disk'><source protocol='rbd' name='pool/x'/><target dev='vdb'/>
    </disk>
    <disk type='volume' device='disk'><source pool='p' volume='v'/><target dev='vdc'/></disk>
    <disk type='file' device='cdrom'><target dev='hdc'/></disk>
    <interface type='bridge'><mac address='52:54:00:AA:BB:01'/></interface>
  </devices>
</domain>
"""
STATUS = (
    "<domstatus state='paused' pid='1'>\n"
    + XML.replace("<domain ", "<domain id='3' ")
    + ("</domstatus>\n")
)
LIST = """ Id   Name     State
---------------------------
 1    web01    running
 -    db 02    shut off

"""
PROXMOX = f"""#a note
boot: order=scsi0
cores: 4
memory: 8192
name: db03
net0: virtio=BC:24:11:00:00:01,bridge=vmbr0
onboot: 1
ide2: none,media=cdrom
scsi0: local:vm-100-disk-0,size=32G
smbios1: uuid={UUID}
sockets: 2

[snapshot]
memory: 4096
"""


def test_a_domain_is_read_in_base_units():
    assert domain.parse_xml(XML) == {
        "name": "web01",
        "uuid": UUID,
        "hypervisor": "kvm",
        "state": None,
        "vcpu_count": 4,
        "memory_bytes": 2 * 2**30,
        "disks": ["vda /vm/web01.qcow2", "vdb pool/x", "vdc p v"],
        "macs": ["52:54:00:aa:bb:01"],
    }


@pytest.mark.parametrize(
    "said", ["", "<domain>", XML[:-20], "<!DOCTYPE x [<!ENTITY a 'b'>]>" + XML, "<domain/>"]
)
def test_what_is_no_domain_is_an_error(said):
    with pytest.raises(source.ParseError):
        domain.parse_xml(said)


def test_virsh_s_list_gives_states():
    assert domain.parse_list(LIST) == {"web01": "running", "db 02": "shut off"}
    assert domain.parse_list(" Id Name State\n-----------\n") == {}
    for said in ("", "error: failed to connect\n", LIST + "garbage\n"):
        with pytest.raises(source.ParseError):
            domain.parse_list(said)


def test_proxmox_s_file_is_read_without_its_snapshots():
    assert domain.parse_proxmox(PROXMOX) == {
        "name": "db03",
        "uuid": UUID,
        "hypervisor": "kvm",
        "vcpu_count": 8,
        "memory_bytes": 8 * 2**30,
        "disks": ["scsi0 local:vm-100-disk-0,size=32G"],
        "macs": ["bc:24:11:00:00:01"],
        "autostart": True,
    }


def test_files_tell_what_runs_and_no_tool_is_asked(machine):
    machine(
        {
            "/etc/libvirt/qemu/web01.xml": XML,
            "/etc/libvirt/qemu/db02.xml": XML.replace("web01", "db02"),
            "/etc/libvirt/qemu/networks/default.xml": "<network/>",
            "/etc/libvirt/qemu/autostart/web01.xml": XML,
            "/run/libvirt/qemu/web01.xml": STATUS,
            "/run/libvirt/qemu/passing.xml": STATUS.replace("web01", "passing"),
        }
    )
    items = [(item["place"], item["state"], item["autostart"]) for item in guest.collect()]
    assert items == [
        ("qemu/db02", "shut off", False),
        ("qemu/passing", "paused", False),
        ("qemu/web01", "paused", True),
    ]


def test_virsh_tells_the_states_where_files_do_not(machine):
    machine({"/etc/libvirt/qemu/web01.xml": XML, "commands/virsh": LIST})
    assert guest.collect()[0]["state"] == "running"


def test_without_virsh_its_package_is_named(machine):
    machine({"/etc/libvirt/qemu/web01.xml": XML})
    with pytest.raises(source.Unavailable, match="package libvirt-clients"):
        guest.collect()


def test_a_name_with_signs_of_a_pattern_is_a_name(machine):
    said = XML.replace("web01</name>", "web[1]</name>")
    folder = "/etc/libvirt/qemu/"
    machine({f"{folder}web[1].xml": said, f"{folder}autostart/web[1].xml": said})
    machine({"/run/libvirt/qemu/driver.pid": ""})
    assert [(item["place"], item["autostart"]) for item in guest.collect()] == [
        ("qemu/web[1]", True)
    ]


def test_a_host_without_machines_has_none(machine):
    machine({"/etc/libvirt/qemu/networks/default.xml": "<network/>"})
    assert guest.collect() == []


def test_proxmox_s_machines_are_told_by_number(machine):
    machine({"/etc/pve/local/qemu-server/100.conf": PROXMOX, "/run/qemu-server/100.pid": "1"})
    (item,) = guest.collect()
    assert (item["place"], item["name"], item["state"]) == ("qemu/100", "db03", "running")


def test_a_machine_that_is_no_host_is_unavailable(machine):
    with pytest.raises(source.Unavailable, match="neither libvirt nor Proxmox"):
        guest.collect()


def test_a_folder_that_shows_nothing_is_unavailable(machine):
    machine(links={"/etc/libvirt/link": "/etc/libvirt/qemu"})
    with pytest.raises(source.Unavailable, match="run as root"):
        guest.collect()
