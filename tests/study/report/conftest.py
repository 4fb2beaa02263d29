from tests.report.conftest import browser
from tests.study.analysis.conftest import collect_ignore_glob

__all__ = ["browser", "collect_ignore_glob"]
