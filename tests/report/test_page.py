import errno
import json
import os
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from steadygan.errors import SteadyganError
from steadygan.report import write_report
from steadygan.runs.grid import save_picture
from tests.report.example import RECIPE, RUN, build_run, rows

POINTS = RUN["data"] | {"kind": "vectors", "shape": [2], "count": 500}
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{ 7*7 }}"


class Elements(HTMLParser):
    """Tags with attributes, the text outside scripts and styles, and the content of styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.style = ""
        self._inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "style":
            self.style += data
        elif self._inside != "script":
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def page_of(folder: Path) -> Elements:
    return Elements(write_report(folder).read_text(encoding="utf-8"))


def test_the_page_lies_in_the_run_folder_and_replaces_the_old_one(run_folder: Path) -> None:
    (run_folder / "report.html").write_text("old")
    assert write_report(str(run_folder)) == run_folder / "report.html"
    assert (run_folder / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert not list(run_folder.glob(".report*"))


def test_the_same_folder_gives_the_same_page(run_folder: Path) -> None:
    first = write_report(run_folder).read_bytes()
    assert write_report(run_folder).read_bytes() == first


def test_nothing_is_loaded_from_elsewhere(run_folder: Path) -> None:
    page = page_of(run_folder)
    loads = [value for _, attributes in page.tags for name, value in attributes.items() if name in ("src", "srcset")]
    loads += [attributes["href"] for attributes in page.all("link")]
    assert loads
    assert all(load is not None and load.startswith("data:") for load in loads)
    assert not {"iframe", "object", "embed", "base", "video", "audio"} & {tag for tag, _ in page.tags}
    assert "@import" not in page.style
    assert "url(" not in page.style
    policy = next(meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert "default-src 'none'" in policy


def test_every_picture_says_what_it_is(run_folder: Path) -> None:
    pictures = page_of(run_folder).all("img")
    assert len(pictures) == 6 + 1
    assert all(picture["alt"] for picture in pictures)
    assert [picture for picture in pictures if "hidden" not in picture] == [pictures[5], pictures[6]]


def test_cards_come_with_formula_and_citation(run_folder: Path) -> None:
    page = page_of(run_folder)
    assert "γ/2" in page.text
    assert "Which Training Methods for GANs do actually Converge?" in page.text
    assert "https://arxiv.org/abs/1801.04406" in [link.get("href") for link in page.all("a")]


def hostile_run(folder: Path) -> Path:
    heuristics = {HOSTILE: {HOSTILE: HOSTILE}, "r1": {HOSTILE: 3}}
    recipe = RECIPE | {"name": HOSTILE, "summary": HOSTILE, "sources": [HOSTILE, "javascript:alert(3)"]}
    data = RUN["data"] | {"source": HOSTILE, "class_names": [HOSTILE], "fingerprint": HOSTILE}
    training = {"device": HOSTILE, "images": 100}
    networks = {"generator": {"name": HOSTILE, "parameters": 1}}
    return build_run(
        folder,
        run=RUN | {"name": HOSTILE, "data": data, "training": training, "networks": networks, "notes": [HOSTILE]},
        recipe=recipe | {"heuristics": heuristics},
        skipped=[{"path": HOSTILE, "reason": HOSTILE}, {"path": "\udce9.jpg", "reason": "name"}],
        findings=[{"images": 1, "finding": HOSTILE, "message": HOSTILE}],
        measured=[{"images": 1, HOSTILE: 1.0, "quality/" + HOSTILE: 1.0}, {"images": 2, HOSTILE: 2.0}],
    )


def test_hostile_names_are_shown_and_never_run(tmp_path: Path) -> None:
    page = page_of(hostile_run(tmp_path / "run"))
    assert page.text.count(HOSTILE) >= 8
    assert len(page.all("script")) == 3
    assert all(picture["src"] != "x" for picture in page.all("img"))
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert all((link.get("href") or "").startswith(("https://", "http://", "#")) for link in page.all("a"))


@pytest.mark.parametrize("count", [1, 3000])
def test_images_of_a_single_colour_are_listed(run_folder: Path, count: int) -> None:
    assert "single colour" not in page_of(run_folder).text
    (run_folder / "single_colour.json").write_text(json.dumps([HOSTILE, *map(str, range(count - 1))]))
    text = page_of(run_folder).text
    assert HOSTILE in text
    assert ("1 image has only one colour. It was" if count == 1 else "3,000 images have only one colour. They") in text
    assert ("and 2,800 more" in text) == (count == 3000)


@pytest.mark.parametrize(
    "missing",
    ["recipe.toml", "environment.json", "skipped.json", "metrics.jsonl", "findings.jsonl", "samples/real.png"],
)
def test_a_page_is_made_without_any_one_file(run_folder: Path, missing: str) -> None:
    (run_folder / missing).unlink()
    assert "first" in page_of(run_folder).text


def test_a_run_that_has_only_begun_gets_a_page_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    page = page_of(tmp_path)
    assert tmp_path.name in page.text
    assert "No samples yet" in page.text
    assert "No measurements yet" in page.text
    assert "Skipped files" not in page.text
    assert not page.all("img")


@pytest.mark.parametrize("value", [None, 3, "text", [1], {"a": {"b": [None]}}, True])
def test_values_of_the_wrong_kind_do_no_harm(run_folder: Path, value: Any) -> None:
    for name in ("environment.json", "skipped.json"):
        (run_folder / name).write_text(json.dumps(value))
    (run_folder / "run.json").write_text(json.dumps(dict.fromkeys(RUN.keys() - {"format"}, value)))
    (run_folder / "metrics.jsonl").write_text(json.dumps({"images": 1, "r1": value, "seconds": value}))
    (run_folder / "findings.jsonl").write_text(json.dumps({"images": value, "finding": value, "message": value}))
    assert "Samples" in page_of(run_folder).text


def test_the_page_says_when_curves_are_smoothed_or_thinned(tmp_path: Path) -> None:
    notes = {}
    for count in (40, 200, 3000):
        text = page_of(build_run(tmp_path / str(count), measured=rows(count))).text
        notes[count] = ("Bold: the mean" in text, "thinned so that" in text)
    assert notes == {40: (False, False), 200: (True, False), 3000: (True, True)}


def test_vectors_are_called_what_they_are(tmp_path: Path) -> None:
    run = RUN | {"data": RUN["data"] | {"kind": "vectors", "shape": [2]}}
    page = page_of(build_run(tmp_path / "run", run=run))
    assert page.all("img")[0]["alt"] == "Scatter plot of generated samples after 0 images"
    assert all("class" not in picture for picture in page.all("img"))


def test_captions_say_what_the_pale_points_are(tmp_path: Path) -> None:
    pages = []
    for size in (2, 5):
        run = RUN | {"data": RUN["data"] | {"kind": "vectors", "shape": [size]}}
        pages.append(page_of(build_run(tmp_path / str(size), run=run)).text)
    assert all("The pale points behind the generated ones are real." in text for text in pages)
    assert ["the first two numbers" in text for text in pages] == [False, True]


def test_small_pictures_are_enlarged_without_blur(tmp_path: Path) -> None:
    folder = build_run(tmp_path / "run")
    Image.new("L", (274, 274)).save(folder / "samples" / "real.png")
    page = page_of(folder)
    # the grids are 62 pixels wide
    assert {(each["class"], each["style"]) for each in page.all("img")[:-1]} == {("pixelated", "max-width: 558px")}
    assert (page.all("img")[-1]["class"], page.all("img")[-1]["style"]) == ("pixelated", "max-width: 548px")
    assert ".pixelated { image-rendering: pixelated; }" in page.style


def test_large_pictures_and_plots_of_points_are_smooth(tmp_path: Path) -> None:
    large, points = build_run(tmp_path / "large"), build_run(tmp_path / "points", run=RUN | {"data": POINTS})
    Image.new("L", (1042, 1042)).save(large / "samples" / "real.png")
    assert not {"class", "style"} & page_of(large).all("img")[-1].keys()
    assert all(not {"class", "style"} & each.keys() for each in page_of(points).all("img"))


def with_rows(folder: Path, names: list[str], classes: int) -> Path:
    """A run whose pictures have a class in each row."""
    build_run(folder, run=RUN | {"classes": classes}, grids=0)
    for name in ("000000000000.png", "000000064000.png", "real.png"):
        save_picture(Image.new("L", (8 * 34 + 2, len(names) * 34 + 2)), folder / "samples" / name, names)
    return folder


def test_rows_of_grids_are_named_beside_them(tmp_path: Path) -> None:
    page = page_of(with_rows(tmp_path / "run", ["zero", HOSTILE, "a name " * 20], classes=3))
    assert [each.get("class") for each in page.all("ol")] == ["rows", "rows"]
    assert page.text.count(HOSTILE) == 2
    assert "Each row is a class." in page.text
    text = page_of(with_rows(tmp_path / "many", [str(n) for n in range(16)], classes=1000)).text
    assert "Each row is a class: the first 16 of 1,000." in text


def test_rows_that_mean_nothing_have_no_names(run_folder: Path) -> None:
    page = page_of(run_folder)
    assert not page.all("ol")
    assert "Each row" not in page.text


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SteadyganError, match="no run folder"):
        write_report(tmp_path / "nowhere")


def test_when_the_disk_is_full_it_is_said_how_to_write_the_page_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    folder = build_run(tmp_path / "my run", grids=0)
    monkeypatch.setattr("steadygan.report.page.render", lambda record: "the page")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SteadyganError, match=r"free some space and write it with: steadygan report '.*/my run'"):
        write_report(folder)
