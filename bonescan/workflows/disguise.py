"""What stands for a person, a UID, a day or a word once names are gone: keyed, so repeatable."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import date, timedelta

from bonescan.model.exam import Device, Subject

from .identify import PersonKey
from .pseudonyms import Pseudonyms

UID_BYTES = 16  # ISO/IEC 9834-8: a UID below 2.25 is a number of 128 bits
MIN_SHIFT_DAYS, MAX_SHIFT_DAYS = 100, 3_650
WORD_LENGTH = 12
CODE_BASIC, CODE_PIXELS, CODE_DATES, CODE_CHARACTERISTICS = "113100", "113101", "113107", "113108"
CODE_MEANINGS = {  # PS3.16 CID 7050
    CODE_BASIC: "Basic Application Confidentiality Profile",
    CODE_PIXELS: "Clean Pixel Data Option",
    CODE_DATES: "Retain Longitudinal Temporal Information Modified Dates Option",
    CODE_CHARACTERISTICS: "Retain Patient Characteristics Option",
}
METHOD = "bonescan: PS3.15 basic profile"
MAKERS = {
    "hologic": "HOLOGIC", "ge": "GE Healthcare", "norland": "Norland", "osteosys": "OsteoSys",
    "dms": "DMS", "fujifilm": "FUJIFILM", "echolight": "Echolight",
}  # fmt: skip
# model names that are kept; every letter that is written comes from here
MODELS = (
    "Horizon A", "Horizon C", "Horizon Ci", "Horizon W", "Horizon Wi", "Discovery A", "Discovery C",
    "Discovery Ci", "Discovery SL", "Discovery W", "Discovery Wi", "Delphi", "Explorer", "QDR",
    "Lunar iDXA", "Lunar Prodigy", "Lunar DPX", "iDXA", "Prodigy", "XR-46", "XR-600", "XR-800",
    "Dexxum", "Stratos", "EchoStation", "EchoS",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Disguise:
    """The choices of one de-identification, and its key.

    Parameters
    ----------
    pseudonyms : Pseudonyms
        The key: the same one gives the same pseudonyms, UIDs and days everywhere.
    longitudinal : bool
        Keep dates, all of one person moved by the same number of days.
    characteristics : bool
        Keep sex, age, height and weight.
    """

    pseudonyms: Pseudonyms
    longitudinal: bool
    characteristics: bool

    def person(self, subject: Subject | None, sha256: str) -> str:
        """Give the pseudonym, the same as in the tables of a run with this key."""
        key = PersonKey.of(subject, sha256)
        return self.pseudonyms.of(key.issuer, key.patient_id or key.content)

    def uid(self, uid: str) -> str:
        """Give the UID that stands for `uid`."""
        return f"2.25.{int.from_bytes(self._digest('uid', uid)[:UID_BYTES], 'big')}"

    def word(self, kind: str, text: str) -> str:
        """Give the word that stands for a serial number or the like."""
        return self._digest(kind, text).hex()[:WORD_LENGTH]

    def day(self, day: date | None, person: str) -> date | None:
        """Move a day back by the person's own number of days; None unless dates are kept."""
        if day is None or not self.longitudinal:
            return None
        number = int.from_bytes(self._digest("days", person)[:8], "big")
        span = MAX_SHIFT_DAYS - MIN_SHIFT_DAYS + 1
        return day - timedelta(days=MIN_SHIFT_DAYS + number % span)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of what is done to every file."""
        options = [CODE_BASIC]
        options += [CODE_DATES] * self.longitudinal + [CODE_CHARACTERISTICS] * self.characteristics
        return tuple(options)

    def _digest(self, kind: str, text: str) -> bytes:
        return hmac.digest(self.pseudonyms.key, f"deidentify {kind}\0{text}".encode(), "sha256")


def maker_word(device: Device) -> str:
    """Name the maker in a word of ours; "" for one that is not recognised."""
    return MAKERS.get(device.maker or "", "")


def model_word(device: Device) -> str:
    """Name the model in a word of ours; "" for one that is not recognised.

    >>> model_word(Device(model="Horizon W of Dr Wang"))
    'Horizon W'
    """
    text = device.model or ""
    fitting = [m for m in MODELS if re.search(rf"\b{re.escape(m)}\b", text, re.IGNORECASE)]
    return max(fitting, key=len, default="")
