"""The canonical form, against the vectors that the API's tests use too."""

import json
from pathlib import Path

import cmdb_canonical as canonical
import pytest

VECTORS = json.loads(
    (Path(__file__).parents[2] / "docs/report.vectors.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("vector", VECTORS["digests"], ids=lambda vector: vector["about"])
def test_a_digest_is_that_of_the_vector(vector):
    ordered = canonical.ordered(vector["items"], vector["key"])
    assert canonical.dumps(ordered) == vector["canonical"]
    assert canonical.digest(vector["items"], vector["key"]) == vector["digest"]


@pytest.mark.parametrize("vector", VECTORS["places"], ids=lambda vector: vector["place"])
def test_a_place_is_that_of_the_vector(vector):
    assert canonical.place(vector["item"], vector["key"]) == vector["place"]


@pytest.mark.parametrize("vector", VECTORS["host_keys"], ids=lambda vector: vector["host"])
def test_a_host_key_is_that_of_the_vector(vector):
    key = canonical.host_key(vector["secret"], vector["host"], vector["generation"])
    assert key == vector["host_key"]


@pytest.mark.parametrize("vector", VECTORS["signatures"], ids=lambda vector: vector["about"])
def test_a_signature_is_that_of_the_vector(vector):
    assert canonical.dumps(canonical.signed_part(vector["report"])) == vector["signed_text"]
    assert canonical.sign(vector["report"], vector["host_key"]) == vector["sig"]


def test_nan_has_no_canonical_form():
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical.dumps({"a": float("nan")})
