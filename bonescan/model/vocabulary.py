"""Closed lists of words, exactly as they stand in the result files."""

from __future__ import annotations

from enum import StrEnum


class Technique(StrEnum):
    """How bone was measured; the three never share a series, an LSC or a model."""

    DXA = "DXA"
    REMS = "REMS"  # a REMS device's own number
    REMS_STYLE = "REMS-style"  # ours, method rems-style-open/1


class Origin(StrEnum):
    """Whose number it is; origins are never mixed."""

    REPORTED = "reported"
    MEASURED = "measured"
    ESTIMATED = "estimated"


class OutcomeKind(StrEnum):
    """What became of one input file."""

    MEASURED = "measured"
    REPORTED = "reported"
    NO_NUMBERS = "no-numbers"
    NEEDS_REVIEW = "needs-review"
    UNUSABLE = "unusable"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    COMPANION = "companion"
    NOT_DENSITOMETRY = "not-densitometry"


class Category(StrEnum):
    """WHO words, Z-rule words, or none (judged, and no class applies)."""

    NORMAL = "normal"
    OSTEOPENIA = "osteopenia"
    OSTEOPOROSIS = "osteoporosis"
    WITHIN_EXPECTED_RANGE = "within-expected-range"
    BELOW_EXPECTED_RANGE = "below-expected-range"
    NONE = "none"


class MenopausalStatus(StrEnum):
    """The one vocabulary of menopausal status."""

    PREMENOPAUSAL = "premenopausal"
    TRANSITION = "transition"
    POSTMENOPAUSAL = "postmenopausal"
    SURGICAL = "surgical"
    INDUCED_REVERSIBLE = "induced-reversible"
    POI = "poi"
    PREGNANT = "pregnant"
    LACTATING = "lactating"
    AFTER_WEANING = "after-weaning"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not-applicable"


class ScoreUsed(StrEnum):
    """Which number gave the label."""

    REPORTED_T = "reported-T"
    OWN_T = "own-T"
    REPORTED_Z = "reported-Z"
    OWN_Z = "own-Z"


class LabelPolicy(StrEnum):
    """Whose score labels: the device's printed one where it may, or ours."""

    DEVICE = "device"
    ISCD = "iscd"


class ReferencePolicy(StrEnum):
    """Whose young adults give T and whose curves give Z."""

    ISCD = "iscd"
    JAPAN = "japan"
    LOCAL_Z = "local-z"


class LabelFrom(StrEnum):
    """Label from the score rounded to one decimal, or from the raw one (research)."""

    ROUNDED = "rounded"
    RAW = "raw"


class IdentityMode(StrEnum):
    """What stands in tables and pages: the pseudonym or the chart number."""

    PSEUDONYM = "pseudonym"
    CHART = "chart"


class Severity(StrEnum):
    """Weight of a problem."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class CovariateUse(StrEnum):
    """Whether age, BMI and sex may move an estimate from ultrasound."""

    NONE = "none"
    OFFSET = "offset"
