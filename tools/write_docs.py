"""Write docs/heuristics.md again from the cards, and docs/settings.md from the settings."""

from pathlib import Path

from steadygan.cards import handbook, settings_page

if __name__ == "__main__":
    docs = Path(__file__).parents[1] / "docs"
    for name, text in (("heuristics.md", handbook()), ("settings.md", settings_page())):
        (docs / name).write_text(text, encoding="utf-8")
        print(docs / name)
