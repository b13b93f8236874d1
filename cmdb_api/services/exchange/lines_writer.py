"""Records as JSON Lines: UTF-8, one record a line, each of which stands for itself."""

import json


def write(file, records):
    """Write records to a binary file; return how many."""
    count = 0
    for record in records:
        text = json.dumps(record, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        file.write(text.encode() + b"\n")
        count += 1
    return count
