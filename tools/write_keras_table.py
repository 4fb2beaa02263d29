"""Write the table of docs/keras.md anew: which heuristic runs in a compiled step of which backend of Keras.

Each backend is asked in a process of its own; run it where all three are installed.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "keras.md"
BACKENDS = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}
BEGIN, END = "<!-- table -->", "<!-- end of the table -->"
WHY = " because it "


def refusals() -> dict[str, str]:
    """Why each heuristic cannot run on this backend, by name; empty where it can."""
    sys.path.insert(0, str(ROOT))
    from steadygan.errors import SteadyganError
    from steadygan.heuristics.catalogue import BUILT_IN
    from steadygan.keras import GAN
    from tests.keras.test_catalogue import with_it
    from tests.tiny import images

    found = {}
    for kind in BUILT_IN:
        try:
            gan = GAN(with_it(kind.name), (8, 8, 3), classes=3)
            gan.compile()
            data = images(8 * gan.batches_per_step, 8, 3)
            labels = data.labels if gan.classes else None
            gan.train_on_batch(data.images, labels)
            found[kind.name] = ""
        except SteadyganError as error:
            found[kind.name] = str(error).partition(WHY)[2].partition(";")[0] or str(error)
    return found


def table() -> str:
    """The table as Markdown."""
    columns = {}
    for backend in BACKENDS:
        environment = {**os.environ, "KERAS_BACKEND": backend}
        done = subprocess.run([sys.executable, __file__, "refusals"], env=environment, check=True, capture_output=True)
        columns[backend] = json.loads(done.stdout.decode().splitlines()[-1])
    names = next(iter(columns.values()))
    head = ["| heuristic | " + " | ".join(BACKENDS.values()) + " |", "| --- |" + " --- |" * len(BACKENDS)]
    rows = [
        f"| `{name}` | " + " | ".join(columns[each][name] or "yes" for each in BACKENDS) + " |" for name in names
    ]
    return "\n".join([*head, *rows])


if __name__ == "__main__":
    if sys.argv[1:] == ["refusals"]:
        print(json.dumps(refusals()))
    else:
        before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
        after = rest.partition(END)[2] if END in rest else rest
        PAGE.write_text(f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}", encoding="utf-8")
