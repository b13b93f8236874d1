"""The raw SMBIOS tables of the corpus beside dmidecode's own reading of them."""

import cmdb_dmidecode as dmidecode
import cmdb_smbios as smbios

from tests.corpus.agreement import Agreement

ENTRY_POINT_BYTES = 32


def test_a_raw_table_gives_what_dmidecode_prints_of_it(corpus):
    seen = Agreement("SMBIOS table", "dmidecode's text of the same table")
    for dump in sorted((corpus / "dmi-bin").glob("*.bin")):
        project, _, name = dump.stem.partition("-")
        printed = [
            path
            for path in (corpus / "dmidecode").glob(f"{project}-decoded-{name}*.txt")
            if path.is_file()
        ]
        table = dump.read_bytes()
        ours = smbios.parse(table[ENTRY_POINT_BYTES:], smbios.version(table))
        for path in printed:
            compare(seen, dump.name, dmidecode.parse(path.read_text("utf-8", "replace")), ours)
    assert seen.ratio >= 0.98, str(seen)


def compare(seen, name, printed, ours):
    by_handle = {each["handle"]: each for each in ours}
    for each in printed:
        for field, value in each.items():
            mine = by_handle.get(each["handle"], {}).get(field)
            # dmidecode of that time did not know of some fields.
            if value is not None or mine is None:
                seen.compare(name, f"type {each['type']} {field}", value, mine)
