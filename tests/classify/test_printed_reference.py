"""Whose curve a printed reference names: strings of Hologic and GE Lunar reports, and traps.

The ISCD Adult Official Positions (2019, 2023) take the White female reference for everybody;
a curve of another people, of men, or of unknown people must not label.
"""

from __future__ import annotations

import pytest

from bonescan.classify.printed_reference import recognise

GE_SPINE = (
    "USA (Combined NHANES (ages 20-30) / Lunar (ages 20-40)) AP Spine, Female, White "
    "Reference Population (v113)"
)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("T-score vs. White Female. Source:2012 BMDCS/NHANES White Female.", "policy"),
        (GE_SPINE, "policy"),
        (GE_SPINE.replace("AP Spine", "DualFemur"), "policy"),
        ("USA (Combined NHANES) AP Spine, Female, White", "policy"),
        ("NHANES III Non-Hispanic White Female", "policy"),
        ("NHANES III non\u2011hispanic white women", "policy"),
        ("NHANES III Nonhispanic White Female", "policy"),
        ("NHANES III", "policy"),
        ("White Female", "policy"),
        ("Caucasian women (Hologic)", "policy"),
        ("T-score vs. White Female; Source: Hologic", "policy"),
        ("United States (White) female", "policy"),
        ("U.S.A. White Female, ages 20-40", "policy"),
        ("US caucasian female", "policy"),
        ("NHANES 白人女性", "policy"),
        ("Sweden White female", "unknown"),
        ("New Zealand White female", "unknown"),
        ("Netherlands caucasian", "unknown"),
        ("United Kingdom (Caucasian) female", "unknown"),
        ("Denmark NHANES", "unknown"),
        ("Denmark NHANES White Female", "unknown"),
        ("Österreich White Female", "unknown"),
        ("芬蘭 White Female", "unknown"),
        ("non-white female", "unknown"),
        ("Non-Black Female", "unknown"),
        ("USA Female", "unknown"),
        ("Custom curve 7", "unknown"),
        ("NHANES III Non-Hispanic Black Female", "local"),
        ("NHANES III Non-Black Hispanic Female", "local"),
        ("Hispanic White Female", "local"),
        ("Non-Hispanic Asian Female", "local"),
        ("UK White Female", "local"),
        ("Japan Female (v112)", "local"),
        ("USA (NHANES/Lunar) Male", "male"),
        ("Non-Hispanic White Male", "male"),
        ("", "not-printed"),
        (None, "not-printed"),
    ],
)
def test_whose_curve_it_is(text, wanted):
    assert str(recognise(text, "F")) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("T-score vs. White Female. Source:2012 BMDCS/NHANES White Female.", "policy"),
        (GE_SPINE, "policy"),
        ("NHANES 女", "policy"),
        ("NHANES III Non-Hispanic White", "unknown"),  # printouts take the male curve for men
        ("White", "unknown"),
    ],
)
def test_for_a_man_the_female_curve_must_be_named(text, wanted):
    assert str(recognise(text, "M")) == wanted
