"""Put the page together."""

import shlex
from pathlib import Path

from steadygan.report import facts, overview
from steadygan.report.curves import charts
from steadygan.report.diagnosis import bands, calm_sentence, diagnosis, end_of
from steadygan.report.ingredients import filled_slots
from steadygan.report.pictures import frames, real_picture
from steadygan.report.read import RunRecord, read_run_record, table, text, texts
from steadygan.report.rescues import decisions
from steadygan.report.skipped import PATHS, group_skipped
from steadygan.report.templating import environment, parts
from steadygan.runs.folder import write_atomically


def write_report(folder: Path | str) -> Path:
    """Rebuild ``report.html`` from what lies in a run folder.

    Args:
        folder: a run folder; the run may be unfinished, and files may be missing or damaged.

    Returns:
        Where the page lies.

    Raises:
        SteadyganError: when it is no run folder or the page cannot be written.
    """
    record = read_run_record(folder)
    # Names of files may hold lone surrogates, which UTF-8 cannot encode.
    page = render(record).encode("utf-8", "replace")
    write_atomically(record.folder.report, page, f"write it with: steadygan report {shlex.quote(str(folder))}")
    return record.folder.report


def render(record: RunRecord) -> str:
    """The page as HTML."""
    drawn = charts(record.rows)
    manifest = record.manifest
    data = None if manifest is None else manifest.data
    shown = frames(record.folder)
    found = diagnosis(record, shown)
    telling = {reason.figure for each in found for reason in each.reasons}
    return (
        environment()
        .get_template("report.html")
        .render(
            name=(manifest and manifest.name) or record.folder.path.resolve().name,
            sentence=overview.summary_sentence(record),
            figures=overview.figures(record),
            conclusion=overview.conclusion(record),
            warnings=overview.warnings(record),
            notes=() if manifest is None else manifest.notes,
            frames=shown,
            frames_left_out=len(record.folder.sample_grids()) - len(shown),
            real=real_picture(record.folder),
            vectors=data is not None and data.kind == "vectors",
            flattened=data is not None and facts.is_flattened(data),
            classes=(manifest and manifest.classes) or 0,
            found=found,
            rescues=decisions(record),
            calm=calm_sentence(record, found),
            end=max([end_of(record), *(span.until for each in found for span in each.spans)]) or 1.0,
            recipe=_recipe_head(record),
            slots=filled_slots(record.recipe),
            recipe_settings=facts.flat(table(record.recipe.get("settings"))),
            data_facts=[] if manifest is None else facts.data_facts(manifest),
            class_names=((), 0) if data is None else facts.class_names(data),
            setting_facts=[] if manifest is None else facts.setting_facts(manifest),
            network_facts=[] if manifest is None else facts.network_facts(manifest),
            environment_facts=facts.flat(record.environment),
            skipped=group_skipped(record.skipped),
            skipped_count=len(record.skipped),
            single_colour=record.single_colour[:PATHS],
            single_colour_count=len(record.single_colour),
            commands=facts.commands(record),
            version="" if manifest is None else manifest.version,
            **parts(drawn, bands(found), telling),
        )
    )


def _recipe_head(record: RunRecord) -> dict[str, object]:
    """The words of the recipe itself."""
    words_of_recipe: dict[str, object] = {
        key: text(record.recipe.get(key)) for key in ("name", "summary", "measured", "network")
    }
    return words_of_recipe | {"written": bool(record.recipe), "sources": texts(record.recipe.get("sources"))}
