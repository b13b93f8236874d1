"""The words that the sentences of changes begin with and are made of."""

from flask_babel import lazy_gettext as _l

from cmdb_api.models import change as models

# One of a kind, where a sentence begins with it.
ONE = {
    "bmc": _l("Management controller"),
    "board": _l("System board"),
    "bond": _l("Bond"),
    "cloud": _l("Cloud instance"),
    "container": _l("Container"),
    "cpu": _l("Processor"),
    "disk": _l("Disk"),
    "filesystem": _l("Filesystem"),
    "fru": _l("Field-replaceable unit"),
    "gpu": _l("GPU"),
    "guest": _l("Virtual machine"),
    "host": _l("Operating system"),
    "lldp": _l("Switch port of"),
    "lvm": _l("LVM"),
    "memory": _l("Memory module"),
    "nic": _l("Network interface"),
    "package": _l("Package"),
    "pci": _l("PCI device"),
    "psu": _l("Power supply"),
    "raid_controller": _l("RAID controller"),
    "raid_disk": _l("Disk behind a RAID controller"),
    "raid_volume": _l("RAID volume"),
    "sfp": _l("Transceiver"),
    "smart": _l("SMART of disk"),
    "socket": _l("Listening socket"),
    "ssh_key": _l("SSH key"),
    "unit": _l("Service"),
    "user": _l("User account"),
}
# What came of a component: without and with what is told of it.
WHOLE = {
    models.ADDED: (_l("%(what)s added"), _l("%(what)s added (%(about)s)")),
    models.REMOVED: (_l("%(what)s removed"), _l("%(what)s removed (%(about)s)")),
    models.REPLACED: (_l("%(what)s replaced"), _l("%(what)s replaced: %(about)s")),
    models.CHANGED: (_l("%(what)s changed"), _l("%(what)s: %(about)s")),
}
# The same of what people declare.
DECLARED = {
    models.ADDED: (_l("%(who)s registered the asset"), _l("%(who)s registered the asset")),
    models.REMOVED: (_l("%(who)s removed the asset"), _l("%(who)s removed the asset")),
    models.CHANGED: (_l("%(who)s edited the asset"), _l("%(who)s set %(about)s")),
}
