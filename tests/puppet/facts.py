"""Facts as Facter 4 tells them, of a physical server and of a virtual machine; all made up."""

SERVER = {
    "kernel": "Linux",
    "kernelrelease": "5.14.0-427.el9.x86_64",
    "is_virtual": False,
    "virtual": "physical",
    "timezone": "CET",
    "os": {
        "name": "Rocky",
        "family": "RedHat",
        "hardware": "x86_64",
        "architecture": "x86_64",
        "release": {"full": "9.4", "major": "9", "minor": "4"},
    },
    "processors": {
        "count": 32,
        "physicalcount": 2,
        "cores": 8,
        "threads": 2,
        "models": ["Intel(R) Xeon(R) Silver  4110 CPU @ 2.10GHz"] * 32,
    },
    "memory": {"system": {"total_bytes": 134_000_000_000}},
    "dmi": {
        "manufacturer": "Dell Inc.",
        "product": {
            "name": "PowerEdge R640",
            "serial_number": "EXMPL01",
            "uuid": "4C4C4544-0058-4D10-8050-C5C04F303131",
        },
        "bios": {"vendor": "Dell Inc.", "version": "2.19.1", "release_date": "06/04/2023"},
        "board": {
            "manufacturer": "Dell Inc.",
            "product": "0W23H8",
            "serial_number": ".EXMPL01.CNEXAMPLE0001.",
            "asset_tag": "Not Specified",
        },
        "chassis": {"type": "Rack Mount Chassis", "asset_tag": "INV-00042"},
    },
    "disks": {"sda": {"model": "PERC H730P", "size_bytes": 960_000_000_000, "vendor": "DELL"}},
    "mountpoints": {
        "/": {
            "device": "/dev/mapper/rl-root",
            "filesystem": "xfs",
            "options": ["rw", "relatime"],
            "size_bytes": 75_000_000_000,
            "available_bytes": 70_000_000_000,
            "used_bytes": 5_000_000_000,
        },
        "/boot": {
            "device": "/dev/sda1",
            "filesystem": "xfs",
            "options": ["ro", "relatime"],
            "size_bytes": 1_000_000_000,
            "available_bytes": 800_000_000,
            "used_bytes": 200_000_000,
        },
        "/mnt/gone": {
            "device": "server:/export",
            "filesystem": "nfs4",
            "options": ["rw", "clientaddr=192.0.2.7", "vers=4.2"],
            "size_bytes": 0,
            "available_bytes": 0,
            "used_bytes": 0,
        },
        "/run": {"device": "tmpfs", "filesystem": "tmpfs", "options": ["rw"], "size_bytes": 1},
    },
    "partitions": {"/dev/sda1": {"uuid": "340a2b44-d91d-4f3d-84fc-000000000001"}},
    "networking": {
        "hostname": "db01",
        "fqdn": "db01.example.com",
        "mac": "02:00:00:00:00:0A",
        "interfaces": {"eno1": {"mac": "02:00:00:00:00:0A", "ip": "192.0.2.7"}},
    },
    "ssh": {
        "ed25519": {
            "key": "AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f",
            "type": "ssh-ed25519",
        }
    },
}
VIRTUAL = SERVER | {
    "is_virtual": True,
    "virtual": "vmware",
    "os": SERVER["os"]
    | {"name": "Debian", "release": {"full": "12.11", "major": "12", "minor": "11"}},
}
