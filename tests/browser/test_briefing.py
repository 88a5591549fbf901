"""The briefing taken from the Report page, and its HTML opened as whoever receives it does."""

import re

import pytest

from tests.browser.test_journey import go, settled

pytestmark = pytest.mark.browser


def test_the_briefing_comes_in_three_formats_and_opens_without_a_network(tab, server, tmp_path):
    tab.goto(server)
    tab.get_by_role("button", name="Open the example").click()
    tab.get_by_text(re.compile(r"686 rows = ")).wait_for(timeout=60_000)
    settled(tab)
    go(tab, "Report")
    begins = {"PDF": b"%PDF", "DOCX": b"PK", "HTML": b"<!doctype html>"}
    for kind, first in begins.items():
        with tab.expect_download(timeout=120_000) as waiting:
            tab.get_by_role("button", name=f"Briefing ({kind})").click()
        file = tmp_path / f"briefing.{kind.lower()}"
        waiting.value.save_as(file)
        assert file.read_bytes().startswith(first), kind

    # As a file of one's own: no address of ours, and any request to elsewhere fails the test.
    tab.goto("about:blank")
    tab.set_content((tmp_path / "briefing.html").read_text(encoding="utf-8"))
    assert tab.locator("h2").first.inner_text() == "In short"
    link = tab.locator("li a").first
    number = link.inner_text().strip("[]")
    link.click()
    assert tab.url.endswith(f"#post-{number}")
    assert tab.locator(f"#post-{number} .id").inner_text().isdigit()
    arabic = tab.locator("blockquote:lang(ar)").first
    if arabic.count():
        assert arabic.evaluate("node => getComputedStyle(node).direction") == "rtl"
    drawn = tab.locator("figure img").evaluate_all("all => all.map(one => one.naturalWidth)")
    assert len(drawn) == 3 and all(drawn)
