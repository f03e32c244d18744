"""The verb guide: from a file, from a result folder, in both languages, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Verb = Callable[..., tuple[int, str, str]]

FACTS = """patient_id = "demo"
on = 2026-03-01
[facts]
sex = "F"
age_years = 33
menopausal_status = "lactating"
breastfeeding = true
pregnant = false
back_pain = "yes"
z_score = -1.5
q_smoking = "no"
q_height_loss = "是"
"""


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    path = tmp_path / "facts.toml"
    path.write_text(FACTS, encoding="utf-8")
    return path


def test_back_pain_while_breastfeeding_is_raised_with_its_safety_note(
    verb: Verb, facts: Path
) -> None:
    code, out, _ = verb("guide", "--facts", facts, "--json")
    data = json.loads(out)["data"]
    assert code == 0
    prompt = next(p for p in data["prompts"] if p["rule_id"] == "PLO-P3")
    assert prompt["reasons"] == ["breastfeeding = yes", "back_pain = yes"]
    assert "A Z-score above -2.0 does not clear it." in prompt["en"]
    assert "SAF-16" in {p["rule_id"] for p in data["safety"]}
    assert data["questionnaire"]["n_yes"] == 1
    assert data["questionnaire"]["yes"][0]["number"] == 19


def test_what_is_missing_is_asked_for_without_showing_the_rule(verb: Verb, facts: Path) -> None:
    _, out, _ = verb("guide", "--facts", facts, "--json")
    unknown = {u["rule_id"]: u for u in json.loads(out)["data"]["unknown"]}
    asked = unknown["PLO-R5"]["ask"]
    assert [a["fact"] for a in asked] == ["vitamin_d_ng_ml"]
    assert set(unknown["DMB-01"]) == {"rule_id", "topic", "ask"}  # no text that names a drug


@pytest.mark.parametrize(
    ("lang", "words"),
    [("en", ("Safety notes", "Prompts for a clinician, not instructions")),
     ("zh-TW", ("安全注意事項", "由臨床醫師判斷", "我是骨質疏鬆高危險群嗎？ 1 / 20"))],
)  # fmt: skip
def test_text_in_both_languages(verb: Verb, facts: Path, lang: str, words: tuple[str, ...]) -> None:
    code, out, _ = verb("guide", "--facts", facts, "--lang", lang)
    assert code == 0
    for word in words:
        assert word in out


def test_an_option_goes_before_the_file(verb: Verb, facts: Path) -> None:
    _, out, _ = verb("guide", "--facts", facts, "--fact", "back_pain=no", "--fact", "bone_pain=no",
                     "--json")  # fmt: skip
    assert "PLO-P3" not in {p["rule_id"] for p in json.loads(out)["data"]["prompts"]}


def test_one_topic_alone(verb: Verb, facts: Path) -> None:
    _, out, _ = verb("guide", "--facts", facts, "--topic", "plo", "--json")
    assert {p["topic"] for p in json.loads(out)["data"]["prompts"]} == {"plo"}


def test_indices_show_with_their_cut(verb: Verb, tmp_path: Path) -> None:
    path = tmp_path / "f.toml"
    path.write_text('[facts]\nsex = "F"\nmenopausal_status = "postmenopausal"\nage_years = 75\n'
                    "weight_kg = 45\n", encoding="utf-8")  # fmt: skip
    _, out, _ = verb("guide", "--facts", path, "--on", "2026-03-01")
    assert "OSTA -6 (<= -1: reached, high" in out


def test_facts_are_listed_with_what_they_take(verb: Verb) -> None:
    _, out, _ = verb("guide", "--list-facts")
    assert "denosumab_last_dose_date: a date as 2026-03-01" in out
    assert "最近一次 denosumab 注射日期？" in out


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ('age_years = "old"', "age_years: found 'old', wanted a number"),
        ("age_years = true", "wanted a number"),
        ("age_years = inf", "wanted a number"),
        ("t_scor = 1", "wanted t_score?"),
        ("zzzz = 1", "--list-facts"),
        ('sex = "X"', "wanted one of F, M"),
        ('breastfeeding = "often"', "wanted yes or no"),
        ('weaning_date = "yesterday"', "wanted a date"),
    ],
)
def test_a_fact_that_cannot_be_is_refused(
    verb: Verb, tmp_path: Path, change: str, words: str
) -> None:
    path = tmp_path / "f.toml"
    path.write_text(f"[facts]\n{change}\n", encoding="utf-8")
    code, _, err = verb("guide", "--facts", path)
    assert (code, "BS-E401" in err) == (2, True)
    assert words in err


@pytest.mark.parametrize(
    ("text", "words"),
    [("x = 1\n[facts]\n", "found x"), ("", "no table [facts]"), ("[facts", "can't be read"),
     ('on = "soon"\n[facts]\n', "wanted a date as 2026-03-01")],
)  # fmt: skip
def test_a_file_of_another_form_is_refused(
    verb: Verb, tmp_path: Path, text: str, words: str
) -> None:
    path = tmp_path / "f.toml"
    path.write_text(text, encoding="utf-8")
    code, _, err = verb("guide", "--facts", path)
    assert code == 2
    assert words in err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "wanted --facts FILE.toml, or --patient ID"),
        (("--patient", "P-1"), "--store"),
        (("--facts", "FACTS", "--lang", "fr"), "wanted en or zh-TW"),
        (("--facts", "FACTS", "--on", "soon"), "wanted a date"),
        (("--facts", "FACTS", "--fact", "sex"), "wanted NAME=VALUE"),
        (("--facts", "nowhere.toml"), "can't be read"),
        (("--patient", "P-1", "--store", "nowhere"), "BS-E305"),
    ],
)
def test_options_that_do_not_fit(
    verb: Verb, facts: Path, options: tuple[str, ...], words: str
) -> None:
    code, _, err = verb("guide", *[facts if o == "FACTS" else o for o in options])
    assert code == 2
    assert words in err


@pytest.fixture(scope="module")
def results(sample_scans: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One DXA report and facts of its person, run into a folder."""
    from bonescan.settings import Settings
    from bonescan.workflows.run_folder import run_folder

    folder = tmp_path_factory.mktemp("guided")
    names = sorted((sample_scans).rglob("*.dcm"))[:6]
    run_folder([*names], folder / "out", Settings(), subjects=_subjects(folder, sample_scans))
    return folder / "out"


def _subjects(folder: Path, sample_scans: Path) -> Path:
    """The sample facts, and a person whom no scan names."""
    text = (sample_scans / "subjects.csv").read_text(encoding="utf-8-sig")
    path = folder / "subjects.csv"
    columns = text.splitlines()[0].split(",")
    row = {"patient_id": "NOBODY-1", "date": "2026-01-01", "fact": "drug_dose",
           "value": "denosumab"}  # fmt: skip
    path.write_text(text.rstrip("\n") + "\n" + ",".join(row.get(c, "") for c in columns) + "\n",
                    encoding="utf-8")  # fmt: skip
    return path


def test_a_person_of_a_result_folder(verb: Verb, results: Path) -> None:
    name = (results / "patients.csv").read_text(encoding="utf-8").splitlines()[1].split(",")[0]
    code, out, _ = verb("guide", "--patient", name, "--store", results, "--json")
    data = json.loads(out)["data"]
    assert (code, data["patient_id"]) == (0, name)
    assert data["unknown"]


def test_somebody_who_is_not_there(verb: Verb, results: Path) -> None:
    code, _, err = verb("guide", "--patient", "P-none", "--store", results)
    assert (code, "BS-E402" in err) == (2, True)


def test_people_known_from_facts_alone_are_there_too(results: Path) -> None:
    from datetime import date

    from bonescan.workflows.guide_person import folder_sheets

    sheets = folder_sheets(results, date(2026, 3, 1))
    assert any("denosumab_last_dose_date" in s.values for s in sheets)
