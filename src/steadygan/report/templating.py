"""What every page is made with: the templates, and what goes into them as it is."""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict
from importlib import resources

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from steadygan.amounts import things
from steadygan.doctor.finding import Severity
from steadygan.report import words
from steadygan.report.curves import Chart

PACKAGE = "steadygan.report"


def environment(package: str = PACKAGE) -> Environment:
    """The templates, which escape whatever they are given.

    Args:
        package: whose templates are looked for first; those of the report of a run are found after them.
    """
    made = Environment(
        loader=ChoiceLoader([PackageLoader(name) for name in dict.fromkeys((package, PACKAGE))]),
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
    return {
        "charts": drawn,
        "folded": [chart.folded and not any(curve.figure in telling for curve in chart.curves) for chart in drawn],
        "smoothed": any(curve.smooth_images for chart in drawn for curve in chart.curves),
        "thinned": any(curve.thinned for chart in drawn for curve in chart.curves),
        **frame({"charts": [asdict(chart) for chart in drawn], "found": found}, bool(drawn)),
    }


def frame(
    data: object, drawn: bool, script: str = "report.js", style: str = "", package: str = PACKAGE
) -> dict[str, Markup]:
    """What ``page.html``, from which every page is made, needs beside the name of the page.

    Args:
        data: what the script of the page reads, as JSON.
        drawn: whether the page has charts; without any it does not hold Plotly.
        script: the file of the page's script.
        style: a file with rules that only this kind of page needs; none by default.
        package: whose templates these files are among.
    """
    from plotly.offline import get_plotlyjs

    return {
        "style": _verbatim(PACKAGE, "report.css") + (_verbatim(package, style) if style else ""),
        "script": _verbatim(package, script),
        "plotly": Markup(get_plotlyjs()) if drawn else Markup(""),
        "chart_data": _for_script(data),
    }


def _verbatim(package: str, name: str) -> Markup:
    """A file of a package that goes into the page as it is."""
    return Markup((resources.files(package) / "templates" / name).read_text(encoding="utf-8"))


def _for_script(values: object) -> Markup:
    """Values as JSON that cannot end the script element it stands in."""
    written = json.dumps(values, allow_nan=False, separators=(",", ":"))
    return Markup(written.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))
