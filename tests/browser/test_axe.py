"""Nothing serious stands in the way of people who read by ear, by keyboard or with weak eyes: axe on every page."""

import re

import pytest

from tests.browser.test_journey import address_has, settled

pytestmark = pytest.mark.browser

PAGES = {
    "": '[data-testid="stMetricValue"]',
    "search": ".post",
    "map": "h1",
    "topics": "h1",
    "when_where": ".where .mark",
    "queue": ".card.current",
    "report": '[data-testid="stDownloadButton"]',
    "encoders": '[role="tab"]',
}
SEVERE = {"serious", "critical"}


@pytest.fixture(scope="session")
def axe():
    return pytest.importorskip("axe_playwright_python.sync_playwright").Axe()


@pytest.fixture(scope="session")
def example(home):
    """The example as a project of the server's home."""
    from ctse_core.example import open_example

    return open_example(home / "projects").name


def severe(results) -> list[str]:
    found = []
    for violation in results.response["violations"]:
        if violation["impact"] not in SEVERE:
            continue
        for node in violation["nodes"]:
            target = " ".join(map(str, node["target"]))
            found.append(f"{violation['id']} ({violation['impact']}): {target}: {node['html'][:160]}")
    return found


def contrast(one: str, other: str) -> float:
    """Return the ratio of two colours as the browser writes them: "rgb(1, 2, 3)"."""

    def light(colour: str) -> float:
        parts = [float(part) / 255 for part in re.findall(r"[\d.]+", colour)[:3]]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_beside_figures_are_readable(chromium, server, example, theme):
    context = chromium.new_context(color_scheme=theme)
    tab = context.new_page()
    tab.set_default_timeout(90_000)
    tab.goto(f"{server}/?project={example}")
    tab.locator(".stPlotlyChart .ytick text").first.wait_for()
    ground = tab.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
    inks = tab.locator(".stPlotlyChart :is(.xtick, .ytick, .legend) text").evaluate_all(
        "nodes => nodes.map(node => getComputedStyle(node).fill)"
    )
    assert inks and min(contrast(ink, ground) for ink in inks) >= 4.5, (ground, set(inks))
    context.close()


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_of_the_example_has_a_severe_fault(chromium, server, axe, example, theme, language):
    context = chromium.new_context(viewport={"width": 1280, "height": 1000}, color_scheme=theme)
    tab = context.new_page()
    tab.set_default_timeout(90_000)
    faults = []
    for page, shown in PAGES.items():
        tab.goto(f"{server}/{page}?project={example}&ui={language}{'&q=water' if page == 'search' else ''}")
        tab.locator(shown).first.wait_for()
        settled(tab)
        tab.wait_for_function("language => document.documentElement.lang === language", arg=language)
        tab.add_style_tag(content="* { transition: none !important; animation: none !important }")  # half-faded text
        faults += [f"/{page}: {fault}" for fault in severe(axe.run(tab))]
    context.close()
    assert not faults, "\n".join(faults)


def test_a_phone_needs_no_scrolling_sideways(chromium, server, example):
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    tab = context.new_page()
    tab.set_default_timeout(90_000)
    wide = []
    for page, shown in PAGES.items():
        tab.goto(f"{server}/{page}?project={example}{'&q=water' if page == 'search' else ''}")
        tab.locator(shown).first.wait_for()
        settled(tab)
        room = tab.evaluate(
            "(() => { const m = document.querySelector('.stMain'); return m.scrollWidth - m.clientWidth })()"
        )
        if room > 1:
            wide.append(f"/{page} is {room} pixels too wide")
    context.close()
    assert not wide, wide


def test_the_tour_is_taken_by_keyboard_alone(chromium, server, example):
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    tab.goto(f"{server}/?project={example}")
    tab.get_by_text("Tour, 1 of 5").wait_for()
    settled(tab)
    for step in range(2, 6):
        for _ in range(60):
            tab.keyboard.press("Tab")
            if tab.evaluate("document.activeElement.innerText").strip() == "Next":
                break
        tab.keyboard.press("Enter")
        tab.get_by_text(f"Tour, {step} of 5").wait_for()
        settled(tab)
    context.close()


def test_the_language_travels_with_the_link_and_turns_the_page_round(chromium, server, example):
    context = chromium.new_context(locale="fr-FR")
    tab = context.new_page()
    tab.goto(f"{server}/?project={example}")
    tab.get_by_role("heading", name="Vue d'ensemble", level=1).wait_for()  # the browser's own language
    tab.goto(f"{server}/?project={example}&ui=ar")
    tab.get_by_role("heading", name="نظرة عامة", level=1).wait_for()
    settled(tab)
    tab.wait_for_function("getComputedStyle(document.querySelector('.stApp')).direction === 'rtl'")
    tab.get_by_test_id("stSidebarNav").get_by_role("link", name="التقرير").click()
    tab.get_by_role("heading", name="التقرير", level=1).wait_for()
    settled(tab)
    address_has(tab, "ui=ar")
    context.close()


def test_axe_finds_a_fault_where_there_is_one(chromium, axe):
    tab = chromium.new_page()
    tab.set_content('<html lang="en"><title>t</title><main><h1>t</h1><p style="color:#ccc">faint</p></main></html>')
    assert any(fault.startswith("color-contrast") for fault in severe(axe.run(tab)))
    tab.close()
