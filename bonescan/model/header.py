"""A parsed DICOM header as plain data, so that no stage needs the DICOM library."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Tag = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class DicomElement:
    """One element; `value` is None, str, int, float, bytes, a tuple of these, or of items.

    `written` is a decimal string as it stands in the file ("0.930"), or, of a
    private binary value too long to keep, its length and SHA-256.
    """

    tag: Tag
    vr: str
    value: Any
    keyword: str = ""
    private_creator: str | None = None
    written: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DicomItem:
    """A data set or a sequence item."""

    elements: dict[Tag, DicomElement] = field(default_factory=dict)

    def get(self, tag: Tag) -> Any:
        """Return the value of `tag`, or None."""
        found = self.elements.get(tag)
        return None if found is None else found.value

    def text(self, tag: Tag) -> str | None:
        """Return the value of `tag` as stripped text; None when absent or empty."""
        value = self.get(tag)
        if isinstance(value, tuple):
            value = "\\".join(str(v) for v in value)
        if value is None or not str(value).strip():
            return None
        return str(value).strip()

    def items(self, tag: Tag) -> tuple[DicomItem, ...]:
        """Return the items of sequence `tag`; empty when absent."""
        value = self.get(tag)
        if not isinstance(value, tuple):
            return ()
        return tuple(v for v in value if isinstance(v, DicomItem))

    def private(self, creators: tuple[str, ...]) -> Iterator[DicomElement]:
        """Iterate the private elements whose creator is one of `creators` (any case)."""
        wanted = {c.casefold() for c in creators}
        for element in self.elements.values():
            if element.private_creator and element.private_creator.casefold() in wanted:
                yield element
