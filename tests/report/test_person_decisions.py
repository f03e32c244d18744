"""What a page says of numbers that persons stated, that are missing, or that are left out."""

from __future__ import annotations

import dataclasses
import itertools
import re
from datetime import date

import pytest

from bonescan.files.flag_texts import all_flags
from bonescan.model.measurement import Measurement, Scores, Verdict
from bonescan.model.outcome import Overlay
from bonescan.model.page import PageReading
from bonescan.model.reading import Reading
from bonescan.model.vocabulary import Origin, Technique
from bonescan.norms.load import load_norms
from bonescan.report.figures.scan_picture import scan_picture
from bonescan.report.index_page import index_page
from bonescan.report.person_page import person_page
from bonescan.report.references import References

from . import fixtures


def drawn(page):
    return person_page(page, fixtures.study([page]), References(norms=load_norms(None)))


def with_reading(page, decision, quantity="t"):
    row = page.rows[0]
    reading = Reading(
        site="L1-L4", region_text="L1-L4", quantity=quantity, text="-1.9", value=-1.9,
        proof="person", decision=decision, decided_by="RT Chen",
    )  # fmt: skip
    entry = PageReading(
        file=row.file, sha256=row.sha256, part=row.part, exam_date=None, reading=reading
    )
    return dataclasses.replace(page, readings=(entry,))


@pytest.mark.parametrize(
    ("decision", "words"),
    [("confirm", "confirmed by RT Chen"), ("correct", "corrected by RT Chen")],
)
def test_a_score_that_a_person_stated_is_not_called_the_devices(decision, words):
    page = fixtures.rems_device()
    assert "the device&#39;s printed T-score" in drawn(page)
    html = drawn(with_reading(page, decision))
    assert f"decides (read from the picture of a report page, {words})" in html
    assert f"T {words}" in html
    assert "the device&#39;s printed T-score" not in html


def test_a_confirmed_bmd_names_who_confirmed_it():
    html = drawn(with_reading(fixtures.rems_device(), "confirm", "bmd"))
    assert "BMD confirmed by RT Chen" in html


def test_the_fragility_score_of_a_rems_device_is_shown():
    assert "fragility score 38.0" in drawn(fixtures.rems_device())


def without_bmd():
    page = fixtures.rems_device()
    row = page.rows[0]
    m = dataclasses.replace(row.labelled.measurement, bmd_g_cm2=None, flags=("value_left_out",))
    labelled = dataclasses.replace(row.labelled, measurement=m)
    return dataclasses.replace(page, rows=(dataclasses.replace(row, labelled=labelled),))


def test_a_printed_t_is_drawn_where_the_bmd_is_missing():
    html = drawn(without_bmd())
    assert "t-scale" in html
    assert "value_left_out" in html
    assert "could not be read as written" in all_flags()["value_left_out"]


@pytest.mark.parametrize(
    ("t", "z", "words"),
    [
        (-1.5, -0.4, "T and Z are both shown."),
        (-1.5, None, "T is shown; there is no Z."),
        (None, -0.4, "Z is shown; there is no T."),
        (None, None, ""),
    ],
)
def test_scores_are_said_to_be_shown_only_where_they_stand(t, z, words):
    page = fixtures.early_menopause()
    rows = tuple(
        dataclasses.replace(
            r,
            labelled=dataclasses.replace(
                r.labelled,
                measurement=dataclasses.replace(
                    r.labelled.measurement, reported_t_score=None, reported_z_score=None
                ),
                scores=dataclasses.replace(r.labelled.scores, t_label=t, z_label=z),
            ),
        )
        for r in page.rows
    )
    verdicts = tuple(
        dataclasses.replace(
            v, verdict=dataclasses.replace(v.verdict, category_rule="none-early-menopause")
        )
        for v in page.verdicts
    )
    html = drawn(dataclasses.replace(page, rows=rows, verdicts=verdicts))
    said = re.findall(r"T and Z are both shown\.|[TZ] is shown; there is no [TZ]\.", html)
    assert set(said) == ({words} if words else set())


def test_own_hips_say_that_they_read_high_and_spines_do_not():
    def page(site):
        m = Measurement(
            technique=Technique.DXA, origin=Origin.MEASURED, site=site, bmd_g_cm2=0.8,
            bmd_u_g_cm2=0.01,
        )  # fmt: skip
        who = fixtures.person("F", 60.0, None)
        row = fixtures.row(
            who, date(2025, 1, 2), fixtures.ECHOLIGHT, m, Scores(), Verdict(category=None)
        )
        return fixtures.page("P-own", [row], [])

    assert "about 1 % high in simulated checks" in drawn(page("femoral-neck-left"))
    assert "about 1 % high" not in drawn(page("L1-L4"))


def test_notes_of_the_index_are_counted_and_fold_away():
    html = index_page(fixtures.study([fixtures.many_flags()]))
    cell = re.search(r'<td class="flags"><details><summary>(\d+) notes</summary>(.*?)</td>', html)
    assert int(cell[1]) == cell[2].count("<span>") > 1


def test_labels_of_regions_do_not_lie_on_each_other():
    picture = dataclasses.replace(
        fixtures.dxa("total-hip-left"),
        overlays=tuple(
            Overlay(name="region", points=((4.0, y), (30.0, y), (30.0, 60.0)), label=name)
            for y, name in ((10.0, "femoral-neck-left"), (12.0, "trochanter-left"), (13.0, "inter"))
        ),
    )
    drawn_svg = scan_picture(picture, title="t", description="d")
    heights = [
        float(re.search(r' y="([\d.]+)"', tag)[1])
        for tag in re.findall(r"<text[^>]*over-label[^>]*>", drawn_svg)
    ]
    assert len(heights) == 3
    ordered = sorted(heights)
    assert min(b - a for a, b in itertools.pairwise(ordered)) >= 12


def test_what_is_not_proven_stands_on_the_page_with_its_picture_and_deciding_sites_first():
    page = fixtures.rems_device()
    row = page.rows[0]
    entries = tuple(
        PageReading(
            file=row.file, sha256=row.sha256, part=0, exam_date=None,
            reading=Reading(
                site=site, region_text=site, quantity="t", text="-?.5", value=None,
                crop_png=b"\x89PNG" + b"x" * size, decision=decision,
            ),
        )
        for site, decision, size in (
            ("trochanter-left", "", 10), ("femoral-neck-left", "", 39_000), ("L2", "reject", 10),
            ("wards-left", "", 39_000),
        )
    )  # fmt: skip
    html = drawn(dataclasses.replace(page, readings=entries))
    section = html[html.index('id="unproven"') :].split("</ul>")[0]
    named = re.findall(r"<strong>(.*?)</strong>", section)
    assert named[:2] == ["Femoral neck, left", "Trochanter, left"]
    assert len(named) == 3  # what was rejected is not open
    assert section.count("<img") == 2  # the third would be too large
    assert "T -?.5" in section
    assert 'id="unproven"' not in drawn(page)
