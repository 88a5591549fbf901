"""The Encoders page in a browser: an encoder is measured while the page stays usable, stopped, and compared."""

import pytest

from tests.browser.test_journey import go, settled

pytestmark = pytest.mark.browser


def open_tab(tab, name):
    tab.get_by_role("tab", name=name).click()
    settled(tab)


def test_an_encoder_is_measured_on_request(tab, server, tmp_path):
    tab.goto(server)
    settled(tab)
    go(tab, "Encoders")
    open_tab(tab, "Evaluate")
    numbers = ["one", "two", "three", "four", "five", "six"]
    pairs = tmp_path / "cups.csv"
    rows = [f"sw,{a} cups of {b},vikombe {b} vya {a}" for a in numbers for b in numbers]
    pairs.write_text("\n".join(["lang,english,translation", *rows]), encoding="utf-8")
    tab.locator("input[type=file]").set_input_files(str(pairs))
    tab.get_by_text("cups.csv").first.wait_for()
    settled(tab)
    tab.get_by_role("button", name="Evaluate", exact=True).click()

    # The work goes on in another process: the page answers meanwhile, and finds the result by itself.
    tab.get_by_role("button", name="Cancel").wait_for()
    open_tab(tab, "Two sentences")
    tab.get_by_role("button", name="Compare", exact=True).wait_for()
    open_tab(tab, "Evaluate")
    tab.get_by_role("heading", name="Evaluations on this machine").wait_for(timeout=180_000)
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Why (HTML)").click()
    page = download.value.path().read_text(encoding="utf-8")
    assert "Swahili" in page

    open_tab(tab, "Compare")
    tab.get_by_text("Share of sentences that find their translation").first.wait_for()
    with tab.expect_download() as download:
        tab.get_by_role("button", name="All scores (CSV)").click()
    assert "cups" in download.value.path().read_text(encoding="utf-8-sig")


def test_a_measurement_can_be_stopped(tab, server):
    tab.goto(server)
    settled(tab)
    go(tab, "Encoders")
    open_tab(tab, "Evaluate")
    tab.get_by_role("button", name="Evaluate", exact=True).click()
    tab.get_by_role("button", name="Cancel").click()
    tab.get_by_text("was cancelled").wait_for(timeout=30_000)
    tab.get_by_role("button", name="Again").wait_for()
