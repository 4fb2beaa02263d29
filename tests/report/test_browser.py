from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from PIL import Image
from playwright.sync_api import Browser, Dialog, Page, expect

from steadygan.report import write_report
from steadygan.runs.grid import save_picture
from tests.report.example import build_run, rows
from tests.report.test_diagnosis import LOOKED, ONCE, row
from tests.report.test_page import hostile_run, with_rows

pytestmark = pytest.mark.browser

CONTRAST = """selector => {
  const channel = v => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
  const light = rgb => { const [r, g, b] = rgb.match(/[\\d.]+/g).map(Number);
    return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b); };
  const behind = e => { const c = getComputedStyle(e).backgroundColor;
    return /, 0\\)$/.test(c) && e.parentElement ? behind(e.parentElement) : c; };
  return Array.from(document.querySelectorAll(selector)).map(e => {
    const style = getComputedStyle(e);
    const a = light(e.namespaceURI.endsWith("svg") ? style.fill : style.color), b = light(behind(e.parentElement));
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05); });
}"""
"""Contrast of text with what is behind it, by the formula of WCAG 2.2."""

TEXTS = "h1, h2, h3, p, dt, dd, a, summary, figcaption, .setting, .tag, .when, .moment, .legend li, .ytick text"

PATIENCE_MILLISECONDS = 180_000
"""How long a busy machine may take to show a page."""


@contextmanager
def opened(
    browser: Browser, path: Path, width: int = 1280, scheme: Literal["light", "dark"] = "light", scripts: bool = True
) -> Iterator[Page]:
    """The page in a window; at its end, there must have been no error and no request."""
    context = browser.new_context(
        viewport={"width": width, "height": 844},
        color_scheme=scheme,
        java_script_enabled=scripts,
        has_touch=width < 500,
    )
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    problems: list[str] = []

    def note_dialog(dialog: Dialog) -> None:
        problems.append(dialog.message)
        dialog.dismiss()

    page = context.new_page()
    page.on("console", lambda message: problems.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("dialog", note_dialog)
    page.on("request", lambda request: problems.append(request.url) if not is_local(request.url) else None)
    page.goto(path.as_uri())
    try:
        yield page
        assert problems == []
    finally:
        context.close()


def is_local(url: str) -> bool:
    return url.startswith("data:") or (url.startswith("file:") and url.endswith("report.html"))


def shown(page: Page) -> str | None:
    (image,) = [image for image in page.locator("#frames img").all() if image.is_visible()]
    return image.get_attribute("data-images")


def test_the_slider_the_keys_and_the_button_change_the_image(browser: Browser, run_folder: Path) -> None:
    with opened(browser, write_report(run_folder)) as page:
        assert shown(page) == "600000"
        page.locator("#time").fill("1")
        assert shown(page) == "120000"
        assert page.locator("#moment").inner_text() == "after 120,000 images"
        assert page.locator("#time").get_attribute("aria-valuetext") == "after 120,000 images"
        page.locator("#time").press("ArrowRight")
        assert shown(page) == "240000"
        page.locator("#time").blur()
        page.keyboard.press("ArrowLeft")
        assert shown(page) == "120000"
        page.get_by_role("button", name="Play").click()
        expect(page.locator("#time")).to_have_value("5")
        expect(page.get_by_role("button", name="Play")).to_be_visible()
        assert shown(page) == "600000"


def test_the_pictures_are_really_decoded(browser: Browser, run_folder: Path) -> None:
    with opened(browser, write_report(run_folder)) as page:
        widths = page.evaluate("Array.from(document.images, image => image.naturalWidth)")
        assert widths == [62] * 7


def test_curves_are_drawn_and_tell_their_values(browser: Browser, run_folder: Path) -> None:
    with opened(browser, write_report(run_folder)) as page:
        page.locator(".chart .scatterlayer .js-line").first.wait_for(state="attached")
        drawn = page.evaluate(
            "Array.from(document.querySelectorAll('.chart'), c => c.querySelectorAll('.scatterlayer .js-line').length)"
        )
        assert drawn == [1, 4, 4, 4, 4, 2, 2]
        box = page.locator(".chart").nth(1)
        box.scroll_into_view_if_needed()
        box.hover(position={"x": 200, "y": 100})
        page.locator(".hoverlayer text").first.wait_for()
        words = box.locator(".hoverlayer").text_content() or ""
        assert "images" in words
        assert "discriminator" in words


def test_a_click_on_a_curve_goes_to_the_samples_of_that_moment(browser: Browser, run_folder: Path) -> None:
    with opened(browser, write_report(run_folder)) as page:
        box = page.locator(".chart").nth(2)
        box.locator(".scatterlayer .js-line").first.wait_for(state="attached")
        box.scroll_into_view_if_needed()
        box.hover(position={"x": 75, "y": 100})
        page.locator(".hoverlayer text").first.wait_for()
        page.mouse.down()
        page.mouse.up()
        expect(page.locator("#time")).to_have_value("0")
        assert shown(page) == "0"


@pytest.mark.parametrize("width", [320, 390, 760, 1280])
def test_the_page_never_scrolls_sideways(browser: Browser, tmp_path: Path, width: int) -> None:
    skipped = [{"path": "deep/" * 60 + "x" * 300 + ".jpg", "reason": "y" * 200}]
    with opened(browser, write_report(build_run(tmp_path / "runs" / "first", skipped=skipped)), width) as page:
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        page.locator(".chart .js-line").first.wait_for(state="attached")
        assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_can_be_read_in_both_schemes(
    browser: Browser, run_folder: Path, scheme: Literal["light", "dark"]
) -> None:
    with opened(browser, write_report(run_folder), scheme=scheme) as page:
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        page.locator(".ytick text").first.wait_for(state="attached")
        contrasts = page.evaluate(CONTRAST, TEXTS)
        assert len(contrasts) > 100
        assert min(contrasts) >= 4.5


def test_a_change_of_scheme_recolours_page_and_curves(browser: Browser, run_folder: Path) -> None:
    colours = """[getComputedStyle(document.body).backgroundColor,
                  getComputedStyle(document.querySelector('.xtick text')).fill,
                  getComputedStyle(document.querySelector('.js-line')).stroke]"""
    with opened(browser, write_report(run_folder)) as page:
        page.locator(".xtick text").first.wait_for(state="attached")
        light = page.evaluate(colours)
        page.emulate_media(color_scheme="dark")
        page.wait_for_function(
            "old => getComputedStyle(document.querySelector('.js-line')).stroke !== old", arg=light[2]
        )
        dark = page.evaluate(colours)
        assert all(before != after for before, after in zip(light, dark, strict=True))


def test_hostile_names_run_nothing(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, write_report(hostile_run(tmp_path / "run"))) as page:
        page.locator(".chart .js-line").first.wait_for(state="attached")
        assert "<script>" in page.locator("h1").inner_text()


def test_a_long_run_opens(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, write_report(build_run(tmp_path / "run", measured=rows(5000)))) as page:
        page.locator(".chart .js-line").first.wait_for(state="attached")
        points = page.evaluate(
            "Math.max(...JSON.parse(document.getElementById('chart-data').textContent).charts"
            ".flatMap(c => c.curves.map(v => v.values.length)))"
        )
        assert 1000 < points <= 2000


def test_a_run_that_has_only_begun_opens(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    with opened(browser, write_report(tmp_path), width=390) as page:
        assert page.get_by_text("No samples yet").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_without_scripts_the_last_samples_are_there(browser: Browser, run_folder: Path) -> None:
    with opened(browser, write_report(run_folder), scripts=False) as page:
        visible = [
            image.get_attribute("data-images") for image in page.locator("#frames img").all() if image.is_visible()
        ]
        assert visible == ["600000"]


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("classes", [10, 16])
def test_names_stand_beside_their_rows(browser: Browser, tmp_path: Path, width: int, classes: int) -> None:
    names = [f"{n} " + "long name " * (n % 2) * 5 for n in range(classes)]
    with opened(browser, write_report(with_rows(tmp_path / "run", names, classes)), width) as page:
        assert page.evaluate("document.documentElement.scrollWidth") == width
        for figure in page.locator(".compare figure").all():
            (image,) = [image for image in figure.locator("img").all() if image.is_visible()]
            picture, row = image.bounding_box(), figure.locator(".rows li").all()
            assert picture is not None
            assert len(row) == classes
            for place, each in enumerate(row):
                box = each.bounding_box()
                assert box is not None
                middle = picture["y"] + (place + 0.5) * picture["height"] / classes
                assert abs(box["y"] + box["height"] / 2 - middle) < 3
                assert box["x"] + box["width"] <= picture["x"]
                text = each.locator("bdi").bounding_box()
                assert text is not None
                assert text["height"] <= box["height"] + 1
                assert text["width"] > 4


@pytest.mark.parametrize("names", [[], [str(n) for n in range(10)]])
def test_pixels_of_small_pictures_stay_square_and_alike(browser: Browser, tmp_path: Path, names: list[str]) -> None:
    folder = with_rows(tmp_path / "run", names or ["0"] * 8, 10)
    if not names:
        for path in folder.glob("samples/*.png"):
            save_picture(Image.new("L", (274, 274)), path)
    with opened(browser, write_report(folder)) as page:
        for image in page.locator(".compare img").all():
            if image.is_visible():
                box = image.bounding_box()
                assert box is not None
                assert (box["width"], image.evaluate("image => getComputedStyle(image).imageRendering")) == (
                    2 * 274,
                    "pixelated",
                )


def test_shares_are_drawn_between_0_and_1(browser: Browser, tmp_path: Path) -> None:
    measured = [{"images": step, "balance/accuracy": 0.5 + step / 1000} for step in range(1, 100)]
    with opened(browser, write_report(build_run(tmp_path / "run", measured=measured))) as page:
        page.locator(".ytick text").first.wait_for(state="attached")
        assert page.locator(".ytick text").all_text_contents() == ["0", "0.25", "0.5", "0.75", "1"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_findings_show_their_pictures_and_tint_the_curves(
    browser: Browser, tmp_path: Path, scheme: Literal["light", "dark"]
) -> None:
    watched = row(100_000, 120_000, finding="stalled", severity="watch", evidence=[])
    build_run(tmp_path / "run", findings=[*ONCE, watched], measured=rows() + LOOKED)
    with opened(browser, write_report(tmp_path / "run"), scheme=scheme) as page:
        stills = page.locator("#doctor img")
        expect(stills).to_have_count(6)
        assert all(still.evaluate("image => image.naturalWidth") == 62 for still in stills.all())
        page.wait_for_function(
            "Array.from(document.querySelectorAll('.charts')[0].children).every(card => "
            "card.querySelector('.chart').data)"
        )
        shapes = page.evaluate(
            "Array.from(document.querySelectorAll('.chart')).filter(box => box.data)"
            ".map(box => box.layout.shapes.filter(shape => shape.type === 'rect'))"
            ".map(shapes => shapes.map(shape => [shape.x0, shape.x1, shape.y0]))"
        )
        # the chart that speaks for a finding is tinted from top to bottom, the others have a strip
        assert sorted(bottom for chart in shapes for _, _, bottom in chart).count(0) == 1
        assert all(len(chart) == 2 and [200_000, 420_000] in [band[:2] for band in chart] for chart in shapes)
        assert min(page.evaluate(CONTRAST, "#doctor .severity, #doctor p, #doctor dt, #doctor .when")) >= 4.5
        assert page.locator(".more-charts .chart").evaluate("box => box.data === undefined")
        page.locator(".more-charts summary").click()
        page.locator(".more-charts .chart .main-svg").first.wait_for()
        assert page.locator("#doctor code").first.inner_text() == "steadygan train mnist --with packing"
