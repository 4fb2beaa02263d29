"""steadygan: GAN training that stays steady.

``sg.train(data)`` trains, ``sg.recipe(name)`` gives a recipe to change, ``sg.resume(folder)`` goes on with a run,
``sg.load(folder)`` gives a finished one, ``sg.evaluate(run)`` measures how good its samples are, ``sg.Doctor()`` says
what goes wrong in a training loop of your own, ``sg.study(data)`` measures which heuristics a data set needs.
Every heuristic is also a plain function in ``steadygan.heuristics``.
"""

import sys
from importlib import import_module
from types import ModuleType

TYPE_CHECKING = False  # true for type checkers; the module typing would take time before Ctrl-C is heard

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from steadygan.api import evaluate, load, resume, train
    from steadygan.cores import share_cores
    from steadygan.errors import SteadyganError
    from steadygan.evaluation import Evaluation
    from steadygan.monitor import Doctor
    from steadygan.recipe import Recipe
    from steadygan.recipes import recipe, recipe_names
    from steadygan.runs.run import Run
    from steadygan.study.interface import study
    from steadygan.study.study import Study
    from steadygan.training.process_settings import keep_memory

__all__ = [
    "Doctor",
    "Evaluation",
    "Recipe",
    "Run",
    "SteadyganError",
    "evaluate",
    "keep_memory",
    "load",
    "recipe",
    "recipe_names",
    "resume",
    "share_cores",
    "study",
    "train",
]

_MODULES = {
    "Doctor": "monitor",
    "Evaluation": "evaluation",
    "Recipe": "recipe",
    "Run": "runs.run",
    "SteadyganError": "errors",
    "evaluate": "api",
    "keep_memory": "training.process_settings",
    "load": "api",
    "recipe_names": "recipes",
    "resume": "api",
    "share_cores": "cores",
    "train": "api",
}


class _Package(ModuleType):
    """This package, which loads what it offers when it is first asked for.

    PyTorch is loaded with it. Until then :func:`share_cores` can still say how its threads wait, and a command that
    needs no PyTorch answers at once.
    """

    def __getattr__(self, name: str) -> "Any":
        if name == "__version__":
            from importlib.metadata import version

            return version("steadygan")
        if name not in _MODULES:
            raise AttributeError(f"module '{self.__name__}' has no attribute '{name}'")
        value = getattr(import_module(f"{self.__name__}.{_MODULES[name]}"), name)
        setattr(self, name, value)
        return value

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *__all__})

    # Where a module is imported, the import system puts it into its package under its name; properties keep
    # steadygan.recipe and steadygan.study the functions whose names these are to users.
    @property
    def recipe(self) -> "Callable[..., Recipe]":
        from steadygan.recipes import recipe

        return recipe

    @recipe.setter
    def recipe(self, module: ModuleType) -> None:
        pass

    @property
    def study(self) -> "Callable[..., Study]":
        from steadygan.study.interface import study

        return study

    @study.setter
    def study(self, module: ModuleType) -> None:
        pass


sys.modules[__name__].__class__ = _Package
