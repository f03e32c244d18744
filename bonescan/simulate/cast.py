"""The virtual people of the sample scans: who they are and what is known of them.

Each stands for a situation that the pipeline must handle; their latent BMD lies
far enough from every cut-off that the error of a DXA reading (1.2 %) moves no
one across. Change in pregnancy and lactation: femoral neck -1.9 % from the first
to the third trimester (Ramirez Zegarra 2024, doi 10.1007/s40520-023-02677-4);
by six months of breastfeeding hip losses of 2 to 7.5 % are published (review in
Nutrients 2022;14:703).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from .people import draw_people

ISSUER = "SIM-HOSPITAL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One exam: one file.

    `kind` is a key of `sample_set.MAKERS`; the name of the file follows from
    person, kind and `label`.
    """

    kind: str
    label: str
    exam_date: date | None = None  # None: the person's own
    bmd_factor: float = 1.0  # latent BMD on the day against the person's own
    weight_kg: float | None = None
    gestation_days: float | None = None
    postpartum_days: float | None = None
    menopausal_status: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One virtual person."""

    patient_id: str
    name: str
    sex: str
    birth_date: date
    exam_date: date
    height_cm: float
    weight_kg: float
    latent_g_cm2: tuple[float, float, float]  # neck, total hip, L1-L4, Hologic scale
    menopausal_status: str  # true state; only what `facts` say is known
    plans: tuple[Plan, ...]
    facts: tuple[tuple[str, str, str], ...] = ()  # date or "", fact, value
    category: str = ""  # that the DXA exams of this person lead to; empty: not promised
    note: str = ""
    prepregnancy_weight_kg: float | None = None


CAST: tuple[Role, ...] = (
    Role(
        patient_id="0001001", name="CHEN^YI-CHUN^SIMULATED=陳怡君", sex="F",
        birth_date=date(1957, 3, 8), exam_date=date(2025, 5, 14), height_cm=154.0, weight_kg=52.0,
        latent_g_cm2=(0.520, 0.620, 0.720), menopausal_status="postmenopausal",
        plans=(
            Plan(kind="hologic-lumbar", label="dxa_lumbar"),
            Plan(kind="hologic-hip", label="dxa_hip"),
            Plan(kind="rf-neck", label="rf_neck"),
        ),
        facts=(("2008-06-01", "menopause", "natural"),
               ("2023-11-20", "fragility_fracture", "vertebral")),
        category="osteoporosis", note="name in Chinese characters; vertebral fracture",
    ),
    Role(
        patient_id="0001002", name="LIN^SHU-FEN^SIMULATED", sex="F",
        birth_date=date(1964, 9, 21), exam_date=date(2025, 5, 19), height_cm=157.0, weight_kg=58.0,
        latent_g_cm2=(0.652, 0.775, 0.862), menopausal_status="postmenopausal",
        plans=(
            Plan(kind="ge", label="dxa_report"),
            Plan(kind="rf-neck", label="rf_neck"),
        ),
        facts=(("2016-02-01", "menopause", "natural"),),
        category="osteopenia",
    ),
    Role(
        patient_id="0001003", name="HUANG^MEI-LING^SIMULATED", sex="F",
        birth_date=date(1968, 12, 2), exam_date=date(2025, 5, 20), height_cm=161.0, weight_kg=66.0,
        latent_g_cm2=(0.872, 0.975, 1.085), menopausal_status="postmenopausal",
        plans=(
            Plan(kind="report", label="dxa_report"),
            Plan(kind="rf-neck", label="rf_neck"),
        ),
        category="normal", note="56 years, menopause not recorded: WHO words with a flag",
    ),
    Role(
        patient_id="0001004", name="WANG^HSIN-YI^SIMULATED", sex="F",
        birth_date=date(1991, 1, 15), exam_date=date(2025, 5, 21), height_cm=160.0, weight_kg=55.0,
        latent_g_cm2=(0.840, 0.930, 1.030), menopausal_status="premenopausal",
        plans=(Plan(kind="hologic-lumbar-z", label="dxa_lumbar"),),
        facts=(("2025-05-21", "menopausal_status", "premenopausal"),),
        category="within-expected-range", note="premenopausal: blank T column",
    ),
    Role(
        patient_id="0001005", name="CHANG^YA-TING^SIMULATED", sex="F",
        birth_date=date(1998, 4, 30), exam_date=date(2025, 5, 22), height_cm=156.0, weight_kg=43.0,
        latent_g_cm2=(0.560, 0.640, 0.745), menopausal_status="premenopausal",
        plans=(Plan(kind="report", label="dxa_report"),),
        facts=(("2025-05-22", "menopausal_status", "premenopausal"),),
        category="below-expected-range", note="premenopausal with low bone mass for her age",
    ),
    Role(
        patient_id="0001006", name="LEE^CHIH-MING^SIMULATED", sex="M",
        birth_date=date(1958, 7, 11), exam_date=date(2025, 5, 23), height_cm=168.0, weight_kg=69.0,
        latent_g_cm2=(0.655, 0.795, 0.935), menopausal_status="not-applicable",
        plans=(
            Plan(kind="report", label="dxa_report"),
            Plan(kind="rf-neck", label="rf_neck"),
        ),
        category="osteopenia", note="man over 50",
    ),
    Role(
        patient_id="0001007", name="WU^CHUN-HUNG^SIMULATED", sex="M",
        birth_date=date(1983, 2, 26), exam_date=date(2025, 5, 26), height_cm=173.0, weight_kg=76.0,
        latent_g_cm2=(0.865, 1.010, 1.040), menopausal_status="not-applicable",
        plans=(Plan(kind="ge", label="dxa_report"),),
        category="within-expected-range", note="man under 50",
    ),
    Role(
        patient_id="0001008", name="TSAI^PEI-JU^SIMULATED", sex="F",
        birth_date=date(1973, 5, 5), exam_date=date(2025, 5, 27), height_cm=158.0, weight_kg=57.0,
        latent_g_cm2=(0.660, 0.780, 0.865), menopausal_status="postmenopausal",
        plans=(Plan(kind="report", label="dxa_report"),),
        facts=(("2022-08-01", "menopause", "natural"),),
        category="osteopenia",
        note="52 years: no class without subjects.csv, which records her menopause",
    ),
    Role(
        patient_id="0001009", name="LIU^CHIA-HUI^SIMULATED", sex="F",
        birth_date=date(1992, 10, 9), exam_date=date(2024, 8, 26), height_cm=162.0, weight_kg=57.5,
        latent_g_cm2=(0.860, 0.950, 1.060), menopausal_status="pregnant",
        prepregnancy_weight_kg=56.0,
        plans=(
            Plan(kind="rf-neck", label="rf_neck_t1", gestation_days=84.0,
                 menopausal_status="pregnant", note="POP visit 1, 12+0 weeks"),
            Plan(kind="rf-neck", label="rf_neck_t3", exam_date=date(2025, 2, 13),
                 bmd_factor=0.981, weight_kg=67.5, gestation_days=255.0,
                 menopausal_status="pregnant", note="POP visit 2, 36+3 weeks"),
            Plan(kind="rf-neck", label="rf_neck_l", exam_date=date(2025, 9, 10),
                 bmd_factor=0.955, weight_kg=60.0, postpartum_days=182.0,
                 menopausal_status="lactating", note="POP visit 3, 26 weeks, breastfeeding"),
        ),
        facts=(("2024-06-03", "pregnancy_last_period", ""), ("2025-03-10", "due_date", ""),
               ("2025-03-12", "delivery", ""), ("2025-03-12", "feeding", "exclusive"),
               ("2024-05-20", "prepregnancy_weight_kg", "56.0"),
               ("2025-09-10", "feeding", "mixed")),
        note="POP protocol: first and third trimester, lactation",
    ),
    Role(
        patient_id="0001010", name="HSU^YUEH-E^SIMULATED", sex="F",
        birth_date=date(1952, 6, 17), exam_date=date(2025, 5, 28), height_cm=150.0, weight_kg=50.0,
        latent_g_cm2=(0.525, 0.600, 0.700), menopausal_status="postmenopausal",
        plans=(
            Plan(kind="ge-trend", label="dxa_report"),
            Plan(kind="rf-spine", label="rf_lumbar"),
        ),
        facts=(("", "menopause_age_years", "49"),),
        category="osteoporosis",
    ),
    Role(
        patient_id="0001011", name="CHENG^LI-HUA^SIMULATED", sex="F",
        birth_date=date(1966, 11, 3), exam_date=date(2025, 5, 29), height_cm=159.0, weight_kg=61.0,
        latent_g_cm2=(0.670, 0.790, 0.880), menopausal_status="postmenopausal",
        plans=(Plan(kind="spectra-h5", label="spectra_neck"),),
        facts=(("2017-01-01", "menopause", "natural"),),
    ),
    Role(
        patient_id="0001012", name="HSIEH^SU-CHEN^SIMULATED", sex="F",
        birth_date=date(1961, 1, 28), exam_date=date(2025, 6, 2), height_cm=160.0, weight_kg=64.0,
        latent_g_cm2=(0.855, 0.960, 1.070), menopausal_status="postmenopausal",
        plans=(Plan(kind="spectra-csv", label="spectra_neck"),),
        facts=(("2012-01-01", "menopause", "natural"),),
    ),
    Role(
        patient_id="0001013", name="KUO^CHENG-TE^SIMULATED", sex="M",
        birth_date=date(1951, 8, 14), exam_date=date(2025, 6, 3), height_cm=165.0, weight_kg=60.0,
        latent_g_cm2=(0.500, 0.620, 0.900), menopausal_status="not-applicable",
        plans=(Plan(kind="hologic-hip", label="dxa_hip"),),
        category="osteoporosis", note="man over 50",
    ),
    Role(
        patient_id="0001014", name="HUNG^PO-WEI^SIMULATED", sex="M",
        birth_date=date(1989, 3, 19), exam_date=date(2025, 6, 4), height_cm=175.0, weight_kg=72.0,
        latent_g_cm2=(0.900, 1.030, 1.060), menopausal_status="not-applicable",
        plans=(
            Plan(kind="lunar-spine-ot", label="image_spine"),
            Plan(kind="lunar-femur-cr", label="image_femur"),
        ),
        note="images without numbers",
    ),
    Role(
        patient_id="0001015", name="CHIU^HUI-MIN^SIMULATED", sex="F",
        birth_date=date(1977, 2, 8), exam_date=date(2025, 6, 5), height_cm=157.0, weight_kg=59.0,
        latent_g_cm2=(0.650, 0.770, 0.850), menopausal_status="surgical",
        plans=(Plan(kind="report", label="dxa_report"),),
        facts=(("2021-10-12", "menopause", "surgical"),),
        category="none", note="surgical menopause before 50: T and Z, no class",
    ),
    Role(
        patient_id="0001016", name="YANG^A-MEI^SIMULATED", sex="F",
        birth_date=date(1955, 10, 30), exam_date=date(2025, 6, 6), height_cm=153.0, weight_kg=54.0,
        latent_g_cm2=(0.560, 0.660, 0.780), menopausal_status="postmenopausal",
        plans=(
            Plan(kind="lunar-spine-dx", label="image_spine"),
            Plan(kind="lunar-femur-bmd", label="image_femur"),
            Plan(kind="rf-neck", label="rf_neck"),
        ),
        note="images without numbers, ultrasound beside them",
    ),
)  # fmt: skip

EXTRA_PLANS: tuple[tuple[Plan, ...], ...] = (
    (Plan(kind="report", label="dxa_report"), Plan(kind="rf-neck", label="rf_neck")),
    (Plan(kind="ge", label="dxa_report"), Plan(kind="rf-neck", label="rf_neck")),
    (Plan(kind="hologic-lumbar", label="dxa_lumbar"), Plan(kind="hologic-hip", label="dxa_hip")),
)
LAST_EXAM = date(2025, 6, 6)
DAYS_PER_YEAR = 365.2425


def roles(n: int, seed: int) -> list[Role]:
    """Take the first `n` of the cast, then draw more people from the population."""
    found = list(CAST[:n])
    drawn = draw_people(max(0, n - len(CAST)), seed)
    for i, person in enumerate(drawn):
        born = date.fromordinal(LAST_EXAM.toordinal() - round(person.age_years * DAYS_PER_YEAR))
        known = person.menopausal_status != "not-applicable"
        found.append(
            Role(
                patient_id=f"{1001 + len(CAST) + i:07d}",
                name=f"VIRTUAL^NUMBER {len(CAST) + i + 1}^SIMULATED",
                sex=person.sex,
                birth_date=born,
                exam_date=LAST_EXAM,
                height_cm=round(person.height_cm, 1),
                weight_kg=round(person.weight_kg, 1),
                latent_g_cm2=(person.bmd_neck_g_cm2, person.bmd_hip_g_cm2, person.bmd_spine_g_cm2),
                menopausal_status=person.menopausal_status,
                plans=EXTRA_PLANS[i % len(EXTRA_PLANS)],
                facts=(("", "menopausal_status", person.menopausal_status),) if known else (),
                note=person.population,
            )
        )
    return found
