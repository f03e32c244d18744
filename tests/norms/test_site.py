"""The grammar of sites."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bonescan.norms.site import VERTEBRAE, all_sites, parse_site, regions, site_of_vertebrae


@pytest.mark.parametrize(
    ("text", "site"),
    [
        ("L1-L4", "L1-L4"),
        ("l1 - l4", "L1-L4"),
        ("L1–L4", "L1-L4"),
        ("L2-4", "L2-L4"),
        ("L1,L2,L3,L4", "L1-L4"),
        ("L1+L3", "L1+L3"),
        ("L1,L3-L4", "L1+L3+L4"),
        ("L1-L2,L4", "L1+L2+L4"),
        ("L1-L4 (L2)", "L1+L3+L4"),
        ("L1-L4(L1,L2)", "L3-L4"),
        ("AP Spine L1-L4", "L1-L4"),
        ("腰椎 L2-L4", "L2-L4"),
        ("femoral-neck", "femoral-neck"),
        ("Femoral Neck Left", "femoral-neck-left"),
        ("Left Femoral Neck", "femoral-neck-left"),
        ("neck (right)", "femoral-neck-right"),
        ("左股骨頸", "femoral-neck-left"),
        ("股骨頸-右", "femoral-neck-right"),
        ("total_hip_mean", "total-hip-mean"),
        ("Total Femur", "total-hip"),
        ("WARD'S", "wards"),
        ("Ward\u2019s Triangle left", "wards-left"),
        ("1/3 Radius", "radius-33"),
        ("radius-33-right", "radius-33-right"),
        ("whole body", "total-body"),
        ("knee left", "knee-left"),
        ("全髖", "total-hip"),
    ],
)
def test_known_spellings_mean_one_site(text, site):
    assert parse_site(text).id == site


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "spine", "lumbar spine", "L5", "L1-L5", "L4-L1", "L1-L1", "L1+L1", "L3,L1", "T12",
        "L1-L4 (L5)", "L1-L3 (L4)", "L1-L4 (L1-L4)", "total", "hip socket", "total-body-left",
        "lateral-spine-right", "L1-L4-left", "left", "neck neck", None,
    ],
)  # fmt: skip
def test_what_is_no_site_or_could_be_two_is_refused(text):
    assert parse_site(text) is None


@pytest.mark.parametrize("site", all_sites())
def test_every_site_reads_back_as_itself(site):
    assert parse_site(site).id == site
    assert parse_site(parse_site(site).name()).id == site
    assert parse_site(site).name("zh-TW")


@given(st.sets(st.sampled_from(VERTEBRAE), min_size=1))
def test_every_set_of_vertebrae_has_one_spelling(chosen):
    site = site_of_vertebrae(tuple(chosen))
    assert set(site.vertebrae) == chosen
    assert parse_site(site.id).vertebrae == site.vertebrae
    assert parse_site(",".join(sorted(chosen))).id == site.id


@given(st.text(max_size=30))
def test_no_text_breaks_the_parser(text):
    site = parse_site(text)
    assert site is None or site.id in all_sites()


@pytest.mark.parametrize(
    ("site", "labels"),
    [
        ("L1-L4", "yes"),
        ("L1+L3", "yes"),
        ("L2", "no"),
        ("femoral-neck-left", "yes"),
        ("femoral-neck-mean", "no"),
        ("total-hip", "yes"),
        ("trochanter", "no"),
        ("intertrochanter-left", "no"),
        ("wards-left", "no"),
        ("radius-33-right", "if-no-spine-or-hip"),
        ("total-body", "no"),
        ("lateral-spine", "no"),
        ("knee-right", "no"),
    ],
)
def test_only_some_sites_may_label(site, labels):
    assert parse_site(site).labels == labels


@pytest.mark.parametrize("region", regions().values(), ids=lambda r: r.id)
def test_every_region_has_its_names_and_its_source(region):
    assert region.name_en
    assert any("\u4e00" <= c <= "\u9fff" for c in region.name_zh)
    assert len(region.citation) > 20


@pytest.mark.shared
def test_chinese_names_are_those_of_the_glossary(shared_dir):
    lines = (shared_dir / "glossary.csv").read_text(encoding="utf-8").splitlines()[1:]
    glossary = {cells[0]: cells[1] for cells in (line.split(",") for line in lines)}
    for region in regions().values():
        if region.name_en in glossary:
            assert region.name_zh == glossary[region.name_en]
