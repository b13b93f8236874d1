"""The API's documentation works in a browser under the policy that all answers have."""


def test_the_documentation_of_the_api_is_drawn_and_nothing_is_forbidden_to_it(site, look):
    looker = look(site, None)
    looker.open("/api/v1/docs")
    looker.page.locator("#docs .opblock").first.wait_for(timeout=30_000)
    looker.page.locator("#docs .opblock-summary-control").first.click()
    looker.page.locator("#docs .opblock-body").first.wait_for()
