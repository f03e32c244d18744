"""`bonescan facts`: template, import, show."""

from __future__ import annotations

import json

import pytest

from bonescan.files.fact_names import FACT_NAMES

FACTS = """patient_id,issuer,date,fact,value,source
0012,,,birth_date,1960-01-02,chart
0012,,2022-08-14,fragility_fracture,hip,chart
0012,,2022-08-14,fragility_fracture,forearm,chart
0013,,,sex,X,chart
"""


@pytest.mark.parametrize("form", ["long", "wide"])
def test_a_template_can_be_imported_as_it_is(verb, tmp_path, form):
    out = tmp_path / "template.csv"
    assert verb("facts", "template", "--out", out, "--form", form)[0] == 0
    assert out.read_bytes().startswith(b"\xef\xbb\xbf"), "a spreadsheet needs the mark"
    code, printed, _ = verb("facts", "import", out, "--check-only", "--json")
    document = json.loads(printed)
    assert [p["code"] for p in document["problems"]] == ["BS-W202"], "only the examples"
    assert (code, document["data"]["facts"]) == (4, 0)


def test_the_template_can_be_printed(verb):
    code, out, _ = verb("facts", "template")
    assert code == 0
    assert out.startswith("patient_id,issuer,date,fact,value,source\n")


def test_every_fact_is_listed(verb):
    _, out, _ = verb("facts", "template", "--list", "--json")
    assert {f["fact"] for f in json.loads(out)["data"]["facts"]} == set(FACT_NAMES)
    assert "takes F, M" in verb("facts", "template", "--list")[1]


def test_import_keeps_what_it_can_and_show_gives_it_back(verb, tmp_path):
    source, out = tmp_path / "facts.csv", tmp_path / "out"
    source.write_text(FACTS, encoding="utf-8")
    code, printed, _ = verb("facts", "import", source, "-o", out, "--json")
    document = json.loads(printed)
    assert code == 0
    assert document["data"] == {"facts": 3, "people": 1, "added": 3, "refused": 1}
    assert "Line 5, column 'value': sex: found 'X'" in document["problems"][0]["reason"]
    _, printed, _ = verb("facts", "show", out, "--json")
    shown = json.loads(printed)["data"]["facts"]
    assert {(f["fact"], f["value"]) for f in shown} == {
        ("birth_date", "1960-01-02"),
        ("fragility_fracture", "hip"),
        ("fragility_fracture", "forearm"),
    }
    assert json.loads(verb("facts", "show", out, "--patient", "12", "--json")[1])["data"] == {
        "facts": []
    }


def test_importing_again_adds_nothing_and_a_correction_supersedes(verb, tmp_path):
    source, out = tmp_path / "facts.csv", tmp_path / "out"
    source.write_text(FACTS, encoding="utf-8")
    verb("facts", "import", source, "-o", out)
    _, printed, _ = verb("facts", "import", source, "-o", out, "--json")
    assert json.loads(printed)["data"]["added"] == 0
    source.write_text(FACTS.replace("1960-01-02", "1961-01-02"), encoding="utf-8")
    verb("facts", "import", source, "-o", out)
    _, printed, _ = verb("facts", "show", out)
    assert "1961-01-02" in printed
    assert "1960-01-02" not in printed


def test_a_fact_taken_out_of_its_file_is_out_of_force_and_another_file_s_stays(verb, tmp_path):
    source, other, out = tmp_path / "facts.csv", tmp_path / "other.csv", tmp_path / "out"
    source.write_text(FACTS, encoding="utf-8")
    other.write_text("patient_id,fact,value\n0012,same_as,0044\n", encoding="utf-8")
    for file in (source, other):
        verb("facts", "import", file, "-o", out)
    source.write_text(
        FACTS.replace(
            "2022-08-14,fragility_fracture,hip", "2021-08-14,fragility_fracture,hip"
        ).replace("0012,,2022-08-14,fragility_fracture,forearm,chart\n", ""),
        encoding="utf-8",
    )
    verb("facts", "import", source, "-o", out)
    newer = tmp_path / "newer.csv"
    newer.write_text("patient_id,fact,value\n0012,same_as,0045\n", encoding="utf-8")
    verb("facts", "import", newer, "-o", out)
    shown = json.loads(verb("facts", "show", out, "--json")[1])["data"]["facts"]
    assert {(f["date"], f["fact"], f["value"]) for f in shown} == {
        (None, "birth_date", "1960-01-02"),
        ("2021-08-14", "fragility_fracture", "hip"),
        (None, "same_as", "0045"),
    }


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("import", "{tmp}/nothing.csv", "-o", "{tmp}/out"), 2, "BS-E320 nothing.csv"),
        (("import", "{tmp}/facts.csv"), 2, "found no -o, wanted the result folder"),
        (("show", "{tmp}/out"), 2, "BS-E305"),
        (("template", "--form", "tall"), 2, "found --form tall, wanted long or wide"),
        (("template", "--out", "{tmp}/no/x.csv"), 5, "BS-E501"),
    ],
)
def test_bad_input_is_one_sentence(verb, tmp_path, words, code, sentence):
    (tmp_path / "facts.csv").write_text(FACTS, encoding="utf-8")
    found, _, err = verb("facts", *(w.format(tmp=tmp_path) for w in words))
    assert found == code
    assert sentence in err


def test_a_stranger_among_the_facts_is_named_and_kept(verb, tmp_path, sample_scans):
    source, out = tmp_path / "facts.csv", tmp_path / "out"
    source.write_text(FACTS, encoding="utf-8")
    scan = sample_scans / "0001004_dxa_lumbar.dcm"
    assert verb("run", scan, "-o", out, "--report", "none", "--workers", "1")[0] == 0
    _, printed, _ = verb("facts", "import", source, "-o", out, "--json")
    document = json.loads(printed)
    (problem,) = [p for p in document["problems"] if p["code"] == "BS-W203"]
    assert "Found 3 facts about the id '0012', which no scan" in problem["reason"]
    assert document["data"]["added"] == 3
