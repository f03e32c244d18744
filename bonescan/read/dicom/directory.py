"""What a DICOM media directory (DICOMDIR) names; nothing it names is opened here."""

from __future__ import annotations

from pathlib import Path

from bonescan.model.header import Tag

from .open_file import DICOMDIR_CLASS, HEAD_BYTES, read_bytes, reread
from .structure import media_storage_class

DIRECTORY_RECORDS: Tag = (0x0004, 0x1220)
REFERENCED_FILE: Tag = (0x0004, 0x1500)
MAX_DIRECTORY_BYTES = 64 * 2**20


def is_media_directory(path: Path) -> bool:
    """Whether the bytes say so, whatever the file is called."""
    with path.open("rb") as file:
        return media_storage_class(file.read(HEAD_BYTES)) == DICOMDIR_CLASS


def referenced_files(path: Path) -> tuple[tuple[str, ...], ...]:
    """List the files that a media directory names, each as the parts of its path, as written.

    Raises
    ------
    UnusableScan
        A damaged or hostile file.
    """
    _, header = reread(read_bytes(path, MAX_DIRECTORY_BYTES), path)
    found = []
    for record in header.items(DIRECTORY_RECORDS):
        text = record.text(REFERENCED_FILE)
        if text is not None:
            found.append(tuple(part.strip() for part in text.split("\\")))
    return tuple(dict.fromkeys(found))
