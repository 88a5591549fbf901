"""A newcomer's journey: upload, refresh in the middle, search across languages, a topic, the report."""

import csv
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.browser


def flood_posts(place: Path, languages: set[str]) -> Path:
    """Write the example's flood posts of some languages as a file of one's own."""
    with (ROOT / "assets" / "sample_posts_themes.csv").open(encoding="utf-8", newline="") as file:
        wanted = {row["id"] for row in csv.DictReader(file) if row["event"] == "flood" and row["language"] in languages}
    with (ROOT / "assets" / "sample_posts.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with place.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(row for row in rows if row["id"] in wanted)
    return place


def go(tab, name):
    """Follow the navigation to a page, as a person does."""
    tab.get_by_test_id("stSidebarNav").get_by_role("link", name=name).click()
    tab.get_by_role("heading", name=name, exact=True, level=1).wait_for()
    settled(tab)


def settled(tab):
    """Wait until the page has stopped running, and stays so for a moment: a click takes a while to be heard."""
    tab.wait_for_timeout(200)
    tab.evaluate("window.idleSince = 0")
    tab.wait_for_function(
        """() => {
            const busy = document.querySelector('[data-testid="stStatusWidget"], [data-stale="true"]');
            window.idleSince = busy ? 0 : window.idleSince || performance.now();
            return window.idleSince && performance.now() - window.idleSince > 600;
        }""",
        timeout=60_000,
    )


def address_has(tab, part):
    """Wait until the address holds ``part``: the page writes it a moment after it has run."""
    tab.wait_for_function("part => location.href.includes(part)", arg=part)


def address_lacks(tab, part):
    """Wait until the address holds ``part`` no longer."""
    tab.wait_for_function("part => !location.href.includes(part)", arg=part)


def test_from_upload_to_report(tab, server, tmp_path):
    tab.goto(server)
    upload = flood_posts(tmp_path / "my flood.csv", {"en", "es", "fr", "ar", "hi", "ht", "zh"})
    tab.locator("input[type=file]").set_input_files(str(upload))
    analyse = tab.get_by_role("button", name="Analyse")
    analyse.wait_for()
    settled(tab)
    address_has(tab, "project=my-flood")
    analyse.click()
    tab.get_by_role("button", name="Cancel").wait_for()

    # Refreshing in the middle loses nothing: the address holds the project, the disk holds the work.
    tab.reload()
    tab.get_by_text("Posts", exact=True).first.wait_for(timeout=240_000)
    settled(tab)
    assert tab.get_by_text(re.compile(r"rows = .* posts")).is_visible()

    # A question in a language that none of the answers need be in.
    go(tab, "Search")
    address_has(tab, "project=my-flood")
    tab.get_by_label("Ask in any language").fill("Wo gibt es kein Trinkwasser?")
    tab.get_by_role("button", name="Search").click()
    tab.locator(".post").first.wait_for()
    settled(tab)
    shown = tab.locator(".post .text").all_inner_texts()[:10]
    assert any(re.search(r"water|agua|eau|ماء|مياه|पानी|dlo|水", text, re.I) for text in shown), shown
    assert "q=Wo+gibt" in tab.url or "q=Wo%20gibt" in tab.url

    # The view is in the address: a fresh tab with the same link shows the same answers.
    again = tab.context.new_page()
    again.goto(tab.url)
    again.locator(".post").first.wait_for(timeout=60_000)
    assert again.locator(".post .text").first.inner_text() == shown[0]
    again.close()

    # Right-to-left posts run right to left.
    arabic = tab.locator(".post .text:lang(ar)")
    if arabic.count():
        assert arabic.first.evaluate("node => getComputedStyle(node).direction") == "rtl"

    go(tab, "Topics")
    address_has(tab, "project=my-flood")
    tab.goto(f"{tab.url}&open=0")
    tab.get_by_role("button", name="All topics").wait_for()
    tab.locator(".post").first.wait_for()
    assert tab.get_by_text("Typical posts").is_visible()

    go(tab, "Report")
    with tab.expect_download(timeout=120_000) as waiting:
        tab.get_by_role("button", name="Report (HTML)").click()
    report = tmp_path / "report.html"
    waiting.value.save_as(report)
    written = report.read_text(encoding="utf-8")
    assert "my flood" in written
    assert 'dir="auto"' in written
    assert not re.search(r"<(?:script|link|img)[^>]+(?:src|href)=[\"']https?://", written)


def test_the_example_opens_at_once_and_the_filter_travels(tab, server):
    tab.goto(server)
    tab.get_by_role("button", name="Open the example").click()
    tab.get_by_text(re.compile(r"686 rows = ")).wait_for(timeout=20_000)
    settled(tab)
    tab.goto(f"{tab.url}&lang=ht")
    tab.get_by_text("pass the filter", exact=False).first.wait_for()
    go(tab, "Map")
    address_has(tab, "lang=ht")
    tab.get_by_text("pass the filter", exact=False).first.wait_for()
    go(tab, "Topics")
    address_has(tab, "lang=ht")
    tab.locator(".st-key-filter_chips").get_by_role("button", name=re.compile("Haitian")).click()
    settled(tab)
    address_lacks(tab, "lang=ht")


def test_a_file_that_is_no_table_gets_a_sentence(tab, server, tmp_path):
    wrong = tmp_path / "photo.csv"
    wrong.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 50)
    tab.goto(server)
    tab.locator("input[type=file]").set_input_files(str(wrong))
    alert = tab.get_by_test_id("stAlert")
    alert.wait_for()
    assert "Traceback" not in tab.content()
    assert len(alert.inner_text().split()) > 5


def test_a_cancelled_analysis_can_be_resumed(tab, server, tmp_path):
    tab.goto(server)
    upload = flood_posts(tmp_path / "cancel me.csv", {"en", "es", "fr"})
    tab.locator("input[type=file]").set_input_files(str(upload))
    tab.get_by_role("button", name="Analyse").click()
    tab.get_by_role("button", name="Cancel").click()
    tab.get_by_role("button", name="Resume").click(timeout=30_000)
    tab.get_by_text(re.compile(r"rows = .* posts")).wait_for(timeout=240_000)
