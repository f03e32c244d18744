"""Open pipeline for bone densitometry research. Not a medical device."""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

# name -> module that holds it; loaded on first use, so that `import bonescan` stays light
_PUBLIC: dict[str, str] = {
    "assess_change": "bonescan.workflows.assess_change",
    "build_model": "bonescan.workflows.build_model",
    "classify_score": "bonescan.workflows.score_bmd",
    "compare_methods": "bonescan.workflows.compare_methods",
    "load_model": "bonescan.files.model_file",
    "measure_scan": "bonescan.workflows.scan",
    "open_scan": "bonescan.workflows.scan",
    "precision_study": "bonescan.workflows.precision_study",
    "run_folder": "bonescan.workflows.run_folder",
    "score_bmd": "bonescan.workflows.score_bmd",
    "simulate_cohort": "bonescan.workflows.simulate_cohort",
    "Settings": "bonescan.settings",
}

__all__ = [
    "Settings",
    "assess_change",
    "build_model",
    "classify_score",
    "compare_methods",
    "load_model",
    "measure_scan",
    "open_scan",
    "precision_study",
    "run_folder",
    "score_bmd",
    "simulate_cohort",
]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(importlib.import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'bonescan' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
