"""The sorts of master data: where each stands in the API, and what refers to what."""

from typing import NamedTuple

from sqlalchemy import Table

from cmdb_api.models import (
    Asset,
    AssetType,
    BusinessUnit,
    Contact,
    DataCentre,
    Environment,
    Rack,
    Room,
    Service,
    Supplier,
    Tag,
    asset_contact,
    asset_service,
    asset_tag,
)


class Resource(NamedTuple):
    """One sort of master data."""

    # In the address: "data-centres".
    path: str
    noun: str
    model: type
    # The field of an asset that names it.
    field: str
    # Its fields beside name, description and parents.
    plain: tuple = ()
    # What it belongs to, and those of them in which its name is unique.
    parents: tuple = ()
    within: tuple = ()
    # Where an asset has several: the table that links them.
    link: Table | None = None

    @property
    def name(self):
        """Return what a column that refers to it is named for."""
        return self.model.__tablename__

    @property
    def of_asset(self):
        """Return the column that refers to it from an asset."""
        if self.link is not None:
            return self.link.c[f"{self.name}_id"]
        return getattr(Asset, f"{self.field}_id")


DATA_CENTRES = Resource("data-centres", "data centre", DataCentre, "data_centre", ("address",))
ROOMS = Resource("rooms", "room", Room, "room", (), ("data_centre",), ("data_centre",))
RACKS = Resource(
    *("racks", "rack", Rack, "rack", ("height_u",)),
    parents=("data_centre", "room"),
    within=("data_centre", "room"),
)
ENVIRONMENTS = Resource("environments", "environment", Environment, "environment")
BUSINESS_UNITS = Resource("business-units", "business unit", BusinessUnit, "business_unit")
SERVICES = Resource(
    *("services", "service", Service, "services"), parents=("business_unit",), link=asset_service
)
CONTACTS = Resource(
    *("contacts", "contact", Contact, "contacts", ("email", "phone")), link=asset_contact
)
SUPPLIERS = Resource("suppliers", "supplier", Supplier, "supplier", ("email", "phone"))
ASSET_TYPES = Resource("asset-types", "asset type", AssetType, "asset_type")
TAGS = Resource("tags", "tag", Tag, "tags", link=asset_tag)

RESOURCES = (
    *(DATA_CENTRES, ROOMS, RACKS, ENVIRONMENTS, SERVICES, BUSINESS_UNITS, CONTACTS, SUPPLIERS),
    *(ASSET_TYPES, TAGS),
)
BY_NAME = {resource.name: resource for resource in RESOURCES}
# Those that an asset names one of, and those that it names many of.
SINGLE = tuple(resource for resource in RESOURCES if resource.link is None)
MANY = tuple(resource for resource in RESOURCES if resource.link is not None)
