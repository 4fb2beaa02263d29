from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from steadygan.study.report import write_report
from tests.report.test_browser import CONTRAST, opened
from tests.study.example import factorial, trial, write_study

pytestmark = [pytest.mark.browser, pytest.mark.sweep]  # some seconds for what changes seldom

TEXTS = "h1, h2, h3, p, dt, dd, li, th, td, a, figcaption, .second, .xtick text, .ytick text, .annotation-text"
WIDTHS = "Array.from(document.querySelectorAll('.chart'), box => box.querySelector('.main-svg').clientWidth)"


def drawn(page: Page) -> None:
    """Waits for every chart."""
    page.wait_for_function(
        "Array.from(document.querySelectorAll('.chart')).every(box => box.querySelector('.main-svg'))"
    )


def test_the_page_is_drawn_can_be_read_and_fits_screens_and_paper(browser: Browser, tmp_path: Path) -> None:
    """One page for all of it, because opening it takes most of the time; there is no error and no request."""
    rows = factorial(["r1", "ema"], {frozenset({"r1"}): -0.6, frozenset({"r1", "ema"}): 0.3})
    rows += [trial("without a-name-that-is-rather-long", s, None, status="diverged", healthy=False) for s in range(5)]
    with opened(browser, write_report(write_study(tmp_path / "first", rows))) as page:
        drawn(page)
        assert page.locator(".chart").count() == 5
        light = page.evaluate("getComputedStyle(document.querySelector('.ytick text')).fill")
        assert min(page.evaluate(CONTRAST, TEXTS)) >= 4.5
        page.emulate_media(color_scheme="dark")
        page.wait_for_function("old => getComputedStyle(document.querySelector('.ytick text')).fill !== old", arg=light)
        assert min(page.evaluate(CONTRAST, TEXTS)) >= 4.5
        wide = page.evaluate(WIDTHS)
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert set(page.evaluate(WIDTHS)) == {690}
        page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert page.evaluate(WIDTHS) == wide
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 844})
            page.wait_for_function("width => document.documentElement.scrollWidth === width", arg=width)
