"""What lldpd's ``lldpctl`` and ``lldpcli show neighbors`` print, in each of its formats.

``parse`` reads JSON (both kinds), XML, keyvalue and plain text, and gives one dict a neighbour:
interface, protocol, chassis_id, chassis_id_type, name, description, port_id, port_id_type,
port_description, addresses and vlans (lists), pvid.
"""

import json
import re
import xml.etree.ElementTree as ElementTree

import cmdb_source as source
import cmdb_text as text

ID_TYPES = ("mac", "ifname", "local", "ip", "ifalias", "agentCircuitId", "unhandled")
# Deeper in plain text are those that a phone is told to use (LLDP-MED).
VLAN_DEPTH = 4
_KEY = re.compile(
    r"lldp\.(.+?)\.((?:via|rid|age)|(?:chassis|port|vlan|ppvid|pi|lldp-med|unknown)\b.*)"
)
_PLAIN = re.compile(r"Interface:\s+(.+?)(?:,\s+via:\s*([^,]+).*)?\s*$")
_FIELD = re.compile(r"(\s+)([A-Za-z][\w-]*(?: [\w-]+)*):\s*(.*?)\s*$")


def parse(said):
    """Return the neighbours; raises ParseError where the text is in none of the formats."""
    if re.search(r"^\s*<(?:\?xml|lldp)", said, re.MULTILINE):
        return _tree(_from_xml(said))
    start = re.search(r'\{\s*"lldp|^\{\s*\}', said, re.MULTILINE)
    if start:
        try:
            found, _ = json.JSONDecoder().raw_decode(said, start.start())
        except (ValueError, RecursionError) as error:
            raise source.ParseError(f"lldpctl, JSON: {error}") from None
        return _tree(found.get("lldp", found))
    if re.search(r"^lldp\.\S+=", said, re.MULTILINE):
        return _keyvalue(said)
    if re.search(r"^LLDP neighbors:", said, re.MULTILINE):
        return _plain(said)
    raise source.ParseError(f"lldpctl, none of its formats: {said.strip()[:200]!r}")


def _from_xml(said):
    start = said.find("<lldp")
    if start < 0 or "<!DOCTYPE" in said or "<!ENTITY" in said:
        raise source.ParseError(f"lldpctl, XML: no neighbours in {said[:200]!r}")
    try:
        root = ElementTree.fromstring(said[start : said.rfind(">") + 1])
    except (ElementTree.ParseError, ValueError) as error:
        raise source.ParseError(f"lldpctl, XML: {error}") from None
    return _plain_data(root)


def _plain_data(element, depth=0):
    """Return an element as the second kind of JSON shows it: lists of dicts with "value"."""
    found = {**element.attrib, "value": text.clean(element.text)}
    for child in element if depth < 20 else ():
        several = found.setdefault(child.tag, [])
        if isinstance(several, list):
            several.append(_plain_data(child, depth + 1))
    return found


def _tree(lldp):
    """Return the neighbours in JSON of either kind, or XML turned into it."""
    interfaces = [each for part in _several(lldp) for each in _several(part.get("interface"))]
    # XML has a label where it has nothing else.
    if not interfaces and lldp and not (isinstance(lldp, dict) and "label" in lldp):
        raise source.ParseError(f"lldpctl, no interface in {str(lldp)[:200]}")
    neighbours = []
    for interface in interfaces:
        # The first kind has the interface's name for a key, the second as a value.
        if isinstance(interface.get("name"), str):
            pairs = [(interface["name"], interface)]
        else:
            pairs = [(name, each) for name, body in interface.items() for each in _several(body)]
        neighbours += [_neighbour(name, body) for name, body in pairs]
    return [each for each in neighbours if each["interface"]]


def _neighbour(interface, body):
    chassis, port = _chassis(body.get("chassis")), next(iter(_several(body.get("port"))), {})
    chassis_id = next(iter(_several(chassis.get("id"))), {})
    port_id = next(iter(_several(port.get("id"))), {})
    vlans = _several(body.get("vlan"))
    pvids = [_word(vlan.get("vlan-id")) for vlan in vlans if vlan.get("pvid") in (True, "yes")]
    return _clean(
        interface=interface,
        protocol=_word(body.get("via")),
        chassis_id=_word(chassis_id),
        chassis_id_type=_word(chassis_id.get("type")),
        name=_word(chassis.get("name")),
        description=_word(chassis.get("descr")),
        port_id=_word(port_id),
        port_id_type=_word(port_id.get("type")),
        port_description=_word(port.get("descr")),
        addresses=_words(chassis.get("mgmt-ip")),
        vlans=[_word(vlan.get("vlan-id")) for vlan in vlans],
        pvid=next(iter(pvids), None),
    )


def _chassis(said):
    """Return a chassis; the first kind of JSON has its name for a key."""
    body = next(iter(_several(said)), {})
    if "id" in body or len(body) != 1:
        return body
    ((name, inner),) = body.items()
    return {"name": name, **inner} if isinstance(inner, dict) else body


def _keyvalue(said):
    neighbours, latest, field = [], {}, ""
    for number, line in enumerate(said.splitlines(), 1):
        if not line.startswith("lldp."):
            # Of a description in several lines all but the first; or a warning before it all.
            continue
        key, equals, value = line.partition("=")
        match = _KEY.fullmatch(key)
        if not match or not equals:
            if number == len(said.splitlines()):
                raise source.ParseError(f"lldpctl, line {number} is cut short: {line[:200]!r}")
            continue
        interface, field = match.groups()
        if field == "via" or interface not in latest:
            latest[interface] = {"interface": interface, "addresses": [], "vlans": [], "ids": {}}
            neighbours.append(latest[interface])
        _take(latest[interface], field, value)
    return [_clean(**{name: each[name] for name in each if name != "ids"}) for each in neighbours]


def _take(neighbour, field, value):
    """Put one line of keyvalue where it belongs."""
    plain = {
        "via": "protocol",
        "chassis.name": "name",
        "chassis.descr": "description",
        "port.descr": "port_description",
    }
    part, _, name = field.partition(".")
    if field in plain:
        neighbour.setdefault(plain[field], value)
    elif field == "chassis.mgmt-ip":
        neighbour["addresses"].append(value)
    elif field == "vlan.vlan-id":
        neighbour["vlans"].append(value)
    elif field == "vlan.pvid" and value == "yes" and neighbour["vlans"]:
        neighbour.setdefault("pvid", neighbour["vlans"][-1])
    elif part in ("chassis", "port") and name in ID_TYPES:
        neighbour.setdefault(f"{part}_id", value)
        neighbour.setdefault(f"{part}_id_type", name)


def _plain(said):
    neighbours = []
    for line in said.splitlines():
        start = _PLAIN.match(line)
        field = _FIELD.match(line)
        if start:
            interface, protocol = start.groups()
            said_of = {"interface": interface, "protocol": protocol, "addresses": [], "vlans": []}
            neighbours.append(said_of)
        elif field and neighbours:
            blank, label, value = field.groups()
            _take_plain(neighbours[-1], len(blank), label, value)
    if not re.search(r"^-{20,}\s*\Z", said, re.MULTILINE):
        raise source.ParseError("lldpctl, plain: it is cut short, no ruler at its end")
    return [_clean(**each) for each in neighbours]


def _take_plain(neighbour, depth, field, value):
    plain = {"SysName": "name", "SysDescr": "description", "PortDescr": "port_description"}
    if field in plain:
        neighbour.setdefault(plain[field], value)
    elif field in ("ChassisID", "PortID"):
        kind, _, rest = value.partition(" ")
        part = field[:-2].lower()
        neighbour.setdefault(f"{part}_id", rest if kind in ID_TYPES else value)
        neighbour.setdefault(f"{part}_id_type", kind if kind in ID_TYPES else None)
    elif field == "MgmtIP":
        neighbour["addresses"].append(value)
    elif field == "VLAN" and depth <= VLAN_DEPTH:
        number = re.match(r"\d+", value)
        neighbour["vlans"] += [number.group()] if number else []
        if number and re.search(r"pvid: yes", value):
            neighbour.setdefault("pvid", number.group())


def _clean(**said):
    """Return a neighbour with all its fields, cleaned."""
    words = ("interface", "protocol", "chassis_id", "chassis_id_type", "name", "description")
    words += ("port_id", "port_id_type", "port_description")
    found = {name: text.clean(said.get(name)) for name in words}
    for name in ("addresses", "vlans"):
        found[name] = sorted({*filter(None, map(text.clean, said[name]))})
    return {**found, "pvid": text.integer(said.get("pvid"))}


def _several(said):
    """Return the dicts of what is one or a list of them."""
    said = said if isinstance(said, list) else [said]
    return [each for each in said if isinstance(each, dict)]


def _word(said):
    """Return a text, also one in a list or under "value"."""
    while isinstance(said, list) and said:
        said = said[0]
    said = said.get("value") if isinstance(said, dict) else said
    return str(said) if isinstance(said, (str, int)) and not isinstance(said, bool) else None


def _words(said):
    said = said if isinstance(said, list) else [said]
    return [word for word in map(_word, said) if word]
