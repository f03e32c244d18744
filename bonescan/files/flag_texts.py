"""Every flag in plain words, gathered from the files ``flag_texts_<room>.py``."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from bonescan import files


@cache
def all_flags() -> dict[str, str]:
    """Collect flag -> plain words; a flag explained twice in different words is refused."""
    found: dict[str, str] = {}
    for module in pkgutil.iter_modules(files.__path__):
        if not module.name.startswith("flag_texts_"):
            continue
        for flag, words in importlib.import_module(f"{files.__name__}.{module.name}").FLAGS.items():
            if found.get(flag, words) != words:
                raise RuntimeError(f"flag {flag} is explained twice (second in {module.name})")
            found[flag] = words
    return dict(sorted(found.items()))
