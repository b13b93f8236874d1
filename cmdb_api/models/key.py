"""The keys that names had: a name that loses its asset keeps its revoked keys revoked."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from cmdb_api.extensions import db


class KeyGeneration(db.Model):
    """The generation below which the keys of a name that was an asset's are revoked."""

    __tablename__ = "key_generation"

    # In lower case.
    name_key: Mapped[str] = mapped_column(String(255), primary_key=True)
    generation: Mapped[int] = mapped_column()
