"""A study made by hand that holds every kind of person a page can be about.

No value here was computed by the package: T-scores are (BMD - mean)/SD by
hand with the published pairs (Hologic neck 0.849/0.111, total hip
0.942/0.122, L1-L4 1.047/0.110; GE L1-L4 1.180/0.120, neck 1.038/0.139).
"""

from __future__ import annotations

import io
from datetime import date

import numpy as np
from PIL import Image

from bonescan.model.exam import Device, Exam
from bonescan.model.measurement import LabelledRow, Measurement, Scores, Verdict
from bonescan.model.outcome import Overlay, Picture, Problem
from bonescan.model.page import (
    FileRow,
    PageExam,
    PageRow,
    PageVerdict,
    PersonPage,
    StudyPage,
)
from bonescan.model.person import PersonAtExam, PersonVerdict
from bonescan.model.vocabulary import (
    Category,
    MenopausalStatus,
    Origin,
    ScoreUsed,
    Severity,
    Technique,
)

Z_ID = "nhanes_2005_2010_all"
HOLOGIC = Device(
    manufacturer="HOLOGIC",
    model="Horizon W",
    serial="301234M",
    software_version="13.6",
    maker="hologic",
)
GE = Device(manufacturer="GE MEDICAL SYSTEMS", model="Lunar iDXA", serial="ME+200123", maker="ge")
PROBE = Device(manufacturer="Example Ultrasound", model="RF-128", serial="RF-0007")
ECHOLIGHT = Device(manufacturer="Echolight", model="EchoS", serial="ES-19", maker="echolight")

FLAG_TEXTS = {
    "menopause_unknown": (
        "Nobody recorded whether menopause has come. Add the fact and run again: the class "
        "depends on it."
    ),
    "early_menopause": (
        "Menopause came early and the person is under 50: the positions do not settle which rule "
        "holds, so T and Z are shown and no class is given."
    ),
    "class_mismatch": "The device's printed score and ours give different classes.",
    "not_policy_reference": "The printed T-score counts from another reference than the policy's.",
    "no_t_reference": "No young-adult reference fits, so there is no T-score of ours.",
    "no_age_reference": "No age reference fits this device, site and sex: there is no Z-score.",
    "simulated_model": "The ultrasound model was trained on simulated exams.",
    "simulated_exam": "The exam was made by a simulator. No person was examined.",
    "not_for_any_use": ("A model trained on simulated ultrasound was applied to a real exam."),
    "age_whole_years": "The age is known in whole years only; half a year was added.",
    "vertebra_discordant": "L3 lies more than 1.0 T above its neighbours.",
    "identity_conflict": "One chart number stands with two birth dates.",
    "low_signal": "The signal behind the bone surface is weak in more than half of the lines.",
    "gain_unknown": "The file does not say how the signal was amplified.",
    "outside_training_range": "Body mass index lies outside the range the model was trained on.",
}


def bmode_png(seed: int, width: int = 128, height: int = 300, arc_row: int = 170) -> bytes:
    """Speckle that fades with depth, and a bright arc with a shadow below it."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:height, 0:width].astype(float)
    speckle = rng.rayleigh(0.55, (height, width)) * np.exp(-rows / height * 0.7)
    surface = arc_row + ((columns - width / 2) / width) ** 2 * 60
    arc = np.exp(-(((rows - surface) / 2.2) ** 2)) * 2.6
    shadow = np.where(rows > surface + 4, np.exp(-(rows - surface) / 38.0), 1.0)
    grey = np.clip(20 * np.log10((speckle * shadow + arc) + 1e-3) + 42, 0, 50) / 50 * 255
    return png(grey.astype(np.uint8))


def dxa_png(seed: int) -> bytes:
    """A smooth picture with blocks that look a little like vertebrae."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:320, 0:220].astype(float)
    grey = 45 + 18 * np.cos((columns - 110) / 60)
    for middle in (45, 115, 185, 255):
        block = np.exp(-(((rows - middle) / 29) ** 6)) * np.exp(-(((columns - 110) / 40) ** 6))
        grey += block * 120
    return png(np.clip(grey + rng.normal(0, 5, grey.shape), 0, 255).astype(np.uint8))


def png(grey: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(grey).save(out, "PNG")
    return out.getvalue()


def bmode(site: str = "femoral-neck-left", seed: int = 1) -> Picture:
    lines = np.arange(0, 128, 4)
    surface = 170 + ((lines - 64) / 128) ** 2 * 60
    px_per_mm = 300 / 60
    return Picture(
        kind="bmode",
        site=site,
        png=bmode_png(seed),
        width_px=128,
        height_px=300,
        width_mm=38.0,
        height_mm=60.0,
        top_mm=10.0,
        overlays=(
            Overlay(name="surface", points=_line(lines, surface)),
            Overlay(name="gate-a", points=_line(lines, surface + 1.5 * px_per_mm)),
            Overlay(name="gate-b", points=_line(lines, surface + 4.0 * px_per_mm)),
        ),
    )


def _line(x: np.ndarray, y: np.ndarray) -> tuple[tuple[float, float], ...]:
    return tuple((float(a), float(b)) for a, b in zip(x, y, strict=True))


def dxa(site: str = "L1-L4", seed: int = 2) -> Picture:
    return Picture(
        kind="dxa",
        site=site,
        png=dxa_png(seed),
        width_px=220,
        height_px=320,
        width_mm=55.0,
        height_mm=80.0,
    )


def person(
    sex: str | None,
    age: float | None,
    status: MenopausalStatus | None = None,
    exact: bool = True,
    **more: object,
) -> PersonAtExam:
    return PersonAtExam(
        sex=sex,
        age_years=age,
        age_is_exact=exact,
        menopausal_status=status,
        **more,  # type: ignore[arg-type]
    )


def row(
    who: PersonAtExam,
    day: date,
    device: Device,
    measurement: Measurement,
    scores: Scores | None = None,
    verdict: Verdict | None = None,
    *,
    file: str = "",
    simulated: bool | None = None,
) -> PageRow:
    return PageRow(
        file=file or f"{day:%Y%m%d}/{measurement.site}.dcm",
        sha256="0" * 64,
        labelled=LabelledRow(
            measurement=measurement,
            scores=scores or Scores(),
            verdict=verdict or Verdict(category=None),
        ),
        exam=Exam(exam_date=day, exam_time="09:30:00", simulated=simulated),
        device=device,
        person=who,
    )


def reported(site: str, bmd: float, **more: object) -> Measurement:
    return Measurement(
        technique=Technique.DXA,
        origin=Origin.REPORTED,
        site=site,
        bmd_g_cm2=bmd,
        **{"scale": "hologic", **more},  # type: ignore[arg-type]
    )


def estimated(site: str, bmd: float, u: float, **more: object) -> Measurement:
    return Measurement(
        technique=Technique.REMS_STYLE,
        origin=Origin.ESTIMATED,
        site=site,
        bmd_g_cm2=bmd,
        bmd_u_g_cm2=u,
        **{  # type: ignore[arg-type]
            "scale": "hologic",
            "model_id": "demo-fn-1",
            "spectra_valid": 5210,
            "spectra_total": 6400,
            "depth_mm": 44.2,
            **more,
        },
    )


def scores(t: float | None, z: float | None, reference_id: str | None, **more: object) -> Scores:
    return Scores(
        t_score=t,
        t_label=None if t is None else round(t, 1),
        z_score=z,
        z_label=None if z is None else round(z, 1),
        reference_id=reference_id if t is not None else None,
        z_reference_id=Z_ID if z is not None else None,
        **more,  # type: ignore[arg-type]
    )


def verdict(
    technique: Technique,
    category: Category,
    site: str | None,
    score: float | None,
    rule: str,
    *,
    review: bool = False,
    severity: str | None = None,
    flags: tuple[str, ...] = (),
) -> PersonVerdict:
    return PersonVerdict(
        technique=technique,
        category=category,
        severity=severity,
        deciding_site=site,
        deciding_score=score,
        category_rule=rule,
        needs_review=review,
        flags=flags,
    )


def page(
    patient_id: str, rows: list[PageRow], verdicts: list[tuple[date, PersonVerdict]], **more: object
) -> PersonPage:
    exams = tuple(
        PageExam(
            file=r.file,
            outcome="reported",
            reason="",
            hint="",
            exam=r.exam,
            device=r.device,
            person=r.person,
        )
        for r in {r.file: r for r in rows}.values()
    )
    return PersonPage(
        patient_id=patient_id,
        rows=tuple(rows),
        verdicts=tuple(PageVerdict(exam_date=d, verdict=v) for d, v in verdicts),
        **{"exams": exams, **more},  # type: ignore[arg-type]
    )


def normal_woman() -> PersonPage:
    first, second = date(2021, 5, 4), date(2024, 5, 14)
    rows, verdicts = [], []
    for day, age, spine, neck, hip in (
        (first, 58.2, 1.031, 0.802, 0.921),
        (second, 61.3, 1.012, 0.790, 0.910),
    ):
        who = person(
            "F",
            age,
            MenopausalStatus.POSTMENOPAUSAL,
            height_cm=158.0,
            weight_kg=58.5,
            bmi_kg_m2=23.4,
        )
        for site, bmd, area, mean, sd, ref in (
            ("L1-L4", spine, 55.02, 1.047, 0.110, "hologic_l1l4_f"),
            ("femoral-neck-left", neck, 4.61, 0.849, 0.111, "hologic_fn_f"),
            ("total-hip-left", hip, 31.20, 0.942, 0.122, "hologic_th_f"),
        ):
            t = (bmd - mean) / sd
            rows.append(
                row(
                    who,
                    day,
                    HOLOGIC,
                    reported(
                        site,
                        bmd,
                        bmc_g=bmd * area,
                        area_cm2=area,
                        reported_t_score=round(t, 1),
                        reported_z_score=round(t + 1.2, 1),
                        reported_reference="2012 BMDCS/NHANES White Female",
                        vertebrae_used=("L1", "L2", "L3", "L4") if site == "L1-L4" else (),
                    ),
                    scores(t, t + 1.15, ref),
                    Verdict(
                        category=Category.NORMAL,
                        reported_category=Category.NORMAL,
                        score_used=ScoreUsed.REPORTED_T,
                        rounding_decides=False,
                    ),
                )
            )
        rows.append(
            row(who, day, HOLOGIC, reported("trochanter-left", 0.68, bmc_g=7.1, area_cm2=10.44))
        )
        verdicts.append(
            (
                day,
                verdict(
                    Technique.DXA,
                    Category.NORMAL,
                    "femoral-neck-left",
                    round((neck - 0.849) / 0.111, 1),
                    "who",
                ),
            )
        )
    return page("P-normal0001", rows, verdicts)


def osteopenia_woman() -> PersonPage:
    day = date(2025, 3, 11)
    who = person(
        "F", 63.5, MenopausalStatus.POSTMENOPAUSAL, height_cm=155.0, weight_kg=61.0, bmi_kg_m2=25.4
    )
    made = estimated(
        "femoral-neck-left",
        0.662,
        0.047,
        osteoporosis_score_percent=41.0,
        flags=("simulated_model", "simulated_exam"),
    )
    rows = [
        row(
            who,
            day,
            PROBE,
            made,
            scores(-1.685, -0.33, "hologic_fn_f", t_u=0.42),
            Verdict(
                category=Category.OSTEOPENIA,
                category_rule="who",
                score_used=ScoreUsed.OWN_T,
                rounding_decides=False,
                p_normal=0.05,
                p_osteopenia=0.92,
                p_osteoporosis=0.03,
            ),
            file="rf/osteopenia.h5",
            simulated=True,
        )
    ]
    return page(
        "P-osteopeni2",
        rows,
        [
            (
                day,
                verdict(
                    Technique.REMS_STYLE,
                    Category.OSTEOPENIA,
                    "femoral-neck-left",
                    -1.7,
                    "who",
                    flags=("simulated_model",),
                ),
            )
        ],
        pictures=(("rf/osteopenia.h5", bmode()),),
        details=(
            ("rf/osteopenia.h5", "Frames used", "50 of 50"),
            ("rf/osteopenia.h5", "Surface found", "in 97 % of the lines"),
            ("rf/osteopenia.h5", "Saturated samples", "0.0 %"),
        ),
    )


ANOTHER_REFERENCE = (
    "0.565 g/cm² is osteoporosis by hologic_fn_f (0.849/0.111), "
    "osteopenia by nhanes3_fn_f (0.858/0.120)."
)


def osteoporosis_woman() -> PersonPage:
    day = date(2025, 6, 2)
    who = person(
        "F",
        74.8,
        MenopausalStatus.POSTMENOPAUSAL,
        fragility_fracture=True,
        hip_or_vertebral_fracture=True,
        height_cm=151.0,
        weight_kg=47.2,
        bmi_kg_m2=20.7,
        flags=("age_whole_years",),
        exact=False,
    )
    rows = [
        row(
            who,
            day,
            HOLOGIC,
            reported(
                "L1-L4",
                0.777,
                bmc_g=38.6,
                area_cm2=49.7,
                reported_t_score=-2.4,
                reported_z_score=0.1,
                vertebrae_used=("L1", "L2", "L3", "L4"),
                flags=("vertebra_discordant",),
            ),
            scores(-2.4545, -0.62, "hologic_l1l4_f"),
            Verdict(
                category=Category.OSTEOPENIA,
                reported_category=Category.OSTEOPENIA,
                score_used=ScoreUsed.REPORTED_T,
            ),
        ),
        row(
            who,
            day,
            HOLOGIC,
            reported("femoral-neck-right", 0.565, bmc_g=2.7, area_cm2=4.8),
            scores(-2.5586, -0.9, "hologic_fn_f", alternatives=(ANOTHER_REFERENCE,)),
            Verdict(
                category=Category.OSTEOPOROSIS, score_used=ScoreUsed.OWN_T, rounding_decides=False
            ),
        ),
        row(
            who,
            day,
            HOLOGIC,
            reported(
                "total-hip-right",
                0.640,
                bmc_g=19.9,
                area_cm2=31.1,
                reported_t_score=-2.2,
                reported_reference="Taiwan Male",
            ),
            scores(-2.4754, -1.0, "hologic_th_f"),
            Verdict(
                category=Category.OSTEOPOROSIS,
                reported_category=Category.OSTEOPENIA,
                score_used=ScoreUsed.OWN_T,
                rounding_decides=True,
                flags=("class_mismatch", "not_policy_reference"),
            ),
        ),
    ]
    decided = verdict(
        Technique.DXA,
        Category.OSTEOPOROSIS,
        "femoral-neck-right",
        -2.6,
        "who",
        review=True,
        severity="severe",
        flags=("class_mismatch", "vertebra_discordant"),
    )
    return page("P-osteoporo3", rows, [(day, decided)], pictures=(("20250602/L1-L4.dcm", dxa()),))


def pop_woman() -> PersonPage:
    rows, verdicts, pictures = [], [], []
    for day, age, bmd, status, gestation, after in (
        (date(2024, 2, 6), 31.2, 0.812, MenopausalStatus.PREGNANT, 87.0, None),
        (date(2024, 9, 10), 31.8, 0.789, MenopausalStatus.LACTATING, None, 34.0),
        (date(2025, 6, 17), 32.6, 0.801, MenopausalStatus.AFTER_WEANING, None, 314.0),
    ):
        who = person(
            "F", age, status, gestation_days=gestation, postpartum_days=after, height_cm=162.0
        )
        file = f"pop/{day}.h5"
        z = (bmd - 0.86) / 0.118
        rows.append(
            row(
                who,
                day,
                PROBE,
                estimated(
                    "femoral-neck-left",
                    bmd,
                    0.046,
                    osteoporosis_score_percent=12.0,
                    flags=("simulated_model", "simulated_exam"),
                ),
                scores(None, z, None),
                Verdict(
                    category=Category.WITHIN_EXPECTED_RANGE,
                    category_rule="z",
                    score_used=ScoreUsed.OWN_Z,
                    shows_t=False,
                ),
                file=file,
                simulated=True,
            )
        )
        verdicts.append(
            (
                day,
                verdict(
                    Technique.REMS_STYLE,
                    Category.WITHIN_EXPECTED_RANGE,
                    "femoral-neck-left",
                    round(z, 1),
                    "z",
                ),
            )
        )
        pictures.append((file, bmode(seed=len(pictures) + 5)))
    return page("P-popwoman4", rows, verdicts, pictures=tuple(pictures))


def young_man_below() -> PersonPage:
    day = date(2025, 1, 20)
    who = person("M", 38.4, MenopausalStatus.NOT_APPLICABLE, fragility_fracture=False)
    rows = [
        row(
            who,
            day,
            HOLOGIC,
            reported(
                "L1-L4",
                0.765,
                bmc_g=50.1,
                area_cm2=65.5,
                reported_t_score=-2.9,
                reported_z_score=-2.6,
            ),
            scores(-2.56, -2.45, "hologic_l1l4_f"),
            Verdict(
                category=Category.BELOW_EXPECTED_RANGE,
                reported_category=Category.OSTEOPOROSIS,
                score_used=ScoreUsed.REPORTED_Z,
                shows_t=False,
            ),
        ),
        row(
            who,
            day,
            HOLOGIC,
            reported("femoral-neck-left", 0.79, reported_z_score=-0.7, flags=("no_t_reference",)),
            scores(-0.53, -0.71, "hologic_fn_f"),
            Verdict(
                category=Category.WITHIN_EXPECTED_RANGE,
                score_used=ScoreUsed.REPORTED_Z,
                shows_t=False,
            ),
        ),
    ]
    flags = ("no_t_reference",)
    decided = verdict(Technique.DXA, Category.BELOW_EXPECTED_RANGE, "L1-L4", -2.6, "z", flags=flags)
    return page("P-youngman5", rows, [(day, decided)])


def early_menopause() -> PersonPage:
    day = date(2024, 11, 5)
    who = person("F", 44.1, MenopausalStatus.SURGICAL, flags=("early_menopause",))
    rows = [
        row(
            who,
            day,
            GE,
            reported("L1-L4", 0.982, scale="ge", bmc_g=52.0, area_cm2=52.95),
            scores(-1.66, None, "ge_l1l4_f", flags=("no_age_reference",)),
            Verdict(category=Category.NONE),
        ),
        row(
            who,
            day,
            GE,
            reported(
                "femoral-neck-left", 0.826, scale="ge", reported_t_score=-1.5, reported_z_score=-0.9
            ),
            scores(-1.53, None, "ge_fn_f", flags=("no_age_reference",)),
            Verdict(category=Category.NONE),
        ),
    ]
    flags = ("early_menopause",)
    return page(
        "P-earlymeno6",
        rows,
        [
            (
                day,
                verdict(
                    Technique.DXA,
                    Category.NONE,
                    None,
                    None,
                    "early-menopause",
                    review=True,
                    flags=flags,
                ),
            )
        ],
    )


def unknown_status() -> PersonPage:
    day = date(2024, 8, 19)
    who = person("F", 48.0, MenopausalStatus.UNKNOWN, flags=("menopause_unknown",))
    rows = [
        row(
            who,
            day,
            HOLOGIC,
            reported("total-hip-left", 0.801),
            scores(-1.1557, -0.6, "hologic_th_f"),
            Verdict(category=Category.NONE),
        )
    ]
    return page(
        "P-unknown7",
        rows,
        [
            (
                day,
                verdict(
                    Technique.DXA,
                    Category.NONE,
                    None,
                    None,
                    "unknown",
                    review=True,
                    flags=("menopause_unknown",),
                ),
            )
        ],
    )


def image_only() -> PersonPage:
    who = person("F", 67.0, None, exact=False)
    exam = PageExam(
        file="lunar/spine.dcm",
        outcome="no-numbers",
        reason="The export holds a picture and no numbers.",
        hint="Switch on the export of structured reports at the console and export again.",
        exam=Exam(exam_date=date(2023, 7, 7)),
        device=GE,
        person=who,
    )
    return page("P-imageonly8", [], [], exams=(exam,), pictures=(("lunar/spine.dcm", dxa(seed=9)),))


def hostile() -> PersonPage:
    day = date(2025, 2, 2)
    evil = '<script>alert("1")</script><img src=x onerror=alert(2)>'
    device = Device(manufacturer=evil, model="\x1b[31mred\u202egnorw", serial='" onload="alert(3)')
    who = person("F", 70.0, MenopausalStatus.POSTMENOPAUSAL)
    rows = [
        row(
            who,
            day,
            device,
            reported(
                "L1-L4",
                0.9,
                reported_reference="</td></table><script>alert(4)</script>",
                flags=("<b>flag</b>",),
            ),
            scores(-1.3364, None, "hologic_l1l4_f"),
            Verdict(category=Category.OSTEOPENIA, score_used=ScoreUsed.OWN_T),
            file=f"{evil}/{'very-long-name-' * 14}.dcm",
        )
    ]
    decided = verdict(Technique.DXA, Category.OSTEOPENIA, "L1-L4", -1.3, "who")
    return page(
        evil,
        rows,
        [(day, decided)],
        details=((evil, evil, evil),),
        problems=(
            Problem(code="BS-W999", severity=Severity.WARNING, file=evil, reason=evil, hint=evil),
        ),
        pictures=((evil, bmode(site=evil)),),
        pseudonym="../../" + evil,
    )


def not_for_any_use() -> PersonPage:
    day = date(2025, 4, 9)
    who = person("F", 59.0, MenopausalStatus.POSTMENOPAUSAL)
    made = estimated(
        "femoral-neck-right",
        0.701,
        0.046,
        scores_allowed=False,
        flags=("simulated_model", "not_for_any_use"),
    )
    return page(
        "P-watermark9",
        [row(who, day, PROBE, made, file="real/exam.h5")],
        [],
        pictures=(("real/exam.h5", bmode("femoral-neck-right", 12)),),
    )


def rems_device() -> PersonPage:
    day = date(2025, 5, 5)
    who = person("M", 67.0, MenopausalStatus.NOT_APPLICABLE)
    m = Measurement(
        technique=Technique.REMS,
        origin=Origin.REPORTED,
        site="L1-L4",
        bmd_g_cm2=0.871,
        reported_t_score=-1.9,
        reported_z_score=-1.1,
        fragility_score=38.0,
    )
    rows = [
        row(
            who,
            day,
            ECHOLIGHT,
            m,
            Scores(flags=("no_age_reference",)),
            Verdict(
                category=Category.OSTEOPENIA,
                reported_category=Category.OSTEOPENIA,
                score_used=ScoreUsed.REPORTED_T,
            ),
        )
    ]
    return page(
        "P-remsman10",
        rows,
        [(day, verdict(Technique.REMS, Category.OSTEOPENIA, "L1-L4", -1.9, "who"))],
    )


def many_flags() -> PersonPage:
    day = date(2025, 7, 1)
    who = person(
        "F", 66.0, MenopausalStatus.POSTMENOPAUSAL, flags=("age_whole_years", "identity_conflict")
    )
    flags = (
        "low_signal",
        "gain_unknown",
        "outside_training_range",
        "simulated_model",
        "simulated_exam",
    )
    made = estimated("femoral-neck-left", 0.51, 0.071, osteoporosis_score_percent=88.0, flags=flags)
    rows = [
        row(
            who,
            day,
            PROBE,
            made,
            scores(-3.054, -1.9, "hologic_fn_f", t_u=0.64),
            Verdict(
                category=Category.OSTEOPOROSIS,
                score_used=ScoreUsed.OWN_T,
                p_normal=0.001,
                p_osteopenia=0.194,
                p_osteoporosis=0.805,
            ),
            file="rf/many.h5",
        )
    ]
    decided = verdict(
        Technique.REMS_STYLE,
        Category.OSTEOPOROSIS,
        "femoral-neck-left",
        -3.1,
        "who",
        review=True,
        flags=("low_signal",),
    )
    return page("P-manyflag11", rows, [(day, decided)], pictures=(("rf/many.h5", bmode(seed=77)),))


MAKERS = (
    normal_woman,
    osteopenia_woman,
    osteoporosis_woman,
    pop_woman,
    young_man_below,
    early_menopause,
    unknown_status,
    image_only,
    hostile,
    not_for_any_use,
    rems_device,
    many_flags,
)


def file_rows(people: list[PersonPage]) -> list[FileRow]:
    rows = [
        FileRow(
            file=exam.file,
            sha256="0" * 64,
            bytes=1,
            format="dicom",
            carrier="sr",
            site="L1-L4",
            outcome=exam.outcome,
            code="",
            reason=exam.reason,
            hint=exam.hint,
            n_results=1,
            patient_id=who.patient_id,
        )
        for who in people
        for exam in who.exams
    ]
    rows += [
        FileRow(
            file=f"broken/{name}",
            sha256="1" * 64,
            bytes=10,
            format="",
            carrier="",
            site="",
            outcome="unusable",
            code=code,
            reason=reason,
            hint=hint,
            n_results=0,
        )
        for name, code, reason, hint in (
            (
                "cut.dcm",
                "BS-E107",
                "found the end of the file in the middle of an element.",
                "Export the exam again.",
            ),
            (
                "empty.h5",
                "BS-E140",
                "found no site with samples, wanted one.",
                "Check the recording.",
            ),
        )
    ]
    return sorted(rows, key=lambda r: r.file)


def study(people: list[PersonPage] | None = None) -> StudyPage:
    everyone = people if people is not None else [make() for make in MAKERS]
    files = file_rows(everyone)
    outcomes: dict[str, int] = {}
    for f in files:
        outcomes[f.outcome] = outcomes.get(f.outcome, 0) + 1
    categories: dict[str, int] = {}
    for entry in (v for p in everyone for v in p.verdicts):
        if entry.verdict.category is not None:
            word = str(entry.verdict.category)
            categories[word] = categories.get(word, 0) + 1
    problems = [
        Problem(code=f.code, severity=Severity.ERROR, file=f.file, reason=f.reason, hint=f.hint)
        for f in files
        if f.outcome == "unusable"
    ]
    problems.append(
        Problem(
            code="BS-W281",
            severity=Severity.WARNING,
            file="subjects.csv",
            reason="Found 2 facts about chart number '0099', which no scan here carries.",
            hint="Check the number, zeros in front included.",
        )
    )
    return StudyPage(
        title="bonescan results",
        version="0.1.0",
        files=tuple(files),
        people=tuple(sorted(everyone, key=lambda p: p.patient_id)),
        problems=tuple(problems),
        outcome_counts=outcomes,
        category_counts=categories,
        model_text="demo-fn-1, trained on simulated exams, DXA maker hologic",
        settings_text=(
            ("Label policy", "device"),
            ("Label from", "rounded"),
            ("Identity", "pseudonym"),
        ),
        flag_texts=FLAG_TEXTS,
    )
