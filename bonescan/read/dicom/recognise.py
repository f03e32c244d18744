"""Whether a DICOM object comes from a densitometer, and from whose.

Never by (0008,0060) Modality alone: real iDXA images say CR, GE's consoles let
the site choose, and RF means radiofluoroscopy. What counts is the manufacturer
and model, the private blocks, what a structured report speaks of, and, two of
them together, modality, description and protocol.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from bonescan.model.header import DicomItem, Tag

from . import tags

# manufacturer and model together, lower case -> maker; order matters
_MAKERS = (
    ("echolight", r"echolight|echo\s?s\b|echostation|echos station"),
    ("norland", r"norland|swissray|illuminatus"),
    ("osteosys", r"osteosys|dexxum"),
    ("dms", r"\bdms\b|diagnostic medical systems|medix|stratos"),
    ("fujifilm", r"fuji.*\b(fdx|dcs-?\d+|alpos)"),
    ("hologic", r"hologic"),
    ("ge", r"\blunar\b|idxa|prodigy|encore\b|\bge\b|general electric|\bgems\b"),
)
# models that measure bone density by X-ray, or REMS devices
_DENSITOMETERS = re.compile(
    r"\blunar\b|idxa|prodigy|\bdpx\b|encore\b"
    r"|\bqdr\b|\bdiscovery\s?(a|c|w|wi|ci|sl)\b|\bhorizon\b|\bdelphi\b|\bexplorer\b|\bapex\b"
    r"|norland|swissray|illuminatus|\bxr-?(26|36|46|600|800)\b"
    r"|osteosys|dexxum|medix|stratos|echolight|echostation|\bechos\b"
    r"|fuji.*\b(fdx|dcs-?\d+|alpos)"
)
_HOLOGIC_MODELS = re.compile(r"\bqdr\b|discovery|horizon|delphi|explorer|apex")
# speed of sound and attenuation of heel, finger or radius: neither DXA nor REMS
_HEEL_ULTRASOUND = re.compile(r"achilles|sahara|omnisense|sunlight|\bubis\b|\bcuba\b")
_OTHER_X_RAY = re.compile(r"selenia|lorad|dimensions|mammo|fluoroscan|affirm|securview")
_SPEAKS_OF_DXA = re.compile(r"\bdxa\b|\bdexa\b|densitomet|bone\s+dens|\bbmd\b|骨密|\brems\b")
_DXA_PROTOCOLS = re.compile(
    r"(ap|lateral|pa)\s+spine|lva|(a\s+)?lumbar\s+spine|(left|right|dual)\s*(femur|hip)"
    r"|a\s+(left|right)\s+(hip|forearm)|(left|right)\s+forearm|(left|right)\s+ortho\s+knee"
    r"|(a\s+)?(total|whole)\s+body|dualfemur"
)
BONE_MODALITIES = frozenset({"BMD", "BDUS"})
# private elements that densitometers write, by creator (any case), group and last two digits:
# a creator's name over foreign data proves nothing. "HOLOGIC, Inc." writes mammography.
HOLOGIC_CREATORS = ("HOLOGIC",)
HOLOGIC_ELEMENTS = frozenset({(0x0011, 0x00), (0x0021, 0x01)} | {(0x0023, n) for n in range(6)})
LUNAR_CREATORS = ("GEMS_LUNAR_RAW",)
LUNAR_ELEMENTS = frozenset((0x7003, n) for n in range(1, 5))
_BONE_DENSITY_CODES = re.compile(
    r"46383-6|24966-4|24701-5|38261-4|24890-6|38262-2|38267-1|38263-0|38264-8|38265-5|83311-1|38269-7"
)
_MAX_SR_ITEMS = 2_000


class Words(NamedTuple):
    """The texts of a header that recognition rests on, "" where absent."""

    manufacturer: str
    model: str
    modality: str
    study: str
    series: str
    protocol: str
    step: str


WORD_TAGS: tuple[Tag, ...] = (  # of the fields of `Words`, in their order
    tags.MANUFACTURER,
    tags.MODEL_NAME,
    tags.MODALITY,
    tags.STUDY_DESCRIPTION,
    tags.SERIES_DESCRIPTION,
    tags.PROTOCOL_NAME,
    tags.STEP_DESCRIPTION,
)


@dataclass(frozen=True, slots=True)
class Recognition:
    """The verdict on one header.

    `is_final`: nothing else in the object could make it densitometry.
    """

    is_densitometry: bool
    maker: str | None
    why_not: str = ""
    is_final: bool = False


def recognise(header: DicomItem) -> Recognition:
    """Judge a header."""
    words = tuple((header.text(t) or "") for t in WORD_TAGS)
    verdict = judge(words, _block_maker(header))
    if not verdict.is_densitometry and not verdict.is_final and _reports_bone(header):
        return Recognition(True, verdict.maker)
    return verdict


@lru_cache(maxsize=1024)  # a folder holds few kinds of objects
def judge(texts: tuple[str, ...], block_maker: str | None) -> Recognition:
    """Judge by the texts of `WORD_TAGS`, and by the maker whose private block it holds."""
    words = Words(*texts)
    makers_text = f"{words.manufacturer} {words.model}".lower()
    modality = words.modality.upper()
    maker = _maker(makers_text) or block_maker
    if _HEEL_ULTRASOUND.search(makers_text):
        return Recognition(
            False, maker, "quantitative ultrasound of heel, finger or radius", is_final=True
        )
    if modality == "BDUS" and maker != "echolight":
        return Recognition(
            False, maker, "ultrasound bone densitometry other than REMS", is_final=True
        )
    if _is_densitometer(makers_text) or block_maker is not None:
        return Recognition(True, maker)
    if sum(_weak_clues(words, modality, maker)) > 1:
        return Recognition(True, maker)
    return Recognition(False, maker, _what_it_is(modality))


def _maker(text: str) -> str | None:
    for name, pattern in _MAKERS:
        if re.search(pattern, text):
            return name
    return None


def _block_maker(header: DicomItem) -> str | None:
    """Tell whose private block of results the object holds."""
    if _private(header, HOLOGIC_CREATORS, HOLOGIC_ELEMENTS):
        return "hologic"
    return "ge" if _private(header, LUNAR_CREATORS, LUNAR_ELEMENTS) else None


def _is_densitometer(text: str) -> bool:
    if _OTHER_X_RAY.search(text):
        return False
    if "hologic" in text:
        return bool(_HOLOGIC_MODELS.search(text))
    # "Discovery" and "Horizon" are also names of GE's computed tomographs and of others' machines
    shared = re.search(r"\bdiscovery\b|\bhorizon\b|\bexplorer\b|\bapex\b", text)
    return bool(_DENSITOMETERS.search(text)) and not shared


def _private(
    header: DicomItem, creators: tuple[str, ...], wanted: frozenset[tuple[int, int]]
) -> bool:
    return any((e.tag[0], e.tag[1] & 0xFF) in wanted for e in header.private(creators))


def _weak_clues(words: Words, modality: str, maker: str | None) -> Iterator[bool]:
    yield modality in BONE_MODALITIES
    yield any(_SPEAKS_OF_DXA.search(text.lower()) for text in (words.study, words.series))
    yield any(
        _DXA_PROTOCOLS.fullmatch(text.lower().strip()) for text in (words.protocol, words.step)
    )
    # these makers build many kinds of machines: their name counts beside the modality only
    yield maker is not None and modality in BONE_MODALITIES


def _reports_bone(header: DicomItem) -> bool:
    """Tell whether a structured report speaks of bone density."""
    for count, item in enumerate(_content(header)):
        if count > _MAX_SR_ITEMS:
            return False
        for concept in item.items(tags.CONCEPT_NAME):
            code = concept.text((0x0008, 0x0100)) or ""
            meaning = (concept.text((0x0008, 0x0104)) or "").lower()
            if _BONE_DENSITY_CODES.fullmatch(code) or _SPEAKS_OF_DXA.search(meaning):
                return True
    return False


def _content(item: DicomItem) -> Iterator[DicomItem]:
    yield item
    for child in item.items(tags.CONTENT_SEQUENCE):
        yield from _content(child)


def _what_it_is(modality: str) -> str:
    if modality == "RF":
        return "radiofluoroscopy (Modality RF has nothing to do with radiofrequency ultrasound)"
    if modality in BONE_MODALITIES:
        return f"Modality {modality} and no other sign of densitometry"
    return "no sign of densitometry"
