"""The tables."""

from cmdb_api.models.asset import Asset, AssetStatus
from cmdb_api.models.change import Change
from cmdb_api.models.component import BulkItem, Component, ComponentAddress, Section
from cmdb_api.models.coverage import CoverageHost, CoverageSource, Refusal
from cmdb_api.models.puppet import PuppetNode
from cmdb_api.models.token import Token

__all__ = [
    "Asset",
    "AssetStatus",
    "BulkItem",
    "Change",
    "Component",
    "ComponentAddress",
    "CoverageHost",
    "CoverageSource",
    "PuppetNode",
    "Refusal",
    "Section",
    "Token",
]
