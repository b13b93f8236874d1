"""Whatever is asked for, the answer is never a fault of ours."""

from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

PATHS = ("/api/v1/assets", "/api/v1/changes", "/api/v1/coverage/missing", "/api/v1/assets/web01")
NAMES = ("limit", "cursor", "name", "kind", "action", "since", "until", "window", "asset", "other")

texts = st.text(max_size=20) | st.sampled_from(
    ["1", "7d", "30m", "2026-11-22", "disk", "web01", "web*", "added", "0001-01-01T00:00:00+14:00"]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
fields = st.sampled_from(["hostname", "rack", "position", "data_centre", "other"])
bodies = values | st.dictionaries(fields, values, max_size=4)
# The database is not emptied between examples: what one of them made may be there for the next.
anything = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def expected(answer):
    assert answer.status_code < 500, answer.text
    assert answer.mimetype == "application/json"


@anything
@given(path=st.sampled_from(PATHS), query=st.lists(st.tuples(st.sampled_from(NAMES), texts)))
def test_any_query(reader, path, query):
    encoded = "&".join(f"{name}={quote(text, errors='surrogatepass')}" for name, text in query)
    expected(reader.get(f"{path}?{encoded}"))


@anything
@given(body=bodies, name=texts)
def test_any_body_and_any_name(writer, body, name):
    expected(writer.post("/api/v1/assets", json=body))
    place = f"/api/v1/assets/{quote(name, safe='', errors='surrogatepass')}"
    answers = writer.patch(place, json=body), writer.get(place), writer.get(f"{place}/changes")
    for answer in answers:
        assert answer.status_code < 500, answer.text
