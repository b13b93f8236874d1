"""The tables."""

from cmdb_api.models.asset import Asset, AssetAlias, AssetStatus
from cmdb_api.models.change import Change
from cmdb_api.models.component import BulkItem, BulkList, Component, ComponentAddress, Section
from cmdb_api.models.coverage import CoverageHost, CoverageSource, Refusal
from cmdb_api.models.edit import MasterChange
from cmdb_api.models.finding import Decision, Finding
from cmdb_api.models.identity import IdentityEvidence
from cmdb_api.models.key import KeyGeneration
from cmdb_api.models.organisation import (
    AssetType,
    BusinessUnit,
    Contact,
    Environment,
    Service,
    Supplier,
    Tag,
    asset_contact,
    asset_service,
    asset_tag,
)
from cmdb_api.models.part import Placement
from cmdb_api.models.place import DataCentre, Rack, Room
from cmdb_api.models.puppet import PuppetNode
from cmdb_api.models.retention import Retention
from cmdb_api.models.token import Token

__all__ = [
    "Asset",
    "AssetAlias",
    "AssetStatus",
    "AssetType",
    "BulkItem",
    "BulkList",
    "BusinessUnit",
    "Change",
    "Component",
    "ComponentAddress",
    "Contact",
    "CoverageHost",
    "CoverageSource",
    "DataCentre",
    "Decision",
    "Environment",
    "Finding",
    "IdentityEvidence",
    "KeyGeneration",
    "MasterChange",
    "Placement",
    "PuppetNode",
    "Rack",
    "Refusal",
    "Retention",
    "Room",
    "Section",
    "Service",
    "Supplier",
    "Tag",
    "Token",
    "asset_contact",
    "asset_service",
    "asset_tag",
]
