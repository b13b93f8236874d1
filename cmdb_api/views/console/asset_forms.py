"""The form that describes an asset, and what of it is an edit: what differs from what is there."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import DateInput

from cmdb_api.models.asset import ONLINE, STATES
from cmdb_api.services import etags, facts, picking
from cmdb_api.services.facts import BYTES, FLAG, LIST
from cmdb_api.views.console import forms, labels
from cmdb_api.views.console.asset_fields import Facts, FactsField, Picked, Several
from cmdb_api.views.console.messages import listed

PLACES = ("data_centre", "room", "rack")
UNITS = ("position_u", "height_u")
# What another asset like this one has too.
LIKE = (
    *("asset_type", "data_centre", "room", "rack", "height_u", "environment", "business_unit"),
    *("supplier", "services", "contacts", "tags", "purchased_on", "warranty_until", "expected"),
)
_DECIMAL = [(f"{letter}B", 1000**n) for n, letter in enumerate("KMGTP", 1)]
_BINARY = [(f"{letter}iB", 1024**n) for n, letter in enumerate("KMGTP", 1)]
_LONG = {"maxlength": 255}


class AssetForm(forms.EditForm):
    """All that people declare of an asset."""

    hostname = StringField(_l("Hostname"), [InputRequired()], render_kw=_LONG)
    asset_type = Picked(_l("Asset type"))
    environment = Picked(_l("Environment"))
    business_unit = Picked(_l("Business unit"))
    services = Several(_l("Services"))
    contacts = Several(_l("Contacts"))
    tags = Several(_l("Tags"), description=_l("A new tag is made as it is needed."))
    data_centre = Picked(_l("Data centre"))
    room = Picked(_l("Room"))
    rack = Picked(_l("Rack"), description=_l("A rack tells its room and data centre."))
    position_u = IntegerField(
        _l("Lowest unit"), [Optional()], description=_l("Unit 1 is the rack's lowest.")
    )
    height_u = IntegerField(_l("Height in units"), [Optional()])
    supplier = Picked(_l("Supplier"))
    purchased_on = StringField(_l("Purchased on"), widget=DateInput())
    warranty_until = StringField(_l("Warranty until"), widget=DateInput())
    inventory_number = StringField(_l("Inventory number"), render_kw=_LONG)
    expected = FactsField(_l("Expected facts"))
    comment = TextAreaField(_l("Comment"), [Length(max=10_000)], render_kw={"rows": 4})

    # Where there is room, when the units that were asked for are taken.
    free = None

    def offer(self, session):
        """Offer the names that there are."""
        known = picking.names(session) | {"expected": [fact.name for fact in facts.every()]}
        for field in self:
            if field.short_name in known:
                field.names = known[field.short_name]
        return self

    def tell_taken(self, error):
        """Say in the viewer's language who stands in these units, and where there is room."""
        taken = error.details.get("taken_by")
        if taken is None:
            return
        names = listed(row["hostname"] or _("another asset") for row in taken)
        free = self.free = error.details.get("free")
        self.position_u.errors = [
            _("These units are taken by %(names)s.", names=names),
            _("The nearest free place is unit %(unit)s.", unit=free)
            if free
            else _("The rack has no such place free."),
        ]


class NewAssetForm(AssetForm):
    """The same of an asset to come."""

    state = SelectField(_l("State"), default=ONLINE)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.state.choices = forms.choices((name, labels.state(name)) for name in STATES)


class StateForm(forms.EditForm):
    """A step in an asset's life."""

    state = SelectField(_l("State"))
    comment = StringField(
        _l("Comment"), [Length(max=1000)], description=_l("Kept with the change.")
    )


class AliasForm(forms.Form):
    """Another name of an asset."""

    alias = StringField(_l("Another name"), [InputRequired()], render_kw=_LONG)


class NameForm(forms.EditForm):
    """The name of what is to go, typed."""

    name = StringField(_l("Type the hostname to confirm"), [InputRequired()])


def typed(asset, known):
    """Return what of an asset its form has: ``known`` is what ``declared.read`` gives."""
    found = dict(known) | {"hostname": asset.hostname, "etag": etags.of(asset)}
    centre, room, rack = (known[name] for name in PLACES)
    found["room"] = picking.path_of(centre, room) if room else None
    found["rack"] = picking.path_of(centre, room, rack) if rack else None
    found |= {n: found[n] and str(found[n]) for n in ("purchased_on", "warranty_until")}
    expected = (known["expected"] or {}).items()
    found["expected"] = Facts({name: value_text(name, value) for name, value in expected})
    return found


def like(found):
    """Return what of an asset's form the form of another like it begins with."""
    return {name: found[name] for name in LIKE}


def edit(given, now, was):
    """
    Return what differs of what a schema made of the form, ``given``, from what is declared.

    ``now`` is what is declared, ``was`` the same as ``typed`` gives it.
    """
    paths = {name: was[name] for name in PLACES}
    known = dict(now) | paths
    changed = {n: v for n, v in given.items() if n != "expected" and not _same(v, known.get(n))}
    if "expected" in given and (facts_ := _facts(given["expected"], was["expected"])):
        changed["expected"] = facts_
    if changed.keys() & {*PLACES, *UNITS}:
        changed |= _place(given, changed)
    return changed


def filled(given):
    """Return what was filled in of the form of a new asset."""
    return {name: value for name, value in given.items() if value not in (None, "", [], {})}


def value_text(name, value):
    """Return the value of a fact as people write it."""
    fact = facts.stored(name)
    if isinstance(value, list) or (fact and fact.type == LIST):
        return ", ".join(map(str, value))
    if isinstance(value, bool) or (fact and fact.type == FLAG):
        return "true" if value else "false"
    if fact and fact.unit == BYTES:
        units = _BINARY if fact.binary else _DECIMAL
        exact = [(unit, many) for unit, many in units if value and value % many == 0]
        return f"{value // exact[-1][1]}{exact[-1][0]}" if exact else str(value)
    return str(value)


def _same(one, other):
    if isinstance(one, list):
        return sorted(one, key=str.lower) == sorted(other or [], key=str.lower)
    return (one or None) == (other or None)


def _facts(given, was):
    changed = {name: value for name, value in (given or {}).items() if value != was.get(name)}
    return changed | {name: None for name in was.keys() - (given or {}).keys()}


def _place(given, changed):
    """Return what goes with a place that changes: its units, and its rack as the form has it."""
    rack = {"rack": given.get("rack")} if given.get("rack") else {}
    units = {n: given.get(n) for n in UNITS} if given.get("rack") else {}
    if units and units["position_u"] is None:
        units["height_u"] = None
    return (rack if changed.keys() & {"data_centre", "room"} else {}) | units
