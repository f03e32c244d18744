"""The verb guide: from a file, from a result folder, in both languages, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
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
    assert prompt["reasons"][-2:] == ["breastfeeding = yes", "back_pain = yes"]
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


def test_the_chinese_text_is_chinese(verb: Verb, facts: Path) -> None:
    _, out, _ = verb("guide", "--facts", facts, "--lang", "zh-TW", "--fact", "q_steroids=yes")
    for word in ("because", "source", "evidence", "congress", "Physician", "leaves open", " = yes"):
        assert word not in out
    for word in ("目前是否哺乳？是；是否背痛？是", "問卷題號 9", "WCO-IOF-ESCEO 大會報告"):
        assert word in out


def test_an_option_goes_before_the_file(verb: Verb, facts: Path) -> None:
    _, out, _ = verb("guide", "--facts", facts, "--fact", "back_pain=no", "--fact", "bone_pain=no",
                     "--json")  # fmt: skip
    assert "PLO-P3" not in {p["rule_id"] for p in json.loads(out)["data"]["prompts"]}


def test_the_day_of_the_option_goes_before_the_files(verb: Verb, facts: Path) -> None:
    for options, day in (((), "2026-03-01"), (("--on", "2026-04-02"), "2026-04-02")):
        _, out, _ = verb("guide", "--facts", facts, "--json", *options)
        assert json.loads(out)["data"]["on"] == day


def test_an_option_cannot_deny_a_recorded_contraindication(verb: Verb, tmp_path: Path) -> None:
    path = tmp_path / "f.toml"
    path.write_text('[facts]\nsex = "F"\nbreast_cancer = true\nsmoking = true\n',
                    encoding="utf-8")  # fmt: skip
    _, out, _ = verb("guide", "--facts", path, "--fact", "breast_cancer=no", "--fact",
                     "smoking=no", "--json")  # fmt: skip
    data = json.loads(out)["data"]
    assert [c["fact"] for c in data["clashes"]] == ["breast_cancer"]
    state = {p["rule_id"]: p["state"] for p in data["safety"]}
    assert state["MHT-01"] == "yes"
    _, out, _ = verb("guide", "--facts", path, "--fact", "breast_cancer=no")
    assert "breast_cancer: recorded yes, an option says no; the record stays." in out


def test_escape_sequences_do_not_reach_the_terminal(verb: Verb, tmp_path: Path) -> None:
    path = tmp_path / "f.toml"
    path.write_text('patient_id = "P\\u001b[31m"\n[facts]\nsex = "M"\n', encoding="utf-8")
    code, out, _ = verb("guide", "--facts", path)
    assert code == 0
    assert "\x1b" not in out


def test_a_man_is_not_asked_about_pregnancy(verb: Verb, tmp_path: Path) -> None:
    path = tmp_path / "f.toml"
    path.write_text('[facts]\nsex = "M"\nage_years = 70\n', encoding="utf-8")
    _, out, _ = verb("guide", "--facts", path, "--json")
    asked = {a["fact"] for a in json.loads(out)["data"]["ask"]}
    assert asked
    assert not asked & {"pregnant", "breastfeeding", "may_become_pregnant"}


def test_a_corrected_status_takes_back_what_followed_from_it(verb: Verb, tmp_path: Path) -> None:
    path = tmp_path / "f.toml"
    path.write_text('[facts]\nsex = "F"\nage_years = 46\nweight_kg = 50\nhormone_therapy = false\n'
                    'menopausal_status = "postmenopausal"\n', encoding="utf-8")  # fmt: skip
    for options, missing in (((), []), (("--fact", "menopausal_status=transition"), ["pregnant"])):
        _, out, _ = verb("guide", "--facts", path, "--json", *options)
        indices = {i["name"]: i for i in json.loads(out)["data"]["indices"]}
        assert indices["ORAI"]["missing"] == missing


def test_every_prompt_says_who_decides(verb: Verb, facts: Path) -> None:
    _, out, _ = verb("guide", "--facts", facts, "--json", "--fact", "age_years=36")
    prompts = json.loads(out)["data"]["prompts"]
    assert "PLO-R1" in {p["rule_id"] for p in prompts}  # its table does not say so
    for p in prompts:
        assert p["en"].casefold().count("for the clinician to decide") == 1
        assert p["zh"].count("由臨床醫師判斷") == 1


@pytest.mark.parametrize(
    ("answer", "fact", "number"),
    [("q_low_trauma_fracture", "fragility_fracture", 3),
     ("q_bilateral_oophorectomy", "ovarian_suppression", 8), ("q_steroids", "steroid_use", 9)],
)  # fmt: skip
def test_an_answer_is_followed_up_and_is_not_the_fact(
    verb: Verb, facts: Path, answer: str, fact: str, number: int
) -> None:
    def asked(said: str, *more: str) -> dict[str, list[int]]:
        _, out, _ = verb("guide", "--facts", facts, "--fact", f"{answer}={said}", *more, "--json")
        return {a["fact"]: a["answers"] for a in json.loads(out)["data"]["ask"]}

    assert asked("yes")[fact] == [number]
    assert asked("no").get(fact, []) == []
    assert fact not in asked("yes", "--fact", f"{fact}=no")


def test_missing_facts_of_indices_are_asked_for(verb: Verb, tmp_path: Path) -> None:
    path = tmp_path / "f.toml"
    path.write_text('[facts]\nsex = "F"\nmenopausal_status = "postmenopausal"\nage_years = 75\n',
                    encoding="utf-8")  # fmt: skip
    _, out, _ = verb("guide", "--facts", path, "--json")
    asked = {a["fact"]: a["rules"] for a in json.loads(out)["data"]["ask"]}
    assert "ABONE" in asked["oestrogen_or_pill_6_months"]
    assert {"OST", "SCORE"} <= set(asked["weight_kg"])


def test_the_way_to_make_ost_whole_is_chosen(verb: Verb, tmp_path: Path) -> None:
    path = tmp_path / "f.toml"
    path.write_text('[facts]\nsex = "F"\nmenopausal_status = "postmenopausal"\nage_years = 70\n'
                    "weight_kg = 57\n", encoding="utf-8")  # fmt: skip
    for mode, score in (("truncate", -2), ("round", -3)):  # 0.2 x (57 - 70) = -2.6
        _, out, _ = verb("guide", "--facts", path, "--ost-mode", mode, "--json")
        found = {i["name"]: i for i in json.loads(out)["data"]["indices"]}["OST"]
        assert (found["score"], found["raw"]) == (score, -2.6)


def test_one_topic_alone(verb: Verb, facts: Path) -> None:
    _, out, _ = verb("guide", "--facts", facts, "--topic", "plo", "--json")
    assert {p["topic"] for p in json.loads(out)["data"]["prompts"]} == {"plo"}


def test_indices_show_with_their_cut(verb: Verb, tmp_path: Path) -> None:
    path = tmp_path / "f.toml"
    path.write_text('[facts]\nsex = "F"\nmenopausal_status = "postmenopausal"\nage_years = 75\n'
                    "weight_kg = 45\n", encoding="utf-8")  # fmt: skip
    _, out, _ = verb("guide", "--facts", path, "--on", "2026-03-01")
    assert "OSTA -6 (<= -1: reached, high" in out
    assert "before it is made whole: -6" in out


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
        ("age_years = -5", "wanted a number from 0 to 120"),
        ("frax_major_percent = 2000", "wanted a number from 0 to 100"),
        ("t_score = -10.1", "wanted a number from -10 to 10"),
        ("height_cm = 1.6", "wanted a number from 50 to 250"),
        ("denosumab_last_dose_date = 2099-01-01", "wanted a date until"),
        (
            'pregnant = false\nmenopausal_status = "pregnant"',
            "pregnant: found no, wanted yes after the menopausal status",
        ),
        ('pregnant = true\nmenopausal_status = "postmenopausal"', "found yes, wanted no"),
        ('sex = "M"\npregnant = true', "pregnant: found yes, wanted no after the sex"),
        ('sex = "M"\nmenopausal_status = "poi"', "menopausal_status: found poi, wanted no"),
        ("breast_cancer = false\nbreast_cancer_date = 2020-01-01", "after the breast cancer date"),
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
        (("--facts", "FACTS", "--fact", "weaning_date=2026-03-02"), "wanted a date until"),
        (("--facts", "FACTS", "--fact", "pregnant=yes"), "wanted no after the menopausal status"),
        (("--facts", "FACTS", "--ost-mode", "up"), "wanted truncate or round"),
        (("--facts", "FACTS", "--topic", "moon"), "found the topic moon, wanted one of"),
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
    from bonescan.workflows.guide_person import folder_sheets

    sheets = folder_sheets(results, date(2026, 3, 1))
    assert any("denosumab_last_dose_date" in s.values for s in sheets)


def test_every_number_has_limits() -> None:
    from bonescan.guidance.load import load_rules
    from bonescan.workflows.fact_sheet import limits

    for fact in load_rules().facts.values():
        if fact.kind == "number":
            low, high = limits(fact.name)
            assert -100 <= low < high <= 6000, fact.name


def test_every_word_of_a_fact_has_its_chinese() -> None:
    from bonescan.guidance.load import load_rules
    from bonescan.workflows.fact_words import WORDS_ZH

    for fact in load_rules().facts.values():
        assert set(fact.words) <= set(WORDS_ZH), fact.name


def test_what_settles_most_of_what_presses_is_asked_first() -> None:
    from bonescan.model.guidance import Evidence, FactSheet, Prompt, RuleKind, Truth
    from bonescan.workflows.guide_asked import asked_facts

    def open_rule(rule_id: str, rank: int, *missing: str) -> Prompt:
        return Prompt(rule_id=rule_id, kind=RuleKind.INFORMATION, topic="t", truth=Truth.UNKNOWN,
                      text_en="", text_zh="", reasons=(), missing=missing, source="s",
                      evidence=Evidence.OURS, rank=rank)  # fmt: skip

    rows = [open_rule("A", 10, "x", "y"), open_rule("B", 10, "y"), open_rule("C", 90, "z"),
            open_rule("D", 90, "z"), open_rule("E", 90, "x")]  # fmt: skip
    found = asked_facts(rows, (), FactSheet(patient_id="p", on=date(2026, 3, 1)))
    assert [(a.fact, a.waiting) for a in found] == [
        ("y", ("A", "B")), ("x", ("A", "E")), ("z", ("C", "D"))]  # fmt: skip


def test_descriptions_of_sources_are_chinese_and_papers_stay() -> None:
    from bonescan.guidance.load import load_rules
    from bonescan.workflows.fact_words import citation_zh

    for rule in load_rules().rules.values():
        for words in ("ongress", "article on", "our choice", "from memory", "second-hand"):
            assert words not in citation_zh(rule.source), rule.rule_id
