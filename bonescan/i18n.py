"""Texts for people, marked for translation; English until a catalogue is chosen."""

from __future__ import annotations


def _(text: str) -> str:
    """Return the text in the language in force."""
    return text
