"""The os-release files of the corpus."""

import cmdb_host as host
import cmdb_text as text

from tests.corpus.agreement import Agreement, facts_of

FACTS = {
    "name": "os_name",
    "id": "os_id",
    "id_like": "os_like",
    "version_id": "os_version",
    "pretty_name": "os_title",
}


def test_os_release_files_agree_with_what_others_read(corpus):
    seen = Agreement("os-release", "asserted, reference-parser, derived")
    bases = ("asserted", "reference-parser", "derived")
    for path, facts in facts_of(corpus, "os-release", bases):
        item = host.parse_os_release(path.read_bytes().decode("utf-8", "replace"))
        facts = {name.lower(): value for name, value in facts.items()}
        for fact, field in FACTS.items():
            if fact in facts:
                seen.compare(path.name, field, text.value(facts[fact]), item[field])
    assert seen.ratio >= 0.98, str(seen)
