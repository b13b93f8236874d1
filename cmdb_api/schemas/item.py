"""The components of one kind on one asset, as a list."""

from cmdb_api.schemas.page import PageQuery
from cmdb_api.schemas.values import Text


class ItemQuery(PageQuery):
    """Which of them, in which order."""

    q = Text(longest=200, metadata={"description": "text that any field has in it"})
    sort = Text(longest=130, metadata={"description": "a field; with - before it downwards"})
