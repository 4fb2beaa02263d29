"""The command line, which parses options; other modules do the work.

Commands are added to the application in the order in which its help lists them.
"""

# isort: off
from steadygan.cli.app import app as app
from steadygan.cli import training as training
from steadygan.cli import sampling as sampling
from steadygan.cli import judging as judging
from steadygan.cli import studying as studying
from steadygan.cli import catalogue as catalogue
from steadygan.cli import folders as folders
from steadygan.cli.entry import main as main
# isort: on

__all__ = ["app", "main"]
