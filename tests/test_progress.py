import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from steadygan.doctor.finding import Evidence, Finding, Severity, Treatment
from steadygan.progress import ProgressLine, amount, clock, fitting
from steadygan.screen import finding_text, print_finding
from steadygan.vocabulary import Failure

ROW = {"discriminator/loss": 0.52749, "generator/loss": 0.90649}


def terminal(width: int = 80) -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=width, color_system=None, legacy_windows=False)


def plain() -> Console:
    return Console(file=io.StringIO(), force_terminal=False, width=80)


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def last_frame(console: Console) -> list[str]:
    """What stays on the screen: the lines after the last time that the cursor went back."""
    frame = re.split(r"\x1b\[2K", shown(console))[-1]
    return [line.rstrip() for line in re.sub(r"\x1b\[[?0-9;]*[a-zA-Z]", "", frame).replace("\r", "").splitlines()]


def played(console: Console, *findings: str, steps: int = 10) -> ProgressLine:
    """A run of 10,000 images in ``steps`` steps of a second each."""
    line = ProgressLine(console)
    for step in range(1, steps + 1):
        line.tick(10_000 * step // steps, float(step), step / steps)
        line.row(ROW)
    for finding in findings:
        line.finding(finding)
    line.tick(10_000, float(steps), 1.0)
    line.close()
    return line


# --- on a terminal


def test_a_terminal_shows_images_speed_time_left_and_losses() -> None:
    console = terminal(100)
    played(console)
    (line,) = last_frame(console)
    assert line.endswith("100% · 10,000 images at 1,000/s · done in 0:10 · loss D 0.527 G 0.906")


def test_the_accuracy_on_what_is_held_out_follows_the_losses_until_a_newer_one_comes() -> None:
    console = terminal(120)
    line = ProgressLine(console)
    line.tick(0, 0.0, 0.0)
    line.row({"quality/sliced_wasserstein": 0.2, "semi-supervised/held-out-accuracy": 0.89444})
    line.row(ROW | {"semi-supervised/accuracy": 1.0})
    line.tick(10_000, 10.0, 1.0)
    line.close()
    assert last_frame(console)[0].endswith("loss D 0.527 G 0.906 · held-out accuracy 89.4%")


def test_where_there_is_little_room_the_accuracy_goes_first() -> None:
    console = terminal(80)
    line = ProgressLine(console)
    line.tick(0, 0.0, 0.0)
    line.row(ROW | {"semi-supervised/held-out-accuracy": 0.89444})
    line.tick(10_000, 10.0, 1.0)
    line.close()
    assert last_frame(console)[0].endswith("loss D 0.527 G 0.906")


def test_half_way_the_time_left_is_the_time_that_it_took() -> None:
    console = terminal(100)
    line = ProgressLine(console)
    line.begin(0, 10.0, 0.0)
    line.tick(5_000, 70.0, 0.5)
    line.close()
    assert " 50% · 5,000 images at 83/s · 1:00 left" in last_frame(console)[0]


def test_the_time_left_of_a_run_that_goes_on_counts_from_where_it_went_on() -> None:
    console = terminal(100)
    line = ProgressLine(console)
    line.begin(9_000, 900.0, 0.9)
    line.tick(9_500, 910.0, 0.95)
    line.close()
    assert "at 50/s · 0:10 left" in last_frame(console)[0]


def test_a_run_that_goes_on_tells_the_time_left_at_once_and_in_the_end_the_time_of_the_sitting() -> None:
    console = terminal(100)
    line = ProgressLine(console)
    line.begin(9_000, 900.0, 0.9)
    assert line._words()[2] == "1:40 left"
    line.tick(10_000, 930.0, 1.0)
    line.close()
    assert "done in 15:30 (0:30 in this sitting)" in last_frame(console)[0]


def test_the_conclusion_is_said_last_and_whole_with_what_to_try() -> None:
    for console in (terminal(120), plain()):
        line = ProgressLine(console)
        line.tick(5_000, 10.0, 1.0)
        line.conclusion("It is \x1b[2Jearly: 5,000 images", "steadygan train --resume run --images 60000")
        assert "early" not in shown(console)
        line.close()
        said = [line.removeprefix("\x1b[?25h") for line in shown(console).splitlines()[-2:]]
        assert said == ["It is \\x1b[2Jearly: 5,000 images", "try: steadygan train --resume run --images 60000"]


FOUND = Finding(
    kind=Failure.MODE_COLLAPSE,
    severity=Severity.CRITICAL,
    since=1,
    seen_at=900,
    evidence=(
        Evidence(figure="doctor/variety", value=0.1, sentence="images differ 10% as much as the data do"),
        Evidence(figure="doctor/twins", value=0.9, sentence="90% have a twin"),
    ),
    meaning="Not said here.",
    treatments=(Treatment(sentence="Packs.", command="steadygan train [bold]photos --with packing"),),
)
LINES = [
    "critical: mode-collapse since 1 image",
    "  images differ 10% as much as the data do; 90% have a twin",
    "  try: steadygan train [bold]photos --with packing",
]


def test_a_finding_is_said_once_in_three_lines_off_a_terminal() -> None:
    console = plain()
    line = ProgressLine(console)
    line.diagnosis(FOUND)
    line.tick(10_000, 10.0, 1.0)
    line.close()
    assert shown(console).splitlines()[:3] == LINES
    assert shown(console).count("mode-collapse") == 1


def test_a_failure_that_lasts_is_not_told_again_as_less_serious() -> None:
    console = plain()
    line = ProgressLine(console)
    watched = FOUND.model_copy(update={"severity": Severity.WATCH})
    for finding in (
        FOUND,
        watched,
        watched.model_copy(update={"ended_at": 2}),
        FOUND.model_copy(update={"ended_at": 3}),
    ):
        line.diagnosis(finding)
    assert shown(console).splitlines() == [*LINES, "mode-collapse is gone since 3 images"]
    for finding in (watched, FOUND):
        line.diagnosis(finding)
    assert [text.split(":")[0] for text in shown(console).splitlines() if "since 1" in text][-2:] == [
        "watch",
        "critical",
    ]


def test_on_a_terminal_a_finding_stays_above_the_line_that_is_redrawn() -> None:
    console = terminal(100)
    line = ProgressLine(console)
    line.tick(1_000, 1.0, 0.1)
    line.diagnosis(FOUND)
    line.tick(10_000, 10.0, 1.0)
    line.close()
    written = re.sub(r"\x1b\[[?0-9;]*[a-zA-Z]", "", shown(console))
    assert "\n".join(LINES) in written
    assert written.count("mode-collapse") == 1
    assert len(last_frame(console)) == 1  # nothing of it in the line


@pytest.mark.parametrize(
    ("severity", "colour"), [(Severity.WATCH, "36"), (Severity.WARNING, "33"), (Severity.CRITICAL, "1;31")]
)
def test_a_finding_is_coloured_by_how_serious_it_is(severity: Severity, colour: str) -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=80, color_system="standard")
    console.print(finding_text(FOUND.model_copy(update={"severity": severity})))
    assert f"\x1b[{colour}m{severity}: mode-collapse\x1b[0m since 1 image" in shown(console)


def test_advice_without_a_command_is_the_thing_to_try() -> None:
    treatments = (Treatment(sentence="compare both"), *FOUND.treatments)
    assert finding_text(FOUND.model_copy(update={"treatments": treatments})).plain.endswith("\n  try: compare both")


def test_sentences_break_between_words_and_commands_stay_whole_for_copying() -> None:
    console = terminal(30)
    print_finding(console, FOUND)
    lines = shown(console).splitlines()
    assert lines[-1] == LINES[-1]  # longer than the terminal, which breaks it only to the eye
    assert all(len(line) <= 30 for line in lines[:-1])
    assert [line.startswith("  ") for line in lines] == [False, False] + [True] * (len(lines) - 2)
    assert " ".join(" ".join(lines[:-1]).split()) == " ".join(" ".join(LINES[:-1]).split())


def test_a_finding_that_has_ended_is_one_quiet_line() -> None:
    text = finding_text(FOUND.model_copy(update={"ended_at": 2_000}))
    assert (text.plain, text.style) == ("mode-collapse is gone since 2,000 images", "dim")


def test_a_note_is_said_at_once() -> None:
    console = plain()
    ProgressLine(console).note("At this speed training sees about 5,000 images")
    assert shown(console) == "At this speed training sees about 5,000 images\n"


def test_the_newest_warning_stands_below_and_whole_in_the_end() -> None:
    console = terminal(40)
    played(console, "old news", "7 measured values of the last 20 steps were not finite")
    lines = last_frame(console)
    assert " ".join(lines[1:]) == "warning: 7 measured values of the last 20 steps were not finite"
    assert "old news" not in " ".join(lines)


@pytest.mark.parametrize("width", [20, 30, 40, 60, 80, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    console = terminal(width)
    played(console, "a warning that is much longer than any terminal " * 4)
    for line in re.sub(r"\x1b\[[?0-9;]*[a-zA-Z]", "", shown(console)).replace("\r", "\n").splitlines():
        assert len(line) <= width


def test_the_least_important_words_go_first() -> None:
    console = terminal(40)
    played(console)
    assert last_frame(console)[0].endswith("100% · 10,000 images at 1,000/s")


def test_a_warning_before_the_first_step_is_not_lost() -> None:
    console = terminal()
    line = ProgressLine(console)
    line.finding("the newest checkpoint was damaged")
    line.close()
    assert "warning: the newest checkpoint was damaged" in shown(console)


# --- off a terminal


def test_off_a_terminal_there_is_a_plain_line_now_and_then() -> None:
    console = plain()
    played(console, steps=1000)
    lines = shown(console).splitlines()
    assert len(lines) == 20
    assert lines[0].startswith("  5% · 500 images")
    assert lines[-1].startswith("100% · 10,000 images")
    assert "\x1b" not in shown(console)


def test_off_a_terminal_a_long_run_is_never_silent_for_long() -> None:
    console = plain()
    line = ProgressLine(console)
    for minute in range(61):
        line.tick(minute, 60.0 * minute, minute / 100_000)
    assert len(shown(console).splitlines()) == 60 // 5


def test_off_a_terminal_no_blank_line_ends_the_run() -> None:
    console = plain()
    played(console)
    assert not shown(console).endswith("\n\n")
    unused = plain()
    ProgressLine(unused).close()
    assert shown(unused) == ""


def test_off_a_terminal_a_warning_is_said_once() -> None:
    console = plain()
    played(console, "not finite", "not finite")
    assert shown(console).count("warning: not finite\n") == 1


def test_a_run_that_goes_on_does_not_repeat_the_lines_before() -> None:
    console = plain()
    line = ProgressLine(console)
    line.begin(5_000, 50.0, 0.5)
    for percent in range(51, 101):
        line.tick(percent * 100, float(percent), percent / 100)
    assert shown(console).startswith(" 55% ")


def test_losses_that_are_not_there_are_not_shown() -> None:
    console = plain()
    line = ProgressLine(console)
    line.tick(0, 0.0, 0.0)
    line.row({"discriminator/loss": None, "quality/sliced_wasserstein": 0.1})
    line.grid(0, Path("grid.png"))
    line.tick(100, 1.0, 1.0)
    assert "loss" not in shown(console)


def test_a_slow_run_has_a_speed_above_zero() -> None:
    console = plain()
    line = ProgressLine(console)
    line.tick(0, 0.0, 0.0)
    line.tick(4, 10.0, 1.0)
    assert "4 images at 0.4/s" in shown(console)


# --- words


def test_words_are_kept_from_the_first_on_as_far_as_they_fit() -> None:
    words = ["one", "two", "three"]
    assert fitting(words, 17) == "one · two · three"
    assert fitting(words, 16) == "one · two"
    assert fitting(words, 1) == "one"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0:00"), (-3, "0:00"), (59.6, "1:00"), (754, "12:34"), (3600, "1:00:00"), (90_061, "25:01:01")],
)
def test_the_clock_reads_as_a_clock(seconds: float, words: str) -> None:
    assert clock(seconds) == words


@pytest.mark.parametrize(
    ("text", "images"),
    [
        ("1", 1),
        ("60000", 60_000),
        ("60_000", 60_000),
        ("60,000", 60_000),
        ("600k", 600_000),
        ("600K", 600_000),
        ("1M", 1_000_000),
        ("1m", 1_000_000),
        ("1.5M", 1_500_000),
        ("1.001k", 1_001),
        ("0.5k", 500),
        ("1e6", 1_000_000),
        (" 8k ", 8_000),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, images: int) -> None:
    assert amount(text) == images


@pytest.mark.parametrize(
    "text", ["", "k", "0", "-1", "1.5", "0.0001k", "nan", "inf", "1e400", "1e999999999", "1G", "many", "1k k", "0x10"]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        amount(text)


@given(st.integers(1, 10**9))
def test_every_whole_number_is_read_in_all_three_ways(number: int) -> None:
    assert amount(str(number)) == amount(f"{number:_}") == amount(f"{number:,}") == number
    assert amount(f"{number}k") == 1000 * number


@given(st.integers(0, 10**7))
def test_a_clock_counts_its_seconds(seconds: int) -> None:
    parts = [int(part) for part in clock(seconds).split(":")]
    assert sum(part * 60**place for place, part in enumerate(reversed(parts))) == seconds


def test_a_busy_machine_is_told_before_the_losses_until_it_is_quiet_again() -> None:
    console = terminal(120)
    line = ProgressLine(console)
    line.tick(0, 0.0, 0.0)
    line.row(ROW | {"time/without_core": 0.314})
    line.tick(10_000, 10.0, 1.0)
    line.close()
    said = "done in 0:10 · machine busy: 31% of the time without a core · loss D 0.527 G 0.906"
    assert last_frame(console)[0].endswith(said)

    console = terminal(120)
    line = ProgressLine(console)
    line.tick(0, 0.0, 0.0)
    for share in (0.314, 0.02):
        line.row(ROW | {"time/without_core": share})
    line.tick(10_000, 10.0, 1.0)
    line.close()
    assert "busy" not in last_frame(console)[0]
