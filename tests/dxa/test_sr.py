"""Structured reports: GE's containers, TID 1500 groups, and codes that lie.

GE's report is written from the description by two public readers (root `DXA
Report`, exam containers whose code begins with 2000, scores as TEXT, Trend
containers); codes are those of the SNOMED CT and LOINC tables.
"""

from __future__ import annotations

import pytest

from bonescan.dxa.codes import LOINC, SNOMED_SITES
from bonescan.model.vocabulary import OutcomeKind

GE_REPORT = ("2000001", "99GE", "DXA Report")
BMD = ("1", "99GE", "BMD")
BMC = ("2", "99GE", "BMC")
AREA = ("3", "99GE", "AREA")
T = ("4", "99GE", "BMD_TSCORE")
Z = ("5", "99GE", "BMD_ZSCORE")
PYA = ("6", "99GE", "BMD_PYA")


def region(d, name, bmd, bmc, area, t, z, unit="g/cm2"):
    return d.container(
        ("21", "99GE", name),
        d.num(AREA, area, "cm2"),
        d.num(BMD, bmd, unit),
        d.num(BMC, bmc, "g"),
        d.text(T, t),
        d.num(PYA, "80", "%"),
        d.text(Z, z),
    )


def exam(d, scan, *regions):
    return d.container(("2000100", "99GE", scan), *regions)


def sites(result):
    return {m.site: m for m in result.measurements}


def test_the_neck_of_the_public_test_document(measured, dicom):
    # 5.08/6.15 = 0.826; T and Z stand as TEXT
    femur = exam(
        dicom, "DualFemur", region(dicom, "Neck Left", "0.826", "5.08", "6.15", "-1.5", "0.7")
    )
    result = measured(dicom.report(GE_REPORT, femur))
    (neck,) = result.measurements
    assert result.carrier == "sr"
    assert (neck.site, neck.bmd_g_cm2, neck.bmc_g, neck.area_cm2) == (
        "femoral-neck-left", 0.826, 5.08, 6.15,
    )  # fmt: skip
    assert (neck.reported_t_score, neck.reported_z_score, neck.scale) == (-1.5, 0.7, "ge")
    assert neck.bmd_u_g_cm2 is None  # no precision is known


def test_decimal_commas_and_blank_scores(measured, dicom):
    spine = exam(dicom, "AP Spine", region(dicom, "L1", "0.886", "7.50", "8.46", "-2,0", " "))
    (row,) = measured(dicom.report(GE_REPORT, spine)).measurements
    assert (row.reported_t_score, row.reported_z_score) == (-2.0, None)


def test_trend_containers_hold_other_days(measured, dicom):
    visit = dicom.container(("23", "99GE", "04/06/2026"), dicom.num(BMD, "1.042", "g/cm2"))
    spine = exam(
        dicom,
        "AP Spine",
        dicom.container(("22", "99GE", "Trend L1-L4"), visit),
        region(dicom, "L1-L4", "1.014", "40.00", "39.45", "-1.4", "-0.9"),
    )
    result = measured(dicom.report(GE_REPORT, spine))
    assert {s: m.bmd_g_cm2 for s, m in sites(result).items()} == {"L1-L4": 1.014}


@pytest.mark.parametrize(
    "heading",
    [
        "Previous Exam", "PRIOR_STUDY", "History", "Historical Data", "Comparison 2019",
        "Baseline", "Trend", "BMD Change", "Spine Trend",
    ],
)  # fmt: skip
@pytest.mark.parametrize("stands_first", [True, False])
def test_containers_of_another_day_are_left_out(measured, dicom, heading, stands_first):
    old = dicom.container(
        ("30", "99GE", heading),
        exam(dicom, "AP Spine", region(dicom, "L1-L4", "1.100", "40.00", "36.36", "-0.7", "0.1")),
    )
    new = exam(dicom, "AP Spine", region(dicom, "L1-L4", "0.800", "30.00", "37.50", "-3.2", "-1.0"))
    result = measured(dicom.report(GE_REPORT, *((old, new) if stands_first else (new, old))))
    (row,) = result.measurements
    assert (row.bmd_g_cm2, row.reported_t_score, row.flags) == (0.800, -3.2, ())
    assert result.kind == OutcomeKind.REPORTED


def test_a_value_of_another_day_is_left_out_whatever_its_code(measured, dicom):
    old = dicom.num(("24966-4", "LN", "Prior L1-L4 bone density"), "1.1", "g/cm2")
    new = dicom.num(("1", "99GE", "L1-L4 BMD"), "0.8", "g/cm2")
    (row,) = measured(dicom.report(GE_REPORT, old, new)).measurements
    assert (row.site, row.bmd_g_cm2, row.flags) == ("L1-L4", 0.8, ())


def test_every_visit_of_a_spine_and_both_hips_in_one_report(measured, dicom):
    spine = exam(
        dicom,
        "AP Spine",
        region(dicom, "L1-L4 (L2)", "1.014", "30.00", "29.59", "-1.4", "-0.9"),
    )
    hips = exam(
        dicom,
        "DualFemur",
        region(dicom, "Neck Right", "0.868", "3.73", "4.30", "-1.0", "0.4"),
        region(dicom, "Total Left", "0.835", "31.54", "37.75", "-1.2", "-0.8"),
        region(dicom, "Total Mean", "0.838", "29.72", "35.49", "-1.1", "-0.7"),
    )
    one_side = exam(
        dicom, "Left Femur", region(dicom, "Neck", "0.804", "3.90", "4.86", "-1.4", "-0.2")
    )
    result = measured(dicom.report(GE_REPORT, spine, hips, one_side))
    assert set(sites(result)) == {
        "L1+L3+L4", "femoral-neck-right", "total-hip-left", "total-hip-mean", "femoral-neck-left",
    }  # fmt: skip


def test_milligrams_are_converted_only_by_their_stated_unit(measured, dicom):
    row = region(dicom, "L1", "886", "7.50", "8.46", "-2.0", "-1.0", unit="mg/cm2")
    assert measured(dicom.report(GE_REPORT, exam(dicom, "AP Spine", row))).measurements[
        0
    ].bmd_g_cm2 == pytest.approx(0.886)
    row = region(dicom, "L1", "886", "7.50", "8.46", "-2.0", "-1.0")
    result = measured(dicom.report(GE_REPORT, exam(dicom, "AP Spine", row)))
    assert result.measurements[0].bmd_g_cm2 is None
    assert "value_implausible" in result.measurements[0].flags
    assert "BS-W217" in [p.code for p in result.problems]


def test_a_region_that_is_not_known_is_named_and_not_guessed(measured, dicom):
    body = exam(
        dicom,
        "Total Body",
        region(dicom, "Android", "1.000", "50.00", "50.00", "0.1", "0.1"),
        region(dicom, "Total", "1.100", "2200.00", "2000.00", "0.5", "0.4"),
    )
    result = measured(dicom.report(GE_REPORT, body))
    assert list(sites(result)) == ["total-body"]
    assert "Android" in result.problems[0].reason


# ------------------------------------------------------------------ TID 1500

REPORT = ("126000", "DCM", "Imaging Measurement Report")
MEASUREMENTS = ("126010", "DCM", "Imaging Measurements")
GROUP = ("125007", "DCM", "Measurement Group")
SITE = ("363698007", "SCT", "Finding Site")
SIDE = ("272741003", "SCT", "Laterality")
LEFT = ("7771000", "SCT", "Left")
LS_BMD = ("24966-4", "LN", "DXA Lumbar spine [Mass/Area] Bone density")
LS_T = ("38267-1", "LN", "DXA Lumbar spine [T-score] Bone density")
LS_Z = ("85394-5", "LN", "DXA Lumbar spine [Z-score] Bone density")
HIP_BMD = ("38261-4", "LN", "DXA Hip [Mass/Area] Bone density")
FEMUR_T = ("38263-0", "LN", "DXA Femur [T-score] Bone density")
L1 = ("66794005", "SCT", "L1 vertebra")
L3 = ("36470004", "SCT", "L3 vertebra")
NECK = ("29627003", "SCT", "Neck of femur")


def group(d, *children):
    return d.container(MEASUREMENTS, d.container(GROUP, *children))


def test_groups_with_finding_sites_and_sides(measured, dicom):
    d = dicom
    result = measured(
        d.report(
            REPORT,
            group(
                d,
                d.coded(SITE, NECK, d.coded(SIDE, LEFT)),
                d.num(HIP_BMD, "0.804", "g/cm2"),
                d.num(("99001", "99BONESCAN", "Bone mineral content"), "3.90", "g"),
                d.num(("42798000", "SCT", "Area"), "4.86", "cm2"),
                d.num(FEMUR_T, "-1.2", "{T-score}"),
                d.num(("121416", "DCM", "Z-Score of measurement"), "-0.2", "1"),
            ),
        )
    )
    (neck,) = result.measurements
    assert (neck.site, neck.bmd_g_cm2, neck.bmc_g, neck.area_cm2) == (
        "femoral-neck-left", 0.804, 3.90, 4.86,
    )  # fmt: skip
    assert (neck.reported_t_score, neck.reported_z_score) == (-1.2, -0.2)
    assert neck.flags == ()


def test_two_vertebrae_of_one_group_are_a_subset(measured, dicom):
    d = dicom
    data = d.report(
        REPORT,
        group(d, d.coded(SITE, L1), d.coded(SITE, L3), d.num(LS_BMD, "0.909", "g/cm2")),
    )
    assert list(sites(measured(data))) == ["L1+L3"]


def test_a_label_names_the_vertebrae_of_a_lumbar_spine(measured, dicom):
    d = dicom
    lumbar = d.coded(SITE, ("122496007", "SCT", "Lumbar spine"))
    label = d.text(("112039", "DCM", "Tracking Identifier"), "L1-L4")
    value = d.num(LS_BMD, "0.930", "g/cm2")
    assert list(sites(measured(d.report(REPORT, group(d, label, lumbar, value))))) == ["L1-L4"]
    # without it the vertebrae are not guessed: L1-L4 by one maker, L2-L4 by another
    assert list(sites(measured(d.report(REPORT, group(d, lumbar, value))))) == ["lumbar-spine"]


def test_a_code_against_its_text_is_not_believed(measured, dicom):
    # 14293000 is L2, although it is often written for L1
    d = dicom
    wrong = d.coded(SITE, ("14293000", "SCT", "L1 vertebra"))
    result = measured(d.report(REPORT, group(d, wrong, d.num(LS_BMD, "0.9", "g/cm2"))))
    assert all(m.site not in {"L1", "L2"} for m in result.measurements)
    assert any("means L2" in p.reason for p in result.problems)


def test_a_loinc_code_of_another_bone_is_flagged(measured, dicom):
    # a public project labels 38263-0, the femur's T-score, as lumbar
    d = dicom
    values = d.num(LS_BMD, "0.909", "g/cm2"), d.num(FEMUR_T, "-1.0", "1")
    (row,) = measured(d.report(REPORT, group(d, d.coded(SITE, L1), *values))).measurements
    assert row.site == "L1"
    assert "code_contradicts_region" in row.flags


def test_values_in_no_group_stand_by_their_code(measured, dicom):
    d = dicom
    data = d.report(
        ("83311-1", "LN", "DXA Bone density quantitative measurement panel"),
        d.num(LS_BMD, "1.148", "g/cm2"),
        d.num(LS_T, "-0.4", "1"),
        d.num(LS_Z, "-0.5", "1"),
        d.num(("80954-1", "LN", "DXA Femur - left [Mass/Area] Bone density"), "0.891", "g/cm-2"),
    )
    by_site = sites(measured(data))
    assert set(by_site) == {"lumbar-spine", "femur-left"}
    assert by_site["lumbar-spine"].reported_t_score == -0.4
    assert "region_not_stated" in by_site["femur-left"].flags


def test_plain_values_that_name_their_region(measured, dicom):
    d = dicom
    data = d.report(
        ("1", "99X", "Bone densitometry"),
        d.num(("2", "99X", "L1-L4 BMD"), "1.148", "g/cm2"),
        d.num(("3", "99X", "L1-L4 T-score"), "-0.4", "1"),
        d.text(
            ("4", "99X", "Reference population"), "USA (Combined NHANES) AP Spine, Female, White"
        ),
    )
    (row,) = measured(data).measurements
    assert (row.site, row.bmd_g_cm2, row.reported_t_score) == ("L1-L4", 1.148, -0.4)
    assert row.reported_reference == "USA (Combined NHANES) AP Spine, Female, White"


def test_a_region_printed_twice_needs_review(measured, dicom):
    d = dicom
    spine = exam(
        d,
        "AP Spine",
        d.container(("21", "99GE", "L1"), d.num(BMD, "0.9", "g/cm2"), d.num(BMD, "0.8", "g/cm2")),
    )
    result = measured(d.report(GE_REPORT, spine))
    assert (result.kind, result.code) == (OutcomeKind.NEEDS_REVIEW, "BS-W217")
    assert "L1 is printed twice" in result.reason
    (row,) = result.measurements
    assert row.bmd_g_cm2 == 0.9
    assert "region_printed_twice" in row.flags


def test_the_same_number_printed_twice_is_no_question(measured, dicom):
    d = dicom
    twice = d.num(BMD, "0.886", "g/cm2"), d.num(BMD, "886", "mg/cm2")
    spine = exam(d, "AP Spine", d.container(("21", "99GE", "L1"), *twice))
    result = measured(d.report(GE_REPORT, spine))
    assert (result.kind, result.measurements[0].flags) == (OutcomeKind.REPORTED, ())


def test_a_missing_unit_is_flagged(measured, dicom):
    d = dicom
    spine = exam(d, "AP Spine", d.container(("21", "99GE", "L1"), d.num(BMD, "0.9", "")))
    (row,) = measured(d.report(GE_REPORT, spine)).measurements
    assert "unit_not_stated" in row.flags


def test_a_report_without_numbers_is_no_error(measured, dicom):
    data = dicom.report(GE_REPORT, dicom.text(("1", "99X", "Findings"), "Normal bone density."))
    result = measured(data)
    assert (result.kind, result.code) == (OutcomeKind.NO_NUMBERS, "BS-E184")


def test_a_report_of_another_kind_is_set_aside(scan_of, dicom):
    from bonescan.errors import SetAside

    stranger = {(8, t): None for t in (0x70, 0x1030, 0x103E, 0x1090)}
    stranger |= {(0x18, 0x1030): None, (0x40, 0x254): None}
    text = dicom.text(("1", "99X", "Finding"), "Lungs clear.")
    with pytest.raises(SetAside, match="Enhanced SR"):
        scan_of(dicom.report(("2", "99X", "Chest"), text, changes=stranger))
    bone = dicom.num(LS_BMD, "1.0", "g/cm2")
    scan = scan_of(dicom.report(("2", "99X", "Panel"), bone, changes=stranger))
    assert scan.device.maker is None


def test_codes_of_the_tables():
    # SNOMED CT codes as in DICOM's concept tables; LOINC as in the OHDSI Themis list
    assert SNOMED_SITES["66794005"] == "L1"
    assert SNOMED_SITES["14293000"] == "L2"
    assert SNOMED_SITES["36470004"] == "L3"
    assert SNOMED_SITES["11994002"] == "L4"
    assert LOINC["38267-1"] == ("t", "lumbar-spine")
    assert LOINC["80948-3"] == ("t", "femur-left")
    assert LOINC["80947-5"] == ("t", "femur-right")
    assert "" not in LOINC


def test_codes_of_the_tables_are_those_of_the_standards_library():
    from pydicom.sr.codedict import codes as concepts

    assert SNOMED_SITES[concepts.SCT.L1Vertebra.value] == "L1"
    assert SNOMED_SITES[concepts.SCT.L2Vertebra.value] == "L2"
    assert SNOMED_SITES[concepts.SCT.LumbarSpine.value] == "lumbar-spine"


# ------------------------------------------------ vertebrae in words, clashes, references


def worded(d, meaning, *more):
    site = d.coded(SITE, ("x1", "99V", meaning))
    scores = d.num(LS_BMD, "0.600", "g/cm2"), d.num(LS_T, "-3.9", "1")
    return d.report(REPORT, group(d, *more, site, *scores))


@pytest.mark.parametrize(
    ("meaning", "site"),
    [
        ("L1-L4", "L1-L4"), ("L1\u2013L4", "L1-L4"), ("L1 through L4", "L1-L4"),
        ("L1,L3", "L1+L3"), ("Lumbar vertebrae L1-L4", "L1-L4"), ("L2 to L4 of spine", "L2-L4"),
        ("L1 and L3", "L1+L3"), ("L1-4", "L1-L4"), ("vertebrae L1, L2 and L4", "L1+L2+L4"),
        ("L3 vertebra", "L3"), ("second lumbar vertebra", "L2"),
    ],
)  # fmt: skip
def test_several_vertebrae_in_words_are_never_one(measured, dicom, meaning, site):
    result = measured(worded(dicom, meaning))
    assert [(m.site, m.reported_t_score) for m in result.measurements] == [(site, -3.9)]


@pytest.mark.parametrize("meaning", ["first to fourth lumbar vertebrae", "L1 as well as L4"])
def test_vertebrae_in_words_that_are_not_known_go_to_a_person(measured, dicom, meaning):
    result = measured(worded(dicom, meaning))
    assert result.kind == OutcomeKind.NEEDS_REVIEW
    assert not {m.site for m in result.measurements} & {"L1", "L2", "L3", "L4", "L1-L4"}


def test_a_spine_score_without_vertebrae_goes_to_a_person(measured, dicom):
    result = measured(worded(dicom, "Lumbar spine", dicom.coded(SITE, L1)))
    assert result.kind == OutcomeKind.NEEDS_REVIEW
    lumbar = dicom.coded(SITE, ("122496007", "SCT", "Lumbar spine"))
    score = dicom.num(LS_T, "-2.9", "1")
    result = measured(dicom.report(REPORT, group(dicom, lumbar, score)))
    assert result.kind == OutcomeKind.NEEDS_REVIEW
    assert "of which vertebrae is not clear" in result.reason
    total = exam(dicom, "AP Spine", region(dicom, "Total", "0.730", "40", "54.8", "-2.9", "-1"))
    assert measured(dicom.report(GE_REPORT, total)).kind == OutcomeKind.NEEDS_REVIEW


@pytest.mark.parametrize(
    ("site", "label", "wanted", "flag"),
    [
        (("14293000", "SCT", "L2 vertebra"), "L1-L4", "L1-L4", "code_contradicts_region"),
        (L1, "Neck Left", "L1", "code_contradicts_region"),
        (L1, "L1", "L1", None),
        (("122496007", "SCT", "Lumbar spine"), "L1-L4", "L1-L4", None),
        (("122496007", "SCT", "Lumbar spine L1-L4"), "Spine", "L1-L4", None),
    ],
)
def test_a_label_of_other_vertebrae_than_the_code_is_flagged(
    measured, dicom, site, label, wanted, flag
):
    d = dicom
    said = d.text(("112039", "DCM", "Tracking Identifier"), label)
    data = d.report(REPORT, group(d, said, d.coded(SITE, site), d.num(BMD, "0.9", "g/cm2")))
    (row,) = measured(data).measurements
    assert (row.site, row.flags) == (wanted, (flag,) if flag else ())


def test_a_label_of_the_other_side_is_flagged(measured, dicom):
    d = dicom
    said = d.text(("112039", "DCM", "Tracking Identifier"), "Neck Left")
    right = d.coded(SITE, NECK, d.coded(SIDE, ("24028007", "SCT", "Right")))
    data = d.report(REPORT, group(d, said, right, d.num(BMD, "0.5", "g/cm2")))
    (row,) = measured(data).measurements
    assert "side_contradicts" in row.flags


REFERENCE = ("9", "99GE", "Reference Population")
FEMUR, SPINE = "USA (NHANES/Lunar) Femur, Female, White", "Taiwan AP Spine, Female, Asian"


def test_each_container_keeps_its_own_reference(measured, dicom):
    d = dicom
    femur = exam(
        d, "Left Femur", d.text(REFERENCE, FEMUR),
        region(d, "Neck", "0.826", "5.08", "6.15", "-1.5", ""),
    )  # fmt: skip
    spine = exam(
        d, "AP Spine", region(d, "L1-L4", "0.930", "51.85", "55.77", "-1.1", ""),
        d.text(REFERENCE, SPINE),
    )  # fmt: skip
    result = measured(d.report(GE_REPORT, femur, spine))
    by_site = {m.site: m.reported_reference for m in result.measurements}
    assert by_site == {"femoral-neck-left": FEMUR, "L1-L4": SPINE}
    printed = {r.site: r.reference for r in result.readings if r.quantity == "t"}
    assert printed == by_site
    assert all("unknown_printed_reference" not in m.flags for m in result.measurements)


def test_of_several_references_none_is_given_to_a_region_of_its_own_unknown(measured, dicom):
    d = dicom
    rows = (
        region(d, "L1-L4", "0.930", "51.85", "55.77", "-1.1", ""),
        region(d, "L2-L4", "0.930", "51.85", "55.77", "", "-0.1"),  # no T, no question
    )
    both = d.text(REFERENCE, SPINE), d.text(REFERENCE, FEMUR)
    result = measured(d.report(GE_REPORT, *both, exam(d, "AP Spine", *rows)))
    assert [(m.reported_reference, m.flags) for m in result.measurements] == [
        (None, ("unknown_printed_reference",)), (None, ()),
    ]  # fmt: skip
