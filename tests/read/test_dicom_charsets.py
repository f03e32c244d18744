"""Names under the character set that the user names, and the words for it."""

from __future__ import annotations

import pytest

from bonescan.model.vocabulary import OutcomeKind
from bonescan.pipeline import measure
from bonescan.read.dicom.charsets import NAMED, Text, decode
from bonescan.settings import ReadSettings, Settings

from .dicom_bytes import lunar

NAMES = ["陳怡君", "許功蓋", "張麗華"]  # each letter of the second ends in 0x5C in Big5
MOJIBAKE = "³¯©É§g"  # 陳怡君 in Big5, read as Latin-1


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("terms", [(), ("ISO_IR 6",), ("ISO_IR 100",), ("ISO_IR 192",)])
def test_the_named_set_holds_where_files_declare_none_or_a_wrong_one(name, terms):
    assert decode(name.encode("cp950"), terms, "big5") == Text(name)
    assert decode(name.encode("gb18030"), terms, "gb18030") == Text(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_declared_set_that_fits_stands_above_the_named_one(name):
    assert decode(name.encode("utf-8"), ("ISO_IR 192",), "big5") == Text(name)
    assert decode(name.encode("gb18030"), ("GB18030",), "big5") == Text(name)


def test_code_extensions_are_taken_at_their_word():
    simplified = b"Wang=\x1b$)A" + "小东".encode("gb2312")
    assert decode(simplified, ("", "ISO 2022 IR 58"), "big5").text == "Wang=\u5c0f\u4e1c"
    declared_later = decode(simplified, ("ISO 2022 IR 6", "ISO 2022 IR 58"), "big5")
    assert declared_later.text == "Wang=\u5c0f\u4e1c"


def test_the_name_of_the_user_ends_the_guessing():
    name = "Müller".encode("latin-1")
    assert decode(name, (), "latin-1") == Text("Müller")
    assert decode("陳怡君".encode("cp950"), ("ISO_IR 100",), "latin-1") == Text(MOJIBAKE)


def test_bytes_that_are_not_the_named_set_are_flagged():
    assert decode(b"\xff\xfe", (), "big5").flag == "charset_undecodable"


def test_traditional_names_do_not_fit_the_simplified_set():
    for name in ("陳怡君", "張麗華"):
        with pytest.raises(UnicodeEncodeError):
            name.encode("gb2312")


@pytest.mark.parametrize("word", NAMED)
def test_plain_letters_are_the_same_in_every_set(word):
    assert decode(b"DOE^JANE", ("ISO_IR 100",), word) == Text("DOE^JANE")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("declared", ["", "ISO_IR 100", "ISO_IR 192"])
def test_a_file_is_measured_under_the_named_set_without_a_guess(tmp_path, name, declared):
    path = tmp_path / "scan.dcm"
    changes = {(8, 5): ("CS", declared), (0x10, 0x10): ("PN", name.encode("cp950"))}
    path.write_bytes(lunar(changes))
    outcome = measure(path, Settings(read=ReadSettings(charset="big5")))
    assert outcome.kind == OutcomeKind.NO_NUMBERS
    assert outcome.subject.name == name
    assert measure(path, Settings()).subject.name == name  # guessed, and flagged as such


def test_the_option_is_one_of_the_sets(verb, tmp_path):
    path = tmp_path / "scan.dcm"
    path.write_bytes(lunar({(0x10, 0x10): ("PN", "許功蓋".encode("cp950"))}))
    code, _, errors = verb("inspect", path, "--charset", "ebcdic")
    assert code == 2
    assert "found --charset ebcdic, wanted one of big5" in errors.replace("\n", " ")
    code, out, _ = verb("inspect", path, "--charset", "Big5")
    assert code == 0
    assert "charset_guessed" not in out


def test_results_without_the_option_keep_their_key():
    from bonescan.files.model_file import load_model
    from bonescan.norms.load import load_norms
    from bonescan.workflows.run_folder import work_key

    versions = load_norms(None), load_model(None)
    plain = work_key("0" * 64, Settings(), *versions)
    named = work_key("0" * 64, Settings(read=ReadSettings(charset="big5")), *versions)
    assert plain != named
