"""Americans examined 2005-2010 through the whole scoring of tables, and regions from their sums."""

from __future__ import annotations

import csv
import gzip

import numpy as np
import pytest

from bonescan.classify.row import classify_row
from bonescan.kernels.scores import t_scores
from bonescan.model.arrays import kernel_input
from bonescan.model.measurement import Measurement
from bonescan.model.person import PersonAtExam
from bonescan.model.vocabulary import LabelFrom, MenopausalStatus, Origin, Technique
from bonescan.norms.density import combined_bmd
from bonescan.norms.load import load_norms
from bonescan.norms.rounding import standard_score, tenths
from bonescan.scoring.table import KERNEL_FROM_ROWS, ScoreRequest, score_table
from bonescan.settings import LabelSettings

from .test_on_nhanes import PREVALENCE

pytestmark = pytest.mark.shared
NORMS = load_norms()
REFERENCES = {
    "0.858": "nhanes3_fn_f", "0.849": "hologic_fn_f", "0.86": "nchs_fn_086",
    "0.888": "xue2021_fn_f",
}  # fmt: skip
VERTEBRAE = ("l1", "l2", "l3", "l4")


@pytest.fixture(scope="module")
def people(shared_dir):
    path = shared_dir / "data" / "nhanes" / "nhanes_bmd_2005_2010.csv.gz"
    with gzip.open(path, "rt", newline="") as file:
        return list(csv.DictReader(file))


def request(p, reference_id) -> ScoreRequest:
    woman = p["sex"] == "F"
    status = MenopausalStatus.POSTMENOPAUSAL if woman else MenopausalStatus.NOT_APPLICABLE
    return ScoreRequest(
        measurement=Measurement(
            technique=Technique.DXA, origin=Origin.REPORTED, site="femoral-neck",
            bmd_g_cm2=float(p["neck_bmd"]), scale="hologic",
        ),
        person=PersonAtExam(
            sex=p["sex"], age_years=int(p["age_years"]) + 0.5, age_is_exact=False,
            menopausal_status=status,
        ),
        reference_id=reference_id,
    )  # fmt: skip


@pytest.mark.parametrize("mean", REFERENCES)
def test_classes_of_a_whole_table_have_the_tabulated_prevalence(people, mean):
    over_50 = [p for p in people if int(p["age_years"]) >= 50 and p["neck_bmd"]]
    requests = [request(p, REFERENCES[mean]) for p in over_50]
    assert len(requests) > KERNEL_FROM_ROWS, "the compiled way"
    weight = np.array([float(p["wt_mec"]) for p in over_50])
    sex = np.array([p["sex"] for p in over_50])
    found = {}
    for how in (LabelFrom.RAW, LabelFrom.ROUNDED):
        settings = LabelSettings(label_from=how)
        scores = score_table(requests, NORMS, settings)
        word = np.array([
            str(classify_row(r.measurement, s, r.person, settings).category)
            for r, s in zip(requests, scores, strict=True)
        ])  # fmt: skip
        for row_sex in "FM":
            of_sex = sex == row_sex
            found[row_sex, how] = [
                100 * weight[of_sex & (word == w)].sum() / weight[of_sex].sum()
                for w in ("osteoporosis", "osteopenia")
            ]
    for row in PREVALENCE:
        if row[1] == mean:
            both = found[row[0], LabelFrom.RAW] + found[row[0], LabelFrom.ROUNDED]
            assert both == pytest.approx(row[4:], abs=0.0051)


def test_real_people_at_exactly_minus_two_and_a_half(people):
    over_50 = [p for p in people if int(p["age_years"]) >= 50 and p["neck_bmd"]]
    at_the_cut = [p for p in over_50 if p["neck_bmd"] in {"0.558", "0.5580"}]
    assert len(at_the_cut) == 8
    settings = LabelSettings(label_from=LabelFrom.RAW)
    requests = [request(p, "nhanes3_fn_f") for p in at_the_cut]
    for r, s in zip(requests, score_table(requests, NORMS, settings), strict=True):
        assert (0.558 - 0.858) / 0.120 > -2.5, "what a plain float says"
        assert s.t_score == -2.5
        assert classify_row(r.measurement, s, r.person, settings).category == "osteoporosis"


@pytest.mark.parametrize(
    ("site", "column"), [("femoral-neck", "neck"), ("total-hip", "totfem"), ("wards", "ward"),
                         ("trochanter", "troch"), ("intertrochanter", "inter")]
)  # fmt: skip
@pytest.mark.parametrize("sex", ["F", "M"])
def test_shipped_young_adults_are_the_weighted_people(people, site, column, sex):
    young = [
        (float(p[f"{column}_bmd"]), float(p["wt_mec"]))
        for p in people
        if p["sex"] == sex and p["race_ethnicity"] == "nh_white" and p[f"{column}_bmd"]
        if 20 <= int(p["age_years"]) <= 29
    ]
    reference = next(
        r for r in NORMS.young.values()
        if (r.site, r.sex) == (site, sex) and r.population.endswith("; non-Hispanic white")
    )  # fmt: skip
    values, weights = np.array(young).T
    mean = np.average(values, weights=weights)
    n = len(values)
    sd = np.sqrt(np.average((values - mean) ** 2, weights=weights) * n / (n - 1))
    assert n == reference.n_people
    assert mean == pytest.approx(float(reference.mean_g_cm2), abs=0.00006)
    assert sd == pytest.approx(float(reference.sd_g_cm2), abs=0.00006)
    t = [
        float(standard_score(v, reference.mean_g_cm2, reference.sd_g_cm2)) for v in values.tolist()
    ]
    assert np.average(t, weights=weights) == pytest.approx(0.0, abs=0.001)


def test_totals_follow_from_sums_except_the_61_that_do_not(people):
    spines, odd = 0, 0
    for p in people:
        if not p["spine_bmd"] or any(p[f"{v}_invalid"] != "0" for v in VERTEBRAE):
            continue
        spines += 1
        whole = combined_bmd(*([float(p[f"{v}_{q}"]) for v in VERTEBRAE] for q in ("bmc", "area")))
        parts = [float(p[f"{v}_bmd"]) for v in VERTEBRAE]
        assert min(parts) - 0.001 <= whole <= max(parts) + 0.001
        odd += abs(whole - float(p["spine_bmd"])) > 0.005
    assert (spines, odd) == (17315, 61)


@pytest.mark.parametrize(
    ("reference", "ids"),
    [
        ("hologic_F_[M]", [f"hologic_{v}_f" for v in VERTEBRAE]),
        ("nhanes_nhw_F_20_29", [f"nhanes_2005_2010_{v}_f" for v in VERTEBRAE]),
    ],
)
def test_vertebrae_that_disagree_depend_on_their_reference(people, shared_dir, reference, ids):
    with (shared_dir / "data" / "nhanes" / "sim_vertebra_neighbour.csv").open() as file:
        table = {(r["sex"], r["age_group"]): r for r in csv.DictReader(file)
                 if r["reference"] == reference}  # fmt: skip
    for sex, group, low, high in (("F", "50+", 50, 99), ("M", "20-49", 20, 49)):
        rows = [
            p for p in people
            if p["sex"] == sex and low <= int(p["age_years"]) <= high
            if all(p[f"{v}_invalid"] == "0" and p[f"{v}_bmd"] for v in VERTEBRAE)
        ]  # fmt: skip
        t = np.array([
            t_scores(
                kernel_input([float(p[f"{v}_bmd"]) for p in rows]),
                kernel_input(np.full(len(rows), float(NORMS.young[i].mean_g_cm2))),
                kernel_input(np.full(len(rows), float(NORMS.young[i].sd_g_cm2))),
            )
            for v, i in zip(VERTEBRAE, ids, strict=True)
        ])  # fmt: skip
        # the table was made with plain floats, which take some 0.110 apart for more than 1.0 T
        step = np.abs(np.diff(t, axis=0))
        apart, strictly = (s.any(axis=0) for s in (step > 1.0, np.round(step, 9) > 1.0))
        weight = np.array([float(p["wt_mec"]) for p in rows])
        wanted = table[sex, group]
        assert len(rows) == int(wanted["n"])
        share, less = (weight[a].sum() / weight.sum() for a in (apart, strictly))
        assert share == pytest.approx(float(wanted["any_adjacent_gt1"]), abs=0.0001)
        assert 0.0 <= share - less < 0.01


def test_scores_of_the_survey_are_rounded_as_decimals_are(people):
    sample = [p for p in people if p["neck_bmd"]][:3000]
    for p in sample:
        t = standard_score(float(p["neck_bmd"]), *[
            getattr(NORMS.young["hologic_fn_f"], k) for k in ("mean_g_cm2", "sd_g_cm2")
        ])  # fmt: skip
        assert abs(float(tenths(t)) - float(t)) <= 0.05 + 1e-9
