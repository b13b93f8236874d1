"""The API of the CMDB: takes reports, records what changed, answers questions."""

from cmdb_api.app import create_app

__all__ = ["create_app"]
