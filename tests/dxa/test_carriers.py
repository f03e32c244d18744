"""The contract of carriers: each finds its own fixture and nothing in another's."""

from __future__ import annotations

import numpy as np
import pytest

from bonescan.dxa import carrier as module
from bonescan.dxa.carrier import Carrier, load_carriers
from bonescan.dxa.printed import Found, PrintedRegion, in_base_unit, plain_number
from bonescan.simulate.report_dicom import page_capture
from bonescan.simulate.report_pages import PageNumber, PageStyle, draw_numbers, draw_page

TABLE = (
    'ResultsTable1[ 0][ 0] = "Region";\nResultsTable1[ 1][ 0] = "BMD[g/cm2]";\n'
    'ResultsTable1[ 0][ 1] = "L1";\nResultsTable1[ 1][ 1] = "0.873";\n'
)
COMMENTS = (
    '<DXA_RESULTS><SCAN type="AP Spine"><ROI region="L1"><BMD units=" g/cm2">0.873</BMD></ROI>'
    "</SCAN></DXA_RESULTS>"
)


def _page_of_one_vertebra():
    style = PageStyle(font="aileron")
    printed = {"area": "12.00", "bmc": "10.48", "bmd": "0.873"}
    numbers = [
        PageNumber(site="L1", label="L1", quantity=q, text=t, drawn=t) for q, t in printed.items()
    ]
    person = draw_page(style, 1).person
    return page_capture(draw_numbers(style, numbers, person, np.random.default_rng(1)), 1)


@pytest.fixture
def fixtures(dicom, pages):
    d = dicom
    columns = [(72, "Region"), (160, "BMD (g/cm2)")]
    page = [(72, 730, "Scan Type: a Lumbar Spine"), *pages.table(columns, [["L1", "0.873"]])]
    spine = d.container(("2000100", "99GE", "AP Spine"), d.container(
        ("21", "99GE", "L1"), d.num(("1", "99GE", "BMD"), "0.873", "g/cm2")
    ))  # fmt: skip
    private = {
        (0x21, 0x10): d.el(0x21, 0x10, "LO", "HOLOGIC"),
        (0x21, 0x1001): d.el(0x21, 0x1001, "LT", TABLE),
    }
    return {
        "sr": d.report(("2000001", "99GE", "DXA Report"), spine),
        "hologic-private": d.lunar(extra=private),
        "pdf-text": d.encapsulated(pages.pdf(page)),
        "burned-in": _page_of_one_vertebra(),
        "ge-comments": d.lunar(extra={(0x20, 0x4000): d.el(0x20, 0x4000, "LT", COMMENTS)}),
    }


@pytest.mark.parametrize("carrier", load_carriers(), ids=lambda c: c.name)
def test_a_carrier_finds_its_own_fixture_and_no_other(carrier, fixtures, scan_of):
    assert carrier.name in fixtures, f"add a fixture of {carrier.name}"
    for name, data in fixtures.items():
        found = carrier.find(scan_of(data))
        if name == carrier.name:
            assert [(r.site, r.bmd_g_cm2) for r in found.regions] == [("L1", 0.873)]
            assert found.carrier == name
        else:
            assert found is None or not found.regions, name


def test_the_first_carrier_with_regions_wins(monkeypatch, scan_of, dicom):
    nothing = Found(carrier="b", not_understood=["a page"])
    order = (
        Carrier("a", 1, lambda scan: None),
        Carrier("b", 2, lambda scan: nothing),
        Carrier("c", 3, lambda scan: None),
    )
    monkeypatch.setattr(module, "load_carriers", lambda: order)
    assert module.find_numbers(scan_of(dicom.lunar())) is nothing


def test_what_no_carrier_understood_is_gathered_from_all(monkeypatch, scan_of, dicom):
    one = Found(carrier="a", not_understood=["a page"], details=[("k", "one")])
    two = Found(carrier="b", not_understood=["a row"], details=[("k", "two")])
    order = (Carrier("a", 1, lambda scan: one), Carrier("b", 2, lambda scan: two))
    monkeypatch.setattr(module, "load_carriers", lambda: order)
    found = module.find_numbers(scan_of(dicom.lunar()))
    assert found.not_understood == ["a page", "a row"]
    assert found.details == [("k", "one"), ("k", "two")]


def test_pixels_are_not_asked_where_text_holds_numbers(monkeypatch, scan_of, dicom):
    def pixels(scan):
        raise AssertionError("pixels were read")

    region = PrintedRegion(site="L1", text="L1", bmd_g_cm2=0.873)
    text = Found(carrier="a", regions=[region])
    silent = Found(carrier="b", not_understood=["a row"])
    order = (Carrier("b", 1, lambda scan: silent), Carrier("a", 2, lambda scan: text),
             Carrier("p", module.FIRST_PIXEL_ORDER, pixels))  # fmt: skip
    monkeypatch.setattr(module, "load_carriers", lambda: order)
    found = module.find_numbers(scan_of(dicom.lunar()))
    assert found is text
    assert found.not_understood == ["a row"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.930", 0.930), ("0,930", 0.930), (" -1.0 ", -1.0), ("-0.0", 0.0), ("\u22122.5", -2.5),
        ("+1.2", 1.2), ("-1.4*", -1.4), (1, 1.0), ("", None), (" ", None), ("---", None),
        ("N/A", None), ("1e3", None), ("1.2.3", None), ("80%", None), ("nan", None), (None, None),
        (True, None), (float("inf"), None), ("1" * 40, None),
    ],
)  # fmt: skip
def test_printed_numbers(text, value):
    found = plain_number(text)
    assert found == value
    assert str(found) != "-0.0"


@pytest.mark.parametrize(
    ("quantity", "value", "unit", "want", "flag"),
    [
        ("bmd", 0.93, "g/cm2", 0.93, ""),
        ("bmd", 930.0, "mg/cm2", 0.93, ""),
        ("bmd", 0.93, "g/cm-2", 0.93, ""),
        ("bmd", 0.93, "", 0.93, "unit_not_stated"),
        ("bmd", 930.0, "", None, "value_implausible"),
        ("bmd", 0.93, "g/cm3", None, "unit_unknown"),
        ("area", 1326.0, "mm2", 13.26, ""),
        ("bmc", 11580.0, "mg", 11.58, ""),
        ("bmc", -1.0, "g", None, "value_implausible"),
    ],
)
def test_units(quantity, value, unit, want, flag):
    found, said = in_base_unit(quantity, value, unit)
    assert found == (pytest.approx(want) if want is not None else None)
    assert said == flag
