"""Reports as PDF: printed pages whose numbers are public, laid out by hand, and hostile files.

The lumbar and dual-hip numbers are those of printed Horizon A pages (Apex
13.6.0.5), the enCORE vector of T-scores that of a printed enCORE page with the
areas and densities of a public Lunar page. The REMS page is of our own making,
with the fields that such a report is said to hold. No byte of the files comes
from bonescan or from a PDF library.
"""

from __future__ import annotations

import zlib

import pytest

from bonescan.errors import SetAside, UnusableScan
from bonescan.files import pdf_text
from bonescan.files.page_labels import printed_date
from bonescan.files.pdf_text import MAX_PAGES, read_pdf_text
from bonescan.model.vocabulary import OutcomeKind, Technique
from bonescan.read.registry import read_scan
from bonescan.settings import ReadSettings

LUMBAR = """
L1 13.26 11.58 0.873 -1.0
L2 13.72 12.94 0.943 -0.7
L3 14.81 13.93 0.941 -1.2
L4 13.97 13.40 0.959 -0.8
L1-L2 26.99 24.52 0.909 -0.5
L1,L3 28.07 25.51 0.909 -0.8
L1,L4 27.24 24.98 0.917 -1.0
L2-L3 28.53 26.88 0.942 -0.9
L2,L4 27.70 26.35 0.951 -1.0
L3-L4 28.78 27.34 0.950 -1.3
L1-L3 41.79 38.45 0.920 -0.8
L1-L2,L4 40.96 37.92 0.926 -0.9
L1,L3-L4 42.04 38.91 0.925 -1.0
L2-L4 42.50 40.28 0.948 -1.1
L1-L4 55.77 51.85 0.930 -1.0
"""
FOOTERS = (
    "T-score vs. White Female. Source:2012 BMDCS/NHANES White Female.",
    "Z-score vs. White Female. Source:2012 BMDCS/NHANES White Female.",
)
HOLOGIC_COLUMNS = [(72, "Region"), (150, "Area"), (210, "BMC"), (270, "BMD"), (330, "T -"),
                   (390, "Z -")]  # fmt: skip
HOLOGIC_UNITS = [(150, 690, "(cm²)"), (210, 690, "(g)"), (270, 690, "(g/cm²)"), (330, 690, "score"),
                 (390, 690, "score")]  # fmt: skip
HIPS = """
Left 4.86 3.90 0.804 -0.2
Right 4.30 3.73 0.868 0.4
Mean 4.58 3.82 0.836 0.1
|Diff.| 0.55 0.17 0.064 0.6
"""


def hologic_page(rows, header=()):
    """A Horizon page: two header lines, the T column of a premenopausal woman blank."""
    x = [x for x, _ in HOLOGIC_COLUMNS]
    page = [*header, *((a, 700, text) for a, text in HOLOGIC_COLUMNS), *HOLOGIC_UNITS]
    y = 676
    for row in rows:
        for place, text in zip(x, row, strict=True):
            if text:
                page.append((place, y, text))
        y -= 12
    return [*page, *((72, y - 20 - 12 * i, text) for i, text in enumerate(FOOTERS))]


def five(line):
    region, area, bmc, bmd, z = line.split()
    return [region, area, bmc, bmd, "", z]


@pytest.fixture
def report(measured, dicom, pages):
    """Measure a page inside DICOM."""
    return lambda *content, changes=None: measured(dicom.encapsulated(pages.pdf(*content), changes))


@pytest.fixture
def bare(tmp_path):
    """Read a PDF outside DICOM."""

    def _read(data):
        path = tmp_path / "report.pdf"
        path.write_bytes(data)
        return read_scan(path, ReadSettings())

    return _read


HORIZON = {(8, 0x70): ("LO", "HOLOGIC"), (8, 0x1090): ("LO", "Horizon A")}


def test_the_lumbar_page_comes_back_row_for_row(report):
    rows = [five(line) for line in LUMBAR.split("\n") if line]
    result = report(hologic_page(rows, [(72, 740, "Scan Type: a Lumbar Spine")]), changes=HORIZON)
    assert (result.kind, result.carrier) == (OutcomeKind.REPORTED, "pdf-text")
    assert len(result.measurements) == 15
    got = [
        (m.area_cm2, m.bmc_g, m.bmd_g_cm2, m.reported_t_score, m.reported_z_score)
        for m in result.measurements
    ]
    want = [(float(a), float(c), float(d), None, float(z)) for _, a, c, d, _, z in rows]
    assert got == want
    assert {m.reported_reference for m in result.measurements} == {FOOTERS[1]}
    assert [m.site for m in result.measurements][11:] == ["L1+L2+L4", "L1+L3+L4", "L2-L4", "L1-L4"]
    assert result.problems == ()


def test_a_blank_t_column_stays_blank_in_the_readings(report):
    result = report(hologic_page([five("L1 13.26 11.58 0.873 -1.0")]), changes=HORIZON)
    by_quantity = {r.quantity: r for r in result.readings}
    assert (by_quantity["t"].text, by_quantity["t"].value) == ("", None)
    assert by_quantity["z"].text == "-1.0"
    assert by_quantity["z"].reference == FOOTERS[1]
    assert by_quantity["bmd"].unit == "g/cm²"
    assert by_quantity["bmd"].place == "page 1, line 3, column 4"
    assert {r.proof for r in result.readings if r.text} == {"text"}


def test_hips_left_right_mean_and_difference(report):
    rows = [["Neck", "", "", "", "", ""], *map(five, HIPS.strip().split("\n"))]
    header = [(72, 740, "Scan Type: a Dual Hip")]
    result = report(hologic_page(rows, header), changes=HORIZON)
    assert {m.site: m.bmd_g_cm2 for m in result.measurements} == {
        "femoral-neck-left": 0.804, "femoral-neck-right": 0.868, "femoral-neck-mean": 0.836,
    }  # fmt: skip
    # 3.82/4.58 = 0.834: the mean row is a mean of densities, which no rule of one region fits
    assert result.kind == OutcomeKind.REPORTED
    kept = {r.quantity: r.text for r in result.readings if r.region_text == "Neck |Diff.|"}
    assert kept["bmd-difference"] == "0.064"


ENCORE_COLUMNS = [(72, "Region"), (140, "(g/cm²)"), (210, "(%)"), (255, "T-Score"), (330, "(%)"),
                  (375, "Z-Score")]  # fmt: skip
ENCORE_GROUPS = [(145, 712, "BMD"), (225, 712, "Young-Adult"), (340, 712, "Age-Matched")]
# BMD of a public Lunar page, T of the enCORE vector of discordance
ENCORE_ROWS = [
    ["L1", "0.886", "", "-2.0", "", ""],
    ["L2", "1.061", "", "-1.2", "", ""],
    ["L3", "1.138", "", "-0.5", "", ""],
    ["L4", "0.987", "", "-1.8", "", ""],
    ["L1-L4", "1,022", "87", "-1,3", "99", "-0,1"],
]


def test_an_encore_page(report, pages):
    trend = pages.table(
        [(72, "Measured"), (160, "Age"), (230, "BMD"), (300, "Change vs Previous (%)")],
        [["14.05.2017", "63.1", "1.042", ""], ["14.05.2019", "65.1", "1.014", "-2.7"]],
        top=560,
    )
    population = "USA (Combined NHANES/Lunar) AP Spine, Female, White Reference Population (v113)"
    page = [
        (72, 740, "AP Spine Bone Density"), *ENCORE_GROUPS,
        *pages.table(ENCORE_COLUMNS, ENCORE_ROWS), (72, 590, population), *trend,
    ]  # fmt: skip
    result = report(page)
    assert [m.bmd_g_cm2 for m in result.measurements] == [0.886, 1.061, 1.138, 0.987, 1.022]
    assert [m.reported_t_score for m in result.measurements] == [-2.0, -1.2, -0.5, -1.8, -1.3]
    assert result.measurements[-1].reported_z_score == -0.1
    assert result.measurements[-1].reported_reference == population
    flagged = {m.site for m in result.measurements if "vertebra_discordant" in m.flags}
    assert {"L3", "L4"} <= flagged
    other = [(r.quantity, r.text) for r in result.readings if "another-day" in r.quantity]
    assert ("bmd-of-another-day", "1.042") in other
    assert ("bmd-of-another-day", "1.014") in other


def test_a_number_between_two_columns_is_not_taken(report, pages):
    columns = [(72, "Region"), (160, "BMD (g/cm2)"), (300, "T-score"), (400, "Z-score")]
    good = pages.table(columns, [["L1", "0.886", "-2.0", "-0.8"]])
    page = [*good, (72, 676, "L2"), (162, 676, "1.061"), (350, 676, "-1.2")]
    result = report(page)
    assert [m.site for m in result.measurements] == ["L1"]
    (problem,) = [p for p in result.problems if p.code == "BS-W215"]
    assert "row 'L2': its columns are not clear" in problem.reason


@pytest.mark.parametrize(
    ("drawn", "z"),
    [
        ([(390, "-1.0")], -1.0),
        ([(390, "-"), (393, "1.0")], -1.0),  # drawn apart, and touching
        ([(390, "- 1.0")], "refused"),
        ([(390, "-"), (396, "1.0")], "refused"),
        ([(330, "-"), (390, "1.0")], 1.0),  # a dash in the T column is a blank
    ],
)
def test_a_minus_is_never_lost(report, drawn, z):
    page = hologic_page([["L1", "13.26", "11.58", "0.873", "", ""]])
    result = report([*page, *((x, 676, text) for x, text in drawn)], changes=HORIZON)
    if z == "refused":
        assert result.measurements == ()
        assert "its columns are not clear" in result.reason
    else:
        (row,) = result.measurements
        assert (row.reported_t_score, row.reported_z_score) == (None, z)


def test_norland_prints_milligrams_beside_and_l2_to_l4(report, pages):
    # 962.3 mg/cm2 is sBMD: 1.0761 x 0.8942 g/cm2, not a BMD of another unit
    columns = [(72, "Region"), (150, "BMD (g/cm2)"), (260, "sBMD (mg/cm2)"), (380, "T-score")]
    changes = {(8, 0x70): ("LO", "Norland"), (8, 0x1090): ("LO", "XR-46")}
    result = report(pages.table(columns, [["L2-L4", "0.8942", "962.3", "-1.5"]]), changes=changes)
    (row,) = result.measurements
    assert (row.site, row.bmd_g_cm2, row.scale) == ("L2-L4", 0.8942, None)
    (kept,) = [r for r in result.readings if r.quantity == "sbmd"]
    assert (kept.text, kept.unit) == ("962.3", "mg/cm2")


def test_milligrams_are_converted_by_their_header(report, pages):
    columns = [(72, "Region"), (150, "BMD (mg/cm2)"), (260, "T-score")]
    result = report(pages.table(columns, [["L2-L4", "894.2", "-1.5"], ["T12", "812.0", "-0.0"]]))
    assert [(m.site, m.bmd_g_cm2) for m in result.measurements] == [
        ("L2-L4", pytest.approx(0.8942)), ("T12", pytest.approx(0.812)),
    ]  # fmt: skip
    assert str(result.measurements[1].reported_t_score) == "0.0"


BODY = """
Arm|198.51|157.21|0.792|1812.2|2101.3
Subtotal|1682.38|1465.33|0.871|19012.0|38990.1
Head|197.18|388.04|1.968|1101.2|3210.4
Total|1879.56|1853.37|0.986|20113.2|42200.5
"""


def test_body_composition_is_kept_and_not_interpreted(report, pages):
    # areas and contents of a printed whole-body page; fat and lean are ours
    columns = [(72, "Region"), (130, "Area (cm2)"), (210, "BMC (g)"), (280, "BMD (g/cm2)"),
               (370, "Fat (g)"), (440, "Lean (g)")]  # fmt: skip
    rows = [line.split("|") for line in BODY.strip().split("\n")]
    header = (72, 730, "Scan Type: a Whole Body")
    result = report([header, *pages.table(columns, rows)])
    (total,) = result.measurements
    assert (total.site, total.bmc_g, total.area_cm2) == ("total-body", 1853.37, 1879.56)
    kept = {(r.region_text, r.quantity): (r.text, r.unit) for r in result.readings}
    assert kept["Total", "fat"] == ("20113.2", "g")
    assert kept["Head", "lean"] == ("3210.4", "g")
    assert kept["Arm", "bmd"] == ("0.792", "g/cm2")


REMS_PAGE = [
    (72, 760, "EchoStation REMS report"),
    (72, 746, "Patient ID: 0004711"), (260, 746, "Name: TEST TWO"), (430, 746, "Sex: F"),
    (72, 732, "Date of birth: 1961-03-02"), (300, 732, "Exam date: 14.05.2024"),
    (72, 718, "Model: EchoStation (S/N ES-1234)"), (300, 718, "Software: 3.1.0"),
    (72, 704, "Operator: AB"),
    (72, 690, "Site: Lumbar spine"),
    (72, 676, "Vertebra"), (160, 676, "BMD (g/cm2)"), (260, 676, "T-score"), (340, 676, "Z-score"),
    (72, 664, "L1"), (160, 664, "0.801"), (260, 664, "-2.1"), (340, 664, "-0.6"),
    (72, 652, "L1-L4"), (160, 652, "0.845"), (260, 652, "-1.8"), (340, 652, "-0.3"),
    (72, 638, "Fragility Score: 34.5   low fracture risk in five years"),
    (72, 610, "Site: Femoral neck left"),
    (72, 598, "BMD: 0,652 g/cm2"), (200, 598, "T-score: -1,8"), (300, 598, "Z-score: --"),
    (72, 586, "Fragility Score: 45.2"), (200, 586, "Depth: 62 mm"),
    (72, 560, "Reference: NHANES III"),
]  # fmt: skip


def test_a_bare_page_of_a_rems_device(bare, pages):
    from bonescan.dxa.measure import measure_dxa

    scan = bare(pages.pdf(REMS_PAGE))
    assert (scan.subject.patient_id, scan.subject.name, scan.subject.sex) == (
        "0004711", "TEST TWO", "F",
    )  # fmt: skip
    assert scan.subject.birth_date.isoformat() == "1961-03-02"
    assert scan.exam.exam_date.isoformat() == "2024-05-14"
    assert scan.exam.operator == "AB"
    device = scan.device
    assert (device.maker, device.model, device.serial, device.software_version) == (
        "echolight", "EchoStation", "ES-1234", "3.1.0",
    )  # fmt: skip
    result = measure_dxa(scan)
    assert result.kind == OutcomeKind.REPORTED
    assert {m.technique for m in result.measurements} == {Technique.REMS}
    rows = {m.site: m for m in result.measurements}
    assert set(rows) == {"L1", "L1-L4", "femoral-neck-left"}
    assert (rows["L1-L4"].bmd_g_cm2, rows["L1-L4"].fragility_score) == (0.845, 34.5)
    neck = rows["femoral-neck-left"]
    assert (neck.bmd_g_cm2, neck.reported_t_score, neck.reported_z_score) == (0.652, -1.8, None)
    assert (neck.fragility_score, neck.scale) == (45.2, None)
    assert neck.reported_reference == "NHANES III"
    assert ("as printed", "Fragility Score: 34.5 low fracture risk in five years") in result.details
    depth = next(r for r in result.readings if r.quantity == "depth")
    assert (depth.text, depth.unit) == ("62", "mm")


def test_nobody_is_guessed_from_a_page_without_labels(bare, pages):
    page = [(72, 740, "TEST THREE   0099   ID: A05141901"), (72, 726, "Bone density"),
            *pages.table([(72, "Region"), (160, "BMD (g/cm2)")], [["L1-L4", "0.930"]])]  # fmt: skip
    scan = bare(pages.pdf(page))
    assert (scan.subject.patient_id, scan.subject.name, scan.exam.exam_date) == (None, None, None)
    assert scan.device.maker is None


def test_a_label_with_two_values_says_nothing(bare, pages):
    page = [(72, 740, "Patient ID: 0001"), (72, 726, "Patient ID: 0002"), (72, 700, "BMD")]
    assert bare(pages.pdf(page)).subject.patient_id is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2019-05-14", "2019-05-14"), ("14.05.2019", "2019-05-14"), ("05/14/2019", "2019-05-14"),
        ("14/05/2019", "2019-05-14"), ("05/05/2019", "2019-05-05"), ("May 14, 2019", "2019-05-14"),
        ("14 May 2019 10:22", "2019-05-14"), ("04/05/2019", None), ("108/05/14", None),
        ("14 Foo 2019", None), ("31.02.2019", None), ("14.05.19", None), ("soon", None),
    ],
)  # fmt: skip
def test_a_date_that_could_be_two_days_is_none(text, day):
    found = printed_date(text)
    assert (found.isoformat() if found else None) == day


def test_an_ambiguous_exam_date_is_flagged(bare, pages):
    scan = bare(pages.pdf([(72, 740, "Scan Date: 04/05/2019"), (72, 700, "BMD")]))
    assert scan.exam.exam_date is None
    assert "exam_date_unreadable" in scan.flags


def test_a_letter_is_set_aside(bare, pages):
    with pytest.raises(SetAside, match="does not speak of bone density"):
        bare(pages.pdf([(72, 700, "Dear colleague, thank you for the referral.")]))


def test_a_page_without_text_is_named(bare, pages):
    with pytest.raises(UnusableScan, match=r"BS-E181 .*without a text layer"):
        bare(pages.pdf([]))


def test_an_exam_before_birth_is_refused(bare, pages):
    page = [(72, 740, "DOB: 2020-01-01"), (72, 726, "Scan Date: 2019-01-01"), (72, 700, "BMD")]
    with pytest.raises(UnusableScan, match=r"BS-E118 .*before the birth"):
        bare(pages.pdf(page))


# ------------------------------------------------------------------ hostile files


def test_a_bomb_is_refused_within_the_cap(pages):
    bomb = pages.pdf(b"BT ET " + b" " * 60_000_000, packed=True)
    assert len(bomb) < 100_000
    with pytest.raises(UnusableScan, match=r"BS-E185 .*LimitReached"):
        read_pdf_text(bomb)


def test_a_bomb_inside_dicom_is_one_coded_outcome(tmp_path, dicom, pages):
    from bonescan.pipeline import measure
    from bonescan.settings import Settings

    path = tmp_path / "bomb.dcm"
    path.write_bytes(dicom.encapsulated(pages.pdf(b"BT ET " + b" " * 60_000_000, packed=True)))
    outcome = measure(path, Settings())
    assert (outcome.kind, outcome.code) == (OutcomeKind.UNUSABLE, "BS-E185")


def test_a_page_that_takes_too_long_is_stopped(pages, monkeypatch):
    monkeypatch.setattr(pdf_text, "MAX_CPU_S", 0.0)
    page = [(72, 700 - i, f"word {i}") for i in range(300)]
    with pytest.raises(UnusableScan, match=r"BS-E185 found a PDF that takes more than 0 s"):
        read_pdf_text(pages.pdf(page))


def test_scripts_are_not_run_and_the_page_is_read(pages):
    script = "/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>"
    text = read_pdf_text(pages.pdf([(72, 700, "BMD")], extra=script))
    assert [str(line) for page in text.pages for line in page] == ["BMD"]


def test_only_the_first_pages_are_read_and_the_rest_is_said(measured, dicom, pages):
    page = pages.table([(72, "Region"), (160, "BMD (g/cm2)")], [["L1-L4", "0.930"]])
    data = pages.pdf(page, *([[(72, 700, "terms and conditions")]] * MAX_PAGES))
    result = measured(dicom.encapsulated(data))
    assert any(f"pages {MAX_PAGES + 1} to {MAX_PAGES + 1}" in p.reason for p in result.problems)


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.4\n%%EOF",
        b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 1 0 R >>\nendobj\n"
        b"trailer << /Root 1 0 R /Size 2 >>\nstartxref\n9\n%%EOF",
        b"%PDF-1.4\n" + b"[" * 5_000 + b"\nstartxref\n9\n%%EOF",
        b"%PDF-1.4\nxref\n0 999999999\ntrailer << /Root 1 0 R >>\nstartxref\n9\n%%EOF",
        b"%PDF-1.4\nstartxref\n9\n%%EOF" + bytes(500),
    ],
    ids=["empty", "page tree is its own root", "nested", "giant table", "no objects"],
)
def test_damaged_documents_are_refused_with_a_code(data):
    with pytest.raises(UnusableScan, match="BS-E185"):
        read_pdf_text(data)


def test_a_page_of_endless_text_is_refused(pages, monkeypatch):
    monkeypatch.setattr(pdf_text, "MAX_PAGE_CHARACTERS", 10)
    with pytest.raises(UnusableScan, match="found 11 characters on one page"):
        read_pdf_text(pages.pdf([(72, 700, "hello world")]))


def test_only_a_pdf_below_the_cap_is_opened(tmp_path, monkeypatch, pages):
    with pytest.raises(UnusableScan, match="no PDF below the cap"):
        read_pdf_text(b"PDF")
    path = tmp_path / "report.pdf"
    path.write_bytes(pages.pdf([(72, 700, "BMD")]))
    monkeypatch.setattr(pdf_text, "MAX_BYTES", 100)
    with pytest.raises(UnusableScan, match="BS-E103"):
        read_scan(path, ReadSettings())


def test_a_document_that_was_cut_off_is_refused(pages):
    data = pages.pdf(hologic_page([five("L1 13.26 11.58 0.873 -1.0")]))
    with pytest.raises(UnusableScan, match="cut off"):
        read_pdf_text(data[: len(data) * 9 // 10])


def test_mutations_end_in_text_or_one_refusal(pages):
    import random

    data = pages.pdf(hologic_page([five(line) for line in LUMBAR.split("\n") if line]))
    rng, seen = random.Random(5), set()
    for _ in range(60):
        broken = bytearray(data)
        for _ in range(rng.randint(1, 12)):
            broken[rng.randrange(len(broken))] = rng.randrange(256)
        try:
            seen.add("text" if read_pdf_text(bytes(broken)).n_pages else "no page")
        except UnusableScan as verdict:
            seen.add(verdict.code)
    assert seen <= {"text", "no page", "BS-E185", "BS-E186"}
    assert len(seen) > 1


def test_a_locked_document_asks_for_its_password(pages):
    lock = "<< /Filter /Standard /V 1 /R 2 /P -4 /O <" + "00" * 32 + "> /U <" + "11" * 32 + "> >>"
    data = pages.pdf([(72, 700, "BMD")])
    data = data.replace(b"/Root 1 0 R", b"/Root 1 0 R /ID [<00> <00>] /Encrypt " + lock.encode())
    with pytest.raises(UnusableScan, match=r"BS-E186 .*password"):
        read_pdf_text(data)


def test_the_profiler_of_somebody_else_is_put_back(pages):
    import sys

    def mine(*_):
        return None

    sys.setprofile(mine)
    try:
        read_pdf_text(pages.pdf([(72, 700, "BMD put back")]))
        assert sys.getprofile() is mine
    finally:
        sys.setprofile(None)


def test_packed_pages_read_the_same(pages):
    page = [(72, 700, "Region"), (200, 700, "BMD")]
    assert zlib.crc32(pages.pdf(page)) != zlib.crc32(pages.pdf(page, packed=True))
    assert read_pdf_text(pages.pdf(page, packed=True)).pages == read_pdf_text(pages.pdf(page)).pages


PAGE_OF_ANOTHER_PROGRAM = """<meta charset="utf-8"><style>td, th { padding: 2px 8px }</style>
<p>Patient ID: 0012</p><p>Scan Type: a Lumbar Spine</p><table>
<tr><th>Region<th>Area (cm²)<th>BMC (g)<th>BMD (g/cm²)<th>T-score<th>Z-score</tr>
<tr><td>L1<td>13.26<td>11.58<td>0.873<td><td>-1.0</tr>
<tr><td>L1-L4<td>55.77<td>51.85<td>0.930<td><td>-1.0</tr></table>"""


def test_a_page_that_another_program_wrote(bare):
    # embedded fonts with codes of their own, packed streams, coordinates upside down
    import warnings

    from bonescan.dxa.measure import measure_dxa

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from weasyprint import HTML

        data = HTML(string=PAGE_OF_ANOTHER_PROGRAM).write_pdf()
    scan = bare(data)
    assert scan.subject.patient_id == "0012"
    rows = [
        (m.site, m.area_cm2, m.bmc_g, m.bmd_g_cm2, m.reported_t_score, m.reported_z_score)
        for m in measure_dxa(scan).measurements
    ]
    assert rows == [
        ("L1", 13.26, 11.58, 0.873, None, -1.0), ("L1-L4", 55.77, 51.85, 0.930, None, -1.0),
    ]  # fmt: skip


# ------------------------------------------------------------------ tables that mean something else

COLUMNS = [(72, "Region"), (180, "Area(cm2)"), (250, "BMC(g)"), (320, "BMD(g/cm2)"),
           (400, "T-score"), (470, "Z-score")]  # fmt: skip
L1_L4 = ["L1-L4", "55.77", "51.85", "0.930", "-1.1", "0.8"]
SPINE_ROWS = [
    ["L1", "13.26", "11.58", "0.873", "-1.0", "0.1"],
    ["L2", "13.72", "12.94", "0.943", "-0.8", "0.1"],
    ["L3", "14.81", "13.93", "0.941", "-1.2", "0.1"],
    ["L4", "13.97", "13.40", "0.959", "-1.0", "0.1"],
    ["Total", "55.77", "51.85", "0.930", "-1.1", "0.1"],
]
HIP_ROWS = [
    ["Neck", "4.86", "2.90", "0.597", "-2.3", "0.1"],
    ["Troch", "12.97", "6.39", "0.493", "-2.0", "0.1"],
    ["Inter", "19.92", "14.24", "0.715", "-2.6", "0.1"],
    ["Total", "37.75", "23.53", "0.623", "-2.6", "0.1"],
]
OF_SPINE = {(0x18, 0x1030): ("LO", "a Lumbar Spine")}


def sites(result):
    return [m.site for m in result.measurements]


def test_the_rows_of_a_table_name_its_total_whatever_the_header_says(report, pages):
    page = [*pages.table(COLUMNS, SPINE_ROWS), *pages.table(COLUMNS, HIP_ROWS, top=560)]
    result = report(page, changes=OF_SPINE)
    rows = {m.site: m.reported_t_score for m in result.measurements}
    assert (rows["L1-L4"], rows["total-hip"]) == (-1.1, -2.6)
    assert result.kind == OutcomeKind.REPORTED


def test_a_total_under_a_row_that_is_unread_is_left_to_a_person(report, pages):
    rows = [SPINE_ROWS[0], ["??", *SPINE_ROWS[1][1:]], *SPINE_ROWS[2:]]
    result = report(pages.table(COLUMNS, rows), changes=OF_SPINE)
    assert sites(result)[:3] == ["L1", "L3", "L4"]
    assert not any(m.reported_t_score == -1.1 for m in result.measurements)
    assert (result.kind, result.code) == (OutcomeKind.NEEDS_REVIEW, "BS-W215")
    assert "Total" in result.reason


@pytest.mark.parametrize("with_sums", [True, False])
def test_a_total_of_some_vertebrae_has_to_add_up(report, pages, with_sums):
    columns = COLUMNS if with_sums else [COLUMNS[0], *COLUMNS[3:]]
    rows = [SPINE_ROWS[0], SPINE_ROWS[1], ["Total", "26.98", "24.52", "0.909", "-0.9", "0.1"]]
    rows = rows if with_sums else [[r[0], *r[3:]] for r in rows]
    result = report(pages.table(columns, rows), changes=OF_SPINE)
    assert "L1-L2" in sites(result)
    assert (result.kind == OutcomeKind.REPORTED) is with_sums


def test_a_stray_number_on_the_base_line_shifts_no_column(report, pages):
    # a blank T, and the tick of a graph to the right: five numbers for five columns
    page = pages.table(COLUMNS, [["L1-L4", "55.77", "51.85", "0.930", "", "-1.9"]])
    result = report([*page, (560, 688, "-3")])
    assert result.measurements == ()
    assert "its columns are not clear" in result.reason


TODAY = {(8, 0x20): ("DA", "20240110"), (8, 0x22): ("DA", "20240110")}


@pytest.mark.parametrize(
    "line", ["Prior exam 01/02/2018", "Comparison", "Baseline", "14 May 2019", "Previous results"]
)
def test_a_table_of_another_day_is_kept_as_readings_only(report, pages, line):
    old = ["L2-L4", "45.10", "31.57", "0.700", "-3.1", "-1.0"]
    page = [*pages.table(COLUMNS, [L1_L4]), (72, 660, line), *pages.table(COLUMNS, [old], top=640)]
    result = report(page, changes=TODAY)
    assert sites(result) == ["L1-L4"]
    assert ("t-score-of-another-day", "-3.1") in [(r.quantity, r.text) for r in result.readings]
    assert any("is of another day" in p.reason for p in result.problems)


@pytest.mark.parametrize(
    "line",
    ["Scan Date: 2024-01-10", "DOB: 01/02/1940", "Previous fracture: yes", "No prior exam",
     "Reported 12 January 2024", "Current exam"],
)  # fmt: skip
def test_other_lines_leave_a_table_of_the_day_alone(report, pages, line):
    result = report([(72, 740, line), *pages.table(COLUMNS, [L1_L4])], changes=TODAY)
    assert sites(result) == ["L1-L4"]


def test_labelled_values_of_an_earlier_exam_are_kept_aside(report):
    page = [(72, 760, "Scan Type: a Lumbar Spine"), (72, 740, "BMD: 0.930 g/cm2"),
            (72, 720, "Previous BMD: 0.700 g/cm2   T-score: -3.2")]  # fmt: skip
    (row,) = report(page).measurements
    assert (row.bmd_g_cm2, row.reported_t_score) == (0.93, None)


@pytest.mark.parametrize(
    ("head", "taken"),
    [
        ("Patient ID: OTHER999", False), ("Scan Date: January 2, 2012", False),
        ("Patient ID: N", True), ("Scan Date: 10.01.2024", True),
    ],
)  # fmt: skip
def test_a_page_of_somebody_else_or_another_day_is_not_taken(report, pages, head, taken):
    changes = {**TODAY, (0x10, 0x20): ("LO", "N")}
    result = report(
        pages.table(COLUMNS, [L1_L4]),
        [(72, 780, head), (72, 760, "Left Hip"), *pages.table(COLUMNS, HIP_ROWS)],
        changes=changes,
    )
    assert ("femoral-neck-left" in sites(result)) is taken
    assert "L1-L4" in sites(result)
    assert (result.kind == OutcomeKind.REPORTED) is taken


@pytest.mark.parametrize("text", ["-11", "0", "-2", "\u201311"])
def test_a_score_without_its_decimal_is_not_understood(report, pages, text):
    result = report(pages.table(COLUMNS, [["L1-L4", "55.77", "51.85", "0.930", text, "0.8"]]))
    (row,) = result.measurements
    assert (row.bmd_g_cm2, row.reported_t_score, row.reported_z_score) == (0.93, None, 0.8)
    assert "value_left_out" in row.flags
    assert result.kind == OutcomeKind.NEEDS_REVIEW


def test_a_labelled_score_without_its_decimal_is_not_taken(report):
    result = report([(72, 760, "Scan Type: a Lumbar Spine"),
                     (72, 740, "BMD: 0.930 g/cm2   T-score: -11")])  # fmt: skip
    assert [m.reported_t_score for m in result.measurements] == [None]
    assert result.kind == OutcomeKind.NEEDS_REVIEW


def test_of_a_change_only_its_column_is_dropped(report, pages):
    columns = [(72, "Region"), (160, "BMD (g/cm2)"), (250, "T-score"), (330, "Z-score"),
               (410, "Change (%)")]  # fmt: skip
    result = report(pages.table(columns, [["L1-L4", "0.930", "-1.1", "0.8", "-3.2*"]]))
    (row,) = result.measurements
    assert (row.bmd_g_cm2, row.reported_t_score, row.reported_z_score) == (0.93, -1.1, 0.8)


def test_columns_for_each_side_are_left_to_a_person(report, pages):
    columns = [(72, "Region"), (160, "Left BMD (g/cm2)"), (260, "Left T-score"),
               (360, "Right BMD (g/cm2)"), (470, "Right T-score")]  # fmt: skip
    result = report(pages.table(columns, [["Neck", "0.826", "-1.2", "0.600", "-2.9"]]))
    assert (result.kind, result.measurements) == (OutcomeKind.NEEDS_REVIEW, ())
    assert "a column for each side" in result.reason


def test_region_may_stand_on_the_first_line_of_a_header_only(report):
    first = [(72, "Region"), (170, "BMD"), (240, "Young-Adult"), (350, "Age-Matched"),
             (460, "BMC"), (520, "Area")]  # fmt: skip
    second = [(170, "(g/cm2)"), (240, "(%)"), (280, "T-score"), (350, "(%)"), (390, "Z-score"),
              (460, "(g)"), (520, "(cm2)")]  # fmt: skip
    x = [72, 170, 240, 285, 350, 395, 460, 520]
    row = ["L1-L4", "0.930", "89", "-1.1", "102", "0.3", "51.85", "55.77"]
    page = [*((a, 700, t) for a, t in first), *((a, 688, t) for a, t in second),
            *((a, 676, t) for a, t in zip(x, row, strict=True))]  # fmt: skip
    (got,) = report(page).measurements
    assert (got.bmd_g_cm2, got.reported_t_score, got.reported_z_score) == (0.93, -1.1, 0.3)
    assert (got.bmc_g, got.area_cm2) == (51.85, 55.77)


def test_each_page_keeps_its_own_reference(report):
    male = "T-score vs. White Male. Source: NHANES"
    spine = hologic_page(
        [["L1-L4", "55.77", "51.85", "0.930", "-1.1", "0.8"]],
        [(72, 740, "Scan Type: a Lumbar Spine")],
    )
    hip = hologic_page(
        [["Neck", "4.86", "2.84", "0.584", "-2.7", "0.1"]], [(72, 740, "Scan Type: a Left Hip")]
    )
    hip = [(x, y, male if text == FOOTERS[0] else text) for x, y, text in hip]
    by_site = {m.site: m for m in report(spine, hip).measurements}
    assert {s: m.reported_reference for s, m in by_site.items()} == {
        "L1-L4": FOOTERS[0], "femoral-neck-left": male,
    }  # fmt: skip
    # a page without one, beside two that differ: nobody knows which is its own
    other = hologic_page(
        [["Total", "37.75", "23.53", "0.623", "-2.6", "0.1"]], [(72, 740, "Scan Type: a Right Hip")]
    )
    other = [piece for piece in other if piece[2] not in FOOTERS]
    by_site = {m.site: m for m in report(spine, hip, other).measurements}
    total = by_site["total-hip-right"]
    assert total.reported_reference is None
    assert "unknown_printed_reference" in total.flags
    assert "unknown_printed_reference" not in by_site["L1-L4"].flags
