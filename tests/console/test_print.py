"""What goes onto paper: the content alone, in dark ink."""

import pytest


@pytest.mark.parametrize("path", ["/assets/web01", "/places/racks/1", "/assets"])
def test_paper_has_the_content_and_no_controls(site, look, path):
    page = look(site, "vera", scheme="dark").page
    page.goto(site.url + path.replace("/1", f"/{site.known['rack']}"))
    page.emulate_media(media="print")
    assert page.locator("h1").is_visible()
    for left_out in (".side", ".top", ".filters", ".tool-buttons"):
        for each in page.locator(left_out).all():
            assert not each.is_visible(), left_out
    assert page.locator("html[data-bs-theme=light]").count() == 1
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
