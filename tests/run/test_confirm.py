"""From a picture to a decided number: run, list, decide, write anew."""

from __future__ import annotations

import csv
import json

import pytest

from bonescan.errors import UsageError
from bonescan.settings import Settings
from bonescan.simulate.report_dicom import page_capture
from bonescan.simulate.report_pages import PageStyle, draw_page
from bonescan.workflows.confirm import last_settings, list_open, take_in
from bonescan.workflows.run_folder import run_folder

PAGE = draw_page(PageStyle(layout="rems", font="aileron"), 9)
TRUTH = {(n.site, n.quantity): float(n.text) for n in PAGE.numbers}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans" / "page.dcm").write_bytes(page_capture(PAGE, 9))
    out = tmp_path / "out"
    run_folder([tmp_path / "scans"], out, Settings(report="none"))
    return out


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_rows(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def decide(path, **cells):
    rows = rows_of(path)
    for row in rows:
        row.update(cells)
    write_rows(path, rows)


def test_every_unproven_number_is_listed_with_its_picture(folder):
    assert rows_of(folder / "files.csv")[0]["outcome"] == "needs-review"
    assert rows_of(folder / "results.csv") == []
    review = list_open(folder)
    assert {(r["site"], r["quantity"]) for r in review.rows} == set(TRUTH)
    for row in rows_of(folder / "review.csv"):
        assert float(row["value"]) == TRUTH[row["site"], row["quantity"]]
        assert (folder / row["crop"]).read_bytes().startswith(b"\x89PNG")


def test_confirmed_numbers_become_results_and_nothing_stays_open(folder):
    list_open(folder)
    decide(folder / "review.csv", decision="confirm", who="RT", reason="seen")
    after = take_in(folder, folder / "review.csv")
    assert (after.n_decided, after.rows) == (len(TRUTH), ())
    assert rows_of(folder / "files.csv")[0]["outcome"] == "reported"
    rows = {r["site"]: r for r in rows_of(folder / "results.csv")}
    assert len(rows) == 5
    for site, row in rows.items():
        assert float(row["bmd_g_cm2"]) == TRUTH[site, "bmd"]
        assert float(row["reported_t_score"]) == TRUTH[site, "t"]
        assert row["technique"] == "REMS"
        assert "confirmed_by_person" in row["flags"].split(";")
    assert list_open(folder).rows == ()


def test_running_again_keeps_what_was_decided(folder, tmp_path):
    list_open(folder)
    decide(folder / "review.csv", decision="confirm", who="RT")
    take_in(folder, folder / "review.csv")
    before = (folder / "results.csv").read_bytes()
    run_folder([tmp_path / "scans"], folder, Settings(report="none"))
    assert (folder / "results.csv").read_bytes() == before


def test_rows_without_a_decision_stay_open(folder):
    list_open(folder)
    rows = rows_of(folder / "review.csv")
    rows[0] |= {"decision": "correct", "value": "0.811", "who": "RT"}
    write_rows(folder / "review.csv", rows)
    after = take_in(folder, folder / "review.csv")
    assert (after.n_decided, len(after.rows)) == (1, len(TRUTH) - 1)
    assert [r["bmd_g_cm2"] for r in rows_of(folder / "results.csv")] == ["0.811"]
    assert rows_of(folder / "files.csv")[0]["outcome"] == "needs-review"


def test_decisions_that_were_filled_in_are_not_written_over(folder):
    list_open(folder)
    decide(folder / "review.csv", decision="reject", who="RT")
    with pytest.raises(UsageError, match="were not taken in"):
        list_open(folder)


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"decision": "confirm", "who": ""}, "nobody"),
        ({"decision": "yes", "who": "RT"}, "wanted confirm, correct or reject"),
        ({"decision": "correct", "who": "RT", "value": "abc"}, "wanted a number"),
        ({"decision": "correct", "who": "RT", "value": ""}, "no value"),
        ({"decision": "confirm", "who": "RT", "site": "spine"}, "wanted a site"),
        ({"decision": "confirm", "who": "RT", "quantity": "width"}, "quantity"),
        ({"decision": "confirm", "who": "RT", "sha256": "0" * 64}, "does not hold"),
        ({"decision": ""}, "no decision"),
    ],
)
def test_a_table_that_says_nothing_clear_is_refused_whole(folder, cells, why):
    list_open(folder)
    rows = rows_of(folder / "review.csv")
    good = rows[1] | {"decision": "confirm", "who": "RT"} if cells["decision"] else rows[1]
    write_rows(folder / "review.csv", [rows[0] | cells, good])
    with pytest.raises(UsageError, match=why):
        take_in(folder, folder / "review.csv")
    assert rows_of(folder / "results.csv") == []


def test_a_table_without_its_columns_is_refused(folder):
    (folder / "mine.csv").write_text("file,decision\npage.dcm,confirm\n", encoding="utf-8")
    with pytest.raises(UsageError, match="no column"):
        take_in(folder, folder / "mine.csv")


def test_labels_are_made_as_the_folder_was_written_last(folder):
    assert last_settings(folder).report == "none"
    (folder / "run.json").write_text("{}", encoding="utf-8")
    assert last_settings(folder) == Settings()


def test_the_verb_lists_and_takes_in(folder, verb):
    code, out, _ = verb("confirm", folder, "--json")
    data = json.loads(out)["data"]
    assert (code, data["open"], data["decided_now"]) == (0, len(TRUTH), 0)
    decide(folder / "review.csv", decision="confirm", who="RT")
    code, out, _ = verb("confirm", folder, "--from", folder / "review.csv")
    assert code == 0
    assert f"decisions taken in: {len(TRUTH)}" in out
    assert "left to a person: 0" in out


def test_the_verb_shows_what_is_open(folder, verb):
    code, out, _ = verb("confirm", folder)
    assert code == 0
    assert "left to a person: 15" in out
    assert "... and 3 more" in out
    assert "--from" in out


@pytest.mark.parametrize(
    ("quantity", "value", "why"),
    [
        ("t", "-22", "can't be true"),
        ("t", "-10.1", "can't be true"),
        ("z", "10.1", "can't be true"),
        ("bmd", "7.31", "can't be true"),
    ],
)
def test_an_impossible_number_refuses_the_whole_table_by_its_line(folder, quantity, value, why):
    list_open(folder)
    rows = rows_of(folder / "review.csv")
    for row in rows:
        row |= {"decision": "confirm", "who": "RT"}
    at = next(i for i, r in enumerate(rows) if r["quantity"] == quantity)
    rows[at] |= {"decision": "correct", "value": value}
    write_rows(folder / "review.csv", rows)
    with pytest.raises(UsageError, match=f"line {at + 2}: .*{why}") as refused:
        take_in(folder, folder / "review.csv")
    assert refused.value.code == "BS-E453"
    assert rows_of(folder / "results.csv") == []
    assert rows_of(folder / "files.csv")[0]["outcome"] == "needs-review"


def test_a_score_at_the_limit_is_taken_in(folder):
    list_open(folder)
    rows = rows_of(folder / "review.csv")
    at = next(i for i, r in enumerate(rows) if r["quantity"] == "t")
    rows[at] |= {"decision": "correct", "value": "-10", "who": "RT"}
    write_rows(folder / "review.csv", rows)
    assert take_in(folder, folder / "review.csv").n_decided == 1


def test_the_review_page_shows_each_number_beside_its_picture_and_deciding_sites_first(folder):
    review = list_open(folder)
    html = (folder / "review" / "review.html").read_text(encoding="utf-8")
    images = html.count('src="data:image/png;base64,')
    assert images == len(TRUTH) + 1  # and the table of the page
    assert "http" not in html.replace("http-equiv", "")
    sites = [r["site"] for r in review.rows]
    ranks = [0 if s.startswith("L") else 1 if "neck" in s else 2 for s in sites]
    assert ranks == sorted(ranks)
    decide(folder / "review.csv", decision="reject", who="RT")
    assert take_in(folder, folder / "review.csv").rows == ()
    list_open(folder)
    assert not (folder / "review" / "review.html").exists()
