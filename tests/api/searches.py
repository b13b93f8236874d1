"""What the tests of searches share."""

ASSETS = "/api/v1/assets"


class Finder:
    """Asks for assets through HTTP."""

    def __init__(self, client):
        self.client = client

    def ask(self, query, **more):
        return self.client.get(ASSETS, query_string={"query": query, "limit": 1000, **more})

    def names(self, query):
        """Return the names that a search finds, in order."""
        answer = self.ask(query)
        assert answer.status_code == 200, (query, answer.text)
        names = [item["hostname"] for item in answer.json["items"]]
        assert answer.json["total"] == len(names), query
        return names

    def check(self, wanted):
        """Compare {search: names in any order, as one text} with what is found."""
        found = {query: self.names(query) for query in wanted}
        assert found == {query: sorted(names.split()) for query, names in wanted.items()}

    def fault(self, query):
        """Return the error that a wrong search is answered with."""
        answer = self.ask(query)
        assert answer.status_code == 422, (query, answer.text)
        assert list(answer.json["error"]["fields"]) == ["query"], query
        return answer.json["error"]
