"""The verb `due` and what it writes: table, page, calendar; nothing that tells who or why."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from bonescan.files.calendar_file import DayEvent, calendar_text
from bonescan.model.due import DueList
from bonescan.report.due_page import day_words
from bonescan.report.due_words import LIST_WORDS, PACKET_WORDS, PAGE_WORDS, STATE_WORDS
from bonescan.workflows.due_list import due_study, events
from bonescan.workflows.facts_store import import_facts

Verb = Callable[..., tuple[int, str, str]]
DAY = "2026-03-01"
FACTS = """patient_id,issuer,date,fact,value,source
WANG-MEI-LI-77,HOSP-X,,sex,F,chart
WANG-MEI-LI-77,HOSP-X,,birth_date,1950-02-28,chart
WANG-MEI-LI-77,HOSP-X,2025-02-10,drug_dose,denosumab,chart
WANG-MEI-LI-77,HOSP-X,2024-02-10,cancer,breast cancer,chart
WANG-MEI-LI-77,HOSP-X,2026-01-05,fls_raised,Dr 陳,chart
WANG-MEI-LI-77,HOSP-X,2020-01-01,height_cm,161,chart
WANG-MEI-LI-77,HOSP-X,2026-01-05,height_cm,157,chart
AH-2,HOSP-X,,sex,F,chart
AH-2,HOSP-X,,birth_date,1990-01-01,chart
AH-2,HOSP-X,2025-11-01,pop_enrolled,,study
AH-2,HOSP-X,2026-07-01,due_date,,study
GONE-3,HOSP-X,,sex,F,chart
GONE-3,HOSP-X,,birth_date,1940-01-01,chart
GONE-3,HOSP-X,2025-11-01,withdrawn,,study
DEAD-4,HOSP-X,,sex,F,chart
DEAD-4,HOSP-X,,birth_date,1940-01-01,chart
DEAD-4,HOSP-X,2025-11-01,died,,chart
"""
# What would say who somebody is, or what she has.
TELLING = re.compile(
    r"WANG|MEI|HOSP|AH-2|GONE|DEAD|陳|Lin|cancer|denosumab|fracture|osteopor|pregnan|menopaus|POP|FLS"
    r"|癌|骨折|懷孕|停經|骨質疏鬆|1950|1990",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result folder with facts and no scan."""
    folder = tmp_path_factory.mktemp("due")
    table = folder / "facts.csv"
    table.write_text(FACTS, encoding="utf-8")
    import_facts(table, folder / "out")
    return folder / "out"


def test_the_lists_as_json(verb: Verb, results: Path) -> None:
    code, out, _err = verb("due", results, "--on", DAY, "--json")
    data = json.loads(out)["data"]
    assert code == 0
    assert data["counts"] == {
        "people": 4, "due": 2, "overdue": 1, "cannot_be_judged": 2, "needs_person": 1,
        "not_due": 0, "left_out": 2,
    }  # fmt: skip
    assert len(data["people"]) == 2
    rows = [r for p in data["people"] for r in p["rows"]]
    late = next(r for r in rows if "DMB-02" in r["rule_ids"])
    assert (late["due_from"], late["due_until"], late["overdue_days"]) == (
        "2025-08-10", "2025-09-10", 172,  # 20 + 31 + 30 + 31 + 31 + 28 + 1
    )  # fmt: skip
    assert {"SAF-01", "DMB-01"} <= set(data["rules"])
    asked = [q for p in data["people"] for q in p["ask"]]
    assert all(q["en"].endswith("?") and q["zh"].endswith("？") for q in asked)


def test_text_names_rules_and_safety_notes(verb: Verb, results: Path) -> None:
    code, out, _err = verb("due", results, "--on", DAY)
    assert code == 0
    assert "overdue 172" in out
    assert "[SAF-01" in " ".join(out.split()) or "SAF-01 [" in out
    assert "Cannot be judged" in out
    assert "Ask for" in out
    _code, zh, _err = verb("due", results, "--on", DAY, "--lang", "zh-TW")
    assert "逾期 172" in zh
    assert "僅供研究，非醫療器材" in zh


def test_text_names_what_comes_later(verb: Verb, results: Path) -> None:
    # due on 2026-07-01, so 0+0 weeks on 2025-09-24 and 36+0 to 38+6 weeks from 2026-06-03
    _code, out, _err = verb("due", results, "--on", DAY, "--list", "pop")
    assert re.search(r"later:\n  2026-06-03 – 2026-06-23  P-\w+  POP visits \[POP-04\]", out)


def test_one_list_alone(verb: Verb, results: Path) -> None:
    _code, out, _err = verb("due", results, "--on", DAY, "--list", "fls", "--json")
    data = json.loads(out)["data"]
    assert data["lists"] == ["fls"]
    assert [r["list"] for p in data["people"] for r in p["rows"]] == ["fls"]


def test_what_is_no_list_or_no_day_is_refused(verb: Verb, results: Path) -> None:
    code, _out, err = verb("due", results, "--list", "fracture")
    assert (code, "BS-E403" in err, "height-loss" in err) == (2, True, True)
    code, _out, err = verb("due", results, "--on", "2026-02-29")
    assert (code, "BS-E304" in err) == (2, True)
    code, _out, err = verb("due", results, "--lang", "fr")
    assert (code, "BS-E304" in err) == (2, True)
    code, _out, err = verb("due", results / "nowhere")
    assert (code, "BS-E305" in err) == (2, True)


@pytest.fixture(scope="module", params=["en", "zh-TW"])
def written(
    request: pytest.FixtureRequest, results: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """The three files in one language."""
    from bonescan.workflows.due_list import write_due

    folder = tmp_path_factory.mktemp("lists") / "new"
    study, pseudonyms = due_study(results, on=date.fromisoformat(DAY))
    write_due(study, pseudonyms, folder, request.param)
    return folder, request.param


def test_the_table(written: tuple[Path, str]) -> None:
    rows = list(csv.DictReader(io.StringIO((written[0] / "due.csv").read_text(encoding="utf-8"))))
    people = {r["patient_id"] for r in rows}
    assert len(people) == 2
    for name in people:
        leads = [r for r in rows if r["patient_id"] == name and r["leads"]]
        assert len(leads) == 1
        hers = [r for r in rows if r["patient_id"] == name and r["state"] != "missed"]
        assert leads[0]["due_from"] == min(r["due_from"] for r in hers if r["due_from"])
    drug = next(r for r in rows if "DMB-02" in r["rule_ids"])
    assert "[SAF-01]" in drug["safety"]
    assert all(r["missing"] for r in rows if r["state"] == "cannot-be-judged")
    assert not any(word in str(rows) for word in ("WANG", "AH-2", "HOSP-X", "1950-02-28"))


def test_the_page_is_whole_and_names_nobody(written: tuple[Path, str]) -> None:
    folder, lang = written
    page = (folder / "due.html").read_text(encoding="utf-8")
    assert f'lang="{"zh-Hant-TW" if lang == "zh-TW" else "en"}"' in page
    assert not re.search(r"src=|href=|url\(|@import|<script", page)
    for who in ("WANG", "AH-2", "HOSP-X", "GONE", "DEAD"):
        assert who not in page
    assert "SAF-01" in page
    assert ("僅供研究，非醫療器材" if lang == "zh-TW" else "Not a medical device") in page
    assert "161" in page  # height as recorded
    assert ("民國 115 年" in page) is (lang == "zh-TW")


def test_the_calendar_tells_neither_who_nor_why(written: tuple[Path, str]) -> None:
    folder, lang = written
    raw = (folder / "due.ics").read_bytes()
    text = raw.decode("utf-8")
    # pseudonyms and UIDs are keyed hashes: by chance one may spell "mei" or "dead"
    hashes = re.compile(r"P-[a-z2-7]{10}|^UID:[0-9a-f]+", re.MULTILINE)
    assert hashes.search(text)
    assert not TELLING.search(hashes.sub("", text))
    summaries = re.findall(r"^SUMMARY:(.*)\r$", text, re.MULTILINE)
    words = "骨骼追蹤" if lang == "zh-TW" else "bone follow-up"
    assert summaries
    assert all(re.fullmatch(rf"P-[a-z2-7]{{10}} {words}", s) for s in summaries)


def test_the_calendar_keeps_to_the_rules_of_its_format(written: tuple[Path, str]) -> None:
    raw = (written[0] / "due.ics").read_bytes()
    lines = raw.split(b"\r\n")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert lines[0] == b"BEGIN:VCALENDAR"
    assert lines[-2:] == [b"END:VCALENDAR", b""]
    assert max(map(len, lines)) <= 75
    assert raw.count(b"BEGIN:VEVENT") == raw.count(b"END:VEVENT") == len(set(
        re.findall(rb"^UID:(.*)\r$", raw, re.MULTILINE)
    ))  # fmt: skip
    days = re.findall(rb"DTSTART;VALUE=DATE:(\d{8})\r\nDTEND;VALUE=DATE:(\d{8})", raw)
    assert all(int(begin) >= 20260301 for begin, _end in days), "what is due stands on the day"


def test_the_identifier_of_an_event_stays(results: Path) -> None:
    first, key = due_study(results, on=date(2026, 3, 1))
    later, _ = due_study(results, on=date(2026, 3, 9))
    chinese = {e.uid for e in events(first, key, "zh-TW")}
    assert chinese == {e.uid for e in events(first, key)}
    assert chinese & {e.uid for e in events(later, key)}
    other = type(key)(key=b"\x01" * 32)
    assert chinese.isdisjoint(e.uid for e in events(first, other))


def test_long_lines_are_folded_between_characters_and_leap_days_end_right() -> None:
    event = DayEvent(uid="u", day=date(2028, 2, 29), summary="骨" * 60 + ";a,b\\")
    text = calendar_text([event], stamp=date(2028, 2, 28))
    for line in text.split("\r\n"):
        assert len(line.encode("utf-8")) <= 75
    unfolded = text.replace("\r\n ", "")
    assert "SUMMARY:" + "骨" * 60 + r"\;a\,b\\" in unfolded
    assert "DTSTART;VALUE=DATE:20280229\r\nDTEND;VALUE=DATE:20280301" in text
    assert "DTSTAMP:20280228T000000Z" in text


def test_a_run_twice_writes_the_same_bytes(results: Path, tmp_path: Path) -> None:
    from bonescan.workflows.due_list import write_due

    study, pseudonyms = due_study(results, on=date.fromisoformat(DAY))
    found = []
    for name in ("a", "b"):
        written = write_due(study, pseudonyms, tmp_path / name, "en")
        found.append([path.read_bytes() for path in written])
    assert found[0] == found[1]


def test_a_place_that_cannot_be_written_is_said(verb: Verb, results: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    code, _out, err = verb("due", results, "--on", DAY, "-o", tmp_path / "file" / "lists")
    assert (code, "BS-E501" in err) == (5, True)


def test_the_page_opens_in_a_browser(results: Path, tmp_path: Path, chromium: str) -> None:
    from bonescan.workflows.due_list import write_due

    study, pseudonyms = due_study(results, on=date.fromisoformat(DAY))
    page = write_due(study, pseudonyms, tmp_path, "zh-TW")[1]
    done = subprocess.run(
        [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom",
         f"--user-data-dir={tmp_path / 'profile'}", page.as_uri()],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert "到期名單" in done.stdout
    assert "Refused to" not in done.stderr


def test_days_in_both_calendars() -> None:
    assert day_words(date(2025, 4, 10), "en") == "2025-04-10"
    assert day_words(date(2025, 4, 10), "zh-TW") == "2025-04-10（民國 114 年）"
    assert day_words(None, "en") == "–"


@pytest.mark.shared
def test_terms_are_those_of_the_glossary(shared_dir: Path) -> None:
    rows = csv.DictReader(io.StringIO((shared_dir / "glossary.csv").read_text(encoding="utf-8")))
    glossary = {r["english"]: r["zh_TW"] for r in rows}
    assert glossary["Fracture Liaison Service (FLS)"] in LIST_WORDS[DueList.FLS][1]
    assert PAGE_WORDS["person"][1] == glossary["patient or examinee"]
    assert PAGE_WORDS["needs"][1] == glossary["needs review"]
    assert (
        PAGE_WORDS["research"][1].rstrip("。") == (glossary["research use; not a medical device"])
    )
    assert glossary["for the clinician to decide"] in PAGE_WORDS["notice"][1]
    assert PACKET_WORDS["z"][1] == glossary["Z-score"]
    assert PACKET_WORDS["t"][1] == glossary["T-score"]
    assert PACKET_WORDS["reference"][1] == glossary["reference population"]
    assert PACKET_WORDS["lsc"][1] == glossary["least significant change (LSC)"]
    assert glossary["within expected range for age"] in PACKET_WORDS["z_note"][1]
    texts = [p[1] for t in (LIST_WORDS, STATE_WORDS, PAGE_WORDS, PACKET_WORDS) for p in t.values()]
    for never in ("技術員", "技師", "臨界", "髌", "T 評分", "骨質不足"):
        assert not [t for t in texts if never in t]
