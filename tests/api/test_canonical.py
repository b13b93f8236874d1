"""The canonical form is that of the test vectors, which the minion's side is held to as well."""

import json
from pathlib import Path

import pytest

from cmdb_api.services import canonical

VECTORS = json.loads(
    (Path(__file__).parents[2] / "docs" / "report.vectors.json").read_text("utf-8")
)


@pytest.mark.parametrize("vector", VECTORS["digests"], ids=lambda vector: vector["about"])
def test_digests_are_those_of_the_vectors(vector):
    assert canonical.digest(vector["items"], vector["key"]) == vector["digest"]


@pytest.mark.parametrize("vector", VECTORS["places"], ids=lambda vector: vector["place"] or "empty")
def test_places_are_those_of_the_vectors(vector):
    assert canonical.place(vector["item"], vector["key"]) == vector["place"]


@pytest.mark.parametrize("vector", VECTORS["host_keys"], ids=lambda vector: vector["host_key"][:8])
def test_host_keys_are_those_of_the_vectors(vector):
    key = canonical.host_key(vector["secret"], vector["host"], vector["generation"])
    assert key == vector["host_key"]


@pytest.mark.parametrize("vector", VECTORS["signatures"], ids=lambda vector: vector["about"])
def test_signatures_are_those_of_the_vectors(vector):
    assert canonical.signed_text(vector["report"]) == vector["signed_text"]
    assert canonical.sign(vector["report"], vector["host_key"]) == vector["sig"]


def test_a_signature_stands_whether_items_travel_or_not():
    report = VECTORS["signatures"][0]["report"]
    bare = report | {
        "age_ms": 5,
        "sections": {
            kind: {name: value for name, value in one.items() if name not in canonical.WITH_ITEMS}
            for kind, one in report["sections"].items()
        },
    }
    assert canonical.sign(bare, "key") == canonical.sign(report, "key")


def test_not_a_number_has_no_canonical_form():
    with pytest.raises(ValueError, match="Out of range"):
        canonical.dumps(float("nan"))
