"""What a principal of some business units sees of each table, as SQL; no session, no Flask.

A table that tells of assets is read through a WITH of its own name, which holds the rows of visible
assets only: so no query has to know of business units, and none can forget them. A name with its
schema is always the whole table.
"""

import re
from functools import lru_cache

from cmdb_api.extensions import db
from cmdb_api.models.finding import IDENTITY, UNKNOWN_HOST

# What assets are marked with: it is seen unless it is on hidden assets only.
_LINKED = ("tag", "contact", "service")
# They tell of all assets, or of what was one, by names as text.
_NEVER = ("master_change",)
_NO_ROW = "1 = 0"
# Their texts may name any other asset.
_FINDINGS = f"kind NOT IN ('{IDENTITY}', '{UNKNOWN_HOST}')"
_WITH = re.compile(r"\s*WITH\s+(RECURSIVE\s+)?", re.IGNORECASE)
_READS = re.compile(r"[\s(]*(SELECT|WITH)\b", re.IGNORECASE)
_LOCKS = re.compile(
    r"\bFOR (NO KEY UPDATE|UPDATE|KEY SHARE|SHARE)( OF [\w, ]+)?( SKIP LOCKED| NOWAIT)?\s*$"
)


@lru_cache(maxsize=256)
def conditions(units, schema):
    """Return {table: what its visible rows fulfil}; a table that is not there is seen whole."""
    ids = ", ".join(str(int(unit)) for unit in sorted(units)) or "NULL"
    own = f"business_unit_id IN ({ids})"
    assets = f"(SELECT id FROM {schema}.asset WHERE {own})"
    found = dict.fromkeys(_of_assets(), f"asset_id IN {assets}")
    found |= {"asset": own, "business_unit": f"id IN ({ids})"} | dict.fromkeys(_NEVER, _NO_ROW)
    found |= {name: _linked(name, assets, schema) for name in _LINKED}
    found["service"] = f"{own} OR (business_unit_id IS NULL AND ({found['service']}))"
    found["service"] += f" OR {_on_visible('service', assets, schema)}"
    found["finding"] += f" AND (other_id IS NULL OR other_id IN {assets}) AND {_FINDINGS}"
    found["decision"] = f"finding_id IN (SELECT id FROM {schema}.finding WHERE {found['finding']})"
    found["coverage_host"] = (
        f"hostname_key IN (SELECT hostname_key FROM {schema}.asset WHERE {own}) OR hostname_key IN "
        f"(SELECT alias_key FROM {schema}.asset_alias WHERE asset_id IN {assets})"
    )
    return found


def rewrite(statement, units, schema):
    """Return a statement that reads visible rows only; what writes or locks is as it was."""
    if not _READS.match(statement) or _LOCKS.search(statement):
        return statement
    words = set(re.findall(r"\w+", statement))
    named = {name: rule for name, rule in conditions(units, schema).items() if name in words}
    if not named:
        return statement
    ctes = ", ".join(
        f"{name} AS NOT MATERIALIZED (SELECT * FROM {schema}.{name} WHERE {rule})"
        for name, rule in named.items()
    )
    if has := _WITH.match(statement):
        return f"WITH {has[1] or ''}{ctes}, {statement[has.end() :]}"
    return f"WITH {ctes} {statement}"


def lockable(table, units, schema):
    """Return the condition by which rows of a table that are to be locked are visible, or None."""
    rule = conditions(units, schema).get(table.name)
    if rule is None:
        return None
    key = "id" if "id" in table.c else "asset_id" if "asset_id" in table.c else None
    if key is None:
        return _NO_ROW
    return f"{table.name}.{key} IN (SELECT {key} FROM {schema}.{table.name} WHERE {rule})"


def _of_assets():
    """Return the names of the tables whose rows each belong to an asset."""
    return [table.name for table in db.metadata.sorted_tables if "asset_id" in table.c]


def _linked(name, assets, schema):
    free = f"NOT EXISTS (SELECT 1 FROM {schema}.asset_{name} WHERE {name}_id = {name}.id)"
    return f"{_on_visible(name, assets, schema)} OR {free}"


def _on_visible(name, assets, schema):
    return f"id IN (SELECT {name}_id FROM {schema}.asset_{name} WHERE asset_id IN {assets})"
