"""The pages that are reached from every other one."""

from typing import NamedTuple

from flask import request
from flask_babel import lazy_gettext as _l

from cmdb_api.views.console import gate


class Entry(NamedTuple):
    """A page in the navigation: its endpoint, its words, its icon."""

    endpoint: str
    title: str
    icon: str
    # The other families whose pages are reached from it.
    families: tuple = ()

    @property
    def here(self):
        """Tell whether the page that is shown is one of its families."""
        own = self.endpoint.split(".")[1]
        return (request.endpoint or "").rpartition(".")[0] in [
            f"console.{family}" for family in (own, *self.families)
        ]


ASSETS = ("asset", "asset_edit", "asset_history", "bulk", "compare", "saved")
ADMINISTRATION = ("accounts", "tokens", "webhooks", "audit")
ENTRIES = (
    Entry("console.overview.page", _l("Overview"), "speedometer2"),
    Entry("console.assets.page", _l("Assets"), "hdd-stack", ASSETS),
    Entry("console.changes.page", _l("Changes"), "clock-history"),
    Entry("console.coverage.page", _l("Coverage"), "broadcast"),
    Entry("console.findings.page", _l("Findings"), "exclamation-diamond"),
    Entry("console.parts.page", _l("Parts"), "memory"),
    Entry("console.packages.page", _l("Packages"), "box-seam"),
    Entry("console.places.page", _l("Places"), "building"),
    Entry("console.exchange.page", _l("Import and export"), "arrow-left-right"),
    Entry("console.master.page", _l("Master data"), "tags"),
    Entry("console.admin.page", _l("Administration"), "gear", ADMINISTRATION),
)


def entries():
    """Return the entries that whoever is logged in may open."""
    return [entry for entry in ENTRIES if gate.may(entry.endpoint)]
