"""What LVM's ``pvs``, ``vgs`` and ``lvs`` print, as rows of text by LVM's own column names.

``rows`` reads JSON (``--reportformat json``), a table with a separator, or a table in columns with
its headings, as people and old versions have it. ``size`` turns a size into bytes.
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
}
# What LVM says to people amid its answer.
_CHATTER = re.compile(r"\s*(?:WARNING|File descriptor|Volume group \"|Found duplicate|  Cannot)")
_SIZE = re.compile(r"<?([0-9]{1,20})(?:[.,]([0-9]{1,9}))?\s*([bBsSkKmMgGtTpPeE]?)")
_POWERS = "bkmgtpe"


def rows(said, kind, columns=()):
    """
    Return the rows of ``kind`` ("pv", "vg", "lv"), each {column: text}.

    ``columns`` are those that were asked for, where the table has no headings. Raises ParseError
    where the text is neither JSON nor such a table.
    """
    if re.search(r'\{\s*"(?:report|log)"', said):
        return _from_json(said, kind)
    lines = [line for line in said.splitlines() if line.strip() and not _CHATTER.match(line)]
    if lines and columns and not _headings(lines[0], kind):
        return [_cells(line, columns) for line in lines]
    if lines and not _headings(lines[0], kind):
        raise source.ParseError(f"{kind}s, no headings in: {lines[0][:200]}")
    return [_under(line, _headings(lines[0], kind)) for line in lines[1:]]


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
    """Return (start, end, column) of each heading, nothing where the line has none of them."""
    known = {**HEADINGS, "Attr": f"{kind}_attr"}
    names = "|".join(re.escape(name) for name in sorted(known, key=len, reverse=True))
    words = re.finditer(rf"(?<!\S)(?:{names})(?!\S)|\S+", line)
    found = [(match.start(), match.end(), known.get(match.group())) for match in words]
    return found if found and f"{kind}_name" in [column for _, _, column in found] else []


def _under(line, headings):
    """Return the cells of a table's line: each word belongs to the heading it stands under."""
    row = {}
    for match in re.finditer(r"\S+", line):
        start, end = match.span()

        def apart(heading, start=start, end=end):
            return max(heading[0] - end + 1, start - heading[1] + 1, 0)

        column = min(headings, key=apart)[2]
        if column:
            row[column] = f"{row[column]} {match.group()}" if column in row else match.group()
    return row


def _cells(line, columns):
    words = line.strip(" ").split(SEPARATOR) if SEPARATOR in line else line.split()
    if (SEPARATOR in line and len(words) != len(columns)) or len(words) > len(columns):
        raise source.ParseError(f"LVM, {len(words)} columns, not {len(columns)}: {line[:200]}")
    return dict(zip(columns, words))
