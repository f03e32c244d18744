"""GE's result document in Image Comments, after the one public test document and its readers."""

from __future__ import annotations

from datetime import date
from xml.etree import ElementTree

import pytest

from bonescan.classify.review import REVIEW_FLAGS
from bonescan.dxa.carriers.ge_comments import _visit_of
from bonescan.model.vocabulary import OutcomeKind

NEWER = """<DXA_RESULTS><EXAM_DATE time="14:16:15" id="1">02/02/2015</EXAM_DATE>
<SCAN type="DualFemur" id="2">
<ROI region="Neck Left" id="3"><AREA id="2" units=" cm2">6.15</AREA>
<BMD id="3" units=" g/cm2">0.826</BMD><BMC id="5" units=" g">5.08</BMC>
<BMD_TSCORE id="6">-1.5</BMD_TSCORE><BMD_PYA id="7">80</BMD_PYA>
<BMD_ZSCORE id="8">0.7</BMD_ZSCORE><BMD_PAM id="9">114</BMD_PAM></ROI>
<ROI region="Upper Neck Left"><BMD units=" g/cm2">0.700</BMD></ROI>
<TREND region="Total Mean"><EXAM date="02/02/2015"><BMD>1.071</BMD></EXAM>
<EXAM date="01/02/2013"><BMD>1.081</BMD></EXAM></TREND></SCAN></DXA_RESULTS>"""

OLDER = """<DENSITOMETRY_RESULTS><CURRENT_EXAM><SCAN type="AP Spine">
<TREND><TREND_ROI>L1-L4</TREND_ROI><BASELINE_EXAM_DATE>01/03/2010</BASELINE_EXAM_DATE>
<EXAM><EXAM_DATE>01/03/2010</EXAM_DATE><BMD>1.042</BMD><YAT>-1.1</YAT><AMZ>-0.6</AMZ></EXAM>
<EXAM><EXAM_DATE>02/02/2015</EXAM_DATE><BMD>1,014</BMD><YAT>-1,4</YAT><AMZ>-0,9</AMZ>
<BMD_CHANGE><TYPE>ROC_VS_PREVIOUS</TYPE><VALUE>-2.7</VALUE></BMD_CHANGE></EXAM>
</TREND></SCAN></CURRENT_EXAM></DENSITOMETRY_RESULTS>"""


@pytest.fixture
def comments(measured, dicom):
    """Measure a Lunar image with Image Comments."""

    def _measure(text):
        extra = {(0x20, 0x4000): dicom.el(0x20, 0x4000, "LT", text)}
        return measured(dicom.lunar(extra=extra))

    return _measure


def test_the_newer_root(comments):
    result = comments(NEWER)
    assert (result.kind, result.carrier) == (OutcomeKind.REPORTED, "ge-comments")
    neck, upper = result.measurements
    assert (neck.site, neck.bmd_g_cm2, neck.bmc_g, neck.area_cm2) == (
        "femoral-neck-left", 0.826, 5.08, 6.15,
    )  # fmt: skip
    assert (neck.reported_t_score, neck.reported_z_score) == (-1.5, 0.7)
    assert upper.site == "upper-neck-left"  # not taken for the femoral neck
    assert result.problems == ()


def visits(*days_and_bmd):
    exams = "".join(
        f"<EXAM><EXAM_DATE>{day}</EXAM_DATE><BMD units='g/cm2'>{bmd}</BMD></EXAM>"
        for day, bmd in days_and_bmd
    )
    return (
        '<DENSITOMETRY_RESULTS><CURRENT_EXAM><SCAN type="AP Spine"><TREND>'
        f"<TREND_ROI>L1-L4</TREND_ROI>{exams}</TREND></SCAN></CURRENT_EXAM></DENSITOMETRY_RESULTS>"
    )


def test_the_older_root_gives_the_visit_of_the_exam(comments):
    (row,) = comments(OLDER).measurements
    assert (row.site, row.bmd_g_cm2) == ("L1-L4", 1.014)
    assert (row.reported_t_score, row.reported_z_score) == (-1.4, -0.9)


@pytest.mark.parametrize(
    "days_and_bmd",
    [  # the exam is of 2015-02-02
        [("02/02/2015", "0.800"), ("02/05/2010", "1.100")],
        [("02/05/2010", "1.100"), ("02/02/2015", "0.800")],
        [("2017-02-02", "0.700"), ("2015-02-02", "0.800"), ("2010-05-02", "1.100")],
        [("02.02.2015", "0.800")],
        [("", "1.100"), ("02/02/2015", "0.800")],
    ],
)
def test_the_order_of_the_visits_does_not_matter(comments, days_and_bmd):
    result = comments(visits(*days_and_bmd))
    assert [m.bmd_g_cm2 for m in result.measurements] == [0.800]
    assert result.problems == ()


@pytest.mark.parametrize(
    "days_and_bmd",
    [
        [("02/05/2010", "1.100"), ("02/05/2012", "1.050")],
        [("02/02/2015", "0.800"), ("02/02/2015", "0.810")],  # which of the two?
        [("", "0.800")],
        [("the 2nd of Feb.", "0.800")],
    ],
)
def test_without_one_visit_of_the_exam_there_is_no_number(comments, days_and_bmd):
    result = comments(visits(*days_and_bmd))
    assert (result.kind, result.measurements) == (OutcomeKind.NEEDS_REVIEW, ())
    assert "which visit of 'L1-L4' is the exam of 2015-02-02" in result.reason


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        (["02/05/2024", "01/03/2019"], 0),
        (["01/03/2019", "05/02/2024"], 1),  # month first
        (["02/05/2024", "05/02/2024"], None),  # either may be the second of May
        (["25/12/2020", "05/02/2024"], None),  # the day stands first: this is the fifth of February
        (["2024-05-02", "2024-02-05"], 0),
    ],
)
def test_day_and_month_are_told_apart_by_all_dates_of_the_document(written, wanted):
    root = ElementTree.fromstring(visits(*((day, "1.0") for day in written)))
    exams = list(root.iter("EXAM"))
    found = _visit_of(exams, date(2024, 5, 2))
    assert found is (None if wanted is None else exams[wanted])


def test_without_a_date_of_the_exam_no_visit_is_taken():
    root = ElementTree.fromstring(visits(("02/05/2024", "1.0")))
    assert _visit_of(list(root.iter("EXAM")), None) is None


@pytest.mark.parametrize(
    "text",
    [
        "02/02/2015", "02.02.2015", "2015-02-02", "Feb 2, 2015", "02-Feb-2015", "2 February 2015",
        "2015-02-02T14:16:15", "02/02/2015 14:16",
    ],
)  # fmt: skip
def test_a_date_that_fits_raises_no_question(comments, text):
    assert comments(NEWER.replace("02/02/2015", text, 1)).problems == ()


@pytest.mark.parametrize(
    "text",
    ["19/02/2018", "Feb 19, 2018", "19-Feb-2018", "02/02/15", "soon", "2015 week 6", "02 Fev 2015"],
)
def test_a_date_of_another_day_or_none_is_named(comments, text):
    result = comments(NEWER.replace("02/02/2015", text, 1))
    assert f"{text} beside the exam of 2015-02-02" in result.problems[0].reason
    assert all("numbers_of_another_day" in m.flags for m in result.measurements)
    assert "numbers_of_another_day" in REVIEW_FLAGS


def test_a_density_in_milligrams_is_not_scaled_by_its_look(comments):
    result = comments(NEWER.replace(">0.826<", ">826<"))
    assert result.measurements[0].bmd_g_cm2 is None
    result = comments(NEWER.replace(' units=" g/cm2">0.826', ' units=" mg/cm2">826'))
    assert result.measurements[0].bmd_g_cm2 == pytest.approx(0.826)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<OTHER_RESULTS/>", "root OTHER_RESULTS"),
        ("<DXA_RESULTS><SCAN>", "damaged"),
        ('<!DOCTYPE r [<!ENTITY a "b">]><DXA_RESULTS/>', "document type definition"),
        ("<DXA_RESULTS>" + "<x>" * 20_001, "larger than the cap"),
    ],
)
def test_documents_that_are_not_read_are_named_and_not_guessed(comments, text, words):
    result = comments(text)
    assert (result.kind, result.code) == (OutcomeKind.NEEDS_REVIEW, "BS-E182")
    assert words.replace("root ", "root '").split("'")[0] in result.reason


def test_a_plain_comment_is_no_document(comments):
    assert comments("Patient moved.").code == "BS-E180"


def test_a_visit_is_found_by_a_date_with_its_month_named(comments):
    (row,) = comments(visits(("02-Feb-2015", "0.800"), ("03-Mar-2010", "0.9"))).measurements
    assert row.bmd_g_cm2 == 0.800
