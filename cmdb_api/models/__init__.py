"""The tables."""

from cmdb_api.models.access import (
    Account,
    SavedQuery,
    Token,
    account_business_unit,
    token_business_unit,
)
from cmdb_api.models.asset import Asset, AssetAlias, AssetStatus
from cmdb_api.models.audit import AuditEntry
from cmdb_api.models.bulk import BulkEdit, BulkEditOutcome
from cmdb_api.models.change import Change
from cmdb_api.models.component import BulkItem, BulkList, Component, ComponentAddress, Section
from cmdb_api.models.coverage import CoverageHost, CoverageSource, Refusal
from cmdb_api.models.edit import MasterChange
from cmdb_api.models.event import Delivery, DeliveryTry, Outbox, Subscription
from cmdb_api.models.exchange import ImportFailures, ImportMapping, ImportRun, ImportUpload
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
from cmdb_api.models.summary import AssetFacts

__all__ = [
    "Account",
    "Asset",
    "AssetAlias",
    "AssetFacts",
    "AssetStatus",
    "AssetType",
    "AuditEntry",
    "BulkEdit",
    "BulkEditOutcome",
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
    "Delivery",
    "DeliveryTry",
    "Environment",
    "Finding",
    "IdentityEvidence",
    "ImportFailures",
    "ImportMapping",
    "ImportRun",
    "ImportUpload",
    "KeyGeneration",
    "MasterChange",
    "Outbox",
    "Placement",
    "PuppetNode",
    "Rack",
    "Refusal",
    "Retention",
    "Room",
    "SavedQuery",
    "Section",
    "Service",
    "Subscription",
    "Supplier",
    "Tag",
    "Token",
    "account_business_unit",
    "asset_contact",
    "asset_service",
    "asset_tag",
    "token_business_unit",
]
