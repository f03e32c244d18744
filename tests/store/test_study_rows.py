"""The last labelling as rows: what changed is superseded, what did not stays."""

from __future__ import annotations

from typing import Any

import pytest

from bonescan.store.lists import ExamFilter, Page
from bonescan.store.store import Store


def exam(number: int, day: str | None, **more: Any) -> dict[str, Any]:
    values = {
        "patient_key": f"P-{number % 3}",
        "sha256": f"sha-{number}",
        "part": 0,
        "file": f"{number}.dcm",
        "format": "dicom",
        "carrier": "sr",
        "outcome": "reported",
        "exam_date": day,
        "exam_time": None,
        "study_uid": None,
        "sop_instance_uid": None,
        "accession_number": None,
        "manufacturer": "HOLOGIC",
        "device_model": None,
        "device_serial": "S1",
        "technique": "DXA",
        "category": "normal",
        "n_results": 1,
    }
    return values | more


def exams(*rows: dict[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    return {"exam": {f"{row['sha256']}:0": row for row in rows}}


@pytest.fixture
def run(store: Store) -> int:
    return store.begin_run("0", "{}")


def test_a_changed_row_supersedes_and_an_unchanged_one_keeps_its_run(
    store: Store, run: int
) -> None:
    first, second = exam(1, "2026-01-01"), exam(2, "2026-01-02")
    assert store.put_study(run, exams(first, second)) == {"exam": (2, 0)}
    later = store.begin_run("0", "{}")
    changed = second | {"category": "osteopenia"}
    assert store.put_study(later, exams(first, changed)) == {"exam": (1, 1)}
    assert store.put_study(later, exams(first, changed)) == {"exam": (0, 0)}
    assert [r["run_id"] for r in store.list_exams().rows] == [later, run]
    with store._engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "select category, run_id, superseded_in from exam where sha256 = 'sha-2' order by 2"
        ).all()
    assert [tuple(r) for r in rows] == [("normal", run, later), ("osteopenia", later, None)]
    assert store.put_study(later, {"exam": {}}) == {"exam": (0, 2)}, "what is gone is superseded"
    assert store.list_exams().rows == ()


def test_pages_give_every_exam_once_newest_first_and_undated_ones_last(
    store: Store, run: int
) -> None:
    days = ["2026-01-03", None, "2026-01-01", "2026-01-03", None, "2026-01-02", "2026-01-03"]
    store.put_study(run, exams(*(exam(n, day) for n, day in enumerate(days))))
    for size in (1, 2, 3, 7, 50):
        seen, after = [], None
        while True:
            page = store.list_exams(page=Page(after=after, n_rows=size))
            assert len(page.rows) <= size
            seen += [r["file"] for r in page.rows]
            after = page.next
            if after is None:
                break
        assert seen == ["6.dcm", "3.dcm", "0.dcm", "5.dcm", "2.dcm", "4.dcm", "1.dcm"]
    assert store.count_exams() == 7


def test_a_list_is_filtered(store: Store, run: int) -> None:
    store.put_study(
        run,
        exams(
            exam(1, "2026-01-01"),
            exam(2, "2026-02-01", category="osteoporosis"),
            exam(3, "2026-03-01", outcome="needs-review", device_serial="S2"),
        ),
    )

    def found(**which: str) -> list[str]:
        wanted = ExamFilter(**which)
        rows = store.list_exams(wanted).rows
        assert store.count_exams(wanted) == len(rows)
        return [r["file"] for r in rows]

    assert found(category="osteoporosis") == ["2.dcm"]
    assert found(outcome="needs-review") == ["3.dcm"]
    assert found(device_serial="S1") == ["2.dcm", "1.dcm"]
    assert found(since="2026-02-01") == ["3.dcm", "2.dcm"]
    assert found(until="2026-02-01") == ["2.dcm", "1.dcm"]
    assert found(since="2026-02-01", until="2026-02-01") == ["2.dcm"]


def test_a_person_is_found_with_everything_in_force(store: Store, run: int) -> None:
    person = {
        "patient_key": "P-1",
        "sex": "F",
        "birth_date": "1960-02-29",
        "first_exam_date": "2026-01-01",
        "last_exam_date": "2026-02-01",
        "n_exams": 2,
    }
    number = {"patient_key": "P-1", "issuer": "HOSP", "chart_number": "0012"}
    rows = exams(exam(4, "2026-02-01"), exam(1, "2026-01-01"), exam(2, "2026-01-01"))
    store.put_study(run, rows | {"patient": {"P-1": person}, "patient_number": {"n": number}})
    found = store.patient_exams("P-1")
    assert [e["file"] for e in found.exams] == ["1.dcm", "4.dcm"]
    assert found.patient is not None
    assert found.patient["sex"] == "F"
    assert [n["chart_number"] for n in found.numbers] == ["0012"], "leading zeros are kept"
    assert store.patient_exams("nobody").patient is None
