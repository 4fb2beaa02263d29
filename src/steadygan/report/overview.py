"""The run at a glance: a sentence, a few figures, and what was found wrong."""

from collections.abc import Sequence
from dataclasses import dataclass

from steadygan.amounts import things
from steadygan.cores import BUSY
from steadygan.report.diagnosis import is_of_doctor
from steadygan.report.facts import own_commands
from steadygan.report.groups import is_data_value, metric_of
from steadygan.report.read import RunRecord, Table, newest, number, text
from steadygan.report.words import count, duration, figure, percent, sentence_case, spaced
from steadygan.runs.budget import Budget

MOST_MEASURES = 8
"""Measures of quality of which the newest value is shown: those that every run has, and those of its judgements."""


@dataclass(frozen=True)
class Figure:
    """A number with its name and a remark in small print."""

    name: str
    value: str
    remark: str = ""


@dataclass(frozen=True)
class Warned:
    """A finding, with every time that it was made.

    Attributes:
        finding: its name.
        message: what was said last.
        when: at how many images.
    """

    finding: str
    message: str
    when: str


def summary_sentence(record: RunRecord) -> str:
    """What this run is and how far it came."""
    recipe, source = text(record.recipe.get("name")), "" if record.manifest is None else record.manifest.data.source
    subject = " ".join(
        part for part in (f"Recipe {recipe}" if recipe else "", f"on {source}" if source else "") if part
    )
    images = newest(record.rows, "images")
    if images is None:
        progress = "no measurements yet: the run has not come to its first row."
    else:
        seconds = newest(record.rows, "seconds")
        time = "" if seconds is None else f" in {duration(seconds)}"
        progress = f"{things(round(images), 'image')} seen{time}{_ending(record)}."
    return f"{subject}: {progress}" if subject else progress[0].upper() + progress[1:]


def _ending(record: RunRecord) -> str:
    """Whether the run came to the end that was planned."""
    if record.manifest is None:
        return ""
    budget = Budget.of(record.training)
    seen, seconds = newest(record.rows, "images") or 0.0, newest(record.rows, "seconds") or 0.0
    # a run from before runs wrote a row at their end stopped a few steps after its last row
    if budget.fraction(int(seen), seconds / 0.98) >= 1:
        return ", as planned"
    if budget.images:
        return f", {seen / budget.images:.0%} of the {count(budget.images)} planned"
    assert budget.minutes is not None  # a budget has one of both
    planned = f"{figure(budget.minutes)} {'minute' if budget.minutes == 1 else 'minutes'} planned"
    return f", {seconds / 60 / budget.minutes:.0%} of the {planned}"


def figures(record: RunRecord) -> list[Figure]:
    """The figures at the top of the page; those that were not measured are left out."""
    rows = record.rows
    images, speed = newest(rows, "images"), newest(rows, "images_per_second")
    found = []
    if images is not None:
        size = None if record.manifest is None else record.manifest.data.count
        found.append(Figure("Images seen", count(images), f"{figure(images / size)} × the data" if size else ""))
    if (seconds := newest(rows, "seconds")) is not None:
        found.append(Figure("Training time", duration(seconds)))
    if speed is not None:
        waited = newest(rows, "time/data")
        remark = "" if waited is None else f"; {percent(waited)} of the time is waiting for data"
        without = without_core(rows)
        remark += f"; {percent(without)} without a core, because the machine was busy" if without >= BUSY else ""
        found.append(Figure("Speed", figure(speed), f"images a second{remark}"))
    return found + _held_out_accuracy(record) + _quality(rows)


def conclusion(record: RunRecord) -> dict[str, str]:
    """What was said at the end, with the run folder named as in the other commands of the page."""
    message, command = (text(record.conclusion.get(key)) for key in ("message", "command"))
    return {"message": message, "command": own_commands(record, [command])[0]}


def without_core(rows: Sequence[Table]) -> float:
    """The share of its threads' time, over the whole run, that it had no core because other programs had them.

    Args:
        rows: of ``metrics.jsonl``; 0 where none of them says it.
    """
    waited = lasted = before = 0.0
    for row in rows:
        seconds, share = number(row.get("seconds")), number(row.get("time/without_core"))
        if seconds is None:
            continue
        if share is not None:
            waited += share * (seconds - before)
            lasted += seconds - before
        before = seconds
    return waited / lasted if lasted > 0 else 0.0


def _held_out_accuracy(record: RunRecord) -> list[Figure]:
    """The newest share of held-out images that were classified rightly, of every heuristic that measures it."""
    held_out = None if record.manifest is None else record.manifest.held_out
    keys = [key for key in dict.fromkeys(key for row in record.rows for key in row) if is_held_out_accuracy(key)]
    found = []
    for key in keys:
        values = [(value, row["images"]) for row in record.rows if (value := number(row.get(key))) is not None]
        if not values:
            continue
        best, when = max(values, key=lambda pair: pair[0])
        newest_is_best = values[-1][0] == best
        remark = "this is the best" if newest_is_best else f"best {percent(best)} at {count(when)}"
        of = f"of {things(held_out, 'image')}; " if held_out else ""
        found.append(Figure("Held-out accuracy", percent(values[-1][0]), of + remark))
    return found


def is_held_out_accuracy(key: str) -> bool:
    """Whether a measurement is an accuracy on what no move is trained on, as its name says."""
    return key.rpartition("/")[2] == "held-out-accuracy"


def _quality(rows: Sequence[Table]) -> list[Figure]:
    """The newest value of each measure of quality."""
    keys = dict.fromkeys(key for row in rows for key in row if key.startswith("quality/") and not is_data_value(key))
    found = []
    for key in list(keys)[:MOST_MEASURES]:
        values = [(value, row["images"]) for row in rows if (value := number(row.get(key))) is not None]
        if not values:
            continue
        remark = ""
        metric = metric_of(key)
        if metric is not None:
            best, when = min(values) if metric.lower_is_better else max(values, key=lambda pair: pair[0])
            remark = "lower is better; " if metric.lower_is_better else "higher is better; "
            remark += "this is the best" if values[-1][0] == best else f"best {figure(best)} at {count(when)}"
            if (own := newest(rows, f"{key}/data")) is not None:
                remark += f"; the data have {figure(own)}"
        name = spaced(key.removeprefix("quality/"))
        found.append(Figure(sentence_case(name), figure(values[-1][0]), remark))
    return found


def warnings(record: RunRecord) -> list[Warned]:
    """What was found wrong but not by the doctor, each finding once: non-finite values and damaged files."""
    groups: dict[str, list[Table]] = {}
    for row in record.findings:
        if not is_of_doctor(row):
            groups.setdefault(text(row.get("finding")) or "finding", []).append(row)
    found = [Warned(name, text(rows[-1].get("message")), _when(rows)) for name, rows in groups.items()]
    broken = [row for row in record.rows if number(row.get("not_finite"))]
    if broken and "not-finite" not in {text(row.get("finding")) for row in record.findings}:
        message = f"{things(len(broken), 'row')} of measurements counted values that were not finite."
        found.append(Warned("not-finite", message, _when(broken)))
    for name in record.unreadable:
        found.append(Warned("damaged file", f"{name} cannot be read, so this page lacks what it holds.", ""))
    return found


def _when(rows: Sequence[Table]) -> str:
    """At how many images, in words."""
    moments = [value for row in rows if (value := number(row.get("images"))) is not None]
    if not moments:
        return ""
    if len(moments) == 1:
        return f"at {things(round(moments[0]), 'image')}"
    return f"{count(len(moments))} times, from {count(min(moments))} to {things(round(max(moments)), 'image')}"
