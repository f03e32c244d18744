"""A result folder: who is paired with whom, on whose reference, and who may not be compared."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bonescan.agree.pairing import nearest_pairs
from bonescan.files.tables import (
    FILES_COLUMNS,
    IDENTITY_COLUMNS,
    PATIENTS_COLUMNS,
    RESULTS_COLUMNS,
    table_text,
)
from bonescan.model.exam import Exam, Subject
from bonescan.model.outcome import Outcome
from bonescan.model.vocabulary import OutcomeKind
from bonescan.store.open_store import open_store
from bonescan.workflows import agree_folder as workflow

NECK = "femoral-neck-left"
Row = dict[str, Any]


def dxa(person: str, bmd: float, day: str = "2026-03-01", site: str = NECK, **more: Any) -> Row:
    maker = more.pop("manufacturer", "HOLOGIC")
    mean, sd = (1.038, 0.139) if "GE" in maker else (0.849, 0.111)  # as norms/populations
    return {
        "technique": "DXA", "origin": "reported", "patient_id": person, "exam_date": day,
        "site": site, "bmd_g_cm2": bmd, "t_score": (bmd - mean) / sd, "manufacturer": maker,
        "reference_id": "ge_fn_f" if "GE" in maker else "hologic_fn_f", "sex": "F",
        "age_years": 61.0, "sha256": f"dxa-{person}-{day}-{site}",
    } | more  # fmt: skip


def ours(person: str, bmd: float, day: str = "2026-03-01", site: str = NECK, **more: Any) -> Row:
    return {
        "technique": "REMS-style", "origin": "estimated", "patient_id": person, "exam_date": day,
        "site": site, "bmd_g_cm2": bmd, "t_score": (bmd - 0.849) / 0.111, "sex": "F",
        "reference_id": "hologic_fn_f", "model_id": "site-1", "depth_mm": 41.0, "age_years": 61.0,
        "bmi_kg_m2": 25.0, "device_model": "US-B", "sha256": f"rf-{person}-{day}-{site}",
    } | more  # fmt: skip


def rems(person: str, bmd: float, t: float, day: str = "2026-03-01", **more: Any) -> Row:
    return {
        "technique": "REMS", "origin": "reported", "patient_id": person, "exam_date": day,
        "site": NECK, "bmd_g_cm2": bmd, "reported_t_score": t, "reported_reference": "NHANES III",
        "sex": "F", "sha256": f"rems-{person}-{day}",
    } | more  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """Write the tables of a result folder."""

    def write(rows: list[Row], files: list[Row] | None = None, fractures: Any = ()) -> Path:
        out = tmp_path / "out"
        out.mkdir(exist_ok=True)
        people = sorted({r["patient_id"] for r in rows})
        formats = {"DXA": "dicom", "REMS": "dicom", "REMS-style": "bonescan-rf"}
        listed = [
            {"file": r["sha256"], "sha256": r["sha256"], "format": formats[r["technique"]],
             "outcome": "reported" if r["technique"] == "DXA" else "measured"}
            for r in {r["sha256"]: r for r in rows}.values()
        ]  # fmt: skip
        tables = {
            "results.csv": (RESULTS_COLUMNS, rows),
            "files.csv": (FILES_COLUMNS, [*listed, *(files or [])]),
            "patients.csv": (
                PATIENTS_COLUMNS,
                [{"patient_id": p, "fragility_fracture": True} for p in fractures],
            ),
            "identities.csv": (
                IDENTITY_COLUMNS,
                [{"patient_id": p, "issuer": "CLINIC", "chart_number": p[2:]} for p in people],
            ),
        }
        for name, (columns, content) in tables.items():
            (out / name).write_text(table_text(columns, content))
        return out

    return write


@dataclasses.dataclass
class FakeModel:
    model_id: str = "site-1"
    person_salt: str = "salt"
    person_hashes: tuple[str, ...] = ()


@pytest.fixture(autouse=True)
def model(monkeypatch: pytest.MonkeyPatch) -> FakeModel:
    """Stand in for the model file: only its id and its people matter here."""
    fake = FakeModel()
    monkeypatch.setattr(workflow, "load_model", lambda _path: fake)
    return fake


FIVE = (0.55, 0.62, 0.71, 0.80, 0.90)


def five_pairs() -> list[Row]:
    people = [f"P-{i}" for i in range(5)]
    return [dxa(p, b) for p, b in zip(people, FIVE, strict=True)] + [
        ours(p, b + 0.01) for p, b in zip(people, FIVE, strict=True)
    ]


@pytest.mark.parametrize(
    ("reference", "test", "gap", "wanted"),
    [
        ([1], [1], 0, [(0, 0)]),
        ([1], [2], 0, []),
        ([1], [31], 30, [(0, 0)]),
        ([1], [31], 29, []),
        ([10], [8, 11], 30, [(0, 1)]),  # the nearer one
        ([10], [9, 11], 30, [(0, 0)]),  # equally near: the earlier test
        ([1, 20], [2, 19], 30, [(0, 0), (1, 1)]),
        ([5], [5, 5], 30, [(0, 0)]),  # no scan twice
        ([], [1], 30, []),
    ],
)
def test_the_nearest_scans_are_paired_each_once(
    reference: list[int], test: list[int], gap: int, wanted: list[tuple[int, int]]
) -> None:
    days = [[date(2026, 1, d) for d in side] for side in (reference, test)]
    assert nearest_pairs(days[0], days[1], gap) == wanted


def test_pairs_by_person_and_site(folder: Callable[..., Path], agree: Any) -> None:
    rows = [*five_pairs(), dxa("P-9", 0.7), ours("P-8", 0.7),
            dxa("P-0", 0.99, site="femoral-neck-right"), ours("P-1", 0.5, site="L1-L4"),
            ours("P-0", 0.4, site="L1"), dxa("P-0", 0.4, site="L1")]  # fmt: skip
    data = agree(folder(rows))
    assert list(data["sites"]) == [NECK]  # the right hip has no partner; no single vertebra
    q = data["sites"][NECK]["bmd"]
    assert q["n"] == 5
    assert q["bland_altman"]["bias"]["est"] == pytest.approx(0.01)
    assert q["bland_altman"]["sd_diff"] == pytest.approx(0.0, abs=1e-12)
    gaps = data["sites"][NECK]["more"]["gap_days"]
    assert (gaps["n"], gaps["same_day"], gaps["longest_days"]) == (5, 5, 0.0)


@pytest.mark.parametrize(("days", "n"), [(29, 4), (30, 5)])
def test_the_longest_gap_is_inclusive(
    days: int, n: int, folder: Callable[..., Path], agree: Any
) -> None:
    rows = five_pairs()
    rows[-1] = ours("P-4", 0.91, day="2026-03-31")  # 30 days after
    data = agree(folder(rows), "--max-gap-days", days)
    assert data["sites"][NECK]["bmd"]["n"] == n


def test_a_person_seen_twice_is_a_cluster(folder: Callable[..., Path], agree: Any) -> None:
    later = [dxa("P-0", 0.54, "2027-03-01"), ours("P-0", 0.57, "2027-03-05")]
    site = agree(folder(five_pairs() + later))["sites"][NECK]
    assert site["bmd"]["n"] == 6
    assert site["more"]["cluster"]["n_people"] == 5
    assert site["bmd"]["bland_altman"]["bias"]["method"].endswith("by-subject")


def test_a_scan_that_was_rejected_counts_before_exclusions(
    folder: Callable[..., Path], agree: Any
) -> None:
    rows = [*five_pairs(), dxa("P-7", 0.50)]
    lost = {"file": "lost.h5", "sha256": "lost", "format": "bonescan-rf", "outcome": "unusable",
            "code": "BS-E161"}  # fmt: skip
    broken = lost | {"file": "cut.h5", "sha256": "cut", "code": "BS-E140"}
    image = {"file": "a.dcm", "sha256": "a", "format": "dicom", "outcome": "no-numbers"}
    out = folder(rows, [lost, broken, image])
    store = open_store(out, create=True)
    run = store.begin_run("0", "{}")
    verdict = Outcome(
        kind=OutcomeKind.UNUSABLE, code="BS-E161", site=NECK,
        subject=Subject(patient_id="7", issuer="CLINIC"), exam=Exam(exam_date=date(2026, 3, 2)),
    )  # fmt: skip
    store.put_result(run_id=run, sha256="lost", size_bytes=1, work_key="k", outcome=verdict)
    store.put_locations(run, [("scans", "lost.h5", "lost")])
    store.close()
    data = agree(out)
    steps = [data["flow"][k] for k in ("found", "readable", "quality_passed", "paired", "analysed")]
    assert steps == [7, 6, 5, 5, 5]
    site, before = data["sites"][NECK], data["before_exclusions"][NECK]
    assert sum(map(sum, site["classes"]["table"])) == 5
    assert before["classes"]["more"]["n_rejected"] == 1
    assert before["classes"]["agreement"]["est"] == pytest.approx(
        site["classes"]["agreement"]["est"] * 5 / 6
    )


def test_a_site_where_every_scan_was_rejected_has_no_estimate(
    folder: Callable[..., Path], agree: Any
) -> None:
    right = "femoral-neck-right"
    out = folder([*five_pairs(), dxa("P-0", 0.5, site=right), dxa("P-1", 0.8, site=right)])
    store = open_store(out, create=True)
    run = store.begin_run("0", "{}")
    for person in "01":
        verdict = Outcome(
            kind=OutcomeKind.UNUSABLE, code="BS-E161", site=right,
            subject=Subject(patient_id=person, issuer="CLINIC"),
            exam=Exam(exam_date=date(2026, 3, 2)),
        )  # fmt: skip
        store.put_result(run_id=run, sha256=person, size_bytes=1, work_key=person, outcome=verdict)
        store.put_locations(run, [("scans", f"{person}.h5", person)])
    store.close()
    data = agree(out, "-o", out.parent / "page")
    assert "nan" not in (out.parent / "page" / "continuous.csv").read_text().lower()
    assert data["sites"][right]["bmd"]["n"] == 0
    assert data["sites"][right]["classes"] is None
    before = data["before_exclusions"][right]
    assert before["classes"]["agreement"]["est"] == 0.0
    assert before["osteoporosis"]["sensitivity"]["est"] == 0.0


def test_makers_are_apart_and_two_references_are_said(
    folder: Callable[..., Path], verb: Callable[..., tuple[int, str, str]]
) -> None:
    rows = five_pairs()
    rows += [dxa(f"P-g{i}", 0.8 + i / 20, manufacturer="GE Healthcare") for i in range(3)]
    rows += [ours(f"P-g{i}", 0.7 + i / 20) for i in range(3)]
    code, out, _ = verb("agree", folder(rows), "--json")
    document = json.loads(out)
    assert code == 0
    assert set(document["data"]["sites"]) == {f"{NECK}@hologic", f"{NECK}@ge"}
    codes = {p["code"] for p in document["problems"]}
    assert {"BS-W370", "BS-W372"} <= codes
    ge = document["data"]["sites"][f"{NECK}@ge"]
    # densities on two scales are not brought to one reference: no T but as given
    assert ge["t"] is None
    assert ge["classes"] is None
    assert ge["osteoporosis"] is None
    assert ge["more"]["t_as_given"]["bland_altman"]["bias"]["est"] == pytest.approx(
        sum((0.7 + i / 20 - 0.849) / 0.111 - (0.8 + i / 20 - 1.038) / 0.139 for i in range(3)) / 3,
        abs=0.005,
    )
    assert "3 of 3 pairs have densities on the scales of two makers" in ge["more"]["notes"][0]
    assert "bias and limits of BMD" in ge["more"]["notes"][0]
    hologic = document["data"]["sites"][f"{NECK}@hologic"]
    assert hologic["t"]["n"] == 5
    assert "notes" not in hologic["more"]  # each maker has its own sentences
    assert "t_as_given" not in hologic["more"]


def test_one_pair_as_given_has_no_classes(folder: Callable[..., Path], agree: Any) -> None:
    rows = [*five_pairs(), dxa("P-g", 0.8, manufacturer="GE Healthcare"), ours("P-g", 0.7)]
    more = agree(folder(rows))["sites"][f"{NECK}@ge"]["more"]
    assert more["t_as_given"]["n"] == 1
    assert "classes_as_given" not in more


def test_pooled_makers_share_no_class_table(
    folder: Callable[..., Path], verb: Callable[..., tuple[int, str, str]]
) -> None:
    rows = five_pairs()
    rows += [dxa(f"P-g{i}", 0.8 + i / 20, manufacturer="GE Healthcare") for i in range(3)]
    rows += [ours(f"P-g{i}", 0.7 + i / 20) for i in range(3)]
    code, out, _ = verb("agree", folder(rows), "--pool-makers", "--json")
    document = json.loads(out)
    assert code == 0
    site = document["data"]["sites"][NECK]
    assert (site["bmd"]["n"], site["t"]["n"]) == (8, 5)
    assert sum(map(sum, site["classes"]["table"])) == 5
    assert any("3 of 8 pairs have densities" in p["reason"] for p in document["problems"])


def rejected(out: Path, people: dict[str, date]) -> None:
    """Put ultrasound of the left neck that gave no number into the store of a folder."""
    store = open_store(out, create=True)
    run = store.begin_run("0", "{}")
    for person, day in people.items():
        verdict = Outcome(
            kind=OutcomeKind.UNUSABLE, code="BS-E161", site=NECK,
            subject=Subject(patient_id=person, issuer="CLINIC"), exam=Exam(exam_date=day),
        )  # fmt: skip
        store.put_result(run_id=run, sha256=person, size_bytes=1, work_key=person, outcome=verdict)
        store.put_locations(run, [("scans", f"{person}.h5", person)])
    store.close()


STEPS = ("found", "readable", "quality_passed", "paired", "analysed")


def test_the_flow_of_a_site_tells_why_each_scan_was_left_out(
    folder: Callable[..., Path], agree: Any
) -> None:
    """Five pairs; one person without DXA; two rejected scans, one of them without DXA."""
    rows = [*five_pairs(), ours("P-6", 0.7), dxa("P-7", 0.5), dxa("P-8", 0.5, site="L1-L4")]
    out = folder(rows)
    rejected(out, {"7": date(2026, 3, 2), "8": date(2026, 3, 2)})
    flow = agree(out)["sites"][NECK]["more"]["flow"]
    assert [flow[k] for k in STEPS] == [8, 8, 6, 5, 5]
    assert flow["reasons"] == {"rejected": 2, "no_partner": 1}


def test_makers_apart_start_from_all_scans_of_the_site(
    folder: Callable[..., Path], agree: Any
) -> None:
    rows = [*five_pairs(), ours("P-6", 0.7)]
    rows += [dxa(f"P-g{i}", 0.8 + i / 20, manufacturer="GE Healthcare") for i in range(3)]
    rows += [ours(f"P-g{i}", 0.7 + i / 20) for i in range(3)]
    data = agree(folder(rows))
    flows = {name.split("@")[1]: site["more"]["flow"] for name, site in data["sites"].items()}
    assert [flows["hologic"][k] for k in STEPS] == [9, 9, 9, 5, 5]
    assert flows["hologic"]["reasons"] == {"no_partner": 1, "other_maker": 3}
    assert [flows["ge"][k] for k in STEPS] == [9, 9, 9, 3, 3]
    assert flows["ge"]["reasons"] == {"no_partner": 1, "other_maker": 5}
    assert data["flow"]["label"] == "any site"


def test_a_rejected_scan_stays_with_the_maker_of_its_partner(
    folder: Callable[..., Path], agree: Any
) -> None:
    out = folder([*five_pairs(), dxa("P-7", 0.8, manufacturer="GE Healthcare")])
    rejected(out, {"7": date(2026, 3, 2)})
    data = agree(out, "-o", out.parent / "page")
    before = data["before_exclusions"]
    assert set(data["sites"]) == {f"{NECK}@hologic", f"{NECK}@ge"}
    assert sum(map(sum, before[f"{NECK}@hologic"]["classes"]["table"])) == 5
    assert "n_rejected" not in before[f"{NECK}@hologic"]["classes"]["more"]
    assert before[f"{NECK}@ge"]["classes"]["more"]["n_rejected"] == 1


def test_a_device_without_a_reference_is_shown_both_ways(
    folder: Callable[..., Path], agree: Any
) -> None:
    rows = [dxa(f"P-{i}", b) for i, b in enumerate(FIVE)]
    rows += [rems(f"P-{i}", b + 0.0111, round((b - 0.858) / 0.12, 1)) for i, b in enumerate(FIVE)]
    site = agree(folder(rows))["sites"][NECK]
    # re-scored with 0.849/0.111: 0.0111 g/cm2 are 0.1 T everywhere
    assert site["t"]["bland_altman"]["bias"]["est"] == pytest.approx(0.1, abs=0.006)
    given = site["more"]["t_as_given"]
    printed = sum(round((b - 0.858) / 0.12, 1) - (b - 0.849) / 0.111 for b in FIVE) / 5
    assert given["bland_altman"]["bias"]["est"] == pytest.approx(printed, abs=0.006)
    assert "classes_as_given" in site["more"]


def test_t_as_given_stands_in_text_and_table(
    folder: Callable[..., Path], verb: Callable[..., tuple[int, str, str]]
) -> None:
    rows = [dxa(f"P-{i}", b) for i, b in enumerate(FIVE)]
    rows += [rems(f"P-{i}", b + 0.0111, round((b - 0.858) / 0.12, 1)) for i, b in enumerate(FIVE)]
    out = folder(rows)
    code, said, _ = verb("agree", out, "-o", out.parent / "page")
    assert code == 0
    printed = sum(round((b - 0.858) / 0.12, 1) - (b - 0.849) / 0.111 for b in FIVE) / 5
    assert f"T as each method gave it: n 5, bias {printed:.2f}" in said
    lines = (out.parent / "page" / "continuous.csv").read_text().splitlines()
    row = next(line for line in lines if line.startswith(f"{NECK},after,t_as_given,5,bias,"))
    assert float(row.split(",")[5]) == pytest.approx(printed, abs=0.006)


@pytest.mark.parametrize("issuer", ["CLINIC", None])
def test_training_people_are_refused(
    issuer: str | None, folder: Callable[..., Path], refused: Any, model: FakeModel
) -> None:
    from bonescan.files.model_file import person_hash

    out = folder(five_pairs())
    model.person_hashes = (person_hash("salt", "3", issuer),)
    code, text = refused(out)
    assert code == 4
    assert "BS-E375 training_overlap: found 1 of 5 people" in text


def test_an_unknown_model_is_said(
    folder: Callable[..., Path], verb: Callable[..., tuple[int, str, str]], model: FakeModel
) -> None:
    model.model_id = "another"
    code, out, _ = verb("agree", folder(five_pairs()))
    assert code == 0
    assert "BS-W371 the training people of site-1 are not known here" in out


def test_people_in_doubt_and_simulated_scans_are_said(
    folder: Callable[..., Path], verb: Callable[..., tuple[int, str, str]]
) -> None:
    rows = [r | {"flags": ("simulated_exam",)} for r in five_pairs()]
    doubt = {"flags": ("identity_conflict",)}
    rows += [dxa("P-d", 0.7) | doubt, ours("P-d", 0.9) | doubt]
    code, out, _ = verb("agree", folder(rows), "--json")
    document = json.loads(out)
    assert code == 0
    assert document["data"]["sites"][NECK]["bmd"]["n"] == 5
    assert document["data"]["more"]["simulated"] is True
    assert [p["reason"] for p in document["problems"] if p["code"] == "BS-W375"] == [
        "2 exams of people in doubt were left out."
    ]


def test_no_pair_and_no_second_technique_end_with_4(
    folder: Callable[..., Path], refused: Any
) -> None:
    code, text = refused(folder([dxa("P-1", 0.7), ours("P-2", 0.7)]))
    assert code == 4
    assert text.startswith("BS-E374")
    assert "0 with both" in text
    code, text = refused(folder([dxa("P-1", 0.7)]))
    assert code == 4
    assert "found DXA, wanted DXA and another" in text


def test_techniques_can_be_named(folder: Callable[..., Path], refused: Any, agree: Any) -> None:
    rows = five_pairs() + [rems(f"P-{i}", b, -1.0) for i, b in enumerate(FIVE)]
    out = folder(rows)
    code, text = refused(out)
    assert code == 2
    assert "one named with --test" in text
    assert agree(out, "--test", "REMS")["sites"][NECK]["more"]["test"] == "REMS"
    assert "no technique 'CT'" in refused(out, "--test", "CT")[1]


def test_a_store_names_its_folder(folder: Callable[..., Path], agree: Any) -> None:
    out = folder(five_pairs())
    open_store(out, create=True).close()
    for name in (out / "bonescan.db", f"sqlite:///{out}/bonescan.db", out):
        assert agree("--store", name)["sites"][NECK]["bmd"]["n"] == 5


def test_fractures_come_from_the_people(folder: Callable[..., Path], agree: Any) -> None:
    rows = five_pairs()
    out = folder(rows, fractures=("P-0", "P-1"))
    # two with a fracture recorded and nobody without: no curve can be drawn, and nothing breaks
    more = agree(out)["sites"][NECK]["more"]
    assert (more["nri_fracture"]["n_event"], more["nri_fracture"]["n_nonevent"]) == (2, 0)
    assert more["nri_fracture"]["nri"]["est"] is None


@pytest.mark.slow
def test_the_sample_scans_give_pairs_or_a_clear_end(
    sample_scans: Path, tmp_path: Path, verb: Callable[..., tuple[int, str, str]]
) -> None:
    """Simulated people with DXA and ultrasound: a few pairs, makers apart."""
    out = tmp_path / "results"
    some = tmp_path / "some"
    some.mkdir()
    for person in ("0001001", "0001002", "0001003", "0001006"):
        for path in sample_scans.glob(f"{person}_*"):
            shutil.copy(path, some / path.name)
    assert verb("run", some, "-o", out, "--report", "none")[0] == 0
    code, said, err = verb("agree", out, "--json")
    document = json.loads(said)
    assert code in {0, 4}, err
    if code == 0:
        assert sum(s["bmd"]["n"] for s in document["data"]["sites"].values()) >= 3
    else:
        assert document["problems"][0]["code"] == "BS-E374"
