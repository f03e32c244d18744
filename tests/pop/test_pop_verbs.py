"""Enrol, visit, scan, status, due: a woman's way through the study by the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

Verb = Callable[..., tuple[int, str, str]]
START = date(2025, 1, 1)  # 0+0: due on 8 October 2025

MAP = """
technique = "REMS"
date_pattern = "yyyy-mm-dd"
decimal = "."
bmd_unit = "g/cm2"
[device]
manufacturer = "Echolight"
model = "E1"
serial = "77"
[columns]
patient_id = "chart"
sex = "sex"
exam_date = "date"
site = "region"
bmd = "bmd"
[sites]
"neck" = "femoral-neck-left"
"""


def at(weeks: int, days: int = 0) -> str:
    return (START + timedelta(days=7 * weeks + days)).isoformat()


@pytest.fixture
def study(tmp_path: Path, verb: Verb) -> Callable[..., Path]:
    """Make a result folder with scans of chart 007 on the days given."""

    def make(*scans: tuple[str, float]) -> Path:
        folder = tmp_path / "in"
        folder.mkdir(exist_ok=True)
        (folder / "scans.csv").write_text(
            "chart,sex,date,region,bmd\n" + "".join(f"007,F,{d},neck,{v}\n" for d, v in scans),
            encoding="utf-8",
        )
        (tmp_path / "map.toml").write_text(MAP, encoding="utf-8")
        out = tmp_path / "out"
        code, _, err = verb(
            "run", folder, "-o", out, "--column-map", tmp_path / "map.toml", "--report", "none"
        )
        assert code == 0, err
        return out

    return make


def enrolled(verb: Verb, out: Path, *more: str) -> str:
    code, text, err = verb(
        "pop", "enrol", out, "--patient", "007", "--on", at(11), "--consent", at(11),
        "--due-date", "2025-10-08", "--centre", "Taipei", *more, "--json",
    )  # fmt: skip
    assert code == 0, err
    return str(json.loads(text)["data"]["patient_id"])


def women(verb: Verb, out: Path, on: str, *more: object) -> list[dict[str, Any]]:
    code, text, err = verb("pop", "status", out, "--on", on, *more, "--json")
    assert code == 0, err
    found = json.loads(text)["data"]["women"]
    assert isinstance(found, list)
    return found


def states(woman: dict[str, Any], number: int = -1) -> dict[str, str]:
    return {v["name"]: v["state"] for v in woman["pregnancies"][number]["visits"]}


def test_a_woman_goes_through_the_study(study: Callable[..., Path], verb: Verb) -> None:
    born = date(2025, 10, 1)
    out = study((at(12), 0.723), (at(37), 0.709), ((born + timedelta(days=182)).isoformat(), 0.70))
    name = enrolled(verb, out)
    assert states(women(verb, out, at(12, 1))[0]) == {
        "T1": "in-window", "T3": "later", "L6": "later", "PW": "later",
    }  # fmt: skip
    code, _, err = verb(
        "pop", "visit", out, "--patient", name, "--on", "2025-10-05", "--delivery", "2025-10-01",
        "--feeding", "exclusive",
    )  # fmt: skip
    assert code == 0, err
    (woman,) = women(verb, out, "2026-04-30")
    assert states(woman) == {
        "T1": "in-window", "T3": "in-window", "L6": "in-window", "PW": "later",
    }  # fmt: skip
    changes = {c["visit"]: c for c in woman["pregnancies"][0]["changes"]}
    assert changes["T3"]["percent"] == pytest.approx(-1.936, abs=1e-3)
    assert changes["T3"]["verdict"] == "not-shown"  # by the fallback, 5.35 %
    assert changes["T3"]["percent_per_year"] is None
    assert changes["T3"]["course"]["mean_percent"] == -1.9
    assert woman["centre"] == "Taipei"
    text = verb("pop", "status", out, "--on", "2026-04-30")[1]
    assert "T3  in-window" in text
    assert "007" not in text  # the chart number stays in identities.csv


def test_with_a_study_of_precision_the_loss_is_called(
    study: Callable[..., Path], verb: Verb, tmp_path: Path
) -> None:
    out = study((at(12), 0.723), (at(37), 0.709))
    enrolled(verb, out)
    table = tmp_path / "precision.csv"
    table.write_text(
        "technique,site,rms_sd_g_cm2,df\nREMS,femoral-neck-left,0.0024,30\n", encoding="utf-8"
    )
    (woman,) = women(verb, out, at(38), "--precision", table)
    (change,) = woman["pregnancies"][0]["changes"]
    assert change["verdict"] == "decrease"


def test_after_a_loss_everything_stops_at_once(study: Callable[..., Path], verb: Verb) -> None:
    out = study((at(12), 0.723))
    enrolled(verb, out)
    assert verb("pop", "visit", out, "--patient", "007", "--on", at(20), "--loss", at(19))[0] == 0
    (woman,) = women(verb, out, at(37))
    assert states(woman) == {
        "T1": "in-window", "T3": "stopped", "L6": "stopped", "PW": "stopped",
    }  # fmt: skip
    code, text, _ = verb("pop", "due", out, "--on", at(37), "--json")
    assert code == 0
    assert not [r for p in json.loads(text)["data"]["people"] for r in p["rows"]]
    code, _, err = verb(
        "pop", "visit", out, "--patient", "007", "--on", at(30), "--feeding", "mixed"
    )
    assert code == 2
    assert "after the loss of the pregnancy" in err


def test_a_second_pregnancy_is_another_course(study: Callable[..., Path], verb: Verb) -> None:
    out = study((at(12), 0.723), ("2026-12-25", 0.715))
    enrolled(verb, out)
    verb("pop", "visit", out, "--patient", "007", "--on", "2025-10-05", "--delivery", "2025-10-01",
         "--feeding", "none")  # fmt: skip
    code, _, err = verb("pop", "enrol", out, "--patient", "007", "--on", "2026-12-20",
                        "--last-period", "2026-10-01")  # fmt: skip
    assert code == 0, err
    (woman,) = women(verb, out, "2026-12-30")
    assert len(woman["pregnancies"]) == 2
    assert states(woman, 0)["PW"] == "not-applicable"
    assert states(woman, 1)["T1"] == "in-window"  # 25 December is 12+1


def test_who_left_the_study_is_not_due(study: Callable[..., Path], verb: Verb) -> None:
    out = study((at(12), 0.723))
    enrolled(verb, out)
    verb("pop", "visit", out, "--patient", "007", "--on", at(20), "--withdrawn", at(20))
    (woman,) = women(verb, out, at(37))
    assert states(woman)["T3"] == "stopped"
    assert woman["withdrawn"] == at(20)


def test_enrolled_before_any_scan_and_due_on_the_day(tmp_path: Path, verb: Verb) -> None:
    out = tmp_path / "new"
    enrolled(verb, out)
    (woman,) = women(verb, out, at(11))
    assert states(woman)["T1"] == "due"
    code, text, _ = verb("pop", "due", out, "--on", at(11), "--json")
    assert code == 0
    rows = [r for p in json.loads(text)["data"]["people"] for r in p["rows"]]
    assert [r["state"] for r in rows if "T1" in r["why"]["en"]] == ["due"]


def test_twins_and_high_risk_move_the_windows(study: Callable[..., Path], verb: Verb) -> None:
    out = study((at(12), 0.723), (at(20), 0.72), (at(33), 0.71))
    enrolled(verb, out, "--children", "2", "--high-risk")
    (woman,) = women(verb, out, at(34))
    assert woman["protocol"] == "high_risk"
    assert states(woman) == {
        "T1": "in-window", "T2": "in-window", "T3": "in-window", "L6": "later", "PW": "later",
    }  # fmt: skip


def test_scans_before_any_pregnancy_belong_to_no_visit(
    study: Callable[..., Path], verb: Verb
) -> None:
    out = study(("2024-06-01", 0.73), (at(12), 0.723))
    enrolled(verb, out)
    (woman,) = women(verb, out, at(13))
    assert woman["scans_without_visit"] == ["2024-06-01"]


def test_ultrasound_goes_before_the_due_date_as_told(
    study: Callable[..., Path], verb: Verb
) -> None:
    """70 days on 12 March 2025: 0+0 on 1 January, whatever due date was told."""
    out = study((at(11), 0.723))
    code, _, err = verb(
        "pop", "enrol", out, "--patient", "007", "--on", at(11), "--due-date", "2025-11-30",
        "--ultrasound", "2025-03-12", "--ultrasound-days", "70",
    )  # fmt: skip
    assert code == 0, err
    (woman,) = women(verb, out, at(12))
    assert woman["pregnancies"][0]["course"]["start"] == START.isoformat()
    assert states(woman)["T1"] == "in-window"


def test_an_undated_pregnancy_is_said(study: Callable[..., Path], verb: Verb) -> None:
    out = study((at(12), 0.723))
    assert (
        verb("pop", "enrol", out, "--patient", "007", "--on", at(12), "--consent", at(12))[0] == 0
    )
    (woman,) = women(verb, out, at(13))
    assert woman["pregnancies"] == []
    assert any("no pregnancy is recorded" in r for r in woman["remarks"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--weight-kg", "610"), "weight_kg"),
        (("--feeding", "often"), "feeding"),
        (("--delivery", "2999-01-01"), "which is to come"),
        (("--fact", "nonsense"), "wanted NAME=VALUE"),
        (("--fact", "shoe_size=38"), "found the fact 'shoe_size'"),
        ((), "nothing to record"),
    ],
)
def test_what_can_not_be_recorded_is_refused_whole(
    tmp_path: Path, verb: Verb, words: tuple[str, ...], message: str
) -> None:
    out = tmp_path / "new"
    enrolled(verb, out)
    code, _, err = verb(
        "pop", "visit", out, "--patient", "007", "--on", at(20), *(("--back-pain", "no") if words
        else ()), *words,
    )  # fmt: skip
    assert code == 2
    assert message in err
    from bonescan.workflows.facts_store import stored_facts

    assert "back_pain" not in {f.fact for f in stored_facts(out)}


def test_nobody_by_that_name(tmp_path: Path, verb: Verb) -> None:
    out = tmp_path / "new"
    enrolled(verb, out)
    assert verb("pop", "status", out, "--patient", "P-nobody")[0] == 2
    assert verb("pop", "visit", out, "--patient", "P-nobody", "--back-pain", "no")[0] == 2
    assert verb("pop", "enrol", out, "--patient", "1", "--ultrasound", at(10))[0] == 2


# ------------------------------------------------------------------ what the record can't bear


def visit(verb: Verb, out: Path, on: str, *words: str) -> None:
    code, _, err = verb("pop", "visit", out, "--patient", "007", "--on", on, *words)
    assert code == 0, err


def verdicts(woman: dict[str, Any], number: int = -1) -> list[tuple[str, str]]:
    return [(c["visit"], c["verdict"]) for c in woman["pregnancies"][number]["changes"]]


def due_rows(verb: Verb, out: Path, on: str) -> list[dict[str, Any]]:
    code, text, err = verb("pop", "due", out, "--on", on, "--json")
    assert code == 0, err
    return [r for p in json.loads(text)["data"]["people"] for r in p["rows"]]


def test_scans_of_one_day_are_averaged(
    study: Callable[..., Path], verb: Verb, tmp_path: Path
) -> None:
    """0.718 and 0.728 are 0.723; 0.709 is -1.936 % of it."""
    study((at(12), 0.718), (at(37), 0.709))
    (tmp_path / "in" / "again.csv").write_text(
        f"chart,sex,date,region,bmd\n007,F,{at(12)},neck,0.728\n", encoding="utf-8"
    )
    out = study((at(12), 0.718), (at(37), 0.709))
    enrolled(verb, out)
    (woman,) = women(verb, out, at(38))
    (change,) = woman["pregnancies"][0]["changes"]
    assert change["baseline"]["bmd_g_cm2"] == pytest.approx(0.723)
    assert change["percent"] == pytest.approx(-1.936, abs=1e-3)


def test_a_scan_after_the_loss_has_no_visit_and_no_verdict(
    study: Callable[..., Path], verb: Verb
) -> None:
    out = study((at(12), 0.723), (at(37), 0.70))
    enrolled(verb, out)
    visit(verb, out, at(20), "--loss", at(19))
    (woman,) = women(verb, out, at(38))
    assert states(woman)["T3"] == "stopped"
    assert woman["scans_without_visit"] == [at(37)]
    assert verdicts(woman) == []


@pytest.mark.parametrize("first", ["--delivery", "--loss"])
def test_a_stillbirth_stops_the_questions_on_feeding(
    study: Callable[..., Path], verb: Verb, first: str
) -> None:
    out = study((at(12), 0.723))
    enrolled(verb, out)
    second = "--loss" if first == "--delivery" else "--delivery"
    visit(verb, out, at(38, 2), first, at(38), second, at(38, 1))
    (woman,) = women(verb, out, at(60))
    assert (states(woman)["L6"], states(woman)["PW"]) == ("stopped", "stopped")
    assert woman["pregnancies"][0]["course"]["delivery"] is None
    assert due_rows(verb, out, at(60)) == []


def test_of_twins_one_lives(study: Callable[..., Path], verb: Verb) -> None:
    out = study((at(12), 0.723))
    enrolled(verb, out, "--children", "2")
    visit(verb, out, at(38), "--delivery", at(38), "--loss", at(38), "--feeding", "mixed")
    (woman,) = women(verb, out, at(60))
    assert states(woman)["PW"] == "later"
    assert any("weaning_date" in r["missing"] for r in due_rows(verb, out, at(60)))


def test_44_weeks_without_a_birth_is_said_and_the_scans_stay(
    study: Callable[..., Path], verb: Verb
) -> None:
    out = study((at(12), 0.723), (at(37), 0.709))
    enrolled(verb, out)
    (woman,) = women(verb, out, at(44, 1))
    assert states(woman)["T1"] == "in-window"
    assert verdicts(woman) == [("T3", "not-shown")]
    assert any("past 44 weeks, no birth recorded" in r for r in woman["remarks"])
    assert not any("past 44" in r for r in women(verb, out, at(44))[0]["remarks"])
    visit(verb, out, at(45), "--delivery", at(44, 3))
    (woman,) = women(verb, out, at(46))
    assert woman["pregnancies"][0]["course"]["start"] == START.isoformat()
    assert verdicts(woman) == [("T3", "not-comparable")]
    assert any("44+3: gestation over 44 weeks" in r for r in woman["remarks"])


def test_a_late_ultrasound_does_not_re_date(study: Callable[..., Path], verb: Verb) -> None:
    out = study((at(12), 0.723))
    enrolled(verb, out, "--ultrasound", at(11), "--ultrasound-days", "98")
    (woman,) = women(verb, out, at(13))
    assert woman["pregnancies"][0]["course"]["start"] == START.isoformat()
    assert any("at 14+0 is later than 13+6: it does not re-date" in r for r in woman["remarks"])


def test_a_scan_before_the_window_leaves_the_visit_due(
    study: Callable[..., Path], verb: Verb
) -> None:
    out = study((at(12), 0.723), (at(25), 0.715))
    enrolled(verb, out)
    (woman,) = women(verb, out, at(36))
    t3 = next(v for v in woman["pregnancies"][0]["visits"] if v["name"] == "T3")
    assert (t3["state"], t3["scans"]) == ("due", [at(25)])
    assert f"{at(25)} out of protocol" in verb("pop", "status", out, "--on", at(36))[1]


def test_without_a_first_visit_in_its_window_there_is_no_verdict(
    study: Callable[..., Path], verb: Verb
) -> None:
    out = study((at(14), 0.723), (at(37), 0.5))
    enrolled(verb, out)
    (woman,) = women(verb, out, at(38))
    assert states(woman)["T1"] == "missing"
    assert verdicts(woman) == [("T3", "no-baseline")]
    text = verb("pop", "status", out, "--on", at(38))[1]
    assert "no value of this site at T1 in its window" in text


def test_scans_after_she_left_are_not_judged(study: Callable[..., Path], verb: Verb) -> None:
    out = study((at(12), 0.723), (at(37), 0.6))
    enrolled(verb, out)
    visit(verb, out, at(36), "--withdrawn", at(36))
    (woman,) = women(verb, out, at(38))
    assert woman["scans_without_visit"] == [at(37)]
    assert verdicts(woman) == []


@pytest.mark.parametrize(
    ("words", "remark"),
    [
        (("--weaning", at(30)), "a weaning before any delivery"),
        (("--delivery", at(19, 6)), "19+6: a birth before 20 weeks"),
    ],
)
def test_dates_that_can_not_be_are_named_and_forbid_a_verdict(
    study: Callable[..., Path], verb: Verb, words: tuple[str, ...], remark: str
) -> None:
    out = study((at(12), 0.723), (at(15), 0.6))
    enrolled(verb, out)
    visit(verb, out, at(38), *words)
    (woman,) = women(verb, out, at(39))
    assert any(remark in r for r in woman["remarks"]), woman["remarks"]
    assert {v for _n, v in verdicts(woman)} <= {"not-comparable"}


def test_a_due_date_far_ahead_is_named(study: Callable[..., Path], verb: Verb) -> None:
    out = study((at(12), 0.723))
    enrolled(verb, out, "--fact", "smoking=no")
    verb("pop", "enrol", out, "--patient", "007", "--on", at(12), "--due-date", "2027-10-08")
    (woman,) = women(verb, out, at(13))
    assert any("2027-10-08 fits no pregnancy" in r for r in woman["remarks"])


def test_fed_and_then_not_counts_as_weaned_in_status_and_due(
    study: Callable[..., Path], verb: Verb
) -> None:
    out = study((at(12), 0.723))
    enrolled(verb, out)
    visit(verb, out, at(40), "--delivery", at(40), "--feeding", "exclusive")
    visit(verb, out, "2026-02-01", "--feeding", "none")
    (woman,) = women(verb, out, "2026-03-01")
    assert woman["pregnancies"][0]["course"]["weaning"] == "2026-02-01"
    assert any("weaning on 2026-02-01" in r["why"]["en"] for r in due_rows(verb, out, "2026-03-01"))


def test_twins_born_days_apart_count_from_the_last_in_status_and_due(
    study: Callable[..., Path], verb: Verb
) -> None:
    out = study((at(12), 0.723))
    enrolled(verb, out, "--children", "2")
    visit(verb, out, at(36), "--delivery", at(35))
    visit(verb, out, at(36), "--delivery", at(36))
    (woman,) = women(verb, out, at(37))
    assert woman["pregnancies"][0]["course"]["delivery"] == at(36)
    assert any(f"delivery on {at(36)}" in r["why"]["en"] for r in due_rows(verb, out, at(37)))


def test_the_status_says_what_a_verdict_stands_on(study: Callable[..., Path], verb: Verb) -> None:
    out = study((at(12), 0.723), (at(37), 0.709))
    enrolled(verb, out)
    text = verb("pop", "status", out, "--on", at(38))[1]
    assert "not your own precision: " in text
    assert "flags: precision_not_own" in text


def test_a_chart_number_without_issuer_is_the_person_of_the_scans(
    study: Callable[..., Path], verb: Verb, tmp_path: Path
) -> None:
    out = study((at(12), 0.723))
    rows = (out / "identities.csv").read_text(encoding="utf-8")
    assert "007" in rows
    name = enrolled(verb, out)
    assert women(verb, out, at(13))[0]["patient_id"] == name
    new = tmp_path / "two"
    for issuer in ("A", "B"):
        code, _, err = verb("pop", "enrol", new, "--patient", "9", "--issuer", issuer, "--on",
                            at(1), "--consent", at(1))  # fmt: skip
        assert code == 0, err
        if issuer == "A":
            code, text, _ = verb("pop", "visit", new, "--patient", "9", "--on", at(2),
                                 "--back-pain", "no", "--json")  # fmt: skip
            assert code == 0
            one = json.loads(text)["data"]["patient_id"]
            assert one in {w["patient_id"] for w in women(verb, new, at(3))}
    code, _, err = verb("pop", "visit", new, "--patient", "9", "--on", at(2), "--back-pain", "no")
    assert code == 2
    assert "several issuers (A, B)" in err


def test_nobody_called_so_has_a_hint_of_its_own(tmp_path: Path, verb: Verb) -> None:
    out = tmp_path / "new"
    enrolled(verb, out)
    for words in (("status", out, "--patient", "P-x"),
                  ("visit", out, "--patient", "P-x", "--back-pain", "no")):  # fmt: skip
        err = verb("pop", *words)[2]
        assert "BS-E470" in err
        assert "precision error above 0" not in err


def test_the_issuer_of_the_scans_goes_with_a_bare_number(tmp_path: Path) -> None:
    from bonescan.errors import UsageError
    from bonescan.workflows.pop_record import chart_number

    head = "patient_id,issuer,chart_number\n"
    (tmp_path / "identities.csv").write_text(head + "P-a,H,7\nP-b,,8\n", encoding="utf-8")
    assert chart_number("7", None, (), tmp_path) == ("7", "H")
    assert chart_number("7", "K", (), tmp_path) == ("7", "K")
    assert chart_number("8", None, (), tmp_path) == ("8", None)
    assert chart_number("9", None, (), tmp_path) == ("9", None)
    (tmp_path / "identities.csv").write_text(head + "P-a,H,7\nP-b,K,7\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"several issuers \(H, K\)"):
        chart_number("7", None, (), tmp_path)


def test_the_pseudonym_is_that_of_whom_she_is_the_same_as(
    study: Callable[..., Path], verb: Verb
) -> None:
    out = study((at(12), 0.723))
    code, text, err = verb("pop", "enrol", out, "--patient", "0070", "--on", at(11), "--consent",
                           at(11), "--fact", "same_as=007", "--json")  # fmt: skip
    assert code == 0, err
    (woman,) = women(verb, out, at(13))
    assert woman["patient_id"] == json.loads(text)["data"]["patient_id"]
