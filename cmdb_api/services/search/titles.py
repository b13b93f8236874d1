"""Headings of columns, in English and in Chinese; a column without one is headed by its name.

A heading names one column only, in both languages together: what was written out is known again.
"""

EN, ZH = "en", "zh"
LANGUAGES = (EN, ZH)
_EXPECTED = "expected."
_BEFORE = {EN: "Expected: ", ZH: "预期："}

TITLES = {
    "hostname": "Hostname",
    "aliases": "Aliases",
    "etag": "ETag",
    "state": "State",
    "standing": "Standing",
    "asset_type": "Asset type",
    "data_centre": "Data centre",
    "room": "Room",
    "rack": "Rack",
    "position_u": "Position (U)",
    "height_u": "Height (U)",
    "environment": "Environment",
    "business_unit": "Business unit",
    "supplier": "Supplier",
    "services": "Services",
    "contacts": "Contacts",
    "tags": "Tags",
    "purchased_on": "Purchased on",
    "warranty_until": "Warranty until",
    "inventory_number": "Inventory number",
    "comment": "Comment",
    "created_at": "Created at",
    "registered_at": "Registered at",
    "state_at": "In this state since",
    "reported_at": "Last report",
    "changed_at": "Last change",
    "via": "Collected by",
    "address": "IP addresses",
    "serial": "Serial number",
    "cpu.socket_count": "Processors",
    "cpu.core_count": "Cores",
    "cpu.thread_count": "Threads",
    "cpu.model": "Processor",
    "memory.total_bytes": "Memory (bytes)",
    "memory.module_count": "Memory modules",
    "memory.type": "Memory type",
    "disk.count": "Disks",
    "disk.total_bytes": "Disk capacity (bytes)",
    "disk.serials": "Disk serial numbers",
    "raid_disk.total_bytes": "Capacity behind RAID controllers (bytes)",
    "os.name": "Operating system",
    "os.id": "OS id",
    "os.version": "OS version",
    "os.kernel": "Kernel",
    "os.architecture": "Architecture",
    "host.virtual": "Virtual",
    "host.virtualisation": "Virtualisation",
    "host.addresses": "Host IP addresses",
    "board.vendor": "Manufacturer",
    "board.model": "Model",
    "board.serial": "Board serial number",
    "board.uuid": "System UUID",
    "board.asset_tag": "Asset tag",
    "board.bios_version": "BIOS version",
    "bmc.address": "BMC address",
    "bmc.mac": "BMC MAC address",
    "bmc.firmware": "BMC firmware",
    "nic.count": "Network ports",
    "nic.macs": "MAC addresses",
    "gpu.count": "GPUs",
    "gpu.model": "GPU model",
    "location.switch": "Switches",
    "location.switch_port": "Switch ports",
    "nic.name": "Interfaces",
    "nic.ipv4": "IPv4 addresses",
    "nic.ipv6": "IPv6 addresses",
    "disk.model": "Disk models",
    "disk.firmware": "Disk firmware",
    "psu.count": "Power supplies",
    "raid_disk.count": "Disks behind RAID controllers",
    "package.count": "Packages",
    "container.count": "Containers",
    "guest.count": "Virtual machines on it",
}

TITLES_ZH = {
    "hostname": "主机名",
    "aliases": "别名",
    "etag": "版本标识",
    "state": "状态",
    "standing": "登记情况",
    "asset_type": "资产类型",
    "data_centre": "数据中心",
    "room": "机房",
    "rack": "机柜",
    "position_u": "起始U位",
    "height_u": "占用U数",
    "environment": "环境",
    "business_unit": "业务单元",
    "supplier": "供应商",
    "services": "服务",
    "contacts": "联系人",
    "tags": "标签",
    "purchased_on": "采购日期",
    "warranty_until": "维保到期日",
    "inventory_number": "资产编号",
    "comment": "备注",
    "created_at": "创建时间",
    "registered_at": "登记时间",
    "state_at": "状态变更时间",
    "reported_at": "最近上报时间",
    "changed_at": "最近变更时间",
    "via": "采集方式",
    "address": "IP地址",
    "serial": "序列号",
    "cpu.socket_count": "CPU个数",
    "cpu.core_count": "CPU核数",
    "cpu.thread_count": "CPU线程数",
    "cpu.model": "CPU型号",
    "memory.total_bytes": "内存容量（字节）",
    "memory.module_count": "内存条数",
    "memory.type": "内存类型",
    "disk.count": "硬盘数",
    "disk.total_bytes": "硬盘总容量（字节）",
    "disk.serials": "硬盘序列号",
    "raid_disk.total_bytes": "RAID卡下硬盘总容量（字节）",
    "os.name": "操作系统",
    "os.id": "操作系统标识",
    "os.version": "操作系统版本",
    "os.kernel": "内核版本",
    "os.architecture": "系统架构",
    "host.virtual": "是否虚拟机",
    "host.virtualisation": "虚拟化类型",
    "host.addresses": "主机IP地址",
    "board.vendor": "制造商",
    "board.model": "机型",
    "board.serial": "整机序列号",
    "board.uuid": "系统UUID",
    "board.asset_tag": "资产标签（固件）",
    "board.bios_version": "BIOS版本",
    "bmc.address": "带外管理IP",
    "bmc.mac": "带外管理MAC地址",
    "bmc.firmware": "BMC固件版本",
    "nic.count": "网口数",
    "nic.macs": "MAC地址",
    "gpu.count": "GPU数",
    "gpu.model": "GPU型号",
    "location.switch": "上联交换机",
    "location.switch_port": "上联交换机端口",
    "nic.name": "网卡名称",
    "nic.ipv4": "IPv4地址",
    "nic.ipv6": "IPv6地址",
    "disk.model": "硬盘型号",
    "disk.firmware": "硬盘固件版本",
    "psu.count": "电源数",
    "raid_disk.count": "RAID卡下硬盘数",
    "package.count": "软件包数",
    "container.count": "容器数",
    "guest.count": "承载虚拟机数",
}

_OF = {EN: TITLES, ZH: TITLES_ZH}


def title(name, language=EN):
    """Return the heading of a column."""
    fact = name.removeprefix(_EXPECTED)
    if fact != name:
        return _BEFORE[language] + title(fact, language)
    return _OF[language].get(name, name)


def name_of(heading):
    """Return the column that a heading is one of, in either language; None where it is none."""
    text = heading.strip()
    for before in _BEFORE.values():
        if text.startswith(before):
            fact = text.removeprefix(before)
            return _EXPECTED + (_NAMES.get(fact) or fact)
    return _NAMES.get(text)


_NAMES = {text: name for titles in _OF.values() for name, text in titles.items()}
