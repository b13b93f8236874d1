"""RAID volumes: those of controllers (logical drives, virtual disks) and Linux md arrays.

Source: the controllers' tools as for raid_controller; /proc/mdstat and sysfs for md. Sizes are
exact where the tool gives blocks or a geometry, else rounded as the tool prints them.

================  ====  =====================================================================
place             str   controller and number, "c0:v1"; "md0"; the identity
controller        str   place of its controller; None for md
name              str   name or label that it was given
level             str   "raid1", "raid10", "raid1e" …; "linear", "container" … for others
size_bytes        int   usable capacity, bytes
state             str   "optimal", "degraded", "rebuilding", "initializing", "reshaping", "failed",
                        "offline", "missing", or as the tool words it
state_text        str   the tool's own words; volatile
activity          str   md: "check", "resync", "recovery" … that is going on; volatile
strip_size_bytes  int   data on one disk before the next one's turn, bytes
write_cache       str   "write back" or "write through", as it is now
read_cache        str   "read ahead", "adaptive" or "none"
members           list  places of its disks; for md of its disks or partitions, spares not among
spares            list  md: places of its spares
missing_count     int   members that are missing
failed_count      int   md: members that are marked as failed
wwn               str   name that it shows to the system: hex digits in lower case
uuid              str   md: UUID of the array
metadata          str   md: format of its superblock, "1.2"
device            str   the kernel's name now, "/dev/sda"; volatile
================  ====  =====================================================================
"""

import cmdb_raid as raid

__load__ = ["collect"]

KEY = ["place"]
VOLATILE = ["state_text", "activity", "device"]
SLOW = True
TOOLS = raid.TOOLS


def collect():
    """
    Return this machine's RAID volumes.

    CLI Example:

    .. code-block:: bash

        salt '*' cmdb_raid_volume.collect
    """
    return raid.items("volumes")
