"""Two carriers in one file: agreeing, completing and contradicting each other."""

from __future__ import annotations

import pytest

from bonescan.model.vocabulary import OutcomeKind

# L1 of a printed Horizon page: 11.58/13.26 = 0.873
HEAD = ["Region", "Area[cm2]", "BMC[g]", "BMD[g/cm2]", "T-score", "Z-score"]


def table(*rows):
    lines = [
        f'ResultsTable1[ {i}][ {j}] = "{cell}";'
        for j, row in enumerate([HEAD, *rows])
        for i, cell in enumerate(row)
    ]
    return "\n".join(lines)


def xml(*regions):
    rois = "".join(
        f'<ROI region="{name}">' + "".join(f"<{k}>{v}</{k}>" for k, v in values.items()) + "</ROI>"
        for name, values in regions
    )
    return f'<DXA_RESULTS><SCAN type="AP Spine">{rois}</SCAN></DXA_RESULTS>'


@pytest.fixture
def both(measured, dicom):
    """Measure an image with Hologic's private table and an XML in its comments."""

    def _measure(text, comments):
        extra = {
            (0x20, 0x4000): dicom.el(0x20, 0x4000, "LT", comments),
            (0x21, 0x10): dicom.el(0x21, 0x10, "LO", "HOLOGIC"),
            (0x21, 0x1001): dicom.el(0x21, 0x1001, "LT", text),
        }
        return measured(dicom.lunar(extra=extra))

    return _measure


def test_agreeing_carriers_lend_what_only_one_prints(both):
    result = both(
        table(["L1", "13.26", "11.58", "0.873", "", "-1.0"]),
        xml(("L1", {"BMD": "0.873", "BMD_TSCORE": "-0.9"}), ("L1-L4", {"BMD": "0.930"})),
    )
    assert (result.kind, result.carrier) == (OutcomeKind.REPORTED, "hologic-private")
    first, total = result.measurements
    assert (first.site, first.area_cm2, first.reported_t_score, first.reported_z_score) == (
        "L1", 13.26, -0.9, -1.0,
    )  # fmt: skip
    assert (total.site, total.bmd_g_cm2) == ("L1-L4", 0.930)
    assert first.scores_allowed
    assert {r.carrier for r in result.readings} == {"hologic-private", "ge-comments"}


@pytest.mark.parametrize(("bmd", "agree"), [("0.8734", True), ("0.8735", True), ("0.874", False)])
def test_a_difference_beyond_rounding_decides_nothing(both, bmd, agree):
    # 0.873 may stand for anything up to 0.8735
    result = both(
        table(["L1", "13.26", "11.58", "0.873", "", "-1.0"], ["L2", "", "", "0.943", "", "-0.7"]),
        xml(("L1", {"BMD": bmd})),
    )
    assert (result.kind == OutcomeKind.REPORTED) is agree
    assert all(m.scores_allowed is agree for m in result.measurements)
    if not agree:
        assert result.code == "BS-W219"
        assert "L1 bmd is 0.873 (hologic-private) and 0.874 (ge-comments)" in result.reason
        assert all("carriers_disagree" in m.flags for m in result.measurements)
        both_values = {r.text for r in result.readings if r.quantity == "bmd"}
        assert {"0.873", "0.874"} <= both_values


def test_nothing_is_lent_once_they_contradict_each_other(both):
    result = both(
        table(["L1", "13.26", "11.58", "0.873", "", "-1.0"]),
        xml(("L1", {"BMD": "0.950", "BMD_TSCORE": "0.1"}), ("L1-L4", {"BMD": "0.990"})),
    )
    (row,) = result.measurements
    assert (row.site, row.bmd_g_cm2, row.reported_t_score) == ("L1", 0.873, None)


def test_a_side_that_only_one_names_makes_no_second_row(measured, dicom):
    neck = "<DXA_RESULTS><SCAN type='Left Femur'><ROI region='Neck'><BMD>0.826</BMD></ROI></SCAN>"
    text = table(["Neck", "6.15", "5.08", "0.826", "", ""])
    extra = {
        (0x20, 0x4000): dicom.el(0x20, 0x4000, "LT", neck + "</DXA_RESULTS>"),
        (0x21, 0x10): dicom.el(0x21, 0x10, "LO", "HOLOGIC"),
        (0x21, 0x1001): dicom.el(0x21, 0x1001, "LT", text),
    }
    protocol = {(0x18, 0x1030): None, (0x40, 0x254): None}
    result = measured(dicom.lunar(protocol, extra=extra))
    assert [m.site for m in result.measurements] == ["femoral-neck"]


def test_a_number_that_contradicts_itself_is_kept_with_both_values_and_decides_nothing(both):
    # 11.58/13.26 = 0.873, printed 0.903
    result = both(
        table(
            ["L1", "13.26", "11.58", "0.903", "", "-1.0"],
            ["L2", "13.72", "12.94", "0.943", "", "-0.7"],
        ),
        "",
    )
    assert (result.kind, result.code) == (OutcomeKind.NEEDS_REVIEW, "BS-W211")
    assert "= 0.873, printed 0.903" in result.reason
    allowed = {m.site: m.scores_allowed for m in result.measurements}
    assert allowed["L1"] is False
    assert allowed["L2"] is True
    assert result.measurements[0].bmd_g_cm2 == 0.903


@pytest.fixture
def necks(measured, dicom):
    """Measure a hip with a private table of the protocol's side and an XML in its comments."""

    def _measure(rows, regions, protocol="Left Femur"):
        rois = "".join(
            f"<ROI region='{name}'><BMD>{bmd}</BMD><BMD_TSCORE>{t}</BMD_TSCORE></ROI>"
            for name, bmd, t in regions
        )
        comments = f"<DXA_RESULTS><SCAN type='Femur'>{rois}</SCAN></DXA_RESULTS>"
        extra = {
            (0x20, 0x4000): dicom.el(0x20, 0x4000, "LT", comments),
            (0x21, 0x10): dicom.el(0x21, 0x10, "LO", "HOLOGIC"),
            (0x21, 0x1001): dicom.el(0x21, 0x1001, "LT", table(*rows)),
        }
        changes = {(0x18, 0x1030): None, (0x40, 0x254): None}
        return measured(dicom.lunar(changes, extra=extra))

    return _measure


@pytest.mark.parametrize("xml_t", ["-3.3", ""])
def test_a_sided_and_an_unsided_region_contradict_each_other(necks, xml_t):
    result = necks([["Neck Left", "", "", "0.850", "", ""]], [("Neck", "0.500", xml_t)])
    assert (result.kind, result.code) == (OutcomeKind.NEEDS_REVIEW, "BS-W219")
    assert "bmd is 0.85 (hologic-private) and 0.5 (ge-comments)" in result.reason
    assert not any(m.scores_allowed for m in result.measurements)
    result = necks([["Neck", "", "", "0.850", "", ""]], [("Neck Left", "0.500", xml_t)])
    assert (result.kind, result.code) == (OutcomeKind.NEEDS_REVIEW, "BS-W219")


def test_a_sided_and_an_unsided_region_that_agree_are_one_row(necks):
    result = necks([["Neck Left", "", "", "0.850", "", ""]], [("Neck", "0.850", "-0.2")])
    (row,) = result.measurements
    assert (row.site, row.reported_t_score) == ("femoral-neck-left", -0.2)


def test_a_region_without_side_has_to_agree_with_one_of_two_sides(necks):
    sides = [["Neck Left", "", "", "0.850", "", ""], ["Neck Right", "", "", "0.800", "", ""]]
    result = necks(sides, [("Neck", "0.800", "")])
    assert (result.kind, len(result.measurements)) == (OutcomeKind.REPORTED, 2)
    assert necks(sides, [("Neck", "0.700", "")]).kind == OutcomeKind.NEEDS_REVIEW


def test_the_side_that_an_unsided_region_is_not_of_gets_its_own_row(necks):
    sides = [("Neck Left", "0.850", "-0.2"), ("Neck Right", "0.500", "-3.3")]
    result = necks([["Neck", "", "", "0.850", "", ""]], sides)
    assert {m.site: m.reported_t_score for m in result.measurements} == {
        "femoral-neck": -0.2, "femoral-neck-right": -3.3,
    }  # fmt: skip
