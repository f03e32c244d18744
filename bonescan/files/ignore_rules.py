"""Which files of an input are left out: patterns as `.gitignore` writes them, and hidden names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

IGNORE_FILE = ".bonescanignore"
MAX_IGNORE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class _Rule:
    text: str
    pattern: re.Pattern[str]
    folders_only: bool
    takes_back: bool


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """Patterns in their order; the last one that fits decides.

    ``*`` and ``?`` stay within one name, ``**`` crosses folders, ``[abc]`` is
    one of these. A pattern with a slash before its end is counted from the
    input folder, one without fits at any depth; a slash at the end means
    folders only; ``!`` takes back; lines that start with ``#`` are remarks.

    >>> rules = IgnoreRules.of(["*.tmp", "old/", "/top.dcm", "!keep.tmp"])
    >>> rules.why("a/b.tmp", is_folder=False)
    'pattern *.tmp'
    >>> rules.why("a/keep.tmp", is_folder=False), rules.why("a/top.dcm", is_folder=False)
    ('', '')
    """

    rules: tuple[_Rule, ...] = ()

    @classmethod
    def of(cls, patterns: Iterable[str]) -> IgnoreRules:
        """Make rules of patterns as written."""
        return cls(tuple(r for r in (_rule(p) for p in patterns) if r is not None))

    def __add__(self, other: IgnoreRules) -> IgnoreRules:
        return IgnoreRules(self.rules + other.rules)

    def why(self, file: str, *, is_folder: bool) -> str:
        """Say why `file` (below the input, POSIX form) is left out; "" when it is not."""
        name = file.rsplit("/", 1)[-1]
        if name.startswith("."):
            return "hidden"
        reason = ""
        for rule in self.rules:
            if (is_folder or not rule.folders_only) and rule.pattern.fullmatch(file):
                reason = "" if rule.takes_back else f"pattern {rule.text}"
        return reason


def read_ignore_file(folder: Path) -> IgnoreRules:
    """Read the `.bonescanignore` of an input folder; none is no rule."""
    path = folder / IGNORE_FILE
    try:
        with path.open("rb") as file:
            text = file.read(MAX_IGNORE_BYTES).decode("utf-8-sig", "replace")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return IgnoreRules()
    return IgnoreRules.of(text.splitlines())


def _rule(line: str) -> _Rule | None:
    text = line.strip()
    if not text or text.startswith("#"):
        return None
    takes_back, body = text.startswith("!"), text.removeprefix("!")
    folders_only, body = body.endswith("/"), body.rstrip("/")
    anchored, body = "/" in body, body.removeprefix("/")
    if not body:
        return None
    pattern = _translate(body)
    if not anchored:
        pattern = f"(?:.*/)?{pattern}"
    return _Rule(text, re.compile(pattern, re.DOTALL), folders_only, takes_back)


_TOKEN = re.compile(r"(\*\*/|/\*\*\Z|\*\*|\*|\?|\[!?\]?[^\]]*\])", re.DOTALL)
_MEANING = {"**/": "(?:.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def _translate(body: str) -> str:
    """Write a pattern as a regular expression without nested repetition of one character."""
    parts = []
    for part in _TOKEN.split(body):
        if part in _MEANING:
            parts.append(_MEANING[part])
        elif part.startswith("[") and part.endswith("]"):
            inner = part[1:-1]
            sign = "^" if inner.startswith("!") else ""
            inner = re.escape(inner.removeprefix("!")).replace(r"\-", "-")
            parts.append(f"[{sign}{inner}]")
        else:
            parts.append(re.escape(part))
    return "".join(parts)
