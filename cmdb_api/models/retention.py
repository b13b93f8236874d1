"""From when on the history is whole."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from cmdb_api.extensions import db
from cmdb_api.models.types import UTCDateTime


class Retention(db.Model):
    """The one row that tells how far changes were pruned; there is none until they were."""

    __tablename__ = "retention"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    # No change before it is kept, and all since.
    pruned_before: Mapped[datetime] = mapped_column(UTCDateTime)
    pruned_at: Mapped[datetime] = mapped_column(UTCDateTime)
