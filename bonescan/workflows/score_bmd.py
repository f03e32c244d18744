"""Score and classify one BMD, or classify one score, from plain values."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bonescan.classify.person import severity
from bonescan.classify.row import classify_row
from bonescan.errors import UsageError
from bonescan.model.measurement import Measurement, Scores, Verdict
from bonescan.model.person import PersonAtExam
from bonescan.model.vocabulary import (
    LabelFrom,
    LabelPolicy,
    MenopausalStatus,
    Origin,
    ReferencePolicy,
    Technique,
)
from bonescan.norms.density import HIGHEST_BMD_G_CM2, LOWEST_BMD_G_CM2, can_be_bone
from bonescan.norms.load import Norms, load_norms
from bonescan.norms.makers import MAKERS, canonical_maker
from bonescan.norms.site import parse_site
from bonescan.scoring.score import score
from bonescan.settings import LabelSettings

FRACTURES = ("none", "other", "hip-or-vertebral")  # fragility fractures, as words
LEAST_MG_CM2 = 100.0  # from here on a BMD is likely to be in mg/cm2


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredBmd:
    """A scored and classified number, with all that it rests on."""

    measurement: Measurement
    person: PersonAtExam
    scores: Scores
    verdict: Verdict

    def to_dict(self) -> dict[str, Any]:
        """Give the values under the column names of ``results.csv``."""
        m, s, v = self.measurement, asdict(self.scores), asdict(self.verdict)
        own = {k: s[k] for k in ("t_score", "t_label", "z_score", "z_label")}
        flags = dict.fromkeys(self.person.flags + self.scores.flags + self.verdict.flags)
        return {
            "technique": str(m.technique),
            "sex": self.person.sex,
            "age_years": self.person.age_years,
            "menopausal_status": str(self.person.menopausal_status or "unknown"),
            "site": m.site,
            "bmd_g_cm2": m.bmd_g_cm2,
            "bmd_u_g_cm2": m.bmd_u_g_cm2,
            **own,
            "t_u": self.scores.t_u,
            "t_u_with_reference": self.scores.t_u_with_reference,
            "young_adult_percent": self.scores.young_adult_percent,
            "age_matched_percent": self.scores.age_matched_percent,
            "reference_id": self.scores.reference_id,
            "z_reference_id": self.scores.z_reference_id,
            "reported_t_score": m.reported_t_score,
            "reported_z_score": m.reported_z_score,
            "reported_reference": m.reported_reference,
            "category": v["category"],
            "severity": severity(self.verdict.category, self.person),
            "reported_category": v["reported_category"],
            "category_rule": v["category_rule"],
            "score_used": v["score_used"],
            "rounding_decides": v["rounding_decides"],
            "p_normal": v["p_normal"],
            "p_osteopenia": v["p_osteopenia"],
            "p_osteoporosis": v["p_osteoporosis"],
            "shows_t": self.verdict.shows_t,
            "alternatives": list(self.scores.alternatives),
            "flags": list(flags),
        }


def score_bmd(  # noqa: PLR0913 - one keyword a fact that may be known of a BMD
    bmd_g_cm2: float | None,
    *,
    site: str,
    sex: str | None = None,
    age_years: float | None = None,
    age_is_exact: bool = True,
    menopausal_status: str | None = None,
    manufacturer: str | None = None,
    technique: str = "DXA",
    bmd_u_g_cm2: float | None = None,
    reported_t_score: float | None = None,
    reported_z_score: float | None = None,
    reported_reference: str | None = None,
    reference_id: str | None = None,
    z_reference_id: str | None = None,
    label_policy: str = "device",
    label_from: str = "rounded",
    reference_policy: str = "iscd",
    fracture: str | None = None,
    norms: Norms | Path | None = None,
) -> ScoredBmd:
    """Score one BMD and give its class.

    Parameters
    ----------
    bmd_g_cm2 : float or None
        None classifies printed scores alone.
    site : str
        Any spelling of the site grammar: "L1-L4", "femoral neck left".
    sex : {"F", "M"}, optional
    age_years : float, optional
        Exact age.
    age_is_exact : bool
        False for whole years to which half a year was added.
    menopausal_status : str, optional
        A word of `MenopausalStatus`.
    manufacturer : str, optional
        Whose scale the BMD is on: for REMS-style the maker its model was trained on.
    technique : {"DXA", "REMS", "REMS-style"}
    bmd_u_g_cm2 : float, optional
        Standard uncertainty; gives class probabilities where WHO words apply.
    reported_t_score, reported_z_score, reported_reference : optional
        What the device printed.
    reference_id, z_reference_id : str, optional
        References to use in place of the policy's.
    label_policy : {"device", "iscd"}
    label_from : {"rounded", "raw"}
    reference_policy : {"iscd", "japan", "local-z"}
        Whose young adults give T and whose curves give Z. "japan" labels by
        the Japanese criteria of 2012; "local-z" takes Z from an age reference
        of the role "local", and from nothing else.
    fracture : {"none", "other", "hip-or-vertebral"}, optional
        The gravest fragility fracture on record. It makes osteoporosis severe,
        and decides in the Japanese criteria.
    norms : Norms or Path, optional
        Reference tables, or a folder with a site's own.

    Returns
    -------
    scored : ScoredBmd

    Raises
    ------
    UsageError
        BS-E346 for a value that can't be scored; BS-E343, BS-E344 for references.

    Examples
    --------
    >>> result = score_bmd(0.637, site="total hip", sex="F", age_years=70.2,
    ...                    menopausal_status="postmenopausal", manufacturer="Hologic")
    >>> result.scores.t_score, str(result.verdict.category), result.scores.reference_id
    (-2.5, 'osteoporosis', 'hologic_th_f')
    """
    measurement = measurement_of(
        bmd_g_cm2,
        site=site,
        manufacturer=manufacturer,
        technique=technique,
        bmd_u_g_cm2=bmd_u_g_cm2,
        reported=(reported_t_score, reported_z_score, reported_reference),
    )
    person = person_of(
        sex, age_years, menopausal_status, age_is_exact=age_is_exact, fracture=fracture
    )
    settings = label_settings(label_policy, label_from, reference_policy)
    tables = norms if isinstance(norms, Norms) else load_norms(norms)
    scores = score(
        measurement,
        person,
        tables,
        settings,
        reference_id=reference_id,
        z_reference_id=z_reference_id,
    )
    verdict = classify_row(measurement, scores, person, settings)
    return ScoredBmd(measurement=measurement, person=person, scores=scores, verdict=verdict)


def classify_score(
    *,
    site: str,
    t_score: float | None = None,
    z_score: float | None = None,
    sex: str | None = None,
    age_years: float | None = None,
    menopausal_status: str | None = None,
    technique: str = "DXA",
    label_from: str = "rounded",
) -> ScoredBmd:
    """Classify a T and Z that somebody else computed.

    Parameters
    ----------
    site, sex, age_years, menopausal_status, technique, label_from
        As for `score_bmd`.
    t_score, z_score : float, optional
        Taken as printed by a device with the policy's reference.

    Returns
    -------
    scored : ScoredBmd

    Examples
    --------
    >>> str(classify_score(site="L1-L4", t_score=-2.46, sex="M", age_years=61.0).verdict.category)
    'osteoporosis'
    """
    return score_bmd(
        None,
        site=site,
        sex=sex,
        age_years=age_years,
        menopausal_status=menopausal_status,
        technique=technique,
        reported_t_score=t_score,
        reported_z_score=z_score,
        label_from=label_from,
    )


def measurement_of(
    bmd_g_cm2: float | None,
    *,
    site: str,
    manufacturer: str | None,
    technique: str,
    bmd_u_g_cm2: float | None = None,
    reported: tuple[float | None, float | None, str | None] = (None, None, None),
) -> Measurement:
    """Check the values of a number and put them into a measurement."""
    known = parse_site(site)
    if known is None:
        raise UsageError(
            "BS-E346",
            f"found the site {site!r}, wanted one as L1-L4, L1+L3, femoral-neck, total-hip-left.",
        )
    check_bmd(bmd_g_cm2)
    if bmd_u_g_cm2 is not None and not (0.0 < bmd_u_g_cm2 < math.inf):
        raise UsageError("BS-E346", f"found an uncertainty of {bmd_u_g_cm2:g}, wanted g/cm2 > 0.")
    kind = Technique(one_of("technique", technique, Technique))
    scale = None if kind is Technique.REMS else known_maker(manufacturer)
    return Measurement(
        technique=kind,
        origin=Origin.ESTIMATED if kind is Technique.REMS_STYLE else Origin.REPORTED,
        site=known.id,
        bmd_g_cm2=bmd_g_cm2,
        bmd_u_g_cm2=bmd_u_g_cm2,
        vertebrae_used=known.vertebrae,
        reported_t_score=reported[0],
        reported_z_score=reported[1],
        reported_reference=reported[2],
        scale=scale,
    )


def check_bmd(bmd_g_cm2: float | None) -> None:
    """Refuse a density that can't be bone in g/cm2."""
    if bmd_g_cm2 is None or can_be_bone(bmd_g_cm2):
        return
    unit = "; it looks like mg/cm2, so divide it by 1000" * (bmd_g_cm2 >= LEAST_MG_CM2)
    raise UsageError(
        "BS-E346",
        f"found a BMD of {bmd_g_cm2:g}, wanted g/cm2 between {LOWEST_BMD_G_CM2:g} and "
        f"{HIGHEST_BMD_G_CM2:g}{unit}.",
    )


def known_maker(manufacturer: str | None) -> str | None:
    """Name the maker of a device in one word; a name that nobody knows is refused."""
    scale = canonical_maker(manufacturer)
    if manufacturer is not None and scale is None:
        raise UsageError(
            "BS-E346",
            f"found the manufacturer {manufacturer!r}, wanted one of {', '.join(MAKERS)}.",
        )
    return scale


def label_settings(label_policy: str, label_from: str, reference_policy: str) -> LabelSettings:
    """Check the three words and put them together."""
    return LabelSettings(
        policy=LabelPolicy(one_of("label policy", label_policy, LabelPolicy)),
        label_from=LabelFrom(one_of("label from", label_from, LabelFrom)),
        reference=ReferencePolicy(one_of("reference policy", reference_policy, ReferencePolicy)),
    )


def person_of(
    sex: str | None,
    age_years: float | None,
    menopausal_status: str | None,
    *,
    age_is_exact: bool,
    fracture: str | None = None,
) -> PersonAtExam:
    """Check the values of a person; a man needs no menopausal status."""
    if sex is not None:
        one_of("sex", sex, ("F", "M"))
    if age_years is not None and not 0.0 <= age_years < 130.0:  # noqa: PLR2004 - sanity of an entry
        raise UsageError("BS-E346", f"found an age of {age_years:g}, wanted years.")
    status = (
        MenopausalStatus.NOT_APPLICABLE
        if sex == "M"
        else MenopausalStatus.UNKNOWN
        if menopausal_status is None
        else MenopausalStatus(one_of("menopausal status", menopausal_status, MenopausalStatus))
    )
    if fracture is not None:
        one_of("fracture", fracture, FRACTURES)
    inexact = age_years is not None and not age_is_exact
    return PersonAtExam(
        sex=sex,
        age_years=age_years,
        age_is_exact=age_is_exact,
        menopausal_status=status,
        fragility_fracture=None if fracture is None else fracture != "none",
        hip_or_vertebral_fracture=None if fracture is None else fracture == "hip-or-vertebral",
        flags=("age_in_whole_years",) if inexact else (),
    )


def one_of(what: str, word: str, allowed: Any) -> str:
    """Check a word against a closed list."""
    words = [str(w) for w in allowed]
    if word not in words:
        raise UsageError("BS-E346", f"found the {what} {word!r}, wanted {', '.join(words)}.")
    return word
