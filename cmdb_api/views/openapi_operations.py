"""What the OpenAPI document says of each operation beside what stands at its view.

Its name, the errors that any operation of its sort answers, and whole examples.
"""

import re
from contextlib import suppress
from http import HTTPStatus

from apispec import BasePlugin

from cmdb_api.views.openapi_examples import compose

IN_PATH = {
    "alias": {"description": "another name of the asset", "example": "web01-old"},
    "hostname": {"description": "of the asset, or an alias, in any case", "example": "web01"},
    "name": {"description": "its name", "example": "salt01"},
    "number": {"description": "its id", "example": 1},
    "outbox_id": {"description": "id of the delivery", "example": 1},
    "seq": {"description": "number of the change within the asset", "example": 1},
}
WITH_BODY = (400, 413, 415, 422)


class Operations(BasePlugin):
    """The apispec plugin; it comes after those of Flask and marshmallow."""

    def __init__(self, prefix):
        self.prefix, self.components = prefix, None

    def init_spec(self, spec):
        """Keep the schemas that operations name."""
        self.components = spec.components

    def path_helper(self, parameters=None, **_):
        """Tell what stands in an address."""
        for parameter in parameters:
            for name, value in IN_PATH.get(parameter["name"], {}).items():
                parameter.setdefault(name, value)

    def operation_helper(self, path=None, operations=None, **_):
        """Complete the operations of a path."""
        for method, operation in operations.items():
            operation["operationId"] = name_of(method, path.removeprefix(self.prefix))
            for status in _errors(path, operation):
                operation["responses"].setdefault(status, HTTPStatus(status).name)
            for content in _contents(operation):
                self._give_example(content)

    def _give_example(self, content):
        schema = content["schema"]
        if "example" not in content and schema.get("format") != "binary":
            # A field without an example is for the tests to find, not for whoever starts the API.
            with suppress(LookupError):
                content["example"] = compose(schema, self.components.schemas)


def name_of(method, path):
    """Return the name of an operation: get_assets, patch_asset, get_asset_changes."""
    steps = path.strip("/").split("/")
    words = []
    for step, following in zip(steps, [*steps[1:], ""], strict=True):
        if not step.startswith("{"):
            words.append(_one_of(step) if following.startswith("{") else step)
    return re.sub("[^a-z0-9]", "_", "_".join([method, *words]))


def _one_of(words):
    """Return the singular of the last of several words."""
    for ending, singular in (("ies", "y"), ("ases", "as"), ("s", "")):
        if words.endswith(ending):
            return words.removesuffix(ending) + singular
    return words


def _errors(path, operation):
    """Yield the errors that every operation of this sort answers."""
    if "requestBody" in operation:
        yield from WITH_BODY
    if "{" in path:
        yield 404
    # All of these ask the database, whoever holds it up.
    if "requestBody" in operation or operation.get("security"):
        yield 503


def _contents(operation):
    """Yield the contents of the request and of the answers that are no errors."""
    told = [operation.get("requestBody", {})]
    told += [of for code, of in operation["responses"].items() if str(code).startswith("2")]
    for one in told:
        yield from one.get("content", {}).values()
