"""The sorts of master data as people read them, and the search for the assets that name a piece."""

from flask_babel import lazy_gettext as _l

from cmdb_api.services.resources import BY_NAME, RESOURCES

OF_PATH = {resource.path: resource for resource in RESOURCES}
ASSETS = "assets"
# {path: what many are called}
MANY = {
    "data-centres": _l("Data centres"),
    "rooms": _l("Rooms"),
    "racks": _l("Racks"),
    "environments": _l("Environments"),
    "services": _l("Services"),
    "business-units": _l("Business units"),
    "contacts": _l("Contacts"),
    "suppliers": _l("Suppliers"),
    "asset-types": _l("Asset types"),
    "tags": _l("Tags"),
}
# {path: what one is called}
ONE = {
    "data-centres": _l("Data centre"),
    "rooms": _l("Room"),
    "racks": _l("Rack"),
    "environments": _l("Environment"),
    "services": _l("Service"),
    "business-units": _l("Business unit"),
    "contacts": _l("Contact"),
    "suppliers": _l("Supplier"),
    "asset-types": _l("Asset type"),
    "tags": _l("Tag"),
    ASSETS: _l("Asset"),
    # They may be limited to business units.
    "accounts": _l("Account"),
    "tokens": _l("Token"),
}
ADD = {
    "data-centres": _l("Add a data centre"),
    "rooms": _l("Add a room"),
    "racks": _l("Add a rack"),
    "environments": _l("Add an environment"),
    "services": _l("Add a service"),
    "business-units": _l("Add a business unit"),
    "contacts": _l("Add a contact"),
    "suppliers": _l("Add a supplier"),
    "asset-types": _l("Add an asset type"),
    "tags": _l("Add a tag"),
}
ABOUT = {
    "data-centres": _l("Sites where servers stand."),
    "rooms": _l("Rooms of data centres."),
    "racks": _l("Racks and how many units they have."),
    "environments": _l("Production, staging and the like."),
    "services": _l("What assets are for; one asset may serve several."),
    "business-units": _l("Departments that own assets."),
    "contacts": _l("People and groups to turn to."),
    "suppliers": _l("Whom assets were bought from."),
    "asset-types": _l("Server, appliance and the like."),
    "tags": _l("Words that assets are marked with."),
}
ICONS = {
    **{"data-centres": "building", "rooms": "door-open", "racks": "hdd-rack"},
    **{"environments": "layers", "services": "boxes", "business-units": "diagram-3"},
    **{"contacts": "person-lines-fill", "suppliers": "truck", "asset-types": "pc-horizontal"},
    "tags": "tags",
}
FIELDS = {
    "name": _l("Name"),
    "description": _l("Description"),
    "address": _l("Address"),
    "email": _l("E-mail"),
    "phone": _l("Phone"),
    "height_u": _l("Height (U)"),
    "data_centre": _l("Data centre"),
    "room": _l("Room"),
    "business_unit": _l("Business unit"),
}
ACTIONS = {"added": _l("Added"), "changed": _l("Changed"), "removed": _l("Removed")}


def search_for(path, told):
    """Return the search that finds the assets which name a piece of master data."""
    resource = OF_PATH[path]
    wanted = {resource.name: told["name"]}
    wanted |= {name: told.get(name) for name in resource.within if told.get(name)}
    return " AND ".join(f'{name}:"{_escaped(text)}"' for name, text in wanted.items())


def _escaped(text):
    return text.replace("\\", "\\\\").replace('"', '\\"')


def page_of(path):
    """Return the endpoint of the page that shows a piece of this sort drawn, where there is one."""
    drawn = {"data-centres": "data_centre", "rooms": "room", "racks": "rack"}
    return f"console.places.{drawn[path]}" if path in drawn else None


def parent_path(name):
    """Return the path of what a parent's name stands for: business_unit to business-units."""
    return BY_NAME[name].path
