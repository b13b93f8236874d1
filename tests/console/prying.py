"""Which names pages read of an address and of a form: found by watching them."""

from werkzeug.datastructures import ImmutableMultiDict

from tests.console.conftest import token_of


class Watched(ImmutableMultiDict):
    """What a request gave, that keeps the names that were asked for."""

    asked = set()

    def get(self, key, *args, **kwargs):
        self.asked.add(key)
        return super().get(key, *args, **kwargs)

    def getlist(self, key, *args, **kwargs):
        self.asked.add(key)
        return super().getlist(key, *args, **kwargs)

    def __contains__(self, key):
        self.asked.add(key)
        return super().__contains__(key)

    def __getitem__(self, key):
        self.asked.add(key)
        return super().__getitem__(key)


def watch(app):
    """Let requests of this app be watched."""

    class Request(app.request_class):
        parameter_storage_class = Watched

    app.request_class = Request


def names(client, method, path, **options):
    """Return the names that a page reads of what it is asked with."""
    Watched.asked.clear()
    client.open(path, method=method, **options).close()
    return sorted(name for name in Watched.asked if isinstance(name, str))


def token(client):
    """Return a token for the forms of this client."""
    return token_of(client.get("/preferences"))
