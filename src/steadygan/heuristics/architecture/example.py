"""A line of Python for a card."""


def in_a_recipe(*names: str) -> str:
    """How heuristics are put into the naive recipe, one after the other."""
    added = "".join(f'.with_("{name}")' for name in names)
    return f'import steadygan as sg\nrecipe = sg.recipe("naive"){added}'
