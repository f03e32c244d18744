"""Following people: pages to series, tables that judge them, the verb, the public function."""

from __future__ import annotations

import csv
import dataclasses
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import NormalDist
from typing import Any

import pytest

import bonescan
from bonescan.errors import EnvironmentFault, UsageError
from bonescan.files.cross_calibration_csv import read_cross_calibration
from bonescan.files.precision_table import read_precision_table
from bonescan.model.change import ChangeVerdict
from bonescan.model.exam import Device, Exam
from bonescan.model.measurement import LabelledRow, Measurement, Scores, Verdict
from bonescan.model.page import PageRow, PersonPage
from bonescan.model.person import Fact, PersonAtExam
from bonescan.model.vocabulary import MenopausalStatus, Origin, Technique
from bonescan.workflows.pregnancy_spans import pregnancy_spans
from bonescan.workflows.track_folder import track_folder, track_person, track_settings
from bonescan.workflows.track_table import changes_of, write_changes

A = Device(manufacturer="Echo", maker="echolight", model="E1", serial="A1")
B = dataclasses.replace(A, serial="B2")
WOMAN = PersonAtExam(
    sex="F", age_years=32.0, age_is_exact=True, menopausal_status=MenopausalStatus.PREGNANT
)


def row(day: str, bmd: float | None, **more: Any) -> PageRow:
    device = more.pop("device", A)
    person = dataclasses.replace(WOMAN, **more.pop("person", {}))
    m = Measurement(
        technique=more.pop("technique", Technique.REMS),
        origin=Origin.REPORTED,
        site=more.pop("site", "femoral-neck-left"),
        bmd_g_cm2=bmd,
        **more,
    )
    return PageRow(
        file=f"{day}.dcm",
        sha256=day,
        labelled=LabelledRow(measurement=m, scores=Scores(), verdict=Verdict(category=None)),
        exam=Exam(exam_date=date.fromisoformat(day) if day else None),
        device=device,
        person=person,
    )


def page(*rows: PageRow) -> PersonPage:
    return PersonPage(patient_id="P-1", rows=rows, verdicts=())


PREGNANCY = (
    row("2026-01-10", 0.723, person={"gestation_days": 84.0}),
    row("2026-07-04", 0.709, person={"gestation_days": 259.0}),
)


def precision_csv(folder: Path, error: float = 0.0024) -> Path:
    path = folder / "precision.csv"
    path.write_text(
        "technique,site,rms_sd_g_cm2,df,device_serial\n"
        f"REMS,femoral-neck-left,{error},30,A1\nREMS,femoral-neck-left,0.02,30,\n",
        encoding="utf-8",
    )
    return path


def test_a_pregnancy_has_its_course_and_no_yearly_rate(tmp_path: Path) -> None:
    found = track_person(page(*PREGNANCY), track_settings(precision_csv(tmp_path)))
    assert found.across_pregnancy
    (series,) = found.series
    change = series.steps[1].from_first
    assert change is not None
    assert change.verdict is ChangeVerdict.DECREASE
    assert change.lsc_g_cm2 == pytest.approx(2.77 * 0.0024)  # of this device, not of any
    assert change.percent_per_year is None
    assert change.percent_per_week == pytest.approx(100 * (0.709 / 0.723 - 1) / 25)
    assert change.course is not None
    assert (series.slope, series.slope_reason[:7]) == (None, "no rate")


@pytest.mark.parametrize(
    ("first", "second", "gap"),
    [(76.0, 259.0, 175), (98.0, 259.0, 175), (84.0, 251.0, 175), (84.0, 273.0, 175),
     (84.0, 259.0, 540)],
)  # fmt: skip
def test_outside_the_windows_no_course_is_expected(first: float, second: float, gap: int) -> None:
    """11+0 to 13+6 and 36+0 to 38+6 weeks of one pregnancy."""
    end = date.fromordinal(date(2026, 1, 10).toordinal() + gap).isoformat()
    found = track_person(
        page(
            row("2026-01-10", 0.723, person={"gestation_days": first}),
            row(end, 0.709, person={"gestation_days": second}),
        ),
        track_settings(),
    )
    change = found.series[0].steps[1].from_first
    assert change is not None
    assert change.course is None


@pytest.mark.parametrize(("first", "second"), [(77.0, 252.0), (97.0, 272.0)])
def test_the_edges_of_the_windows_lie_inside(first: float, second: float) -> None:
    found = track_person(
        page(
            row("2026-01-10", 0.723, person={"gestation_days": first}),
            row("2026-07-04", 0.709, person={"gestation_days": second}),
        ),
        track_settings(),
    )
    change = found.series[0].steps[1].from_first
    assert change is not None
    assert change.course is not None
    assert change.course.mean_percent == -1.9


@pytest.mark.parametrize(
    ("technique", "site", "has_course"),
    [
        (Technique.REMS, "femoral-neck-left", True),
        (Technique.REMS, "L1-L4", False),
        (Technique.DXA, "femoral-neck-left", False),
        (Technique.REMS_STYLE, "femoral-neck-left", False),
    ],
)
def test_the_course_is_that_of_rems_at_the_neck(
    technique: Technique, site: str, has_course: bool
) -> None:
    """Wide: 28 of 164 gained (Arechavaleta-Velasco 2025), so a gain is not called a loss."""
    rows = (
        row("2026-01-10", 0.723, person={"gestation_days": 84.0}, technique=technique, site=site),
        row("2026-07-04", 0.760, person={"gestation_days": 259.0}, technique=technique, site=site),
    )
    change = track_person(page(*rows), track_settings()).series[0].steps[1].from_first
    assert change is not None
    assert (change.course is not None) is has_course
    if change.course is not None:
        gained = NormalDist(change.course.mean_percent, change.course.sd_percent).cdf(0.0)
        assert 1.0 - gained == pytest.approx(28 / 164, abs=0.003)
        assert change.p_loss_with_course is not None
        assert change.p_loss_with_course < 0.5  # +5.1 % was measured


def fact(name: str, day: str, value: str = "") -> Fact:
    return Fact(patient_id="1", issuer=None, date=date.fromisoformat(day), fact=name, value=value)


def span(first: str, last: str) -> tuple[date, date]:
    return date.fromisoformat(first), date.fromisoformat(last)


NOT_PREGNANT = {"menopausal_status": MenopausalStatus.PREMENOPAUSAL}


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        ([], []),
        ([fact("pregnancy", "2020-06-01", "no")], []),
        # 44 weeks before a birth without a dating, a year after it
        ([fact("delivery", "2020-11-04")], [span("2020-01-01", "2021-11-04")]),
        ([fact("pregnancy_loss", "2020-11-04")], [span("2020-01-01", "2021-11-04")]),
        ([fact("due_date", "2020-10-07"), fact("delivery", "2020-09-20")],
         [span("2020-01-01", "2021-09-20")]),
        ([fact("pregnancy_last_period", "2020-01-01")], [span("2020-01-01", "2021-11-04")]),
        # called pregnant, no more known: 44 weeks to either side
        ([fact("pregnancy", "2020-11-04", "yes")], [span("2020-01-01", "2022-09-08")]),
        ([fact("pregnancy", "2020-05-01", "yes"), fact("delivery", "2020-09-20")],
         [span("2019-06-28", "2021-09-20")]),
        # breastfed until a year and a half after the birth
        ([fact("delivery", "2020-11-04"), fact("weaning", "2022-05-01")],
         [span("2020-01-01", "2023-05-01")]),
        ([fact("delivery", "2020-11-04"), fact("feeding", "2021-06-01", "mixed")],
         [span("2020-01-01", "2022-06-01")]),
        ([fact("delivery", "2020-11-04"), fact("feeding", "2021-06-01", "none")],
         [span("2020-01-01", "2021-11-04")]),
        # a birth and no dating of the second one, three years later
        ([fact("delivery", "2020-11-04"), fact("delivery", "2023-11-05")],
         [span("2020-01-01", "2021-11-04"), span("2023-01-01", "2024-11-04")]),
    ],
)  # fmt: skip
def test_facts_tell_when_a_pregnancy_was(
    facts: list[Fact], wanted: list[tuple[date, date]]
) -> None:
    """Days by the calendar: 44 weeks are 308 days, the year after 365."""
    assert list(pregnancy_spans((), facts)) == wanted


@pytest.mark.parametrize(
    ("person", "wanted"),
    [
        (NOT_PREGNANT, []),
        ({}, [span("2019-06-29", "2022-03-06")]),  # pregnant on the day, undated
        ({"gestation_days": 122.0}, [span("2020-01-01", "2021-11-04")]),
        ({"menopausal_status": MenopausalStatus.LACTATING, "postpartum_days": 60.0},
         [span("2019-04-30", "2021-05-02")]),
        ({"menopausal_status": MenopausalStatus.LACTATING}, [span("2018-06-29", "2021-05-02")]),
    ],
)  # fmt: skip
def test_exams_tell_when_a_pregnancy_was(person: Any, wanted: list[tuple[date, date]]) -> None:
    """Of an exam on 2 May 2020."""
    assert list(pregnancy_spans([row("2020-05-02", 0.7, person=person)])) == wanted


def test_a_pregnancy_between_two_scans_takes_the_rate_of_this_pair_only() -> None:
    """No scan was made in it: only a fact tells. 4 years before and after it have their rates."""
    rows = [row(f"{y}-01-01", 0.7, person=NOT_PREGNANT) for y in (2016, 2019, 2023, 2026)]
    found = track_person(page(*rows), track_settings(), [fact("delivery", "2020-11-04")])
    (series,) = found.series
    rates = [s.from_previous and s.from_previous.percent_per_year for s in series.steps[1:]]
    assert rates == [0.0, None, 0.0]
    assert found.across_pregnancy
    assert series.slope is None
    without = track_person(page(*rows), track_settings())
    assert not without.across_pregnancy
    assert without.series[0].slope is not None


def test_one_exam_in_two_files_has_the_lsc_of_one_scan() -> None:
    rows = [row(day, bmd) for day, bmd in (("2024-01-10", 0.75), ("2026-01-10", 0.72))]
    stated: dict[str, Any] = {"study_uid": "1", "exam_time": "10:00:00"}
    twice = [
        dataclasses.replace(r, exam=dataclasses.replace(r.exam, **stated))
        for r in rows
        for _ in range(2)
    ]
    one = track_person(page(*rows), track_settings()).series[0].steps[1].shown
    two = track_person(page(*twice), track_settings()).series[0].steps[1].shown
    assert one is not None
    assert two is not None
    assert two.lsc_g_cm2 == one.lsc_g_cm2 == pytest.approx(0.75 * 0.0535)


@pytest.mark.parametrize(
    ("times", "n_scans"), [(("10:00:00", "10:00:00"), 1), (("10:00:00", "10:06:00"), 2)]
)
def test_the_time_of_an_exam_tells_repeats(times: tuple[str, str], n_scans: int) -> None:
    rows = [row("2024-01-10", bmd) for bmd in (0.75, 0.76)]
    rows = [
        dataclasses.replace(r, file=f"{n}.dcm", exam=dataclasses.replace(r.exam, exam_time=time))
        for n, (r, time) in enumerate(zip(rows, times, strict=True))
    ]
    (step,) = track_person(page(*rows), track_settings()).series[0].steps
    assert step.visit.n_scans == n_scans


def test_what_belongs_to_nobody_or_says_two_things_enters_no_series() -> None:
    found = track_person(
        page(
            row("2026-01-10", 0.7),
            row("2026-02-10", None),
            row("", 0.7),
            row("2026-03-10", 0.7, flags=("identity_conflict",)),
            row("2026-04-10", 0.7, flags=("arithmetic_mismatch",)),
            row("2026-05-10", 0.7, scores_allowed=False),
        ),
        track_settings(),
    )
    assert [len(s.steps) for s in found.series] == [1]
    assert len(found.left_out) == 5


def test_after_a_change_of_device_a_series_goes_on_from_the_new_one(tmp_path: Path) -> None:
    rows = (
        row("2024-01-10", 0.72),
        row("2025-01-10", 0.75, device=B),
        row("2026-01-10", 0.70, device=B),
    )
    settings = track_settings(precision_csv(tmp_path))
    steps = track_person(page(*rows), settings).series[0].steps
    assert [s.from_first.verdict for s in steps[1:] if s.from_first] == ["not-comparable"] * 2
    assert steps[1].from_previous is None
    assert steps[2].from_previous is not None
    assert steps[2].from_previous.difference_g_cm2 == pytest.approx(-0.05)
    assert steps[2].from_previous.basis is not None
    assert steps[2].from_previous.basis.error_g_cm2 == 0.02  # that of any device, B has none


def test_a_table_of_two_devices_joins_them(tmp_path: Path) -> None:
    path = tmp_path / "devices.csv"
    lines = ["from_serial,to_serial,site,kind,value_from,value_to"]
    for n in range(30):
        value = 0.60 + 0.01 * n
        lines.append(f"B2,A1,femoral-neck-left,in-vivo,{value + 0.03 + 0.001 * (n % 3)},{value}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    settings = track_settings(precision_csv(tmp_path), path)
    found = track_person(page(row("2024-01-10", 0.72), row("2025-01-10", 0.75, device=B)), settings)
    change = found.series[0].steps[1].from_first
    assert change is not None
    assert change.difference_g_cm2 == pytest.approx(-0.001, abs=0.002)
    assert change.cross_calibration.startswith("in-vivo, n = 30")
    assert "cross_calibrated" in change.flags


def test_changes_are_written_as_a_table(tmp_path: Path) -> None:
    found = track_person(page(*PREGNANCY), track_settings(precision_csv(tmp_path)))
    write_changes(tmp_path / "changes.csv", [found])
    with (tmp_path / "changes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [r["against"] for r in rows] == ["first", "previous"]
    moved = [
        row("2023-01-10", 0.8),
        *(row(f"{y}-01-10", 0.7, device=B) for y in (2024, 2025, 2026)),
    ]
    steps = changes_of([track_person(page(*moved), track_settings())])
    assert [(r["against"], r["baseline_date"][:4]) for r in steps][-3:] == [
        ("first", "2023"),
        ("first-comparable", "2024"),
        ("previous", "2025"),
    ]
    assert rows[0]["change_percent"] == "-1.94"
    assert rows[0]["percent_per_year"] == ""
    assert rows[0]["verdict"] == "decrease"
    with pytest.raises(EnvironmentFault, match="writing failed"):
        write_changes(tmp_path / "none" / "changes.csv", [found])


def test_the_printed_document_of_a_precision_study_is_taken(
    tmp_path: Path, verb: Callable[..., tuple[int, str, str]]
) -> None:
    table = tmp_path / "repeats.csv"
    lines = ["patient_id,technique,site,manufacturer,device_serial,bmd_g_cm2"]
    for n in range(30):
        lines += [f"p{n},DXA,L1-L4,GE,77,{0.9 + 0.01 * n + d}" for d in (0.0, 0.01)]
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    code, out, _ = verb("precision", table, "--json")
    assert code == 0
    path = tmp_path / "precision.json"
    path.write_text(out, encoding="utf-8")
    (own,) = read_precision_table(path)
    assert (own.technique, own.site, own.device_serial, own.df) == ("DXA", "L1-L4", "77", 30)
    assert own.error_g_cm2 == pytest.approx(0.01 / 2**0.5)  # pairs that differ by 0.01


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("technique,site\nDXA,L1-L4\n", "wanted rms_sd_g_cm2 too"),
        ("technique,site,rms_sd_g_cm2\nCT,L1-L4,0.01\n", "line 2: found the technique 'CT'"),
        ("technique,site,rms_sd_g_cm2\nDXA,,0.01\n", "found no site"),
        ("technique,site,rms_sd_g_cm2\nDXA,L1-L4,much\n", "found no number"),
        ("technique,site,rms_sd_g_cm2\nDXA,L1-L4,1.2\n", "found a precision error of 1.2"),
        ("technique,site,rms_sd_g_cm2\nDXA,L1-L4,0\n", "found a precision error of 0"),
    ],
)
def test_a_precision_that_can_not_be_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "precision.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=words):
        read_precision_table(path)


@pytest.mark.parametrize("text", ["[]", "{", '{"data": {"groups": [{"unit": "mg"}]}}', "[" * 9999])
def test_another_document_is_no_precision_study(tmp_path: Path, text: str) -> None:
    path = tmp_path / "p.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="no document of `bonescan precision --json`"):
        read_precision_table(path)
    with pytest.raises(UsageError, match="no readable file"):
        read_precision_table(tmp_path / "none.json")


HEAD = "from_serial,to_serial,site,kind,value_from,value_to\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("from_serial,to_serial\n1,2\n", "found no columns site, kind"),
        (HEAD + "1,2,L1-L4,by eye,1,1\n", "line 2: found the kind 'by eye'"),
        (HEAD + "1,,L1-L4,in-vivo,1,1\n", "empty serial number"),
        (HEAD + "1,2,L1-L4,in-vivo,1,\n", "without both values"),
        (HEAD + "1,2,L1-L4,in-vivo,1,980\n", "found '980' in value_to"),
        (HEAD + "1,2,L1-L4,phantom,x,1\n", "found 'x' in value_from"),
    ],
)
def test_two_devices_that_can_not_be_compared_are_refused(
    tmp_path: Path, text: str, words: str
) -> None:
    path = tmp_path / "devices.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=words):
        read_cross_calibration(path)


def test_phantom_scans_need_not_pair(tmp_path: Path) -> None:
    path = tmp_path / "devices.csv"
    path.write_text(
        HEAD.rstrip() + ",same_model\n"
        + "".join(f"1,2,L1-L4,phantom,{1 + 0.001 * (n % 2)},,yes\n" for n in range(10))
        + "".join(f"1,2,L1-L4,phantom,,{1.002 + 0.001 * (n % 2)},yes\n" for n in range(12)),
        encoding="utf-8",
    )  # fmt: skip
    (found,) = track_settings(None, path).calibrations
    assert (found.kind, found.n, found.refused, found.convert(0.9)) == ("phantom", 10, "", 0.9)


def test_the_verb_follows_the_samples(
    tmp_path: Path, sample_scans: Path, verb: Callable[..., tuple[int, str, str]]
) -> None:
    """The MANIFEST's one person with three ultrasound exams of one neck; no study of precision."""
    out = tmp_path / "out"
    assert verb("run", sample_scans, "-o", out, "--report", "none")[0] == 0
    code, text, _ = verb("track", out, "--json", "--csv", tmp_path / "c.csv")
    assert code == 0
    data = json.loads(text)["data"]
    assert data["verdicts_from_first"] == {"no-precision-study": 2}
    assert (tmp_path / "c.csv").read_text(encoding="utf-8").count("no-precision-study") == 4
    code, text, _ = verb("track", out)
    assert "not the same as no change" in text
    assert "no_precision_study" in text  # flags stand behind the verdict
    _warns_of_rows_that_nothing_uses(tmp_path, out, verb)
    assert verb("track", out, "--patient", "nobody")[0] == 2
    assert verb("track", out, "--chosen-percent", "-1")[0] == 2
    assert verb("track", tmp_path / "nowhere")[0] == 2


def _warns_of_rows_that_nothing_uses(
    tmp_path: Path, out: Path, verb: Callable[..., tuple[int, str, str]]
) -> None:
    """The study has REMS-style necks; nobody has DXA of a side of the spine, nor two devices."""
    path = tmp_path / "p.csv"
    path.write_text(
        "technique,site,rms_sd_g_cm2\nREMS-style,femoral-neck,0.01\nDXA,left toe,0.01\n",
        encoding="utf-8",
    )
    devices = tmp_path / "d.csv"
    devices.write_text(
        "from_serial,to_serial,site,kind,value_from,value_to\n"
        + "".join(f"x,y,L1-L4,in-vivo,{0.8 + 0.01 * n},{0.81 + 0.01 * n}\n" for n in range(30)),
        encoding="utf-8",
    )
    found = track_folder(out, track_settings(path, devices))
    assert [p.code for p in found.problems] == ["BS-W449", "BS-W449"]
    assert "site left toe" in found.problems[0].reason
    assert "x to y" in found.problems[1].reason
    assert set(found.verdicts) == {"not-shown"}
    code, text, _ = verb("track", out, "--precision", path, "--json")
    assert code == 0
    assert [p["code"] for p in json.loads(text)["problems"]] == ["BS-W449"]


def test_the_public_function_judges_two_numbers() -> None:
    """PE 0.33 % of 0.723 shows −1.94 %; the fallback for REMS (1.93 %) does not."""
    given: dict[str, Any] = {
        "technique": "REMS",
        "site": "Neck Left",
        "baseline_date": "2026-01-10",
        "follow_up_date": date(2026, 7, 4),
    }
    found = bonescan.assess_change(0.723, 0.709, precision_error_g_cm2=0.0024, **given)
    assert found.verdict is ChangeVerdict.DECREASE
    assert found.baseline.site == "femoral-neck-left"
    assert bonescan.assess_change(0.723, 0.709, **given).verdict is ChangeVerdict.NOT_SHOWN
    swapped = bonescan.assess_change(
        0.709, 0.723, **(given | {"baseline_date": "2026-07-04", "follow_up_date": "2026-01-10"})
    )
    assert swapped.percent == pytest.approx(found.percent)
    course = bonescan.assess_change(
        0.723, 0.709, expected_percent=-1.9, expected_sd_percent=0.6, **given
    )
    assert course.p_loss_with_course is not None
    assert course.p_loss_with_course > 0.99
    style = given | {"technique": "REMS-style", "precision_error_g_cm2": 0.0024}
    assert bonescan.assess_change(0.723, 0.709, **style).verdict is ChangeVerdict.NOT_SHOWN
    both = {"baseline_uncorrected_g_cm2": 0.70, "follow_up_uncorrected_g_cm2": 0.68}
    assert bonescan.assess_change(0.723, 0.709, **style, **both).verdict is ChangeVerdict.DECREASE


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"technique": "CT"}, "found the technique 'CT'"),
        ({"site": "nose"}, "found the site 'nose'"),
        ({"baseline_date": "114/04/10"}, "wanted YYYY-MM-DD"),
        ({"precision_error_g_cm2": 0.0}, "found a precision error of 0"),
        ({"n_baseline": 0}, "fewer than one scan"),
    ],
)
def test_the_public_function_refuses_what_can_not_be(change: dict[str, Any], words: str) -> None:
    given: dict[str, Any] = {
        "technique": "DXA",
        "site": "L1-L4",
        "baseline_date": "2026-01-10",
        "follow_up_date": "2027-01-10",
    }
    with pytest.raises(UsageError, match=words):
        bonescan.assess_change(1.0, 0.95, **(given | change))
    with pytest.raises(UsageError, match=r"found 980, wanted g/cm"):
        bonescan.assess_change(980, 0.95, **given)
