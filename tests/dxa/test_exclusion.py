"""A discordant vertebra from the report to a person's decision and the page."""

from __future__ import annotations

import csv
import html
import re

import pytest

from .test_measure import LUNAR_PAGE, spine_report

# what remains without L3: sums of the printed BMC and areas of L1, L2 and L4
BMD_WITHOUT_L3 = (7.50 + 9.76 + 11.25) / (8.46 + 9.20 + 11.40)


def rows_of(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def decided(tmp_path, verb, report, *, vertebra="L3", decision="confirm"):
    """Run, decide about one vertebra, and give results, people and page."""
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    (folder / "spine.dcm").write_bytes(report)
    assert verb("run", folder, "-o", out)[0] == 0
    assert verb("confirm", out)[0] == 0
    review = rows_of(out / "review.csv")
    for row in review:
        if (row["site"], row["quantity"]) == (vertebra, "exclude-vertebra"):
            row |= {"decision": decision, "who": "wang", "reason": "old fracture"}
    table = tmp_path / "review.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, review[0].keys())
        writer.writeheader()
        writer.writerows(review)
    assert verb("confirm", out, "--from", table)[0] == 0
    results = {row["site"]: row for row in rows_of(out / "results.csv")}
    page = next((out / "patients").glob("*.html")).read_text(encoding="utf-8")
    return results, rows_of(out / "patients.csv")[0], page


@pytest.mark.slow
def test_an_accepted_exclusion_makes_the_spine_of_the_others(tmp_path, verb, dicom):
    results, person, page = decided(tmp_path, verb, spine_report(dicom, **LUNAR_PAGE))
    rest = results["L1+L2+L4"]
    assert float(rest["bmd_g_cm2"]) == pytest.approx(BMD_WITHOUT_L3, abs=0.0005)
    assert rest["vertebrae_used"] == "L1;L2;L4"
    assert "vertebra_excluded_by_person" in rest["flags"]
    assert rest["t_score"] == ""  # no reference of this set
    assert "no_t_reference" in rest["flags"]
    assert results["L3"]["category"] == results["L1-L4"]["category"] == ""
    assert (person["deciding_site"], person["category"]) == ("", "none")
    assert "vertebra_discordant" not in person["flags"]
    crossed = re.findall(r'<tr class="left-out">.*?</tr>', page, re.DOTALL)
    assert any("1.138" in row for row in crossed)
    text = html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))
    assert "Left out by a person. L3: old fracture (wang" in text


@pytest.mark.slow
def test_a_set_that_the_device_prints_keeps_its_printed_t(tmp_path, verb, dicom):
    printed = LUNAR_PAGE | {"L1-L2,L4": ("0.981", "28.51", "29.06", "-1.7")}
    results, person, _ = decided(tmp_path, verb, spine_report(dicom, **printed))
    assert results["L1+L2+L4"]["reported_t_score"] == "-1.7"
    assert "vertebra_excluded_by_person" in results["L1+L2+L4"]["flags"]
    assert (person["deciding_site"], person["category"]) == ("L1+L2+L4", "osteopenia")


@pytest.mark.slow
def test_a_rejected_proposal_leaves_everything_as_printed(tmp_path, verb, dicom):
    report = spine_report(dicom, **LUNAR_PAGE)
    results, person, page = decided(tmp_path, verb, report, decision="reject")
    assert set(results) == {"L1", "L2", "L3", "L4", "L1-L4"}
    assert person["deciding_site"] == "L1-L4"
    assert "vertebra_discordant" in person["flags"]
    assert '<tr class="left-out">' not in page
    assert "Exclusion proposed, not done" in page
