"""Write again what is derived: docs/heuristics.md and the list of heuristics from the cards, docs/settings.md."""

from pathlib import Path

from steadygan.cards.handbook import handbook
from steadygan.cards.lists import HEURISTICS_FILE, heuristics_json
from steadygan.cards.settings_page import settings_page
from steadygan.heuristics.catalogue import BUILT_IN

ROOT = Path(__file__).parents[1]

if __name__ == "__main__":
    texts = {
        ROOT / "docs" / "heuristics.md": handbook(),
        ROOT / "docs" / "settings.md": settings_page(),
        ROOT / "src" / "steadygan" / "cards" / HEURISTICS_FILE: heuristics_json(BUILT_IN),
    }
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
        print(path)
