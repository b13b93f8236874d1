"""Whatever is asked for, the answer is never a fault of ours."""

from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

PATHS = (
    *("/api/v1/assets", "/api/v1/changes", "/api/v1/coverage/missing", "/api/v1/assets/web01"),
    *("/api/v1/racks", "/api/v1/services", "/api/v1/master-changes"),
)
NAMES = (
    *("limit", "cursor", "name", "kind", "action", "since", "until", "window", "asset", "other"),
    *("rack", "room", "tag", "state", "warranty_before", "business_unit", "resource"),
)

texts = st.text(max_size=20) | st.sampled_from(
    ["1", "7d", "30m", "2026-11-22", "disk", "web01", "web*", "added", "0001-01-01T00:00:00+14:00"]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
fields = st.sampled_from(
    ["hostname", "rack", "position_u", "tags", "state", "warranty_until", "expected", "other"]
)
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


@anything
@given(
    path=st.sampled_from(["racks", "rooms", "services", "contacts", "tags"]),
    body=st.dictionaries(
        st.sampled_from(["name", "description", "height_u", "data_centre", "room", "phone"]), values
    ),
    match=texts,
)
def test_any_body_of_master_data(writer, path, body, match):
    writer.post("/api/v1/data-centres", json={"name": "FRA1"})
    bodies = body, {"name": "a"} | body, {"name": "a", "data_centre": "FRA1"} | body
    for each in bodies:
        expected(writer.post(f"/api/v1/{path}", json=each))
    tag = match.encode("ascii", "ignore").decode()
    headers = {"If-Match": "".join(c for c in tag if c.isprintable())}
    expected(writer.patch(f"/api/v1/{path}/1", json=body, headers=headers))
    expected(writer.patch(f"/api/v1/{path}/1", json=body))
