"""Standardised and converted BMD against published equations and a published case."""

from __future__ import annotations

import csv

import pytest

from bonescan.norms.density import combined_bmd
from bonescan.norms.standardise import (
    DEFAULT_SYSTEMS,
    EQUATIONS,
    STANDARDISED,
    converted_bmd,
    equations,
    standardised_bmd,
)


@pytest.mark.parametrize(
    ("bmd", "scale", "site", "system", "mg"),
    [
        # 781.2 and 816.8 mg/cm2: a patient at 0.829 (GE) and later 0.757 (Hologic), by hand
        (0.829, "ge", "L2-L4", None, 781.2),
        (0.757, "hologic", "L2-L4", None, 816.8),
        # Hui's pivot is the mean of his phantom's people: there every maker gives 1043.6
        (0.972, "hologic", "L2-L4", None, 1043.6),
        (1.100, "ge", "L2-L4", None, 1043.6),
        (0.969, "norland", "L2-L4", None, 1043.6),
        (1.000, "hologic", "L2-L4", "genant-1994", 1075.5),
        (1.000, "ge", "L2-L4", "genant-1994", 952.2),
        (1.000, "norland", "L2-L4", "genant-1994", 1076.1),
        # 1000*(a + b*BMD) by hand
        (0.858, "hologic", "femoral-neck", None, 951.6),
        (1.038, "ge", "femoral-neck", None, 951.7),
        (0.942, "hologic", "total-hip", None, 955.5),
        (1.008, "ge", "total-hip", None, 955.8),
        (0.700, "norland", "trochanter", None, 729.7),
    ],
)
def test_standardised_bmd(bmd, scale, site, system, mg):
    found, used = standardised_bmd(bmd, scale=scale, site=site, system=system)
    assert found == pytest.approx(mg, abs=0.06)
    assert used == (system or ("hui-1997" if site == "L2-L4" else "icsbm-hip"))


@pytest.mark.parametrize(
    ("scale", "site"),
    [("hologic", "L1-L4"), ("ge", "wards"), ("fujifilm", "total-hip"), (None, "total-hip")],
)
def test_no_equation_no_standardised_bmd(scale, site):
    assert standardised_bmd(0.9, scale=scale, site=site) is None


@pytest.mark.parametrize(
    ("source", "target", "site", "at_one"),
    [
        ("ge", "hologic", "L2-L4", 0.881),
        ("norland", "hologic", "L2-L4", 1.000),
        ("hologic", "ge", "L2-L4", 1.128),
        ("norland", "ge", "L2-L4", 1.130),
        ("ge", "norland", "L2-L4", 0.871),
        ("hologic", "norland", "L2-L4", 0.998),
        ("ge", "hologic", "femoral-neck", 0.767),
        ("hologic", "ge", "femoral-neck", None),
        ("hologic", "ge", "total-hip", None),
        ("ge", "ge", "total-hip", 1.0),
    ],
)
def test_conversion_is_direct_or_not_at_all(source, target, site, at_one):
    found = converted_bmd(1.0, from_scale=source, to_scale=target, site=site)
    assert found == (None if at_one is None else pytest.approx(at_one, abs=1e-9))


def test_conversions_are_no_inverses():
    there = converted_bmd(1.0, from_scale="ge", to_scale="hologic", site="L2-L4")
    back = converted_bmd(there, from_scale="hologic", to_scale="ge", site="L2-L4")
    assert abs(back - 1.0) == pytest.approx(0.000194, abs=1e-6)


@pytest.mark.parametrize("one", equations().values(), ids=lambda e: f"{e.system} {e.site}")
def test_every_equation_has_citation_and_mark(one):
    assert len(one.citation) > 40
    assert one.evidence in {"S", "M"}
    assert one.system not in DEFAULT_SYSTEMS or one.evidence == "S", "defaults were read"
    assert (one.to_scale == STANDARDISED) is (one.system != "direct")


def test_an_equation_that_stands_twice_is_a_fault(tmp_path, monkeypatch):
    lines = EQUATIONS.read_text(encoding="utf-8").splitlines()
    broken = tmp_path / "equations.csv"
    broken.write_text("\n".join([*lines, lines[1]]), encoding="utf-8")
    monkeypatch.setattr("bonescan.norms.standardise.EQUATIONS", broken)
    equations.cache_clear()
    with pytest.raises(RuntimeError, match="stands twice"):
        equations()
    equations.cache_clear()


@pytest.mark.shared
def test_the_table_is_the_one_that_was_collected(shared_dir):
    path = shared_dir / "data" / "norms" / "sbmd_equations.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    collected = sorted((float(r["b"]), float(r["a"]), float(r["c"] or 0)) for r in rows)
    ours = equations().values()
    assert sorted((e.slope, e.intercept_g_cm2, e.pivot_g_cm2) for e in ours) == collected


def test_a_region_is_the_sum_of_bmc_over_the_sum_of_area():
    # densities printed on a report with their L1-L4 of 1.070; areas solve the weights by hand
    density, area = (0.782, 1.083, 1.179, 1.218), (12.0, 13.0, 15.0, 16.0)
    bmc = [d * a for d, a in zip(density, area, strict=True)]
    whole = combined_bmd(bmc, area)
    assert whole == pytest.approx((9.384 + 14.079 + 17.685 + 19.488) / 56.0)
    assert whole != pytest.approx(sum(density) / 4, abs=0.005)
    assert min(density) < whole < max(density)


@pytest.mark.parametrize(
    ("bmc", "area"),
    [([], []), ([1.0], []), ([1.0], [0.0]), ([-1.0], [1.0]), ([float("nan")], [1.0])],
)
def test_sums_that_mean_nothing_give_nothing(bmc, area):
    assert combined_bmd(bmc, area) != combined_bmd(bmc, area)  # NaN
