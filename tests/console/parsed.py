"""What a page has in it: its forms with their fields, and what is wrong with each."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

NOT_TYPED = ("hidden", "submit", "file", "password", "checkbox", "radio", "button", "search")


@dataclass
class Form:
    """A form of a page: where it goes, and {name: values} of what is in it."""

    method: str
    action: str
    values: dict = field(default_factory=dict)
    # {name: type of the input, or the name of the element}
    kinds: dict = field(default_factory=dict)
    # {name: value} of the button that it is usually sent by.
    button: dict = field(default_factory=dict)

    @property
    def typed(self):
        """Return the names of the fields that are written into."""
        return [name for name, kind in self.kinds.items() if kind not in (*NOT_TYPED, "select")]


class Page(HTMLParser):
    """The forms of a page, what describes its fields as wrong, and its links."""

    def __init__(self, text):
        super().__init__()
        self.forms, self.errors, self.links, self.alerts = [], [], [], 0
        self.elements = []
        self._area, self._select = None, None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        had = dict(attrs)
        self.elements.append((tag, had))
        if tag == "a" and had.get("href"):
            self.links.append(had["href"])
        if tag == "form":
            self.forms.append(Form(had.get("method", "get").lower(), had.get("action", "")))
        if "wrong" in (had.get("class") or "").split() and had.get("id", "").endswith("-error"):
            self.errors.append(had["id"].removesuffix("-error"))
        if "alert-danger" in (had.get("class") or "").split():
            self.alerts += 1
        if self.forms:
            self._field(tag, had)

    def _field(self, tag, had):
        form, name = self.forms[-1], had.get("name")
        if tag == "button" and name and not form.button:
            form.button = {name: had.get("value", "")}
        if tag == "option" and self._select and "selected" in had:
            form.values[self._select].append(had.get("value", ""))
        if not name or tag not in ("input", "textarea", "select"):
            return
        form.kinds[name] = had.get("type", "text") if tag == "input" else tag
        values = form.values.setdefault(name, [])
        if tag == "textarea":
            self._area = name
            values.append("")
        elif tag == "select":
            self._select = name
        elif had.get("type") not in ("checkbox", "radio") or "checked" in had:
            values.append(had.get("value", ""))

    def handle_endtag(self, tag):
        if tag == "textarea":
            self._area = None
        elif tag == "select":
            self._select = None

    def handle_data(self, data):
        if self._area:
            self.forms[-1].values[self._area][-1] += data
