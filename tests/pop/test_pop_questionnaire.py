"""The questionnaire: forms, answers in with every slip named, answers out to REDCap."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bonescan.files.fact_names import FACT_NAMES
from bonescan.guidance.pop_questionnaire import pop_questionnaire
from bonescan.workflows.facts_store import stored_facts

from .test_pop_verbs import Verb, at, enrolled, study

__all__ = ["study"]


def told(out: Path) -> set[tuple[str, str, str]]:
    return {
        (f.fact, f.value, str(f.date)) for f in stored_facts(out) if f.source == "questionnaire"
    }


def answers(verb: Verb, out: Path, path: Path, text: str) -> tuple[int, list[dict[str, str]]]:
    path.write_text(text, encoding="utf-8")
    code, printed, _ = verb("pop", "questionnaire", out, "--import", path, "--json")
    return code, json.loads(printed)["problems"]


def test_every_question_becomes_a_fact_and_speaks_both_languages() -> None:
    asked = pop_questionnaire()
    for q in asked.questions:
        assert q.section in asked.sections
        assert q.fact in FACT_NAMES or q.name == "fragility_fracture_date"
        assert all(q.text)
        if q.kind == "choice":
            assert set(FACT_NAMES[q.fact].words.values()) <= set(asked.words)
    assert len({q.name for q in asked.questions}) == len(asked.questions)


@pytest.mark.parametrize(("lang", "word"), [("en", "breastfeeding"), ("zh-TW", "哺乳")])
def test_a_form_after_a_loss_does_not_ask_about_feeding(
    tmp_path: Path, verb: Verb, lang: str, word: str
) -> None:
    form = tmp_path / "form.html"
    assert verb("pop", "questionnaire", "--form", "blank", "-o", form, "--lang", lang)[0] == 0
    assert word in form.read_text(encoding="utf-8")
    assert "<script" not in form.read_text(encoding="utf-8")
    verb("pop", "questionnaire", "--form", "blank", "-o", form, "--lang", lang, "--after-loss")
    text = form.read_text(encoding="utf-8")
    assert word not in text
    assert "哺" not in text
    assert "birth of your child" not in text


def test_answers_become_dated_facts(study: Callable[..., Path], verb: Verb, tmp_path: Path) -> None:
    out = study((at(12), 0.723))
    name = enrolled(verb, out)
    code, problems = answers(
        verb, out, tmp_path / "a.csv",
        "record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,answer_date,"
        "smoking,calcium_intake_mg_day,fragility_fracture,fragility_fracture_date,autoimmune_disease\n"
        f"{name},v1_arm_1,pop_questionnaire,1,{at(12)},0,650,forearm,2011-04-02,1\n",
    )  # fmt: skip
    assert (code, problems) == (0, [])
    assert told(out) == {
        ("smoking", "no", at(12)),
        ("calcium_intake_mg_day", "650", at(12)),
        ("fragility_fracture", "forearm", "2011-04-02"),  # not the day it was told
        ("autoimmune_disease", "yes", at(12)),
    }
    page = tmp_path / "p.html"
    verb("pop", "report", out, "--patient", name, "-o", page, "--on", at(13))
    text = page.read_text(encoding="utf-8")
    assert "<strong>650</strong>" in text
    assert "<strong>wrist or forearm</strong>" in text
    assert "<strong>2</strong> present" in text  # autoimmune disease and the earlier fracture


def test_slips_are_named_by_line_and_column_and_the_rest_is_kept(
    study: Callable[..., Path], verb: Verb, tmp_path: Path
) -> None:
    out = study((at(12), 0.723))
    enrolled(verb, out)
    code, problems = answers(
        verb, out, tmp_path / "a.csv",
        "patient_id,date,smoking,coffee_cups_day,shoe_size\n"
        f"007,{at(12)},maybe,2,39\n"
        f",{at(12)},yes,1,\n"
        "007,2026-13-01,yes,1,\n"
        f"P-nobody,{at(12)},yes,1,\n",
    )  # fmt: skip
    assert code == 0
    found = [(p["code"], p["reason"]) for p in problems]
    assert ("BS-W444", "Found the column 'shoe_size', which is no question.") in found
    reasons = [r for c, r in found if c == "BS-E447"]
    assert any(r.startswith("Line 2, column 'smoking': found 'maybe'") for r in reasons)
    assert any(r.startswith("Line 3, column 'patient_id'") for r in reasons)
    assert any(r.startswith("Line 4, column 'date'") for r in reasons)
    assert any(r.startswith("Line 5, column 'record_id'") for r in reasons)
    assert told(out) == {("coffee_cups_day", "2", at(12))}


def test_after_a_loss_answers_on_feeding_are_refused(
    study: Callable[..., Path], verb: Verb, tmp_path: Path
) -> None:
    out = study((at(12), 0.723))
    name = enrolled(verb, out)
    verb("pop", "visit", out, "--patient", name, "--on", at(20), "--loss", at(19))
    _, problems = answers(
        verb, out, tmp_path / "a.csv",
        f"record_id,answer_date,feeding,back_pain\n{name},{at(21)},exclusive,1\n"
        f"{name},{at(18)},,0\n",
    )  # fmt: skip
    (problem,) = problems
    assert "column 'feeding': found an answer after the loss" in problem["reason"]
    assert told(out) == {("back_pain", "yes", at(21)), ("back_pain", "no", at(18))}


def test_after_a_withdrawal_and_of_a_day_to_come_nothing_is_taken(
    study: Callable[..., Path], verb: Verb, tmp_path: Path
) -> None:
    out = study((at(12), 0.723))
    name = enrolled(verb, out)
    verb("pop", "visit", out, "--patient", name, "--on", at(20), "--withdrawn", at(19))
    code, problems = answers(
        verb, out, tmp_path / "a.csv",
        f"record_id,answer_date,back_pain\n{name},{at(21)},1\n{name},2149-01-01,1\n",
    )  # fmt: skip
    assert code == 4
    assert "after the withdrawal" in problems[0]["reason"]
    assert "to come" in problems[1]["reason"]


def test_a_table_without_a_person_or_a_day_is_refused(tmp_path: Path, verb: Verb) -> None:
    path = tmp_path / "a.csv"
    for header in ("smoking,answer_date", "record_id,smoking", "record_id,date,smoking,smoking"):
        path.write_text(f"{header}\n1,1,1,1\n", encoding="utf-8")
        code, _, err = verb("pop", "questionnaire", tmp_path / "out", "--import", path)
        assert code == 2
        assert "BS-E448" in err


def test_redcap_gets_back_what_it_gave(
    study: Callable[..., Path], verb: Verb, tmp_path: Path
) -> None:
    out = study((at(12), 0.723))
    name = enrolled(verb, out)
    answers(
        verb, out, tmp_path / "a.csv",
        f"record_id,answer_date,smoking,parity,feeding_plan\n{name},{at(12)},0,2,mixed\n",
    )  # fmt: skip
    target = tmp_path / "redcap.csv"
    assert (
        verb("pop", "questionnaire", out, "--export-redcap", target, "--event", "t1_arm_1")[0] == 0
    )
    with target.open(encoding="utf-8", newline="") as file:
        (row,) = list(csv.DictReader(file))
    assert (row["record_id"], row["redcap_event_name"]) == (name, "t1_arm_1")
    assert (row["redcap_repeat_instrument"], row["redcap_repeat_instance"]) == (
        "pop_questionnaire", "1",
    )  # fmt: skip
    assert (row["smoking"], row["parity"], row["feeding_plan"]) == ("0", "2", "mixed")
    with (tmp_path / "redcap_data_dictionary.csv").open(encoding="utf-8", newline="") as file:
        fields = {f["Variable / Field Name"]: f for f in csv.DictReader(file)}
    assert set(fields) >= {k for k in row if not k.startswith("redcap_")} - {
        "pop_questionnaire_complete"
    }
    assert fields["parity"]["Text Validation Max"] == "25"
    assert fields["smoking"]["Field Type"] == "yesno"
    assert "007" not in target.read_text(encoding="utf-8")
    before = told(out)
    code, problems = answers(verb, out, tmp_path / "b.csv", target.read_text(encoding="utf-8"))
    assert (code, problems) == (0, [])
    assert told(out) == before


@pytest.mark.parametrize(
    "words",
    [(), ("--form", "blank"), ("--form", "pdf", "-o", "x"), ("--import", "a.csv"),
     ("--form", "csv", "--import", "a.csv")],
)  # fmt: skip
def test_one_thing_at_a_time(words: tuple[str, ...], verb: Verb) -> None:
    code, _, err = verb("pop", "questionnaire", *words)
    assert code == 2
    assert "BS-E304" in err
