"""What every page is made with: the templates, and what goes into them as it is."""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from steadygan.amounts import things
from steadygan.doctor.finding import Severity
from steadygan.report import words
from steadygan.report.curves import Chart


def environment() -> Environment:
    """The templates, which escape whatever they are given."""
    made = Environment(
        loader=PackageLoader("steadygan.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(count=words.count, figure=words.figure, things=things, severity=severity_class)
    return made


def severity_class(severity: str) -> str:
    """The class of a severity in the style of the page; that of the least where this version does not know it."""
    return severity if severity in list(Severity) else Severity.WATCH.value


def parts(drawn: Sequence[Chart], found: object = (), telling: Collection[str] = ()) -> dict[str, object]:
    """What a page with these charts needs beside its words: style, scripts, and the charts' data.

    Args:
        drawn: the charts, perhaps none.
        found: spans of findings to be marked in them; see :func:`steadygan.report.diagnosis.bands`.
        telling: figures that show a finding; charts of them are not folded away.
    """
    from plotly.offline import get_plotlyjs

    return {
        "charts": drawn,
        "folded": [chart.folded and not any(curve.figure in telling for curve in chart.curves) for chart in drawn],
        "smoothed": any(curve.smooth_images for chart in drawn for curve in chart.curves),
        "thinned": any(curve.thinned for chart in drawn for curve in chart.curves),
        "style": _verbatim("report.css"),
        "script": _verbatim("report.js"),
        "plotly": Markup(get_plotlyjs()) if drawn else "",
        "chart_data": _for_script({"charts": [asdict(chart) for chart in drawn], "found": found}),
    }


def _verbatim(name: str) -> Markup:
    """A file of the package that goes into the page as it is."""
    return Markup((resources.files("steadygan.report") / "templates" / name).read_text(encoding="utf-8"))


def _for_script(values: object) -> Markup:
    """Values as JSON that cannot end the script element it stands in."""
    written = json.dumps(values, allow_nan=False, separators=(",", ":"))
    return Markup(written.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))
