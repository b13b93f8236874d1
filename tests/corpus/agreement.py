"""Count where a parser and the corpus' expected facts agree, and list where they do not."""

import json

SEEN = []


class Agreement:
    """The comparable values of one tool: how many agree, and each difference."""

    def __init__(self, tool, basis):
        self.tool, self.basis = tool, basis
        self.count, self.differences = 0, []
        SEEN.append(self)

    def compare(self, file, fact, expected, ours):
        """Count one value; numbers and text compare as text, without regard to case."""
        self.count += 1
        if _plain(expected) != _plain(ours):
            self.differences.append(f"{file}: {fact}: expected {expected!r}, ours {ours!r}")

    @property
    def ratio(self):
        return 1 - len(self.differences) / self.count if self.count else 0.0

    def __str__(self):
        agree = self.count - len(self.differences)
        lines = [f"{self.tool} ({self.basis}): {agree} of {self.count} agree, {self.ratio:.1%}"]
        return "\n  ".join(lines + self.differences)


def facts_of(corpus, tool, bases):
    """Yield (path of the sample, its facts) of each expected file with one of these bases."""
    for path in sorted((corpus / "expected" / tool).glob("*.json")):
        expected = json.loads(path.read_text())
        if expected["basis"] in bases:
            yield corpus / expected["file"], expected["facts"]


def _plain(value):
    return " ".join(str(value).split()).lower()
