"""What is shipped of the collected tables, row by row, and that every constant has a source."""

from __future__ import annotations

import csv
import gzip

import pytest

from bonescan.errors import UsageError
from bonescan.norms.load import SHIPPED, load_norms

NORMS = load_norms()
SITES = {
    "neck": "femoral-neck", "totfem": "total-hip", "troch": "trochanter",
    "inter": "intertrochanter", "ward": "wards", "l1": "L1", "l2": "L2", "l3": "L3", "l4": "L4",
    "l1l4": "L1-L4", "l2l4": "L2-L4", "l1l3": "L1-L3", "l1l2": "L1-L2", "l2l3": "L2-L3",
    "l3l4": "L3-L4", "l1l2l4": "L1+L2+L4", "l1l3l4": "L1+L3+L4", "l1l3_gap": "L1+L3",
    "l1l4_gap": "L1+L4", "l2l4_gap": "L2+L4",
}  # fmt: skip

# Collected rows that are not fit to score with, and why.
LEFT_OUT = {
    "nhanes3_tr_f": "from memory with low confidence",
    "hologic_r33_f": "from memory with low confidence",
    "japan_dpx_th": "from memory with low confidence",
    "vietnam_ls_f": "which vertebrae is not said",
    "korea2004_ls_f": "which vertebrae is not said",
    "korea2004_fem_f": "which region of the hip is not said",
    "korea2004_fem_m": "which region of the hip is not said",
    "changsha_lumbar_spine_m": "which vertebrae is not said",
} | {
    f"{group}_{rest}": "the device is unknown, so the scale is"
    for group, rests in {
        "taipei": ("ls_f", "fem_f", "ls_m", "fem_m"),
        "bd2025": [f"{s}_{x}" for s in ("femoral_neck", "L1", "L2", "L3", "L4") for x in "MF"],
    }.items()
    for rest in rests
}
OTHER_NAMES = {
    "xue2021_ls_f": "xue2021_l1l4_f",
    "changsha_trochanter_m": "changsha_tr_m",
    "changsha_intertrochanter_m": "changsha_it_m",
    "changsha_femoral_neck_m": "changsha_fn_m",
    "changsha_total_hip_m": "changsha_th_m",
    "china_women_L1-L4": "china_women_l1l4_f",
    "china_women_femoral_neck": "china_women_fn_f",
    "china_women_trochanter": "china_women_tr_f",
    "japan_qdr_l2l4": "japan_hologic_l2l4_f",
    "japan_qdr_l1l4": "japan_hologic_l1l4_f",
    "japan_qdr_fn": "japan_hologic_fn_f",
    "japan_qdr_th": "japan_hologic_th_f",
    "japan_dpx_l2l4": "japan_ge_l2l4_f",
    "japan_dpx_l1l4": "japan_ge_l1l4_f",
    "japan_dpx_fn": "japan_ge_fn_f",
    "japan_dcs600_radius": "japan_dcs600_radius_f",
}


@pytest.mark.shared
def test_every_collected_row_is_shipped_or_left_out_for_a_reason(shared_dir):
    path = shared_dir / "data" / "norms" / "young_adult_reference.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = {r["ref_id"]: r for r in csv.DictReader(file)}
    assert set(LEFT_OUT) <= set(rows)
    for ref_id, row in rows.items():
        shipped = NORMS.young.get(OTHER_NAMES.get(ref_id, ref_id))
        assert (shipped is None) is (ref_id in LEFT_OUT), ref_id
        if shipped is None:
            continue
        assert row["confidence"] != "low", ref_id
        assert float(shipped.mean_g_cm2) == float(row["mean_g_cm2"]), ref_id
        assert float(shipped.sd_g_cm2) == float(row["sd_g_cm2"]), ref_id
        assert shipped.sex == row["sex"], ref_id
        # a mark may be weaker than that of the number alone (a device from memory), never stronger
        assert shipped.evidence == row["evidence"] or shipped.evidence == "M", ref_id


@pytest.mark.shared
def test_young_adults_of_the_survey_are_the_derived_ones(shared_dir):
    path = shared_dir / "data" / "nhanes" / "ref_bmd_2005_2010.csv.gz"
    with gzip.open(path, "rt", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["age_group"] == "20-29"]
    by_key = {
        (r.site, r.sex, r.population.partition("; ")[2]): r
        for r in NORMS.young.values()
        if r.id.startswith("nhanes_2005_2010_")
    }
    words = {
        "nh_white": "non-Hispanic white",
        "nh_black": "non-Hispanic black",
        "mexican_american": "Mexican-American",
        "hispanic": "Hispanic, Mexican-American and other",
        "all": "all of the United States population, whatever the ancestry",
    }
    assert len(rows) == len(by_key) == 200
    for row in rows:
        ours = by_key[SITES[row["site"]], row["sex"], words[row["race_ethnicity"]]]
        found = (ours.mean_g_cm2, ours.se_mean_g_cm2, ours.sd_g_cm2, ours.se_sd_g_cm2)
        wanted = tuple(float(row[k]) for k in ("mean", "se_mean", "sd", "se_sd"))
        assert tuple(float(v) for v in found) == wanted
        assert ours.n_people == int(row["n"]) >= 30


@pytest.mark.shared
def test_groups_of_age_are_the_derived_ones(shared_dir):
    path = shared_dir / "data" / "nhanes" / "ref_bmd_2005_2010.csv.gz"
    groups = {str(a): a + 0.5 for a in range(8, 20)}
    groups |= {f"{a}-{a + 9}": a + 5.0 for a in range(20, 80, 10)}
    n = 0
    with gzip.open(path, "rt", newline="") as file:
        for row in csv.DictReader(file):
            if row["age_group"] not in groups:
                continue
            reference = NORMS.age[f"nhanes_2005_2010_bands_{row['race_ethnicity']}"]
            middle = groups[row["age_group"]]
            _, mean, spread = reference.curves[SITES[row["site"]], row["sex"]].at(middle)
            assert mean == float(row["mean"])
            assert mean * spread == pytest.approx(float(row["sd"]), abs=1e-12)
            n += 1
    assert n == 3600


@pytest.mark.parametrize("reference", [*NORMS.young.values(), *NORMS.age.values()],
                         ids=lambda r: r.id)  # fmt: skip
def test_every_shipped_reference_has_citation_mark_scale_and_people(reference):
    assert len(reference.citation) > 40
    assert reference.evidence in {"S", "M", "D"}
    assert reference.confidence in {"high", "medium"}
    assert len(reference.checked_by) > 5
    assert reference.scale in {"hologic", "ge", "fujifilm"}
    assert reference.device
    assert reference.population
    if reference.evidence == "M":
        assert "memory" in (reference.citation + reference.checked_by).casefold()


def test_what_rests_on_memory_never_gives_t_by_default_unmarked():
    memory = {r.id for r in NORMS.young.values() if r.role == "policy" and r.evidence == "M"}
    assert memory == {
        "ge_l1l4_f", "hologic_l1_f", "hologic_l2_f", "hologic_l3_f", "hologic_l4_f",
        "ge_l2l4_f", "hologic_l2l4_f",
    }  # fmt: skip


HEAD = "id,role,ancestry,sex,site,age_range,n,mean,se_mean,sd,se_sd\n"
ROW = "own_fn_f,option,all,F,femoral-neck,20-29,100,0.88,0.007,0.12,0.005\n"


def own_family(tmp_path, rows):
    folder = tmp_path / "populations"
    folder.mkdir()
    text = (SHIPPED / "populations" / "nhanes_2005_2010.toml").read_text(encoding="utf-8")
    text = text.replace('id = "nhanes_2005_2010"', 'id = "own"')
    text = text.replace('"nhanes_2005_2010.csv"', '"own.csv"')
    (folder / "own.toml").write_text(text, encoding="utf-8")
    if rows is not None:
        (folder / "own.csv").write_text(HEAD + rows, encoding="utf-8")


def test_a_site_may_bring_many_references_in_one_table(tmp_path):
    own_family(tmp_path, ROW)
    found = load_norms(tmp_path).young["own_fn_f"]
    assert (found.n_people, float(found.se_sd_g_cm2)) == (100, 0.005)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (None, "no readable table"),
        (ROW.replace("0.12,", "0,"), "sd = 0, wanted a number above 0"),
        (ROW.replace("0.12,", "-0.12,"), "wanted a number above 0"),
        (ROW.replace("0.12,", "x,"), "sd = 'x', wanted a number"),
        (ROW.replace("0.005", "nan"), "wanted a number above 0"),
        (ROW.replace("100", ""), "n = '', wanted a number"),
        (ROW.replace(",all,", ",other,"), "ancestry = 'other', wanted one of"),
        (ROW.replace("option", "king"), "role = 'king', wanted one of policy"),
        (ROW.replace("femoral-neck", "neck"), "the site 'neck', wanted a site"),
        (ROW + ROW, "the id 'own_fn_f' a second time"),
        (ROW.replace("own_fn_f", "hologic_fn_f"), "the id 'hologic_fn_f' a second time"),
    ],
)
def test_a_broken_table_of_many_is_refused(tmp_path, rows, words):
    own_family(tmp_path, rows)
    with pytest.raises(UsageError, match=words):
        load_norms(tmp_path)
