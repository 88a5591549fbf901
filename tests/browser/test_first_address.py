"""The first address that a fresh server is asked for: a page's own one shows the app's navigation, too."""

import pytest

from tests.browser.conftest import running
from tests.browser.test_journey import settled

pytestmark = pytest.mark.browser
NAMES = ["Overview", "Search", "Map", "Topics", "Queue", "When and where", "Report", "Encoders"]


def test_a_page_opened_first_of_all_bears_the_apps_navigation(chromium, tmp_path):
    with running(tmp_path) as address:
        tab = chromium.new_page()
        tab.set_default_timeout(30_000)
        tab.goto(f"{address}/encoders?project=gone")
        tab.get_by_role("heading", name="Encoders", exact=True, level=1).wait_for()
        settled(tab)
        assert tab.get_by_test_id("stSidebarNav").get_by_role("link").all_inner_texts() == NAMES
        assert tab.get_by_text("gone").first.is_visible(), "what the address asks for is not lost on the way"
        tab.close()
