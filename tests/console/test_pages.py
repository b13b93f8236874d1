"""Every page, in both sizes and both schemes: nothing broken, nothing asked of others, readable."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error

from cmdb_api.views.headers import POLICY
from tests.console import walking
from tests.console.conftest import SCHEMES, SIZES, Looker, log_in

# Where pictures of all pages go, to be looked at: PICTURES=/tmp/pictures.
PICTURES = os.environ.get("PICTURES")
# Where axe looks at a page; and where pages are looked at that differ by their query alone.
READ = (("wide", "light"), ("wide", "dark"), ("phone", "light"))
OF_VARIANTS = (("wide", "light"), ("phone", "dark"))
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def windows(site, chromium):
    """Return a window for each size and scheme, that anna is logged in at."""
    found = {}
    for size, (width, height) in SIZES.items():
        for scheme in SCHEMES:
            context = chromium.new_context(
                viewport={"width": width, "height": height}, color_scheme=scheme, locale="en-GB"
            )
            looker = found[size, scheme] = Looker(context, site)
            log_in(looker, "anna")
    yield found
    for looker in found.values():
        looker.context.close()


@pytest.mark.parametrize("name", walking.names())
def test_a_page_is_whole_and_readable(site, windows, name):
    path = walking.address(name, site.known)
    answer = windows["wide", "light"].context.request.get(site.url + path)
    assert answer.headers["content-security-policy"] == POLICY
    if not answer.headers["content-type"].startswith("text/html"):
        assert answer.ok, answer.text()
        return
    for (size, scheme), looker in windows.items():
        if "?" in name and (size, scheme) not in OF_VARIANTS:
            continue
        looker.faults.clear()
        shown = looker.open(path)
        assert shown.status < 400, (path, shown.status, looker.page.inner_text("body")[:500])
        # Where a page speaks by its address alone, it has one heading and a title.
        assert looker.page.locator("h1").count() == 1, path
        assert looker.page.title()
        wider = looker.page.evaluate(
            "document.scrollingElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wider <= 1, f"{path} is {wider} px wider than a window of {SIZES[size][0]}"
        if PICTURES:
            _keep(looker.page, name, size, scheme)
        if (size, scheme) in (OF_VARIANTS[:1] if "?" in name else READ):
            _check_readable(looker.page, path, size, scheme)
        assert not looker.faults, looker.faults


def _check_readable(page, path, size, scheme):
    found = Axe().run(page).response["violations"]
    told = [
        f"{each['id']}: {node['html'][:200]} {node.get('failureSummary', '')[:300]}"
        for each in found
        if each["impact"] in SERIOUS
        for node in each["nodes"][:3]
    ]
    assert not told, f"{path} ({size}, {scheme})\n" + "\n".join(told)


def _keep(page, name, size, scheme):
    folder = Path(PICTURES)
    folder.mkdir(parents=True, exist_ok=True)
    plain = "".join(c if c.isalnum() else "_" for c in name).strip("_") or "overview"
    path = folder / f"{plain}-{size}-{scheme}.png"
    try:
        page.screenshot(path=path, full_page=True)
    except Error:
        # Chromium can't take one at times, for a moment.
        page.screenshot(path=path, full_page=True)
