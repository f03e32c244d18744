"""Time DICOM triage against the library: a file, its 14 tags as text, and the verdict."""

from __future__ import annotations

import struct
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import pydicom
from pydicom.datadict import dictionary_VR

from bonescan.read.dicom import triage

from .run import alternate

ASKED = 40.0
N_FILES = 100  # of each kind, in a folder of their own
PIXELS = bytes(780 * 716)
NAMES = {"ASCII": b"TEST^ONE", "Big5, undeclared": "陳怡君".encode("cp950")}


def element(group: int, number: int, vr: str, value: bytes, explicit: bool) -> bytes:
    """One element, little endian."""
    value += b" " * (len(value) % 2)
    tag = struct.pack("<HH", group, number)
    if not explicit:
        return tag + struct.pack("<I", len(value)) + value
    if vr in {"OW", "SQ"}:
        return tag + vr.encode() + struct.pack("<2xI", len(value)) + value
    return tag + vr.encode() + struct.pack("<H", len(value)) + value


def header(name: bytes, explicit: bool, n_private: int) -> bytes:
    """Make an image with the elements of a real iDXA export, and `n_private` elements of others."""
    texts = {
        (0x08, 0x05): "ISO_IR 100", (0x08, 0x16): "1.2.840.10008.5.1.4.1.1.1",
        (0x08, 0x18): "1.2.840.113619.2.110.210000.20160101120000.2.2.12.1",
        (0x08, 0x20): "20150202", (0x08, 0x22): "20150202", (0x08, 0x23): "20150202",
        (0x08, 0x30): "140432.000000", (0x08, 0x32): "141010", (0x08, 0x50): "",
        (0x08, 0x60): "CR", (0x08, 0x70): "GE Healthcare", (0x08, 0x80): "Hospital",
        (0x08, 0x90): "", (0x08, 0x1030): "DXA Exam", (0x08, 0x103E): "DXA Images",
        (0x08, 0x1070): "Operator", (0x08, 0x1090): "Lunar iDXA", (0x10, 0x20): "0012345",
        (0x10, 0x30): "19560101", (0x10, 0x40): "F", (0x10, 0x1010): "059Y",
        (0x10, 0x1020): "1.80", (0x10, 0x1030): "99.00", (0x10, 0x2160): "White",
        (0x18, 0x15): "", (0x18, 0x1000): "210000", (0x18, 0x1020): "16.00.158",
        (0x18, 0x1030): "AP Spine", (0x18, 0x5101): "", (0x20, 0x0D): "1.2.826.0.1.1",
        (0x20, 0x0E): "1.2.840.113619.2.110.1", (0x20, 0x10): "1", (0x20, 0x11): "1",
        (0x20, 0x13): "1", (0x20, 0x20): "L\\F", (0x20, 0x60): "", (0x28, 0x04): "MONOCHROME2",
    }  # fmt: skip
    counts = {(0x28, 0x02): 1, (0x28, 0x10): 780, (0x28, 0x11): 716, (0x28, 0x100): 8,
              (0x28, 0x101): 8, (0x28, 0x102): 7, (0x28, 0x103): 0}  # fmt: skip
    found = {(0x10, 0x10): ("PN", name)}
    found |= {tag: (dictionary_VR(tag), text.encode()) for tag, text in texts.items()}
    found |= {tag: ("US", struct.pack("<H", n)) for tag, n in counts.items()}
    found |= {(0x19, 0x10): ("LO", b"ACME")} if n_private else {}
    found |= {(0x19, 0x1000 + i): ("LO", b"value %d" % i) for i in range(n_private)}
    exposure = element(0x18, 0x60, "DS", b"100.0", explicit)
    found[0x40, 0x30E] = ("SQ", b"\xfe\xff\x00\xe0" + struct.pack("<I", len(exposure)) + exposure)
    syntax = b"1.2.840.10008.1.2.1\0" if explicit else b"1.2.840.10008.1.2\0"
    meta = element(2, 0x02, "UI", b"1.2.840.10008.5.1.4.1.1.1\0", True)
    meta += element(2, 0x10, "UI", syntax, True)
    body = b"".join(element(*tag, *found[tag], explicit) for tag in sorted(found))
    return bytes(128) + b"DICM" + meta + body + element(0x7FE0, 0x10, "OW", PIXELS, explicit)


def kinds() -> dict[str, bytes]:
    """Make the files that are timed."""
    return {
        "image of an iDXA, implicit": header(NAMES["ASCII"], False, 0),
        "the same, explicit": header(NAMES["ASCII"], True, 0),
        "with 100 private elements": header(NAMES["ASCII"], True, 100),
        "name in undeclared Big5": header(NAMES["Big5, undeclared"], True, 0),
    }


def by_library(paths: list[str]) -> list[list[str]]:
    """Read the 14 tags of each file as text, by pydicom."""
    found = []
    for path in paths:
        data_set = pydicom.dcmread(path, stop_before_pixels=True)
        found.append([str(data_set[t].value) for t in triage.TRIAGE_TAGS if t in data_set])
    return found


def by_triage(paths: list[str]) -> list[triage.Triage]:
    """Their triage: more tags, and the verdict."""
    return [triage.triage(path) for path in paths]


def compare(name: str, paths: list[str], repeats: int, attempts: int) -> str:
    """Alternate both over the same files; one line of a table."""
    run: Callable[[], Any] = partial(
        alternate, partial(by_triage, paths), partial(by_library, paths), repeats, time.process_time
    )
    timing, attempt = run(), 1
    while not timing.accepted and attempt < attempts:
        timing, attempt = run(), attempt + 1
    ours, theirs = timing.ours, timing.theirs
    low, middle = min(theirs) / min(ours), median(theirs) / median(ours)
    micro = [f"{1e6 * min(t) / len(paths):.1f} / {1e6 * median(t) / len(paths):.1f}"
             for t in (ours, theirs)]  # fmt: skip
    verdict = "reached" if min(low, middle) >= ASKED else "**below**"
    state = "accepted" if timing.accepted else "**rejected**"
    return (
        f"| {name} | {' | '.join(micro)} | {low:.1f} / {middle:.1f} | ≥ {ASKED:g}: {verdict} "
        f"| {state} at attempt {attempt}, spread {timing.spread:.0%} |"
    )


def tables(repeats: int, attempts: int) -> list[str]:
    """Time every kind of file with the kernel, and the first with the plain twin."""
    lines = [
        "",
        f"**DICOM triage, {N_FILES} files of each kind** (`read.dicom.triage`), against "
        "`pydicom.dcmread(stop_before_pixels=True)` and the same 14 tags as text; processor time",
        "",
        "| file | triage µs, min / median | pydicom µs, min / median | ratio, min / median "
        "| asked | run |",
        "|---|---|---|---|---|---|",
    ]
    walker, triage.few = triage.few, triage._Walker(triage.FEW)
    try:
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the library warns of undeclared letters
            paths = {name: _write(Path(folder, str(i)), data)
                     for i, (name, data) in enumerate(kinds().items())}  # fmt: skip
            first = next(iter(paths))
            twin = compare(f"{first}, by the plain twin", paths[first], repeats, attempts)
            begin = time.process_time()
            triage.few.compile()
            by_triage(paths[first][:1])
            seconds = time.process_time() - begin
            lines += [compare(name, p, repeats, attempts) for name, p in paths.items()]
    finally:
        triage.few = walker
    return [*lines, twin, "", f"Compiling or loading the kernels took {seconds:.1f} s."]


def _write(folder: Path, data: bytes) -> list[str]:
    folder.mkdir()
    paths = [folder / f"{i:03d}.dcm" for i in range(N_FILES)]
    for path in paths:
        path.write_bytes(data)
    return [str(path) for path in paths]
