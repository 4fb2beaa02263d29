"""Recipes and heuristics in words, all of it derived from cards: for a terminal, as a handbook, and as BibTeX."""

from steadygan.cards.bibliography import cite
from steadygan.cards.handbook import handbook
from steadygan.cards.settings_page import settings_page
from steadygan.cards.terminal import heuristic_list, heuristic_page, recipe_list, recipe_page

__all__ = ["cite", "handbook", "heuristic_list", "heuristic_page", "recipe_list", "recipe_page", "settings_page"]
