"""Amounts with their nouns, for messages; nothing here imports anything."""


def things(amount: int, one: str, many: str = "") -> str:
    """An amount with its noun, such as ``1 file`` or ``2,000 files``.

    Args:
        amount: how many.
        one: the noun, perhaps with a verb, for exactly one.
        many: the same for any other amount; ``one`` with an ``s`` when empty.
    """
    return f"{amount:,} {one if amount == 1 else many or f'{one}s'}"
