"""What LVM's ``pvs``, ``vgs`` and ``lvs`` print, as rows of text by LVM's own column names.

``rows`` reads JSON (``--reportformat json``), lines of ``LVM2_VG_NAME='vg0'`` (``--nameprefixes``),
a table with a separator, or one in columns with its headings, as people and old versions have it.
``size`` turns a size into bytes.
"""

import json
import re

import cmdb_source as source
import cmdb_text as text

SEPARATOR = "\t"
# The headings of tables, and the columns that they stand for.
HEADINGS = {
    **{"PV": "pv_name", "VG": "vg_name", "LV": "lv_name", "Fmt": "pv_fmt", "PSize": "pv_size"},
    **{"PFree": "pv_free", "DevSize": "dev_size", "PV UUID": "pv_uuid", "VG UUID": "vg_uuid"},
    **{"LV UUID": "lv_uuid", "#PV": "pv_count", "#LV": "lv_count", "#SN": "snap_count"},
    **{"VSize": "vg_size", "VFree": "vg_free", "Ext": "vg_extent_size", "LSize": "lv_size"},
    **{"Pool": "pool_lv", "Origin": "origin", "Data%": "data_percent", "Type": "segtype"},
    **{"Meta%": "metadata_percent", "Path": "lv_path", "#Str": "stripes", "#Seg": "seg_count"},
    **{f"{kind} Tags": f"{kind.lower()}_tags" for kind in ("PV", "VG", "LV")},
}
# What LVM says to people amid its answer.
CHATTER = (
    r"\s*(?:WARNING|File descriptor |Volume group \"|(?:Found|Using) (?:duplicate|volume group)"
    r"|Configuration setting |Archiving volume|Creating volume|Reloading config|Wiping |Scanning "
    r"|No PV label|Reading VG |Recovered |Locking |Cannot |Couldn't |Failed |Checksum |Attempt To "
    r"|Error |Internal error|Incorrect |Inconsistent |Device |PV \S+ |VG \S+ |LV \S+ .*\."
    r"|\S+: .*(?:failed|error)|connect\(\) |lvmetad|Please )"
)
# The letters of an attribute, which words that LVM says do not have.
ATTRIBUTES = {
    "pv": r"[aud-][x-][m-]?",
    "vg": r"[wr][z-][x-][p-][a-z-][a-z-]?",
    "lv": r"[A-Za-z-][wrR-][A-Za-z-]{4,8}",
}
_SIZE = re.compile(r"<?([0-9]{1,20})(?:[.,]([0-9]{1,9}))?\s*([bBsSkKmMgGtTpPeE]?)")
_UUID = re.compile(r"[0-9A-Za-z]{6}(?:-[0-9A-Za-z]{4}){5}-[0-9A-Za-z]{6}")
_POWERS = "bkmgtpe"


def rows(said, kind, columns=()):
    """
    Return the rows of ``kind`` ("pv", "vg", "lv"), each {column: text}.

    ``columns`` are those that were asked for, where the table has no headings. Raises ParseError
    where the text is neither JSON nor such a table.
    """
    if re.search(r'\{\s*"(?:report|log)"', said):
        return _from_json(said, kind)
    lines = [line for line in said.splitlines() if line.strip()]
    named = [line for line in lines if line.lstrip().startswith("LVM2_")]
    if named:
        return [_prefixed(line) for line in named]
    start = next((at for at, line in enumerate(lines) if _headings(line, kind)), None)
    if start is not None:
        return _table(lines[start + 1 :], kind, _headings(lines[start], kind))
    lines = [line for line in lines if not re.match(CHATTER, line)]
    if lines and not columns:
        raise source.ParseError(f"{kind}s, no headings in: {lines[0][:200]}")
    return [_cells(line, columns) for line in lines]


def size(said, unit="b"):
    """Return a size in bytes, ``unit`` where it names none; lower case counts in 1024s."""
    match = _SIZE.fullmatch(text.clean(said) or "")
    if not match:
        return None
    whole, part, letter = match.groups()
    letter = letter or unit
    base = 1024 if letter.islower() else 1000
    factor = 512 if letter in "sS" else base ** _POWERS.index(letter.lower())
    part = part or "0"
    found = int(whole) * factor + int(part) * factor // 10 ** len(part)
    return found if found < 1 << 63 else None


def _from_json(said, kind):
    try:
        start = re.search(r'\{\s*"(?:report|log)"', said).start()
        report, _ = json.JSONDecoder().raw_decode(said, start)
    except (ValueError, RecursionError) as error:
        raise source.ParseError(f"{kind}s, JSON: {error}") from None
    parts = report.get("report")
    parts = [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    found = [part[kind] for part in parts if isinstance(part.get(kind), list)]
    if not found:
        raise source.ParseError(f'{kind}s, JSON: no "{kind}" in its report')
    return [
        {name: value for name, value in row.items() if isinstance(value, str)}
        for several in found
        for row in several
        if isinstance(row, dict)
    ]


def _headings(line, kind):
    """Return (start, column) of each heading, nothing where the line has none of them."""
    if kind.upper() not in line.split():
        return []
    known = {**HEADINGS, "Attr": f"{kind}_attr"}
    names = "|".join(re.escape(name) for name in sorted(known, key=len, reverse=True))
    words = re.finditer(rf"(?<!\S)(?:{names})(?!\S)|\S+", line)
    found = [(match.start(), known.get(match.group())) for match in words]
    columns = [column for _, column in found]
    # A line of talk may hold the one word, too.
    return found if columns[0] and columns[1:2] != [None] and f"{kind}_name" in columns else []


def _prefixed(line):
    return {name.lower(): value for name, value in re.findall(r"LVM2_(\w+)='([^']*)'", line)}


def _table(lines, kind, headings):
    """Return the rows of a table; raises ParseError where a line is neither one nor chatter."""
    found, attribute = [], f"{kind}_attr"
    told = attribute in [column for _, column in headings]
    for line in lines:
        row = _under(line, headings)
        if not told or re.fullmatch(ATTRIBUTES[kind], row.get(attribute, "")):
            found.append(row)
        elif not re.match(CHATTER, line):
            raise source.ParseError(f"{kind}s, no row of the table: {line[:200]}")
    return found


def _under(line, headings):
    """Return the cells of a table's line: a column goes from its heading to the next one."""
    # Where people cut a table out, its first line has lost its indent.
    shift = len(line) - len(line.lstrip()) - headings[0][0]
    row = {}
    for match in re.finditer(r"\S+", line):
        column = [name for start, name in headings if start + shift <= match.start()][-1]
        if column:
            row[column] = f"{row[column]} {match.group()}" if column in row else match.group()
    return row


def _cells(line, columns):
    words = line.strip(" ").split(SEPARATOR) if SEPARATOR in line else line.split()
    if (SEPARATOR in line and len(words) != len(columns)) or len(words) > len(columns):
        raise source.ParseError(f"LVM, {len(words)} columns, not {len(columns)}: {line[:200]}")
    row = dict(zip(columns, words))
    for column, said in row.items():
        if not _fits(column, said.strip()):
            raise source.ParseError(f"LVM, no {column}, {said.strip()[:40]!r}: {line[:200]}")
    return row


def _fits(column, said):
    """Return whether a cell may be what its column holds; other columns may have been printed."""
    kind, _, what = column.partition("_")
    if what == "attr":
        return not said or re.fullmatch(ATTRIBUTES[kind], said)
    if what == "uuid":
        return not said or _UUID.fullmatch(said)
    return what not in ("size", "free") or not said or _SIZE.fullmatch(said)
