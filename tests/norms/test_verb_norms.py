"""`bonescan norms`: list, show, check."""

from __future__ import annotations

import json

import pytest

from bonescan.norms.load import SHIPPED


def test_list_names_every_reference_with_its_mark(verb):
    code, out, _ = verb("norms", "list", "--json")
    rows = {r["id"]: r for r in json.loads(out)["data"]["references"]}
    assert code == 0
    assert rows["hologic_fn_f"]["role"] == "policy"
    assert rows["ge_l1l4_f"]["evidence"] == "M"
    assert rows["nhanes_2005_2010_all"]["kind"] == "age"
    single = len(list((SHIPPED / "populations").glob("*.toml"))) - 1
    # 20 sites x 2 sexes x 5 ancestries in one table; 4 ancestries have curves, 5 groups of age
    assert len(rows) == single + 200 + 4 + 5


def test_list_can_be_cut_to_a_site(verb):
    code, out, _ = verb("norms", "list", "--site", "total hip left")
    assert code == 0
    assert "hologic_th_f" in out
    assert "hologic_fn_f" not in out


def test_curves_of_a_site_are_listed_with_it(verb):
    _, out, _ = verb("norms", "list", "--site", "L1+L3")
    assert "nhanes_2005_2010_bands_all" in out
    assert "nhanes_2005_2010_l1_l3_f " in out
    assert "nhanes_2005_2010_nh_white" not in out, "it has no curve of that set"


def test_standard_errors_are_shown_where_the_table_has_them(verb, tmp_path):
    # nhanes: neck of white women 20-29, 451 people, 0.0067 and 0.0047 g/cm2
    _, out, _ = verb("norms", "show", "nhanes_2005_2010_fn_f", "--json")
    data = json.loads(out)["data"]
    assert (data["n_people"], data["se_mean_g_cm2"], data["se_sd_g_cm2"]) == (451, 0.0067, 0.0047)
    _, out, _ = verb("norms", "show", "nhanes_2005_2010_nh_white", "--json")
    neck = next(c for c in json.loads(out)["data"]["curves"]
                if (c["site"], c["sex"]) == ("femoral-neck", "F"))  # fmt: skip
    assert all(0.0044 <= p["se_m_g_cm2"] <= 0.0091 for p in neck["points"] if p["age_years"] <= 80)
    _, out, _ = verb("norms", "show", "nhanes_2005_2010_bands_all", "--json")
    points = json.loads(out)["data"]["curves"][0]["points"]
    assert {p["se_m_g_cm2"] for p in points} == {None}


def test_show_gives_citation_and_printed_example(verb):
    code, out, _ = verb("norms", "show", "hologic_fn_f")
    assert code == 0
    assert "Hologic, Inc." in out
    assert "0.607 g/cm2, T -2.2 printed, -2.180 computed" in out


def test_show_of_a_curve_names_the_united_states_and_disclaims(verb):
    _, out, _ = verb("norms", "show", "nhanes_2005_2010_all")
    assert "United States" in out
    assert "NCHS is not responsible" in out


def test_an_unknown_id_names_its_neighbours(verb):
    code, _, err = verb("norms", "show", "hologic_fn")
    assert code == 2
    assert "BS-E343 found the reference 'hologic_fn', wanted a known id, such as" in err


def test_check_reproduces_what_reports_print(verb):
    code, out, _ = verb("norms", "check", "--json")
    data = json.loads(out)["data"]
    assert code == 0
    assert data["reproduced"] == data["printed_examples"] >= 14


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [("mean = 0.849", "mean = 0.949", 4), ("sd = 0.111", "sd = 0", 2)],
    ids=["printed T not reproduced", "schema broken"],
)
def test_check_finds_a_wrong_table(verb, tmp_path, old, new, code):
    (tmp_path / "populations").mkdir()
    text = (SHIPPED / "populations" / "hologic_fn_f.toml").read_text(encoding="utf-8")
    text = text.replace('"hologic_fn_f"', '"own_fn"').replace('"policy"', '"option"')
    (tmp_path / "populations" / "own_fn.toml").write_text(text.replace(old, new), encoding="utf-8")
    found, out, err = verb("norms", "check", tmp_path)
    assert found == code
    assert ("BS-E345 own_fn gives T" in out) if code == 4 else ("BS-E341" in err)
