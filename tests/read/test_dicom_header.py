"""The person, the device, the exam and the image, from a header written byte by byte."""

from __future__ import annotations

import struct
from datetime import date

import numpy as np
import pytest

from bonescan.errors import SetAside, UnusableScan

from .dicom_bytes import (
    BIG_ENDIAN,
    DEFLATED,
    IMPLICIT,
    PDF,
    PIXELS,
    SC_IMAGE,
    XRF_IMAGE,
    el,
    implicit,
    item,
    lunar,
    meta,
    seq,
    us,
)


def test_the_person_is_taken_as_written(read_dxa):
    subject = read_dxa(lunar()).subject
    assert subject.patient_id == "0012345"  # leading zeros kept
    assert subject.issuer == "HOSPITAL-A"
    assert subject.birth_date == date(1956, 1, 1)
    assert (subject.sex, subject.stated_age_years) == ("F", 59.0)
    assert (subject.height_cm, subject.weight_kg) == (180.0, 99.0)  # (0010,1020) is in metres
    assert subject.ethnicity == "White"


@pytest.mark.parametrize("syntax", [IMPLICIT, DEFLATED])
def test_each_writing_gives_the_same_header(read_dxa, syntax):
    plain, other = read_dxa(lunar()), read_dxa(lunar(syntax=syntax))
    assert (other.subject, other.device, other.exam) == (plain.subject, plain.device, plain.exam)
    assert other.image == plain.image


def test_the_device_and_the_exam_are_taken_as_written(read_dxa):
    scan = read_dxa(lunar())
    assert (scan.device.maker, scan.device.model) == ("ge", "Lunar iDXA")
    assert (scan.device.serial, scan.device.software_version) == ("210000", "16.00.158")
    assert scan.exam.exam_date == date(2015, 2, 2)  # not the 2016 of the export within the UID
    assert scan.exam.exam_time == "14:10:10"  # of the acquisition
    assert scan.exam.accession_number is None
    assert scan.exam.simulated is None


@pytest.mark.parametrize("modality", ["CR", "OT", "DX", "BMD", ""])
def test_a_densitometer_is_known_under_any_modality(read_dxa, modality):
    scan = read_dxa(lunar({(8, 0x60): ("CS", modality)}))
    assert scan.device.maker == "ge"


@pytest.mark.parametrize(
    ("maker", "model"),
    [
        ("Agfa", "DX-D 100"),
        ("GE Healthcare", "Discovery XR656"),
        ("GE Healthcare", "Achilles EXPII"),
        ("HOLOGIC, Inc.", "Selenia Dimensions"),
        ("Varian", "Primus"),
    ],
)
def test_other_machines_are_set_aside(read, maker, model):
    data = lunar(
        {
            (8, 0x70): ("LO", maker),
            (8, 0x1090): ("LO", model),
            (8, 0x1030): ("LO", "X-ray"),
            (8, 0x103E): ("LO", "Spine"),
        }
    )
    with pytest.raises(SetAside, match=r"BS-W281 .*Modality CR.*Computed Radiography") as caught:
        read(data)
    assert caught.value.outcome == "not-densitometry"


@pytest.mark.parametrize("modality", ["BMD", "BDUS"])
def test_modality_alone_makes_no_densitometry(read, modality):
    bare = {(8, t): None for t in (0x70, 0x1030, 0x103E, 0x1090)}
    bare |= {(0x18, 0x1030): None, (0x40, 0x254): None}
    with pytest.raises(SetAside, match=modality):
        read(lunar({**bare, (8, 0x60): ("CS", modality)}))


def test_modality_and_protocol_together_do(read_dxa):
    changes = {(8, t): None for t in (0x70, 0x1030, 0x103E, 0x1090)}
    scan = read_dxa(lunar({**changes, (8, 0x60): ("CS", "BMD")}))
    assert scan.site == "lumbar-spine"
    assert scan.device.maker is None


def test_modality_rf_is_radiofluoroscopy(read):
    data = lunar(
        {
            (8, 0x16): ("UI", XRF_IMAGE),
            (8, 0x60): ("CS", "RF"),
            (8, 0x70): ("LO", "Siemens"),
            (8, 0x1090): ("LO", "Artis"),
            (8, 0x1030): ("LO", "Swallow"),
            (8, 0x103E): ("LO", "Barium"),
            (0x18, 0x1030): ("LO", "Oesophagus"),
            (0x40, 0x254): None,
        }
    )
    with pytest.raises(SetAside, match=r"radiofluoroscopy .*nothing to do with radiofrequency"):
        read(data)


def test_rems_device_is_known_and_heel_ultrasound_is_not(read, read_dxa):
    rems = {(8, 0x60): ("CS", "BDUS"), (8, 0x70): ("LO", "ECHOLIGHT"), (8, 0x1090): ("LO", "EchoS")}
    assert read_dxa(lunar(rems)).device.maker == "echolight"
    heel = {**rems, (8, 0x70): ("LO", "BeamMed"), (8, 0x1090): ("LO", "MiniOmni")}
    with pytest.raises(SetAside, match="other than REMS"):
        read(lunar(heel))


@pytest.mark.parametrize(
    ("protocol", "site"),
    [
        ("AP Spine", "lumbar-spine"),
        ("Left Femur", "femur-left"),
        ("Right Femur", "femur-right"),
        ("DualFemur", "dual-femur"),
        ("Left Ortho Knee", "knee-left"),
        ("LVA", "lateral-spine"),
        ("Total Body", "total-body"),
        ("a Right Hip", "femur-right"),
        ("Left Forearm", "forearm-left"),
        ("Something", None),
    ],
)
def test_the_protocol_names_the_region(read_dxa, protocol, site):
    changes = {
        (0x18, 0x1030): ("LO", protocol),
        (0x40, 0x254): None,
        (8, 0x103E): ("LO", "DXA Images"),
    }
    assert read_dxa(lunar(changes)).site == site


def test_the_step_description_helps_where_the_protocol_is_empty(read_dxa):
    changes = {(0x18, 0x1030): ("LO", ""), (0x40, 0x254): ("LO", "Right Femur")}
    assert read_dxa(lunar(changes)).site == "femur-right"


# ------------------------------------------------------------------ names


@pytest.mark.parametrize("name", ["陳怡君", "許功蓋", "張麗華"])
@pytest.mark.parametrize(
    ("declared", "codec", "flag"),
    [
        ("ISO_IR 192", "utf-8", None),
        ("GB18030", "gb18030", None),
        ("", "cp950", "charset_guessed"),
        ("ISO_IR 100", "cp950", "charset_guessed"),
        ("ISO_IR 192", "cp950", "charset_guessed"),
        ("", "utf-8", "charset_guessed"),
        ("ISO_IR 100", "utf-8", "charset_guessed"),
    ],
)
def test_chinese_names_declared_or_not(read_dxa, name, declared, codec, flag):
    # every letter of 許功蓋 ends in 0x5C in Big5, the byte that separates values
    changes = {(8, 5): ("CS", declared), (0x10, 0x10): ("PN", name.encode(codec))}
    scan = read_dxa(lunar(changes))
    assert scan.subject.name == name
    assert (flag in scan.flags) if flag else not scan.flags


def test_simplified_names_under_iso_2022_ir_58(read_dxa):
    # PS3.5 annex K.2: ESC 02/04 02/09 04/01 designates GB 2312 into G1
    value = b"Wang^XiaoDong=\x1b$)A" + "王".encode("gb2312") + b"^\x1b$)A" + "小东".encode("gb2312")
    changes = {(8, 5): ("CS", "\\ISO 2022 IR 58"), (0x10, 0x10): ("PN", value)}
    assert read_dxa(lunar(changes)).subject.name == "Wang^XiaoDong=王^小东"


def test_empty_groups_of_a_name_are_left_out(read_dxa):
    assert read_dxa(lunar({(0x10, 0x10): ("PN", "Wang^Xiao^^==")})).subject.name == "Wang^Xiao"


@pytest.mark.parametrize("name", ["Müller^Jürgen", "Ångström^Åse", "Peña^José", "Buc^Jérôme"])
def test_latin_names_are_not_taken_for_chinese(read_dxa, name):
    changes = {(0x10, 0x10): ("PN", name.encode("latin-1"))}
    scan = read_dxa(lunar(changes))
    assert scan.subject.name == name
    assert scan.flags == ()


def test_a_character_set_that_does_not_exist_is_refused(read):
    with pytest.raises(UnusableScan, match=r"BS-E116 .*ZLIBCODEC"):
        read(lunar({(8, 5): ("CS", "zlib_codec")}))


# ------------------------------------------------------------------ doubtful values


@pytest.mark.parametrize(
    ("tag", "vr", "value", "flag"),
    [
        ((0x10, 0x40), "CS", "O", "sex_not_f_or_m"),
        ((0x10, 0x30), "DA", "0450101", "birth_date_unreadable"),  # a Minguo year is not guessed
        ((0x10, 0x1020), "DS", "180", "height_implausible"),
        ((0x10, 0x1020), "DS", "nan", "height_implausible"),
        ((0x10, 0x1030), "DS", "-inf", "weight_implausible"),
        ((0x10, 0x1010), "AS", "old", "age_unreadable"),
        ((0x10, 0x1010), "AS", "041Y", "age_contradicts_birth_date"),
        ((0x28, 0x30), "DS", "0\\0", "pixel_pitch_implausible"),
        ((0x28, 0x30), "DS", "nan\\1e400", "pixel_pitch_implausible"),
    ],
)
def test_what_can_not_be_true_is_unknown_and_flagged(read_dxa, tag, vr, value, flag):
    scan = read_dxa(lunar({tag: (vr, value)}))
    assert flag in scan.flags
    fields = {
        (0x10, 0x40): scan.subject.sex,
        (0x10, 0x30): scan.subject.birth_date,
        (0x10, 0x1020): scan.subject.height_cm,
        (0x10, 0x1030): scan.subject.weight_kg,
    }
    assert fields.get(tag) is None


def test_a_weight_of_zero_is_not_measured(read_dxa):
    scan = read_dxa(lunar({(0x10, 0x1030): ("DS", "0")}))
    assert scan.subject.weight_kg is None
    assert scan.flags == ()


def test_an_exam_on_the_day_of_birth_is_read_and_one_before_it_refused(read, read_dxa):
    assert read_dxa(lunar({(0x10, 0x30): ("DA", "20150202"), (0x10, 0x1010): None}))
    with pytest.raises(UnusableScan, match=r"BS-E118 .*2015-02-02 before .*2015-02-03"):
        read(lunar({(0x10, 0x30): ("DA", "20150203")}))


@pytest.mark.parametrize("uid", ["../../../../tmp/evil", "1." * 32 + "1", "1.2.3\0.4", "1.2.3a"])
def test_a_uid_of_forbidden_form_is_refused(read, uid):
    with pytest.raises(UnusableScan, match=r"BS-E117 .*SOPInstanceUID"):
        read(lunar({(8, 0x18): ("UI", uid)}))


def test_a_uid_of_64_characters_is_read(read_dxa):
    uid = "1." * 31 + "12"
    assert read_dxa(lunar({(8, 0x18): ("UI", uid)})).exam.sop_instance_uid == uid


@pytest.mark.parametrize(("code", "kept"), [(1, 1), (2, 2), (3, 3), (4, 4), (9, None)])
def test_pregnancy_status_codes(read_dxa, code, kept):
    scan = read_dxa(lunar({(0x10, 0x21C0): ("US", struct.pack("<H", code))}))
    assert scan.subject.pregnancy_status_code == kept


def test_a_chart_number_with_lost_letters_is_nobodys(read_dxa):
    broken = {
        (8, 5): ("CS", "GB18030"),
        (0x10, 0x20): ("LO", b"A\xff\xfe1 "),
    }
    scan = read_dxa(lunar(broken))
    assert scan.subject.patient_id is None
    assert "charset_undecodable" in scan.flags


def test_an_element_that_stands_twice_is_flagged(read_dxa):
    twice = el(0x10, 0x20, "LO", "A") + el(0x10, 0x20, "LO", "B")
    scan = read_dxa(lunar(extra={(0x10, 0x20): twice}))
    assert "duplicate_elements" in scan.flags


# ------------------------------------------------------------------ sequences and private blocks


@pytest.mark.parametrize("undefined", [False, True])
@pytest.mark.parametrize("n_items", [1, 2, 4])
def test_values_within_items_are_not_those_of_the_object(read_dxa, undefined, n_items):
    kvp = [el(0x18, 0x60, "DS", f"{100 + i}.0") for i in range(n_items)]
    exposures = [item(element, undefined=undefined) for element in kvp]
    extra = {(0x40, 0x30E): seq(0x40, 0x30E, *exposures, undefined=undefined)}
    header = read_dxa(lunar(extra=extra)).header
    assert header.get((0x18, 0x60)) is None
    assert [i.get((0x18, 0x60)) for i in header.items((0x40, 0x30E))] == [
        100.0 + i for i in range(n_items)
    ]


@pytest.mark.parametrize("block", [0x10, 0x11, 0xFE])
@pytest.mark.parametrize("creator", ["HOLOGIC", "Hologic"])
def test_private_elements_know_their_creator_at_any_block(read_dxa, block, creator):
    extra = {
        (0x21, block): el(0x21, block, "LO", creator),
        (0x21, block << 8 | 1): el(0x21, block << 8 | 1, "LT", "text"),
    }
    header = read_dxa(lunar(extra=extra)).header
    assert [e.value for e in header.private(("hologic",))] == ["text"]


def test_private_elements_of_implicit_files_keep_their_bytes(read_dxa):
    extra = {
        (0x21, 0x10): implicit(0x21, 0x10, "HOLOGIC"),
        (0x21, 0x1001): implicit(0x21, 0x1001, "text"),
        (0x21, 0x1077): implicit(0x21, 0x1077, b"\x01\x02"),
    }
    header = read_dxa(lunar(extra=extra, syntax=IMPLICIT)).header
    assert [e.value for e in header.private(("HOLOGIC",))] == ["text", b"\x01\x02"]


def test_a_creators_name_over_foreign_data_proves_nothing(read):
    stranger = {(8, t): None for t in (0x70, 0x1030, 0x103E, 0x1090)}
    stranger |= {(0x18, 0x1030): None, (0x40, 0x254): None}
    extra = {
        (0x23, 0x10): el(0x23, 0x10, "LO", "HOLOGIC"),
        (0x23, 0x1070): el(0x23, 0x1070, "OB", bytes(16)),
    }
    with pytest.raises(SetAside, match="no sign of densitometry"):
        read(lunar(stranger, extra))


def test_text_keeps_its_backslashes(read_dxa):
    extra = {
        (0x21, 0x10): el(0x21, 0x10, "LO", "HOLOGIC"),
        (0x21, 0x1001): el(0x21, 0x1001, "LT", 'A = "1";\\r\\nB = "2";'),
    }
    header = read_dxa(lunar(extra=extra)).header
    assert header.get((0x21, 0x1001)) == 'A = "1";\\r\\nB = "2";'


# ------------------------------------------------------------------ images


@pytest.mark.parametrize(
    ("changes", "pitch", "source"),
    [
        ({}, (4 / 16, 5 / 20), "ExposedArea"),  # whole mm over columns, rows
        ({(0x28, 0x30): ("DS", "1.05\\0.60")}, (0.60, 1.05), "PixelSpacing"),  # rows first
        ({(0x18, 0x1164): ("DS", "0.25\\0.30")}, (0.30, 0.25), "ImagerPixelSpacing"),
        ({(0x28, 0x30): ("DS", "0\\0")}, (0.25, 0.25), "ExposedArea"),
        ({(0x40, 0x303): None}, None, None),
        ({(0x40, 0x303): ("US", struct.pack("<HH", 0, 5))}, None, None),
        ({(0x40, 0x303): ("US", struct.pack("<HH", 1000, 1000))}, None, None),
    ],
)
def test_the_pixel_pitch_comes_from_the_best_element(read_dxa, changes, pitch, source):
    image = read_dxa(lunar(changes)).image
    assert image is not None
    assert image.pixel_pitch_mm == (pytest.approx(pitch) if pitch else None)
    assert image.pitch_source == source


@pytest.mark.parametrize("syntax", [IMPLICIT, DEFLATED])
def test_pixels_are_read_on_demand(read_dxa, syntax):
    scan = read_dxa(lunar(syntax=syntax))
    assert scan.pixels is not None
    want = np.frombuffer(PIXELS, dtype=np.uint8).reshape(20, 16)
    np.testing.assert_array_equal(scan.pixels.pixels(), want)


def test_an_image_with_just_enough_bytes_is_read_and_one_less_refused(read, read_dxa):
    assert read_dxa(lunar(pixels=PIXELS[:320])).image is not None
    with pytest.raises(UnusableScan, match=r"BS-E120 .*318 bytes of pixels, wanted 320"):
        read(lunar(pixels=PIXELS[:318]))


@pytest.mark.parametrize(
    "changes",
    [
        {(0x28, 0x10): ("US", struct.pack("<H", 65535)), (0x28, 0x11): ("US", b"\xff\xff")},
        {(0x28, 0x08): ("IS", "2000000000")},
        {(0x28, 0x08): ("IS", "abc")},
        {(0x28, 0x08): ("IS", "-1")},
        {(0x28, 0x10): ("US", b"\0\0")},
        {(0x28, 0x10): ("UL", struct.pack("<I", 0x40000001))},
        {(0x28, 0x10): ("LO", "20")},
    ],
)
def test_an_image_whose_size_can_not_be_true_is_refused(read, changes):
    with pytest.raises(UnusableScan, match=r"BS-E1(19|20) "):
        read(lunar(changes))


def test_a_compressed_giant_is_refused_before_it_is_unpacked(read):
    frames = (
        struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OB", 0, 0xFFFFFFFF)
        + struct.pack("<HHI", 0xFFFE, 0xE000, 0)
        + struct.pack("<HHI", 0xFFFE, 0xE000, 64)
        + struct.pack("<16I", 1, 64, *([0] * 14))
        + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    )
    changes = {
        (0x28, 0x10): ("US", struct.pack("<H", 65535)),
        (0x28, 0x11): ("US", struct.pack("<H", 65535)),
    }
    data = lunar(changes, {(0x7FE0, 0x10): frames}, syntax="1.2.840.10008.1.2.5")
    with pytest.raises(UnusableScan, match=r"BS-E119 .*4294836225 pixels"):
        read(data)


def test_rle_pixels_without_data_are_refused_when_asked_for(read_dxa):
    frames = (
        struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OB", 0, 0xFFFFFFFF)
        + struct.pack("<HHI", 0xFFFE, 0xE000, 0)
        + struct.pack("<HHI", 0xFFFE, 0xE000, 64)
        + bytes(64)
        + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    )
    scan = read_dxa(lunar({}, {(0x7FE0, 0x10): frames}, syntax="1.2.840.10008.1.2.5"))
    assert scan.pixels is not None
    with pytest.raises(UnusableScan, match=r"BS-E120 .*can't be decoded"):
        scan.pixels.pixels()


@pytest.mark.parametrize(
    ("kind", "document"), [("text/html", b"<script>1</script>"), ("application/pdf", b"<html>")]
)
def test_an_encapsulated_document_that_is_no_pdf_is_refused(read, kind, document):
    head = {(8, 0x16): ("UI", PDF), (0x42, 0x12): ("LO", kind), (0x42, 0x11): ("OB", document)}
    with pytest.raises(UnusableScan, match=r"BS-E123 .*" + kind):
        read(lunar({**head, (0x28, 0x10): None}, pixels=None))


def test_big_endian_data_are_read(read):
    # (0008,0016) and (0008,0060) alone, explicit VR big endian, behind little-endian file meta
    def big(group, element, vr, value):
        value += " " * (len(value) % 2)
        return struct.pack(">HH2sH", group, element, vr.encode(), len(value)) + value.encode()

    data = meta(BIG_ENDIAN) + big(8, 0x16, "UI", SC_IMAGE) + big(8, 0x60, "CS", "OT")
    data += big(0x20, 0x0D, "UI", "1.2.3")
    with pytest.raises(SetAside, match="Modality OT, SOP class Secondary Capture"):
        read(data)


def test_a_second_frame_is_not_needed(read_dxa):
    scan = read_dxa(lunar({(0x28, 0x08): ("IS", "2")}, pixels=PIXELS + bytes(320)))
    assert scan.pixels is not None
    assert scan.pixels.pixels().shape == (20, 16)


def test_exposed_area_of_three_values_is_not_used(read_dxa):
    image = read_dxa(lunar(extra={(0x40, 0x303): us(0x40, 0x303, 4, 5, 6)})).image
    assert image is not None
    assert image.pixel_pitch_mm is None


def test_colour_captures_are_shown_grey(read_dxa):
    changes = {
        (0x28, 0x02): ("US", struct.pack("<H", 3)),
        (0x28, 0x04): ("CS", "RGB"),
        (0x28, 0x06): ("US", struct.pack("<H", 0)),
    }
    scan = read_dxa(lunar(changes, pixels=bytes([30, 60, 90]) * 320))
    assert scan.pixels is not None
    np.testing.assert_array_equal(scan.pixels.pixels(), np.full((20, 16), 60, dtype=np.uint8))


def test_a_file_changed_since_it_was_read_is_refused(read_dxa, tmp_path):
    scan = read_dxa(lunar())
    (tmp_path / "scan.dcm").write_bytes(lunar()[:-100])
    assert scan.pixels is not None
    with pytest.raises(UnusableScan, match="BS-E111"):
        scan.pixels.pixels()


def test_simulated_files_of_our_own_say_so(read_dxa):
    extra = {
        (0x99, 0x10): el(0x99, 0x10, "LO", "BONESCAN"),
        (0x99, 0x1001): el(0x99, 0x1001, "LT", "SIMULATED by bonescan"),
    }
    assert read_dxa(lunar(extra=extra)).exam.simulated is True


@pytest.mark.parametrize(
    ("changes", "day", "clock"),
    [
        ({(8, 0x22): None}, date(2015, 2, 2), "14:04:32"),
        ({(8, 0x22): ("DA", "20990231")}, date(2015, 2, 2), "14:04:32"),
        ({(8, 0x22): ("DA", "2015.02.03")}, date(2015, 2, 3), "14:10:10"),
        ({(8, 0x32): ("TM", "2561")}, date(2015, 2, 2), None),
        ({(8, 0x32): ("TM", "14")}, date(2015, 2, 2), "14:00:00"),
        ({(8, 0x20): None, (8, 0x22): None}, None, None),
    ],
)
def test_day_and_time_of_the_exam(read_dxa, changes, day, clock):
    exam = read_dxa(lunar(changes)).exam
    assert (exam.exam_date, exam.exam_time) == (day, clock)


@pytest.mark.parametrize(
    ("age", "years"), [("059Y", 59.0), ("018M", 1.5), ("010W", 70 / 365.25), ("9D", 9 / 365.25)]
)
def test_ages_in_years_months_weeks_and_days(read_dxa, age, years):
    scan = read_dxa(lunar({(0x10, 0x1010): ("AS", age), (0x10, 0x30): None}))
    assert scan.subject.stated_age_years == pytest.approx(years)


def test_an_age_that_can_not_be_true_is_flagged(read_dxa):
    scan = read_dxa(lunar({(0x10, 0x1010): ("AS", "150Y"), (0x10, 0x30): ("DA", "18850101")}))
    assert scan.subject.stated_age_years is None
    assert "age_implausible" in scan.flags


def test_what_the_library_can_not_read_is_one_refusal(read, monkeypatch):
    import pydicom.filereader

    def explode(*_, **__):
        raise RecursionError("maximum recursion depth exceeded")

    monkeypatch.setattr(pydicom.filereader, "read_dataset", explode)
    with pytest.raises(UnusableScan, match=r"BS-E121 .*RecursionError"):
        read(lunar())


# ------------------------------------------------------------------ folders of an export


def test_two_persons_in_one_folder_and_all_sites_in_one_series(tmp_path):
    """As real iDXA exports come: one series for all sites, and files of two people side by side."""
    from bonescan.pipeline import measure
    from bonescan.settings import Settings

    second = {
        (8, 0x20): ("DA", "20180307"),
        (8, 0x22): ("DA", "20180307"),
        (0x10, 0x10): ("PN", "TEST^TWO"),
        (0x10, 0x20): ("LO", "0067890"),
        (0x10, 0x30): ("DA", "19650101"),
        (0x10, 0x1010): ("AS", "053Y"),
        (0x40, 0x254): None,
    }
    sites = {"Left Femur": "femur-left", "Right Femur": "femur-right", "LVA": "lateral-spine",
             "Left Ortho Knee": "knee-left", "Total Body": "total-body"}  # fmt: skip
    (tmp_path / "spine.dcm").write_bytes(lunar())
    for number, protocol in enumerate(sites):
        uid = {(8, 0x18): ("UI", f"1.2.840.113619.2.110.210000.20180601101010.1.{number}.12.1")}
        data = lunar({**second, **uid, (0x18, 0x1030): ("LO", protocol)})
        (tmp_path / f"{number}.dcm").write_bytes(data)
    found = {p.name: measure(p, Settings()) for p in sorted(tmp_path.iterdir())}
    spine = found.pop("spine.dcm")
    assert (spine.subject.patient_id, spine.exam.exam_date) == ("0012345", date(2015, 2, 2))
    assert {o.subject.patient_id for o in found.values()} == {"0067890"}
    assert {o.exam.exam_date for o in found.values()} == {date(2018, 3, 7)}  # not the UID's June
    assert [o.site for o in found.values()] == list(sites.values())
    assert len({o.exam.series_uid for o in (spine, *found.values())}) == 1
