"""LVM: physical volumes, volume groups and logical volumes.

Source: ``pvs``, ``vgs`` and ``lvs``, as JSON where they know it; needs root. A physical volume's
place is its own UUID, which it keeps under any name of the kernel's.

================  ====  =======================================================================
place             str   "pv/UUID", "vg/NAME", "lv/VG/NAME"; the identity
item_type         str   "pv", "vg" or "lv"
name              str   of a group or logical volume
vg                str   of a physical or logical volume: the group it belongs to
uuid              str   LVM's own identifier
device            str   of a physical volume: the kernel's name of it now; volatile
path              str   of a logical volume: its device, "/dev/vg0/home"
attributes        str   LVM's letters, without those that say whether it is open or active
segment_type      str   of a logical volume: "linear", "thin-pool", "raid1" …
pool              str   of a logical volume: the thin pool it takes its room from
origin            str   of a snapshot: what it was taken of
stripe_count      int   of a logical volume: how many stripes or mirrors
size_bytes        int   capacity, bytes
free_bytes        int   of a group or physical volume: not given to logical volumes, bytes
extent_bytes      int   of a group: the unit of its room, bytes
pv_count          int   of a group: its physical volumes
lv_count          int   of a group: its logical volumes
data_percent      int   of a pool or snapshot: room in use, percent; volatile
metadata_percent  int   of a pool: room for its metadata in use, percent; volatile
================  ====  =======================================================================
"""

import cmdb_later as later
import cmdb_source as source
import cmdb_text as text

report = later.library("cmdb_lvmreport")

__load__ = ["collect"]

KEY = ["place"]
VOLATILE = ["device", "data_percent", "metadata_percent"]
SLOW = True
TOOLS = {"pvs": "package lvm2; root", "vgs": "package lvm2; root", "lvs": "package lvm2; root"}

COLUMNS = {
    "pv": ("pv_name", "pv_uuid", "vg_name", "pv_attr", "pv_size", "pv_free"),
    "vg": (
        *("vg_name", "vg_uuid", "vg_attr", "vg_size", "vg_free", "vg_extent_size", "pv_count"),
        "lv_count",
    ),
    "lv": (
        *("lv_name", "vg_name", "lv_uuid", "lv_attr", "lv_size", "lv_path", "segtype", "stripes"),
        *("pool_lv", "origin", "data_percent", "metadata_percent"),
    ),
}
# Letters that say what it is; what comes between says whether it is open or active now.
LASTING = {"pv": (0, 3), "vg": (0, 6), "lv": (0, 4)}
NO_RIGHT = ("non-root user", "Permission denied", "Operation not permitted")


def collect():
    """
    Return this machine's LVM volumes and groups.

    CLI Example:

    .. code-block:: bash

        salt '*' cmdb_lvm.collect
    """
    found, missing = [], []
    for kind, columns in COLUMNS.items():
        try:
            found += parse(_ask(kind), kind, columns)
        except source.Unavailable as error:
            # The three are one program; a bundle may hold what one of them said.
            missing.append(error)
            if not source.is_partial() or len(missing) == len(COLUMNS):
                raise missing[0] from None
    return text.unique(found, "place")


def parse(said, kind, columns=(), unit="b"):
    """Turn what pvs, vgs or lvs printed into items; ``unit`` is that of bare numbers."""
    rows = report.rows(said, kind, columns)
    items = [_item(row, kind, unit) for row in rows]
    # ``pvs -a`` lists all disks; those that are no physical volumes have no size as such.
    return text.unique(
        [item for item in items if item["place"] and item["size_bytes"] != 0], "place"
    )


def _item(row, kind, unit):
    def word(name):
        return text.clean(row.get(name))

    name, group = word(f"{kind}_name"), word("vg_name")
    logical, stripes = kind == "lv", text.integer(row.get("stripes"))
    start, end = LASTING[kind]
    return {
        "place": _place(kind, name, group, word("pv_uuid"), word("lv_uuid")),
        "item_type": kind,
        "name": None if kind == "pv" else _shown(name),
        "vg": None if kind == "vg" else group,
        "uuid": word(f"{kind}_uuid"),
        "device": name if kind == "pv" else None,
        "path": word("lv_path") or (f"/dev/{group}/{name}" if logical and group else None),
        "attributes": (word(f"{kind}_attr") or "")[start:end] or None,
        "segment_type": word("segtype"),
        "pool": word("pool_lv"),
        "origin": word("origin"),
        "stripe_count": stripes,
        "size_bytes": report.size(row.get(f"{kind}_size"), unit),
        "free_bytes": report.size(row.get(f"{kind}_free"), unit),
        "extent_bytes": report.size(row.get("vg_extent_size"), unit),
        "pv_count": text.integer(row.get("pv_count")),
        "lv_count": text.integer(row.get("lv_count")),
        "data_percent": _percent(row.get("data_percent")),
        "metadata_percent": _percent(row.get("metadata_percent")),
    }


def _place(kind, name, group, pv_uuid, lv_uuid):
    if not name:
        return None
    if kind == "pv":
        return f"pv/{pv_uuid or name}"
    return f"vg/{name}" if kind == "vg" else f"lv/{group or lv_uuid or ''}/{_shown(name)}"


def _shown(name):
    """Return a name without the brackets that mark a hidden volume."""
    return name[1:-1] if name and name.startswith("[") and name.endswith("]") else name


def _percent(said):
    return text.integer((text.clean(said) or "").partition(".")[0])


def _ask(kind):
    """Return what the tool says, as JSON where it can."""
    argv = [f"{kind}s", "--units", "b", "--nosuffix", "-o", ",".join(COLUMNS[kind])]
    try:
        return source.run([*argv, "--reportformat", "json"])
    except source.Unavailable as error:
        raise source.Unavailable(f"{error}: install the package lvm2, run as root") from None
    except source.CommandError as error:
        if any(words in error.stderr for words in NO_RIGHT):
            raise source.Unavailable(f"no right to run {kind}s: run as root") from None
        if "reportformat" not in error.stderr:
            raise
    return source.run([*argv, "--noheadings", "--separator", report.SEPARATOR])
