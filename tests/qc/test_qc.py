"""`bonescan qc`: baselines, services, verdicts and the page, from tables with known answers."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta

import pytest

from bonescan.errors import NothingUsable, UsageError
from bonescan.report.qc_page import qc_page
from bonescan.workflows.qc import qc_of_file

FIRST = date(2024, 1, 1)
# 24 scans half above and half below 1.000 by 0.004 and one on it: mean 1, SD 0.004
# (24 x 0.004² / 24 = 0.004²)
STEADY = (*(1.0 + 0.004 * (-1) ** i for i in range(24)), 1.0)


def table(tmp_path, rows, header="date,value,device,phantom,service"):
    path = tmp_path / "phantom.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def daily(values, *, first=FIRST, device="A1", phantom="ESP", service=""):
    """One row a day; the service stands on the first."""
    return [
        f"{first + timedelta(days=i)},{v:.6f},{device},{phantom},{service if i == 0 else ''}"
        for i, v in enumerate(values)
    ]


def judge(tmp_path, rows, **more):
    study, problems = qc_of_file(table(tmp_path, rows), **more)
    return study, [p.code for p in problems]


def test_mean_sd_and_limits_of_25_days(tmp_path):
    study, codes = judge(tmp_path, daily((*STEADY, 1.0)))
    (stretch,) = study.stretches
    assert stretch.baseline.kind == "25 days"
    assert stretch.baseline.n == 25
    assert stretch.baseline.mean == pytest.approx(1.0, abs=1e-6)
    assert stretch.baseline.sd == pytest.approx(0.004, abs=1e-6)
    assert (stretch.baseline.lower, stretch.baseline.upper) == pytest.approx((0.985, 1.015))
    assert (stretch.state, stretch.is_out_now, study.in_control) == ("in-control", False, True)
    assert codes == []


def test_ten_scans_of_the_first_day_are_a_baseline_and_nine_are_not(tmp_path):
    same_day = [f"2024-01-01,{1.0 + 0.001 * (i % 2):.4f}" for i in range(10)]
    path = table(tmp_path, [*same_day, "2024-01-02,1.0005"], header="date,value")
    study, _ = qc_of_file(path)
    assert study.stretches[0].baseline.kind == "10 scans in one day"
    assert study.stretches[0].state == "in-control"
    path = table(tmp_path, [*same_day[:9], "2024-01-02,1.0005"], header="date,value")
    with pytest.raises(NothingUsable, match="scans on 2 days, 9 of them on the first"):
        qc_of_file(path)


@pytest.mark.parametrize(("n", "judged"), [(24, False), (25, True)])
def test_24_days_are_no_baseline(tmp_path, n, judged):
    path = table(tmp_path, daily(STEADY[:n]))
    if judged:
        assert qc_of_file(path)[0].stretches[0].state == "baseline-only"
        assert qc_of_file(path)[0].in_control is None
    else:
        with pytest.raises(NothingUsable, match="BS-E421"):
            qc_of_file(path)


@pytest.mark.parametrize(
    ("after", "state", "rules"),
    [
        ((1.011,), "in-control", set()),
        ((1.0121,), "out-of-control", {"1-3s"}),
        ((1.0151,), "out-of-control", {"percent", "1-3s"}),
        ((0.9849,), "out-of-control", {"percent", "1-3s"}),
        ((1.001,) * 3, "in-control", set()),
        ((1.001,) * 4, "warning", {"4-same-side"}),
        ((1.0081, 1.0081), "out-of-control", {"2-2s"}),
        ((1.0081, 0.9919), "out-of-control", {"R-4s"}),
    ],
)
def test_the_verdict_names_the_rules(tmp_path, after, state, rules):
    study, codes = judge(tmp_path, daily((*STEADY, *after)))
    (stretch,) = study.stretches
    assert stretch.state == state
    assert {v.rule for v in stretch.violations} == rules
    assert ("BS-W422" in codes) is (state == "out-of-control")
    assert stretch.exam_rule == ("out" if rules & {"percent", "4-same-side"} else "in")


def test_days_and_value_of_a_broken_rule(tmp_path):
    study, _ = judge(tmp_path, daily((*STEADY, 1.0, 1.02, 1.0)))
    violation = next(v for v in study.stretches[0].violations if v.rule == "percent")
    assert violation.first == violation.last == FIRST + timedelta(days=26)
    assert violation.value == pytest.approx(1.02)
    assert violation.side == "above"
    assert study.stretches[0].is_out_now is False


def test_a_drop_of_one_percent_is_dated_by_the_cumulative_sum(tmp_path):
    # 0.010 below is 2.5 SD: the sum grows by 2 a scan and passes 5 at the third
    study, _ = judge(tmp_path, daily((*STEADY, 1.0, 1.0, *(0.99,) * 5)))
    (change,) = study.stretches[0].changes
    assert change.after == FIRST + timedelta(days=26)
    assert change.first_changed == FIRST + timedelta(days=27)
    assert change.signalled == FIRST + timedelta(days=29)
    assert change.new_mean == pytest.approx(0.99, abs=1e-6)
    assert change.percent == pytest.approx(-1.0, abs=1e-4)
    assert study.in_control is False
    assert study.stretches[0].is_out_now is True


def test_a_service_begins_a_new_baseline(tmp_path):
    later = daily([v + 0.05 for v in STEADY] + [1.05], first=date(2024, 3, 1), service="tube")
    study, codes = judge(tmp_path, [*daily((*STEADY, 1.0)), *later])
    first, second = study.stretches
    assert (first.number, second.number, second.service) == (1, 2, "tube")
    assert second.baseline.mean == pytest.approx(1.05, abs=1e-6)
    assert [s.state for s in study.stretches] == ["in-control", "in-control"]
    assert codes == []


def test_without_the_service_the_same_step_is_out_of_control(tmp_path):
    later = daily([v + 0.05 for v in STEADY], first=date(2024, 3, 1))
    study, _ = judge(tmp_path, [*daily((*STEADY, 1.0)), *later])
    assert [s.state for s in study.stretches] == ["out-of-control"]


def test_a_service_row_without_a_scan_counts_and_too_few_scans_after_it_are_not_judged(tmp_path):
    rows = [
        *daily((*STEADY, 1.03)),
        "2024-03-01,,A1,ESP,board",
        *daily([1.0], first=date(2024, 3, 2)),
    ]
    study, codes = judge(tmp_path, rows)
    assert [s.state for s in study.stretches] == ["out-of-control", "no-baseline"]
    assert study.stretches[1].service == "board"
    assert study.in_control is None  # nobody knows since the service
    assert codes == ["BS-W422", "BS-W420"]


def test_devices_and_phantoms_are_judged_apart(tmp_path):
    other = daily([v * 1.1 for v in (*STEADY, 1.02)], device="B2")
    third = daily((*STEADY, 1.0), phantom="aluminium")
    study, _ = judge(tmp_path, [*daily((*STEADY, 1.0)), *other, *third])
    states = {(s.device, s.phantom): s.state for s in study.stretches}
    assert states == {
        ("A1", "ESP"): "in-control",
        ("A1", "aluminium"): "in-control",
        ("B2", "ESP"): "out-of-control",
    }
    assert study.in_control is False


def test_the_order_of_rows_does_not_matter(tmp_path):
    rows = daily((*STEADY, 1.0, 1.02, 0.99))
    want = qc_of_file(table(tmp_path, rows))[0]
    assert qc_of_file(table(tmp_path, rows[::-1]))[0] == want


def test_a_baseline_beyond_its_own_limits_is_told(tmp_path):
    _, codes = judge(tmp_path, daily((*STEADY[:24], 1.05, 1.0)))
    assert "BS-W423" in codes


def test_equal_values_have_no_sd_and_only_percent_judges(tmp_path):
    study, _ = judge(tmp_path, daily((1.2,) * 25 + (1.22,)))
    (stretch,) = study.stretches
    assert (stretch.state, stretch.exam_rule, stretch.westgard, stretch.cusum) == (
        "out-of-control", "out", "", "",
    )  # fmt: skip
    assert "cumulative" not in qc_page(study).split("<main")[1].split("How it is judged")[0].lower()


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ("2024-13-01,1.0", "date '2024-13-01' is no YYYY-MM-DD"),
        ("01.02.2024,1.0", "is no YYYY-MM-DD"),
        ("113/02/01,1.0", "is no YYYY-MM-DD"),
        ("2024-05-01,nan", "value 'nan' is no number above 0"),
        ("2024-05-01,-1", "is no number above 0"),
        ("2024-05-01,0", "is no number above 0"),
        ("2024-05-01,", "is no number above 0"),
        ("2024-05-01,inf", "is no number above 0"),
    ],
)
def test_rows_that_can_not_be_read_are_left_out_by_line(tmp_path, cells, reason):
    rows = [r.rsplit(",", 3)[0] for r in daily((*STEADY, 1.0))]
    path = table(tmp_path, [*rows, cells], header="date,value")
    _, (problem,) = qc_of_file(path)
    assert problem.code == "BS-W421"
    assert problem.reason.startswith("line 28: ")
    assert reason in problem.reason


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("day,value", "found no column date"),
        ("date,number", "found no column value"),
        ("date,value,value", "found 2 column value"),
    ],
)
def test_a_table_without_its_columns_is_refused(tmp_path, header, reason):
    with pytest.raises(UsageError, match=reason):
        qc_of_file(table(tmp_path, ["2024-01-01,1.0,1.0"], header=header))


def test_columns_may_be_named(tmp_path):
    rows = [r.rsplit(",", 3)[0] for r in daily((*STEADY, 1.0))]
    path = table(tmp_path, rows, header="Day,L1L4")
    study, _ = qc_of_file(path, columns={"date": "day", "value": "l1l4"})
    assert study.stretches[0].state == "in-control"
    with pytest.raises(UsageError, match="found no column nowhere"):
        qc_of_file(path, columns={"date": "nowhere"})


@pytest.mark.parametrize(
    ("percent", "fine"), [(0.0, False), (0.01, True), (10.0, True), (10.1, False)]
)
def test_limits_in_percent_have_limits(tmp_path, percent, fine):
    path = table(tmp_path, daily((*STEADY, 1.0)))
    if fine:
        assert qc_of_file(path, percent=percent)[0].percent == percent
    else:
        with pytest.raises(UsageError, match="BS-E422"):
            qc_of_file(path, percent=percent)


# --- the verb and the page --------------------------------------------------


def test_the_verb_writes_page_and_table_and_one_document(tmp_path, verb):
    path = table(tmp_path, daily((*STEADY, 1.0, 1.02)))
    code, text, _ = verb("qc", path, "-o", tmp_path / "charts", "--unit", "g/cm2", "--json")
    document = json.loads(text)
    assert code == 0
    assert document["verb"] == "qc"
    assert document["data"]["in_control"] is False
    stretch = document["data"]["stretches"][0]
    assert stretch["violations"][0]["rule"] == "percent"
    assert stretch["violations"][0]["first"] == "2024-01-27"
    assert [p["code"] for p in document["problems"]] == ["BS-W422"]
    with (tmp_path / "charts" / "qc.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 27
    assert rows[-1]["rules"] == "percent;1-3s"
    assert rows[-1]["percent_off"] == "2.000"
    page = (tmp_path / "charts" / "qc.html").read_text(encoding="utf-8")
    assert "Out of control" in page
    assert "https://" not in page.split("<main")[1]


def test_the_verb_says_the_verdict_in_words(tmp_path, verb):
    code, text, _ = verb("qc", table(tmp_path, daily((*STEADY, 1.02))))
    assert code == 0
    assert "A1, ESP: OUT OF CONTROL" in text
    assert "2024-01-26: percent, one scan beyond the limits" in text


def test_too_few_scans_leave_with_4(tmp_path, verb):
    code, _, said = verb("qc", table(tmp_path, daily(STEADY[:10])))
    assert code == 4
    assert "BS-E421" in said
    assert "wanted 25 days or 10 scans on the first" in said


def test_a_folder_that_can_not_be_made_leaves_with_5(tmp_path, verb):
    path = table(tmp_path, daily((*STEADY, 1.0)))
    code, _, said = verb("qc", path, "-o", path / "below-a-file")
    assert code == 5
    assert "BS-E501" in said


def test_the_page_is_the_same_every_time_and_escapes_what_the_table_says(tmp_path):
    rows = daily((*STEADY, 1.0, 1.02), device="<script>alert(1)</script>")
    study, _ = judge(tmp_path, rows)
    page = qc_page(study)
    assert page == qc_page(study)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_a_cell_that_a_spreadsheet_would_run_is_defused(tmp_path, verb):
    path = table(tmp_path, daily((*STEADY, 1.0), device="=1+1"))
    verb("qc", path, "-o", tmp_path / "charts")
    assert "\n'=1+1," in (tmp_path / "charts" / "qc.csv").read_text(encoding="utf-8")


def test_page_and_words_of_a_drift_a_service_and_too_few_scans(tmp_path, verb):
    rows = [
        *daily((*STEADY, 1.0, *(0.99,) * 40)),
        *daily([1.0] * 5, first=date(2024, 6, 1), service="detector"),
        *daily([1.0] * 3, device="B2"),
    ]
    path = table(tmp_path, rows)
    code, text, _ = verb("qc", path, "-o", tmp_path / "charts")
    assert code == 0
    assert "level changed between 2024-01-26 and 2024-01-27: 0.99 (-1.00 %)" in text
    assert "A1, ESP, from 2024-06-01: not judged" in text
    assert "BS-W420 B2, ESP: scans on 3 days, 1 of them on the first" in text
    page = (tmp_path / "charts" / "qc.html").read_text(encoding="utf-8")
    shown = page.split("<main")[1]
    assert shown.count("Not judged: no baseline") == 2
    assert "2024-01-26 – 2024-01-27" in shown
    assert 'class="service"' in shown
    assert "−5 SD" in shown


def test_a_long_list_of_broken_rules_is_cut_in_words_and_whole_in_the_document(tmp_path, verb):
    swings = [v for _ in range(15) for v in (1.02, 1.0, 0.98, 1.0)]
    path = table(tmp_path, daily((*STEADY, *swings)))
    _, text, _ = verb("qc", path)
    document = json.loads(verb("qc", path, "--json")[1])
    n = len(document["data"]["stretches"][0]["violations"])
    assert n == 60  # 30 scans beyond 1.5 % that are beyond 3 SD, too
    assert f"and {n - 10} more" in text


def test_a_table_without_rows_has_no_baseline(tmp_path):
    with pytest.raises(NothingUsable, match="no scan"):
        qc_of_file(table(tmp_path, []))


def test_many_unreadable_rows_are_counted(tmp_path):
    path = table(tmp_path, [*daily((*STEADY, 1.0)), *["never,1.0,A1,ESP,"] * 12])
    _, (problem,) = qc_of_file(path)
    assert problem.reason.endswith("and 2 more.")


def test_two_services_without_a_scan_between_them_are_one_break(tmp_path):
    rows = [
        *daily((*STEADY, 1.0)), "2024-03-01,,A1,ESP,tube", "2024-03-02,,A1,ESP,table",
        *daily((*STEADY, 1.0), first=date(2024, 3, 3)),
    ]  # fmt: skip
    study, _ = judge(tmp_path, rows)
    assert [s.service for s in study.stretches] == ["", "tube; table"]


def _days(values: list[str], separator: str = ";", header: str = "date") -> str:
    rows = [f"2025-01-{n:02}{separator}{v}" for n, v in enumerate(values, start=1)]
    return "\n".join([f"{header}{separator}value", *rows]) + "\n"


def test_a_decimal_comma_is_read_where_cells_are_parted_otherwise(tmp_path):
    path = tmp_path / "q.csv"
    path.write_text(_days(["1,000", "1,010"] * 13), encoding="utf-8")
    study, problems = qc_of_file(path)
    assert problems == ()
    mean = study.stretches[0].baseline.mean  # of 13 times 1.000 and 12 times 1.010
    assert mean == pytest.approx((13 * 1.0 + 12 * 1.01) / 25)


def test_without_a_baseline_the_unread_rows_are_named(tmp_path):
    path = tmp_path / "q.csv"
    path.write_text("date,value\n115/01/05,1.0\n2025-01-06,'1'\n", encoding="utf-8")
    with pytest.raises(NothingUsable, match="2 rows left out: line 2: ") as refused:
        qc_of_file(path)
    said = "date '115/01/05' is no YYYY-MM-DD: for Minguo years call the column date_roc; line 3"
    assert said in str(refused.value)


def test_minguo_years_are_read_where_the_column_says_so(tmp_path):
    path = tmp_path / "q.csv"
    rows = [f"115/01/{n:02},1.0" for n in range(1, 26)]
    path.write_text("\n".join(["date_roc,value", *rows, "x,1.0"]) + "\n", encoding="utf-8")
    study, problems = qc_of_file(path)
    assert study.stretches[0].first.isoformat() == "2026-01-01"  # 115 + 1911
    assert "date 'x' is no day with a Minguo year" in problems[0].reason
