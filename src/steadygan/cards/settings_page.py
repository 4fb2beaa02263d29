"""Every setting on one page of Markdown: the file docs/settings.md is made of the settings' descriptions alone."""

from pydantic import BaseModel

from steadygan.recipe import Settings
from steadygan.settings import DataSettings, TrainingSettings


def settings_page() -> str:
    """The whole page: Markdown with one line break at its end."""
    blocks = [
        "# The settings",
        "<!-- Made of the descriptions in src/steadygan/settings.py and recipe.py by `make docs`. "
        "Change those, not this page. -->",
        "A recipe's heuristics have parameters of their own: see [the heuristics](heuristics.md).",
        _section(
            "Training",
            "Options of `steadygan train` (`--label-share 0.1`) and arguments of `sg.train()` (`label_share=0.1`).",
            TrainingSettings,
        ),
        _section("Data", "Options of `steadygan train` and arguments of `sg.train()` too.", DataSettings),
        _section(
            "Recipe", "Part of a recipe: `--set batch=32` on the command line, `recipe.set('batch', 32)`.", Settings
        ),
    ]
    return "\n\n".join(blocks) + "\n"


def _section(title: str, words: str, settings: type[BaseModel]) -> str:
    rows = [
        f"| `{name}` | {'' if field.default is None else f'`{field.default}`'} | {field.description} |"
        for name, field in settings.model_fields.items()
    ]
    return "\n".join([f"## {title}", "", words, "", "| setting | default | what it is |", "| --- | --- | --- |", *rows])
