"""Expected loss: the published rates, the author's case by hand, and what is refused."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import cast

import pytest

from bonescan.guidance.expected_loss import expected_losses, loss_rates, own_loss
from bonescan.model.guidance import FactSheet, Known
from bonescan.model.page import PersonPage
from bonescan.workflows.series_loss import series_losses


def sheet(**values: Known) -> FactSheet:
    return FactSheet(patient_id="p", on=date(2025, 11, 15), values=values)


SURGICAL: dict[str, Known] = {"menopause_kind": "surgical", "menopause_date": date(2023, 6, 1)}


def test_the_published_case_of_22_months_after_surgical_menopause() -> None:
    # 6-7 % a year over 22 months: 11.0-12.8 % linear, 10.7-12.5 % compounded (by hand)
    found = expected_losses(sheet(**SURGICAL), date(2024, 1, 15), date(2025, 11, 15))
    by = {f.rate.situation: f for f in found}
    article = by["surgical-menopause"]
    assert article.months == 22
    assert article.linear_percent == pytest.approx((11.0, 12.833), abs=0.01)
    assert article.compounded_percent == pytest.approx((10.73, 12.46), abs=0.01)
    # the other source gives 9 % a year, and both stand
    assert by["oophorectomy"].linear_percent == pytest.approx((16.5, 16.5))


def test_what_was_lost_in_that_case_on_the_hologic_spine() -> None:
    # T -0.7 to -0.8 on 1.047/0.110: 0.970 to 0.959, -1.13 %
    lost = own_loss([(date(2024, 1, 15), 0.970), (date(2025, 11, 15), 0.959)])
    assert lost is not None
    assert lost.change_percent == pytest.approx(-1.134, abs=0.001)
    assert lost.per_year_percent == pytest.approx(-1.134 * 12 / 22, abs=0.001)


def test_a_rate_is_not_carried_beyond_two_years() -> None:
    found = expected_losses(sheet(**SURGICAL), date(2023, 6, 1), date(2025, 10, 1))
    assert {f.months for f in found} == {24.0}
    assert "not carried beyond 24" in found[0].notes[0][0]
    assert "不推算超過 24 個月" in found[0].notes[0][1]


@pytest.mark.parametrize(
    ("first", "words"),
    [
        (date(2023, 5, 31), "it began after the first exam"),
        (date(2023, 6, 1), None),
        (date(2025, 5, 31), None),
        (date(2025, 6, 1), "it began 24 months or more before the first exam"),
    ],
)
def test_a_rate_holds_only_for_the_first_two_years_of_a_situation(
    first: date, words: str | None
) -> None:
    # the operation was on 2023-06-01
    found = expected_losses(sheet(**SURGICAL), first, date(2025, 11, 15))
    assert len(found) == 2
    for f in found:
        assert (f.linear_percent is None) is (f.compounded_percent is None) is (words is not None)
        assert words is None or words in f.notes[0][0]


def test_a_rate_of_the_spine_says_nothing_of_the_hip() -> None:
    days = date(2024, 1, 15), date(2025, 11, 15)
    by = {f.rate.situation: f for f in expected_losses(sheet(**SURGICAL), *days, lumbar=False)}
    assert by["oophorectomy"].linear_percent is None
    assert by["oophorectomy"].notes[0] == (
        "the rate is for the lumbar spine",
        "此流失率僅適用於腰椎",
    )
    assert by["surgical-menopause"].linear_percent is not None  # its source names no site
    assert by["surgical-menopause"].rate.site_zh == "部位未註明"


def test_treatment_without_a_date_may_not_have_been_in_force() -> None:
    days = date(2024, 1, 15), date(2025, 11, 15)
    by = {f.rate.situation: f
          for f in expected_losses(sheet(chemotherapy_ovarian_failure=True), *days)}  # fmt: skip
    assert "in force at both exams not recorded" in by["chemotherapy-ovarian-failure"].notes[-1][0]
    assert by["chemotherapy-ovarian-failure-shapiro"].months == 12  # medians of the first year


def test_sources_that_disagree_are_told_of() -> None:
    found = expected_losses(sheet(**SURGICAL), date(2024, 1, 15), date(2025, 1, 15))
    assert len(found) == 2
    for note in (f.notes[-1] for f in found):
        assert "9 % a year" in note[0]
        assert "6-7 % a year" in note[0]
        assert "每年 9 %" in note[1]
    natural = next(r for r in loss_rates() if r.situation == "natural-menopause")
    for words in ("1-7 % a year", "1-2 % a year", "15-30 % over 5-7 years"):
        assert words in natural.conflict[0]


def test_lactation_is_counted_over_six_months_at_most() -> None:
    found = expected_losses(sheet(breastfeeding=True, delivery_date=date(2025, 1, 1)),
                            date(2025, 1, 1), date(2025, 11, 1))  # fmt: skip
    assert {f.months for f in found} == {6.0}
    assert (4.0, 7.0) in {f.linear_percent for f in found}
    later = expected_losses(sheet(breastfeeding=True, delivery_date=date(2025, 1, 1)),
                            date(2025, 5, 1), date(2025, 11, 1))  # fmt: skip
    assert {f.months for f in later} == {2.0}  # four of the six months were over


def test_an_unknown_situation_expects_nothing() -> None:
    assert expected_losses(sheet(), date(2024, 1, 1), date(2025, 1, 1)) == ()
    assert expected_losses(sheet(aromatase_inhibitor=True), date(2024, 1, 1),
                           date(2025, 1, 1)) == ()  # a GnRH drug is unknown  # fmt: skip


def test_the_start_of_the_situation_is_asked_for() -> None:
    found = expected_losses(sheet(menopause_kind="surgical"), date(2024, 1, 1), date(2025, 1, 1))
    assert all("when it began is not recorded" in f.notes[0][0] for f in found)


def test_no_yearly_rate_across_a_pregnancy() -> None:
    lost = own_loss([(date(2024, 1, 1), 0.723), (date(2024, 7, 1), 0.709)], across_pregnancy=True)
    assert lost is not None
    assert lost.change_percent == pytest.approx(-1.936, abs=0.001)  # -1.94 %, the paper's
    assert lost.per_year_percent is None


def test_one_day_is_no_change() -> None:
    assert own_loss([(date(2024, 1, 1), 0.9)]) is None
    assert own_loss([(date(2024, 1, 1), 0.9), (date(2024, 1, 1), 0.91)]) is None


def test_days_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="wanted two days in time"):
        expected_losses(sheet(**SURGICAL), date(2025, 1, 1), date(2024, 1, 1))


def test_every_rate_names_its_source() -> None:
    assert all(len(r.source) > 10 and r.zh for r in loss_rates())
    assert all(r.site_zh and bool(r.conflict[0]) is bool(r.conflict[1]) for r in loss_rates())
    assert all(0 < r.low_percent <= r.high_percent < 10 for r in loss_rates())


@pytest.mark.parametrize(("site", "used", "holds"), [
    ("L1-L4", ("L1", "L2", "L3", "L4"), True), ("femoral-neck-left", (), False),
])  # fmt: skip
def test_only_series_of_the_lumbar_spine_take_its_rates(
    site: str, used: tuple[str, ...], holds: bool
) -> None:
    rows = tuple(
        SimpleNamespace(
            labelled=SimpleNamespace(measurement=SimpleNamespace(
                site=site, vertebrae_used=used, bmd_g_cm2=0.9, technique="DXA", origin="reported")),
            exam=SimpleNamespace(exam_date=day),
            device=SimpleNamespace(manufacturer="Hologic", model="A", serial=""),
            person=SimpleNamespace(menopausal_status=None),
        )
        for day in (date(2024, 1, 15), date(2025, 11, 15))
    )  # fmt: skip
    page = cast(PersonPage, SimpleNamespace(rows=rows))
    [loss] = series_losses(page, sheet(**SURGICAL))
    by = {e["situation"]: e for e in loss["expected"]}
    assert (by["oophorectomy"]["linear_percent"] is not None) is holds
    assert all(not e["note_zh"].endswith("。") for e in loss["expected"])
