"""What the headings of a table name: fields of an asset, in English and Chinese.

Neither case nor blanks and punctuation count, nor whether characters are wide. No database.
"""

import re
import unicodedata

from cmdb_api.services import declared, facts, nearest
from cmdb_api.services.quarantine import KINDS
from cmdb_api.services.search import columns, titles

HOSTNAME, EXPECTED = "hostname", "expected."
FIELDS = (HOSTNAME, *(name for name in declared.FIELDS if name != "expected"))
# What lines of an export have beside columns.
GROUPS = ("facts", "identity", "components")
# The column of reasons in a file of failed rows, and how it is headed.
REASON = "why not imported"
REASONS = {"en": "Why not imported", "zh": "未导入原因"}
# Columns that number the rows of a table.
NUMBERS = "序号|行号|项次|#|no|nr|row no|row number|lfd nr"
# What the first cell of a row says that sums up others.
SUMS = "合计|总计|小计|共计|总数|total|totals|grand total|subtotal|sum|summe"
# "机房" is a room, or the whole site: the values decide.
EITHER = {"机房": ("room", "data_centre"), "机房名称": ("room", "data_centre")}

SYNONYMS = {
    HOSTNAME: """
        hostname|host name|host|server|server name|machine|machine name|node|node name|name|
        minion|minion id|salt id|主机|主机名|主机名称|服务器|服务器名|服务器名称|机器名|机器名称|
        设备名|设备名称|计算机名|节点名|名称
    """,
    "state": """
        state|status|lifecycle|life cycle|lifecycle state|状态|资产状态|设备状态|主机状态|使用状态|
        运行状态|生命周期|当前状态
    """,
    "asset_type": """
        type|asset type|device type|kind|category|role|类型|资产类型|设备类型|主机类型|资产类别|
        设备类别|类别|资产分类
    """,
    "data_centre": """
        data centre|data center|datacentre|datacenter|dc|site|location|colo|idc|数据中心|
        数据中心名称|idc机房|所在机房|所属机房|所属idc|站点|园区
    """,
    "room": "room|server room|hall|cage|房间|包间|机房模块|机房间|所在房间|机房包间",
    "rack": """
        rack|rack name|cabinet|rack no|rack number|cabinet no|机柜|机柜号|机柜编号|机柜名称|机架|
        机架号|机架编号|所在机柜|柜号
    """,
    "position_u": """
        position|position u|u|u position|rack unit|rack position|start u|starting u|unit|lowest u|
        lowest unit|u位|起始u|起始u位|机柜位置|机架位置|u位置|所在u位|机位|起始位置|位置u|
        开始u位|u位起始|u位开始
    """,
    "height_u": """
        height|height u|height in units|u height|size u|units|u size|u count|高度|高度u|u数|占用u数|
        占用u|设备高度|设备高度u|u高|规格u
    """,
    "environment": "environment|env|stage|tier|环境|所属环境|运行环境|使用环境|应用环境|部署环境",
    "business_unit": """
        business unit|bu|department|dept|division|cost centre|cost center|owner department|
        业务线|业务单元|业务部门|部门|所属部门|使用部门|所属业务|所属业务线|归属部门|业务
    """,
    "supplier": """
        supplier|vendor company|reseller|seller|dealer|bought from|供应商|供货商|供应商名称|经销商|
        代理商|采购渠道
    """,
    "services": """
        service|services|application|applications|app|purpose|used for|usage|
        服务|用途|应用|应用系统|业务系统|所属服务|系统名称|应用名称|所属应用|所属系统
    """,
    "contacts": """
        contact|contacts|owner|owners|responsible|person responsible|administrator|admin|
        maintainer|联系人|负责人|管理员|责任人|运维负责人|使用人|维护人|业务负责人|保管人|运维人员
    """,
    "tags": "tag|tags|label|labels|标签|标记",
    "purchased_on": """
        purchased on|purchase date|purchased|date of purchase|bought on|buy date|order date|
        采购日期|购买日期|购置日期|采购时间|购买时间|购置时间|购入日期|入库日期
    """,
    "warranty_until": """
        warranty until|warranty|warranty end|warranty expires|warranty expiry|warranty end date|
        end of warranty|support until|support end|维保到期日|维保到期|维保到期时间|维保到期日期|
        过保时间|过保日期|质保到期|质保到期日|质保到期时间|质保截止日期|保修到期|保修截止|
        保修截止日期|保修期至|维保截止日期|质保期|维保期限|维保截止
    """,
    "inventory_number": """
        inventory number|inventory no|inventory id|asset number|asset no|asset id|asset code|
        inventory|barcode|资产编号|资产号|资产编码|固资号|固资编号|固定资产编号|固定资产编码|
        固定资产号|资产标签号|资产条码
    """,
    "comment": """
        comment|comments|note|notes|remark|remarks|description|备注|说明|描述|注释|备注信息|备注说明
    """,
}
# Headings of what is observed, where it is not called as exports do.
OBSERVED = {
    "address": "ip|ip address|ips|ipv4|primary ip|ip地址|ip|内网ip|管理ip|业务ip|主机ip|私网ip",
    "serial": "serial|serial no|sn|s/n|service tag|序列号|设备序列号|sn号|机器序列号|产品序列号",
    "os.name": "os|operating system|系统|操作系统|系统类型|os类型",
    "board.vendor": "vendor|manufacturer|maker|brand|厂商|品牌|生产厂商|制造商|厂家|设备厂商",
    "board.model": "model|product|server model|型号|设备型号|机型|服务器型号|规格型号",
    "memory.total_bytes": "memory|ram|内存|内存大小|内存容量|内存gb|memory gb|ram gb",
    "cpu.model": "cpu|processor|处理器|cpu型号",
    "cpu.core_count": "cores|cpu cores|核数|cpu核数",
    "disk.total_bytes": "disk|storage|硬盘|磁盘|硬盘容量|磁盘容量|disk size",
    "nic.macs": "mac|mac address|mac地址",
    "bmc.address": "bmc|ipmi|ilo|idrac|bmc ip|ipmi ip|带外ip|远程管理ip|管理口ip|ipmi地址|ilo地址",
}
# Observed columns that could be declared too, and as what.
_DECLARABLE = {"address": "host.addresses", "serial": "board.serial"}
_REQUIRED = re.compile(r"[*\uff0a]|[(\uff08](?:必填|选填|required|optional|可选)[)\uff09]", re.I)


def plain(text):
    """Return the form in which headings are compared."""
    wide = unicodedata.normalize("NFKC", _REQUIRED.sub("", text)).casefold()
    return "".join(each for each in wide if each.isalnum())


def named(text, kinds=()):
    """
    Return the name of the column that a heading is: a field, an observed one, or None.

    ``kinds`` are those that hosts reported.
    """
    text = unicodedata.normalize("NFKC", text).strip() if text.isascii() else text.strip()
    name = columns.ALSO.get(text, text)
    if name in FIELDS or name in columns.OWN or name in GROUPS:
        return name
    if name.startswith(EXPECTED) or facts.find(name, kinds) or _is_observed(name, kinds):
        return name
    return titles.name_of(text) or _KNOWN.get(plain(text))


def _is_observed(name, kinds):
    """Tell whether a name is that of a column of components, like disk.serial."""
    kind, _, field = name.partition(".")
    if kind in KINDS and kind != "package":
        return field in KINDS[kind]
    return bool(field) and (kind == "package" or kind in kinds)


def is_field(name):
    """Tell whether a column is one that people declare."""
    return name in FIELDS or name.startswith(EXPECTED)


def is_reason(text):
    """Tell whether a heading is that of the reasons in a file of failed rows."""
    return plain(text) in {plain(each) for each in REASONS.values()}


def numbers_rows(text):
    """Tell whether a heading is that of the numbers of the rows."""
    return (plain(text) or text.strip()) in _NUMBERS


def is_sum(text):
    """Tell whether a row that begins so may sum up others."""
    return plain(text) in _SUMS


def declarable(name):
    """Return the field in which an observed column's values can be kept; None where in none."""
    fact = _DECLARABLE.get(name, name)
    return EXPECTED + fact if facts.find(fact) else None


def hint(text):
    """Return the end of a message on a heading that is unknown: the nearest ones."""
    near = nearest.of(text, _SPELLED) or nearest.of(plain(text), _KNOWN)
    meant = dict.fromkeys(_SPELLED.get(each) or _KNOWN[each] for each in near)
    return f"; did you mean {' or '.join(meant)}?" if meant else ""


def _listed(words):
    return [text for text in re.split(r"\s*\|\s*", words.strip()) if text]


_SUMS = {plain(text) for text in _listed(SUMS)}
_NUMBERS = {plain(text) or text for text in _listed(NUMBERS)}
_SPELLED = {name: name for name in FIELDS} | {
    text: name
    for name in FIELDS
    for of in (titles.TITLES, titles.TITLES_ZH)
    if (text := of.get(name))
}
_KNOWN = {plain(text): name for name, words in OBSERVED.items() for text in _listed(words)}
_KNOWN |= {
    plain(text): name for of in (titles.TITLES, titles.TITLES_ZH) for name, text in of.items()
}
_KNOWN |= {plain(text): name for name, words in SYNONYMS.items() for text in _listed(words)}
_KNOWN |= {plain(name): name for name in FIELDS}
_KNOWN |= {plain(text): names[0] for text, names in EITHER.items()}
