"""Write docs/heuristics.md again from the cards."""

from pathlib import Path

from steadygan.cards import handbook

if __name__ == "__main__":
    page = Path(__file__).parents[1] / "docs" / "heuristics.md"
    page.write_text(handbook(), encoding="utf-8")
    print(page)
