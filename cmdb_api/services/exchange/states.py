"""The states of an asset's life as tables have them, in English and Chinese. No database."""

from cmdb_api.models.asset import OFFLINE, ONLINE, PLANNED, RACKED, RETIRED, STATES
from cmdb_api.services import nearest
from cmdb_api.services.exchange.headings import plain

WORDS = {
    PLANNED: """
        planned|ordered|new|in order|on order|to be installed|规划|规划中|计划|计划中|待采购|采购中|
        已采购|待上架|未上架|待安装|待交付
    """,
    RACKED: """
        racked|installed|mounted|staged|in stock|已上架|上架|已安装|待上线|未上线|备机|
        闲置|空闲|库存|在库
    """,
    ONLINE: """
        online|active|in use|live|running|production|in production|up|in service|在线|已上线|上线|
        使用中|在用|运行|运行中|正常|生产中|已使用|使用
    """,
    OFFLINE: """
        offline|down|inactive|powered off|maintenance|in repair|broken|下线|已下线|离线|停机|关机|
        已关机|停用|已停用|维修|维修中|故障|维护中
    """,
    RETIRED: """
        retired|decommissioned|disposed|scrapped|end of life|eol|sold|returned|removed|
        报废|已报废|退役|已退役|下架|已下架|淘汰|已淘汰|退库|已退库
    """,
}
_KNOWN = {plain(word): state for state, words in WORDS.items() for word in words.split("|")}


def read(text):
    """Return the state that a word means; raises ValueError with the nearest."""
    state = _KNOWN.get(plain(text))
    if state is None:
        hint = nearest.hint(text, STATES) or f"; there are {', '.join(STATES)}"
        raise ValueError(f"{text} is no state{hint}")
    return state
