"""steadygan: GAN training that stays steady.

``sg.train(data)`` trains, ``sg.recipe(name)`` gives a recipe to change, ``sg.resume(folder)`` goes on with a run,
``sg.load(folder)`` gives a finished one. Every heuristic is also a plain function in ``steadygan.heuristics``.
"""

from steadygan.api import Run, load, resume, train
from steadygan.errors import SteadyganError
from steadygan.recipe import Recipe
from steadygan.recipes import recipe, recipe_names
from steadygan.training.process import keep_memory

__all__ = ["Recipe", "Run", "SteadyganError", "keep_memory", "load", "recipe", "recipe_names", "resume", "train"]
