"""Write again what is derived: docs/heuristics.md and the list of heuristics from the cards, docs/settings.md, and the
parts of docs/doctor.md that the doctor's own words make.
"""

from pathlib import Path

from steadygan.cards.doctor_page import doctor_page
from steadygan.cards.handbook import handbook
from steadygan.cards.lists import HEURISTICS_FILE, heuristics_json
from steadygan.cards.settings_page import settings_page
from steadygan.heuristics.catalogue import BUILT_IN

ROOT = Path(__file__).parents[1]

if __name__ == "__main__":
    doctor = ROOT / "docs" / "doctor.md"
    texts = {
        doctor: doctor_page(doctor.read_text(encoding="utf-8"), ROOT / "docs" / "images"),
        ROOT / "docs" / "heuristics.md": handbook(),
        ROOT / "docs" / "settings.md": settings_page(),
        ROOT / "src" / "steadygan" / "cards" / HEURISTICS_FILE: heuristics_json(BUILT_IN),
    }
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
        print(path)
