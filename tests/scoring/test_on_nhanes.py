"""The scores of 2005-2010 Americans, weighted; expected values from the survey's own analysis.

Prevalences with exact arithmetic and band means of Z as tabulated when the
reference curves were derived (checked there against R survey and VGAM).
"""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from decimal import Decimal

import numpy as np
import pytest

from bonescan.kernels.scores import label_tenths, lms_z, t_scores, who_codes, who_codes_raw
from bonescan.model.arrays import kernel_input
from bonescan.norms.load import load_norms
from bonescan.norms.reference import lms_z as lms_z_of_one
from bonescan.norms.rounding import standard_score, tenths
from bonescan.norms.who_words import who_category

pytestmark = pytest.mark.shared
NORMS = load_norms()
SITES = {"femoral-neck": "neck_bmd", "total-hip": "totfem_bmd"}


def bmd_of(p, site):
    """Read the BMD of a site; L1-L4 is sum of BMC over sum of area where all four are valid."""
    if site in SITES:
        return float(p[SITES[site]]) if p[SITES[site]] else None
    if any(p[f"l{n}_invalid"] != "0" or not p[f"l{n}_bmc"] for n in range(1, 5)):
        return None
    bmc, area = (sum(float(p[f"l{n}_{what}"]) for n in range(1, 5)) for what in ("bmc", "area"))
    return bmc / area


@pytest.fixture(scope="module")
def people(shared_dir):
    path = shared_dir / "data" / "nhanes" / "nhanes_bmd_2005_2010.csv.gz"
    with gzip.open(path, "rt", newline="") as file:
        return list(csv.DictReader(file))


# sex, pair, n, raw osteoporosis, raw low, rounded osteoporosis, rounded low [%]
PREVALENCE = [
    ("F", "0.858", "0.120", 3081, 7.99, 47.69, 8.64, 45.65),
    ("F", "0.849", "0.111", 3081, 9.48, 46.20, 10.39, 43.89),
    ("F", "0.86", "0.12", 3081, 8.20, 48.41, 8.94, 45.88),
    ("F", "0.888", "0.121", 3081, 11.60, 53.29, 13.08, 50.05),
    ("M", "0.858", "0.120", 3384, 1.62, 28.38, 1.78, 27.37),
    ("M", "0.849", "0.111", 3384, 2.12, 27.88, 2.46, 26.69),
    ("M", "0.86", "0.12", 3384, 1.73, 28.90, 1.91, 27.54),
    ("M", "0.888", "0.121", 3384, 3.27, 34.28, 3.49, 32.07),
]


def over_50(people, sex):
    chosen = [
        (p["neck_bmd"], float(p["wt_mec"]))
        for p in people
        if p["sex"] == sex and int(p["age_years"]) >= 50 and p["neck_bmd"]
    ]
    return [b for b, _ in chosen], np.array([w for _, w in chosen])


@pytest.mark.parametrize("row", PREVALENCE, ids=lambda r: f"{r[0]} {r[1]}/{r[2]}")
def test_prevalence_by_decimal_arithmetic(people, row):
    sex, mean, sd, n, *percent = row
    bmd, weight = over_50(people, sex)
    assert len(bmd) == n
    words = {}
    for text in set(bmd):
        t = standard_score(Decimal(text), Decimal(mean), Decimal(sd))
        words[text] = (who_category(t), who_category(tenths(t)))
    found = [
        100 * weight[[words[b][kind] == word for b in bmd]].sum() / weight.sum()
        for kind in (0, 1)
        for word in ("osteoporosis", "osteopenia")
    ]
    assert found == pytest.approx(percent, abs=0.0051)


@pytest.mark.parametrize("row", PREVALENCE, ids=lambda r: f"{r[0]} {r[1]}/{r[2]}")
def test_prevalence_by_the_kernel(people, row):
    sex, mean, sd, _, *percent = row
    bmd, weight = over_50(people, sex)
    values = kernel_input([float(b) for b in bmd])
    t = t_scores(
        values,
        kernel_input(np.full(len(bmd), float(mean))),
        kernel_input(np.full(len(bmd), float(sd))),
    )
    raw = who_codes_raw(kernel_input(t))
    rounded = who_codes(kernel_input(label_tenths(kernel_input(t)), np.int64))
    found = [
        100 * weight[codes == word].sum() / weight.sum()
        for codes in (raw, rounded)
        for word in (2, 1)
    ]
    assert found == pytest.approx(percent, abs=0.0051)


def test_a_plain_float_would_lose_real_women(people):
    bmd, weight = over_50(people, "F")
    naive = np.array([(float(b) - 0.858) / 0.120 <= -2.5 for b in bmd])
    assert 100 * weight[naive].sum() / weight.sum() == pytest.approx(7.78, abs=0.0051)


BANDS = [(8, 14), (14, 20), (20, 35), (35, 50), (50, 65), (65, 80)]


def z_by_age(people, ref_id, site, sex, race, age_of):
    curve = NORMS.age[ref_id].curves[site, sex]
    bands = defaultdict(list)
    for p in people:
        if p["sex"] != sex or race not in ("all", p["race_ethnicity"]):
            continue
        bmd = bmd_of(p, site)
        if bmd is None or not p["age_months_exam"]:
            continue
        age = age_of(p)
        lms = curve.at(age)
        if lms is None:
            continue
        true_age = int(p["age_months_exam"]) / 12
        band = next((b for b in BANDS if b[0] <= true_age < b[1]), None)
        z = lms_z_of_one(bmd, *lms)
        bands[band].append((z, float(p["wt_mec"])))
    found = []
    for band in BANDS:
        z, w = np.array(bands[band]).T
        found.append((np.average(z, weights=w), np.sqrt(np.average(z * z, weights=w))))
    return found


@pytest.mark.parametrize("sex", ["F", "M"])
@pytest.mark.parametrize("site", ["femoral-neck", "L1-L4", "total-hip"])
@pytest.mark.parametrize("race", ["all", "nh_white"])
def test_band_means_and_sds_of_z(people, shared_dir, site, sex, race):
    key = {"femoral-neck": "neck", "L1-L4": "l1l4", "total-hip": "totfem"}[site]
    with (shared_dir / "data" / "nhanes" / "lms_fit_info.csv").open() as file:
        row = next(
            r
            for r in csv.DictReader(file)
            if (r["site"], r["sex"], r["race_ethnicity"]) == (key, sex, race)
        )
    expected = [row[f"z_{low}_{high}"].split("/") for low, high in BANDS]
    found = z_by_age(
        people,
        f"nhanes_2005_2010_{race}",
        site,
        sex,
        race,
        lambda p: int(p["age_months_exam"]) / 12,
    )
    for band, (mean, sd), (want_mean, want_sd) in zip(BANDS, found, expected, strict=True):
        # the fit's own z used its splines; between whole ages ours is a straight line, which
        # shows where children grow
        tolerance = 0.012 if band[0] < 20 else 0.006
        assert mean == pytest.approx(float(want_mean), abs=tolerance)
        assert sd == pytest.approx(float(want_sd), abs=tolerance)


# exact age against whole years: what a missing half year does to children
@pytest.mark.parametrize(
    ("site", "sex", "how", "means"),
    [
        ("femoral-neck", "F", "exact", (-0.011, 0.015, -0.003, 0.003, -0.015, 0.023)),
        ("femoral-neck", "F", "half", (-0.026, 0.012, -0.002, 0.004, -0.013, 0.026)),
        ("femoral-neck", "F", "whole", (0.189, 0.043, -0.012, -0.012, -0.036, 0.007)),
        ("L1-L4", "F", "exact", (-0.015, 0.017, -0.006, 0.007, -0.008, 0.003)),
        ("L1-L4", "F", "half", (-0.037, 0.009, -0.007, 0.008, -0.007, 0.005)),
        ("L1-L4", "F", "whole", (0.262, 0.078, 0.003, -0.005, -0.027, -0.005)),
        ("L1-L4", "M", "exact", (-0.005, 0.023, -0.001, -0.005, -0.007, 0.014)),
        ("L1-L4", "M", "whole", (0.235, 0.161, 0.003, -0.007, -0.003, 0.014)),
    ],
)
def test_exact_age_against_whole_years(people, site, sex, how, means):
    ages = {
        "exact": lambda p: int(p["age_months_exam"]) / 12,
        "half": lambda p: int(p["age_months_exam"]) // 12 + 0.5,
        "whole": lambda p: float(int(p["age_months_exam"]) // 12),
    }
    found = z_by_age(people, "nhanes_2005_2010_all", site, sex, "all", ages[how])
    assert [m for m, _ in found] == pytest.approx(means, abs=0.0006)


def test_the_z_kernel_gives_what_one_row_gives(people):
    curve = NORMS.age["nhanes_2005_2010_all"].curves["femoral-neck", "F"]
    rows = [
        (float(p["neck_bmd"]), *lms)
        for p in people
        if p["sex"] == "F" and p["neck_bmd"] and p["age_months_exam"]
        if (lms := curve.at(int(p["age_months_exam"]) / 12))
    ]
    columns = [kernel_input(c) for c in zip(*rows, strict=True)]
    one_by_one = [lms_z_of_one(*row) for row in rows]
    np.testing.assert_allclose(lms_z(*columns), one_by_one, rtol=0, atol=1e-10)
