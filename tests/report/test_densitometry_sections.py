"""Both hips, left-out vertebrae and body composition on a person's page."""

from __future__ import annotations

import dataclasses
import html
import re
from datetime import date

import pytest

from bonescan.model.page import PageReading, StudyPage
from bonescan.model.reading import Reading
from bonescan.norms.load import load_norms
from bonescan.report.person_page import person_page
from bonescan.report.references import References

from .fixtures import HOLOGIC, page, person, reported, row

DAY = date(2023, 5, 4)
WHO = person("F", 48.0)
# a printed dual hip (Horizon): area and BMD, left and right; the printed mean of the necks is 0.836
DUAL_HIP = {
    "femoral-neck": ((4.86, 0.804), (4.30, 0.868)),
    "trochanter": ((2.97, 0.803), (13.05, 0.655)),
    "total-hip": ((37.75, 0.835), (33.23, 0.840)),
}
REFERENCES = References(norms=load_norms())


def written(rows, **more):
    """The page as text without tags, with blanks between cells."""
    whole = page("P1", rows, [], **more)
    study = StudyPage(title="t", version="0", files=(), people=(whole,), problems=())
    page_text = person_page(whole, study, REFERENCES)
    return page_text, html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page_text)))


def hips(*regions, mean=None, sides=("left", "right")):
    rows = []
    for region in regions:
        for side, (area, bmd) in zip(("left", "right"), DUAL_HIP[region], strict=True):
            if side in sides:
                rows.append(
                    row(WHO, DAY, HOLOGIC, reported(f"{region}-{side}", bmd, area_cm2=area))
                )
    if mean is not None:
        rows.append(row(WHO, DAY, HOLOGIC, reported("femoral-neck-mean", mean)))
    return rows


def test_left_right_mean_and_difference_of_a_printed_dual_hip():
    _, text = written(hips("femoral-neck", "total-hip"))
    # (0.804 + 0.868)/2 = 0.836; 0.804 - 0.868 = -0.064, -7.7 % of the mean
    assert "0.804 0.868 0.836 −0.064 −7.7 %" in text
    assert re.search(r"0\.835 0\.840 0\.83[78] −0\.005 −0\.6 %", text)  # 0.8375 either way
    assert "never the mean" in text


def test_the_printed_mean_is_shown_as_printed():
    _, text = written(hips("femoral-neck", mean=0.836))
    assert "0.804 0.868 0.836 as printed −0.064" in text


def test_areas_that_differ_more_than_twofold_ask_for_a_look():
    _, text = written(hips("trochanter", "total-hip"))
    assert "the areas differ, 2.97 cm² left and 13.05 cm² right" in text
    assert "37.75 cm² left" not in text


@pytest.mark.parametrize("sides", [("left",), ("right",)])
def test_one_hip_alone_has_no_table_of_both(sides):
    _, text = written(hips("femoral-neck", sides=sides))
    assert "Both hips" not in text


def test_hips_of_two_days_or_devices_are_never_set_beside_each_other():
    left, right = hips("femoral-neck")
    other_day = dataclasses.replace(
        right, exam=dataclasses.replace(right.exam, exam_date=date(2024, 5, 4))
    )
    other_device = dataclasses.replace(right, device=dataclasses.replace(HOLOGIC, serial="9"))
    for one in (other_day, other_device):
        assert "Both hips" not in written([left, one])[1]


def spine_rows(*, left_out):
    rows = []
    for name, bmd in (("L1", 0.9), ("L2", 0.95), ("L3", 1.2), ("L4", 0.97)):
        out = name in left_out
        flags = ("vertebra_excluded_by_person",) if out else ()
        measurement = reported(
            name, bmd, vertebrae_used=(name,), scores_allowed=not out, flags=flags
        )
        rows.append(row(WHO, DAY, HOLOGIC, measurement, file="spine.dcm"))
    return rows


def test_a_vertebra_left_out_is_crossed_out_and_its_reason_stands_beside():
    details = (
        ("spine.dcm", "exclusion proposed, not done", "L3"),
        ("spine.dcm", "left out by a person", "L3: old fracture (wang, 2023-05-05)"),
    )
    source, text = written(spine_rows(left_out={"L3"}), details=details)
    assert source.count('<tr class="left-out">') == 1
    crossed = source.split('<tr class="left-out">')[1].split("</tr>")[0]
    assert "1.200" in crossed
    assert "left out by a person" in crossed
    assert "Left out by a person. L3: old fracture (wang, 2023-05-05)" in text
    assert "Exclusion proposed, not done: L3" not in text


def test_a_proposal_is_shown_with_its_reasons_and_nothing_is_crossed_out():
    details = (
        ("spine.dcm", "exclusion proposed, not done", "L3 or L4"),
        ("spine.dcm", "if L3 is left out", "T -0.5 is 1.3 above L4; L1+L2+L4 would remain"),
        ("spine.dcm", "if L4 is left out", "T -1.8 is 1.3 below L3; L1-L3 would remain"),
    )
    source, text = written(spine_rows(left_out=set()), details=details)
    assert '<tr class="left-out">' not in source
    assert "Exclusion proposed, not done: L3 or L4" in text
    assert "L3 T -0.5 is 1.3 above L4; L1+L2+L4 would remain" in text


def reading(quantity, text, **more):
    one = Reading(site="", region_text="L Arm", quantity=quantity, text=text, value=None, **more)
    return PageReading(file="body.dcm", sha256="0" * 64, part=0, exam_date=DAY, reading=one)


def test_body_composition_is_listed_as_printed():
    readings = (reading("fat-g", "1234.5", unit="g", place="table 1, row 2"), reading("bmd", "0.8"))
    _, text = written([], readings=readings)
    assert "2023-05-04 L Arm fat g 1234.5 g table 1, row 2" in text
    assert "no reference is applied" in text
    assert "L Arm bmd" not in text


def test_without_fat_or_lean_mass_there_is_no_such_part():
    assert "Body composition" not in written([], readings=(reading("bmd-pya", "80"),))[1]


def test_only_the_first_rows_of_many_are_shown():
    _, text = written([], readings=tuple(reading("lean-g", str(i)) for i in range(81)))
    assert "1 more stand in readings.csv" in text
