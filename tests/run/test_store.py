"""The store gives back what it was given, and supersedes visibly."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonescan.errors import EnvironmentFault, UsageError
from bonescan.model.exam import Device, Exam, Subject
from bonescan.model.measurement import Measurement
from bonescan.model.outcome import Outcome, Overlay, Picture, Problem
from bonescan.model.person import Fact
from bonescan.model.vocabulary import Origin, OutcomeKind, Severity, Technique
from bonescan.store.codec import decode, encode
from bonescan.store.open_store import STORE_NAME, open_store

OUTCOME = Outcome(
    kind=OutcomeKind.REPORTED,
    format_name="dicom",
    subject=Subject(patient_id="0012", name="陳怡君", birth_date=date(1960, 2, 29), sex="F"),
    device=Device(serial="S/N 1"),
    exam=Exam(exam_date=date(2026, 5, 4), simulated=True),
    measurements=(
        Measurement(
            technique=Technique.DXA,
            origin=Origin.REPORTED,
            site="L1-L4",
            bmd_g_cm2=0.93,
            vertebrae_used=("L1", "L2", "L3", "L4"),
            flags=("a", "b"),
        ),
    ),
    problems=(Problem(code="BS-W280", severity=Severity.NOTE, file="x", reason="y"),),
    pictures=(
        Picture(
            kind="dxa",
            site="L1-L4",
            png=b"\x89PNG",
            width_px=2,
            height_px=3,
            overlays=(Overlay(name="region", points=((0.0, 1.5), (2.0, 1.5))),),
        ),
    ),
    details=(("frames", "8 of 8"),),
)


@pytest.fixture
def store(tmp_path):
    opened = open_store(tmp_path, create=True)
    yield opened
    opened.close()


def test_an_outcome_survives_its_text():
    assert decode(Outcome, encode(OUTCOME)) == OUTCOME


@given(bmd=st.floats(0, 4), flags=st.lists(st.text(max_size=5), max_size=3))
@settings(max_examples=40)
def test_numbers_survive_to_the_last_bit(bmd, flags):
    measurement = Measurement(
        technique=Technique.REMS_STYLE,
        origin=Origin.ESTIMATED,
        site="femoral-neck",
        bmd_g_cm2=bmd,
        flags=tuple(flags),
    )
    assert decode(Measurement, encode(measurement)) == measurement


def test_a_result_comes_back_with_its_pictures_and_places(store):
    run = store.begin_run("0", "{}")
    store.put_result(run_id=run, sha256="s", size_bytes=7, work_key="w", outcome=OUTCOME)
    store.put_locations(run, [("/in", "b.dcm", "s"), ("/in", "a.dcm", "s"), ("/old", "a.dcm", "s")])
    (content,) = store.contents()
    assert content.files == ("a.dcm", "b.dcm")
    assert content.outcome.measurements == OUTCOME.measurements
    assert store.pictures("w") == OUTCOME.pictures
    assert store.has_result(["w", "v"]) == {"w"}


def test_a_newer_result_supersedes_and_the_older_one_stays(store):
    run = store.begin_run("0", "{}")
    store.put_locations(run, [("/in", "a.dcm", "s")])
    store.put_result(run_id=run, sha256="s", size_bytes=7, work_key="old", outcome=OUTCOME)
    newer = Outcome(kind=OutcomeKind.UNUSABLE, code="BS-E503")
    store.put_result(run_id=run, sha256="s", size_bytes=7, work_key="new", outcome=newer)
    (content,) = store.contents()
    assert content.outcome.kind is OutcomeKind.UNUSABLE
    assert store.has_result(["old", "new"]) == {"old", "new"}
    store.put_in_force(run_id=run, sha256="s", size_bytes=7, work_key="old")
    assert store.contents()[0].outcome.kind is OutcomeKind.REPORTED


def test_a_file_with_new_bytes_leaves_its_old_content(store):
    run = store.begin_run("0", "{}")
    for sha in ("s1", "s2"):
        store.put_result(run_id=run, sha256=sha, size_bytes=1, work_key=sha, outcome=OUTCOME)
        store.put_locations(run, [("/in", "a.dcm", sha)])
    assert [c.sha256 for c in store.contents()] == ["s2"]


def test_a_corrected_fact_supersedes_and_several_fractures_stand_together(store):
    def fact(name: str, value: str, line: int = 1) -> Fact:
        return Fact(
            patient_id="7", issuer=None, date=date(2026, 1, 1), fact=name, value=value, line=line
        )

    several = frozenset({"fracture"})
    assert store.put_facts([fact("smoking", "yes"), fact("fracture", "hip")], several=several) == 2
    assert store.put_facts([fact("smoking", "yes", line=9)], several=several) == 0
    assert store.put_facts([fact("smoking", "no")], several=several) == 1
    assert store.put_facts([fact("fracture", "wrist")], several=several) == 1
    assert sorted((f.fact, f.value) for f in store.facts()) == [
        ("fracture", "hip"),
        ("fracture", "wrist"),
        ("smoking", "no"),
    ]


def said(value: str, file: str, day: int = 1, name: str = "menopausal_status") -> Fact:
    return Fact(
        patient_id="7", issuer=None, date=date(2026, 1, day), fact=name, value=value, file=file
    )


def in_force(store) -> list[str]:
    return [f.value for f in sorted(store.facts(), key=lambda f: (f.date, f.value))]


def n_rows(store) -> int:
    with store._engine.connect() as connection:
        return connection.exec_driver_sql("select count(*) from fact").scalar()


@pytest.mark.parametrize("turn", [1, -1])
def test_a_contradiction_within_one_import_stays_whatever_the_order_of_lines(store, turn):
    both = [said("premenopausal", "a.csv"), said("postmenopausal", "a.csv")][::turn]
    assert store.put_facts(both) == 2
    assert in_force(store) == ["postmenopausal", "premenopausal"]
    assert store.put_facts(both) == 0
    assert store.put_facts(both[::-1]) == 0
    assert n_rows(store) == 2


def test_what_a_facts_file_says_no_more_is_withdrawn_and_its_row_kept(store):
    first = [said("yes", "a.csv", 1, "weaning"), said("yes", "a.csv", 2, "delivery")]
    store.put_facts(first)
    assert store.put_facts([said("yes", "./a.csv", 9, "weaning")]) == 1, "one path, two spellings"
    assert [(f.fact, f.date.day) for f in store.facts()] == [("weaning", 9)]
    store.put_facts([], files=["b.csv"])
    assert len(store.facts()) == 1, "another file takes nothing back"
    store.put_facts([], files=["a.csv"])
    assert store.facts() == ()
    assert n_rows(store) == 3
    assert store.put_facts(first) == 2
    assert len(store.facts()) == 2


def test_a_fact_in_two_files_holds_until_both_have_dropped_it(store):
    store.put_facts([said("premenopausal", "a.csv"), said("premenopausal", "b.csv")])
    assert in_force(store) == ["premenopausal"]
    store.put_facts([], files=["a.csv"])
    assert in_force(store) == ["premenopausal"]
    store.put_facts([], files=["b.csv"])
    assert in_force(store) == []


def test_a_later_import_supersedes_and_an_unchanged_file_does_not_undo_it(store):
    old, new = said("premenopausal", "a.csv"), said("postmenopausal", "b.csv")
    store.put_facts([old])
    assert store.put_facts([new]) == 1
    assert in_force(store) == ["postmenopausal"]
    assert store.put_facts([old]) == 0
    assert in_force(store) == ["postmenopausal"]
    store.put_facts([said("transition", "a.csv")])
    assert in_force(store) == ["transition"]


@pytest.mark.parametrize("turn", [1, -1])
def test_two_files_that_contradict_each_other_in_one_run_both_stand(store, turn):
    a, b = said("premenopausal", "a.csv"), said("postmenopausal", "b.csv")
    store.put_facts([a, b][::turn])
    assert in_force(store) == ["postmenopausal", "premenopausal"]
    store.put_facts([a])
    assert in_force(store) == ["postmenopausal", "premenopausal"], "a says nothing new"
    store.put_facts([said("postmenopausal", "a.csv")])
    assert in_force(store) == ["postmenopausal"]
    store.put_facts([a])
    assert in_force(store) == ["premenopausal"]
    store.put_facts([a, b])
    assert in_force(store) == ["postmenopausal", "premenopausal"], "read together, both speak"


def test_damage_is_found(tmp_path, store):
    run = store.begin_run("0", "{}")
    store.put_result(run_id=run, sha256="s", size_bytes=7, work_key="w", outcome=OUTCOME)
    assert store.check() == []
    import sqlite3

    with sqlite3.connect(tmp_path / STORE_NAME) as connection:
        connection.execute("update result set outcome = replace(outcome, '0.93', '0.39')")
    connection.close()
    assert store.check() == ["result w does not match its hash"]


def test_the_store_is_for_the_owner_only(tmp_path, store):
    store.begin_run("0", "{}")
    modes = {p.name: p.stat().st_mode & 0o777 for p in tmp_path.iterdir()}
    assert set(modes.values()) == {0o600}, modes


def test_a_folder_without_a_store_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"BS-E305 .*found no bonescan\.db"):
        open_store(tmp_path)


def test_a_file_that_is_no_store_is_refused_in_one_sentence(tmp_path):
    (tmp_path / STORE_NAME).write_bytes(b"not a database" * 100)
    with pytest.raises(EnvironmentFault, match=r"BS-E502 .*can't be opened"):
        open_store(tmp_path)


def test_a_store_of_another_version_is_refused(tmp_path):
    import sqlite3

    open_store(tmp_path, create=True).close()
    with sqlite3.connect(tmp_path / STORE_NAME) as connection:
        connection.execute("update meta set value = '1'")
    connection.close()
    with pytest.raises(EnvironmentFault, match=r"BS-E502 .*found store version 1, wanted 3"):
        open_store(tmp_path)
