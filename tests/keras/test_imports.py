"""Keras is an extra: nothing but ``steadygan.keras`` asks for it or for what it runs on, installed or not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.environ["KERAS_BACKEND"] != "torch", reason="no backend takes part: once is enough")

EVERY_MODULE = """
import importlib, pathlib, steadygan
root = pathlib.Path(steadygan.__file__).parent
for path in sorted(root.rglob("*.py")):
    name = ".".join(path.relative_to(root.parent).with_suffix("").parts)
    if not name.startswith("steadygan.keras.") and name != "steadygan.__main__":
        importlib.import_module(name.removesuffix(".__init__"))
"""
COMMAND = """
import sys
from steadygan.__main__ import main
for arguments in COMMANDS:
    sys.argv = ["steadygan", *arguments]
    try:
        main()
    except SystemExit as ended:
        assert not ended.code, ended.code
"""
LOADED = """
import sys
found = {name.partition(".")[0] for name in sys.modules} & {"keras", "tensorflow", "jax", "jaxlib"}
assert not found, f"{found} were imported"
"""
TRAIN = ["train", "digits", "--images", "32", "--set", "batch=32", "--set", "width=4", "--out", "run"]


def test_nothing_else_imports_keras(tmp_path: Path) -> None:
    program = COMMAND.replace("COMMANDS", json.dumps([["recipes", "steady"], TRAIN])) + EVERY_MODULE
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "GLIBC_TUNABLES": ""}
    command = [sys.executable, "-c", program + LOADED]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "run").is_dir()
