"""Two modules spell sites: the wide one of files (`model.sites`) and the one that scores."""

from __future__ import annotations

from itertools import combinations

import pytest

from bonescan.model import sites as of_files
from bonescan.norms.site import VERTEBRAE, all_sites, parse_site, regions, site_of_vertebrae

# Regions that a file may carry and nothing scores: no reference, no label, no score of ours.
NEVER_SCORED = {
    "upper-neck", "lower-neck", "femoral-shaft", "dual-femur", "lumbar-spine", "radius-mid",
    "radius-ultradistal", "radius-total", "ulna-33", "ulna-mid", "ulna-ultradistal", "ulna-total",
    "forearm-33", "forearm-total", "forearm", "calcaneus", "hand",
}  # fmt: skip
SETS = [c for n in range(1, 5) for c in combinations(VERTEBRAE, n)]


@pytest.mark.parametrize("site", all_sites())
def test_every_site_that_scores_is_a_site_of_files_with_the_same_side(site):
    assert of_files.is_site(site)
    assert of_files.side_of(site) == parse_site(site).side
    assert of_files.without_side(site) == parse_site(site).without_side


@pytest.mark.parametrize("region", [*of_files.SIDED, *of_files.UNSIDED])
def test_a_region_of_files_scores_under_the_same_name_or_is_known_never_to_score(region):
    known = parse_site(region)
    assert (known is None) is (region in NEVER_SCORED)
    assert known is None or known.id == region
    for side in of_files.SIDES if region in of_files.SIDED else ():
        with_side = parse_site(f"{region}-{side}")
        assert (with_side and with_side.id) == (f"{region}-{side}" if known else None)


def test_both_know_the_same_regions_with_sides():
    ours = {r.id for r in regions().values() if r.sided}
    assert ours == set(of_files.SIDED) - NEVER_SCORED


@pytest.mark.parametrize("vertebrae", SETS, ids="+".join)
def test_a_set_of_vertebrae_has_one_spelling_in_both(vertebrae):
    name = of_files.spine_site(vertebrae)
    assert name == site_of_vertebrae(vertebrae).id
    assert parse_site(name).vertebrae == of_files.vertebrae_of(name) == vertebrae


@pytest.mark.parametrize("site", ["T12", "L5", "T12-L4", "L2-L5"])
def test_vertebrae_without_any_reference_are_of_files_only(site):
    assert of_files.is_site(site)
    assert parse_site(site) is None
