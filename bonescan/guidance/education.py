"""The handout for patients: its lines, each with the rules it comes from."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from bonescan.model.education import EducationLine, EducationSheet

FILE = Path(__file__).parent / "education.toml"


@cache
def education_sheet() -> EducationSheet:
    """Read the handout in both languages."""
    table = tomllib.loads(FILE.read_text(encoding="utf-8"))
    sheet: dict[str, Any] = table["sheet"]
    return EducationSheet(
        title=(sheet["title_en"], sheet["title_zh"]),
        lead=(sheet["lead_en"], sheet["lead_zh"]),
        note=(sheet["note_en"], sheet["note_zh"]),
        sources=tuple(zip(sheet["sources_en"], sheet["sources_zh"], strict=True)),
        lines=tuple(
            EducationLine(
                line_id=row["line_id"],
                rules=tuple(row["rules"]),
                part=(row["part_en"], row["part_zh"]),
                text=(row["text_en"], row["text_zh"]),
                stress=row.get("stress", False),
            )
            for row in table["line"]
        ),
    )
