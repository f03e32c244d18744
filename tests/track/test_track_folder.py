"""Following people: pages to series, tables that judge them, the verb, the public function."""

from __future__ import annotations

import csv
import dataclasses
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
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
from bonescan.model.person import PersonAtExam
from bonescan.model.vocabulary import MenopausalStatus, Origin, Technique
from bonescan.workflows.track_folder import track_person, track_settings
from bonescan.workflows.track_table import write_changes

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
    assert verb("track", out, "--patient", "nobody")[0] == 2
    assert verb("track", out, "--chosen-percent", "-1")[0] == 2
    assert verb("track", tmp_path / "nowhere")[0] == 2


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
