"""The lists of rpm in the corpus as others read them."""

import cmdb_package as package

from tests.corpus.agreement import Agreement, facts_of


def test_rpm_s_blocks_give_the_packages_that_others_find(corpus):
    seen = Agreement("rpm -qai", "reference-parser")
    for path, facts in facts_of(corpus, "packages", ("reference-parser",)):
        if "rpm" not in path.name:
            continue
        items = package.parse_rpm(path.read_bytes().decode("utf-8", "replace"))
        found = {item["name"] for item in items}
        for name in facts["names"]:
            seen.compare(path.name, name, True, name in found)
        # Signing keys and kernels are there several times under one name.
        older = sum(len(item.get("older_versions", ())) for item in items)
        seen.compare(path.name, "count", facts["record_count"], len(items) + older)
    assert seen.ratio >= 0.98, seen
