"""Standardised BMD as a device prints it."""

from __future__ import annotations

import pytest

from bonescan.norms.standardise import standardised_bmd


def test_the_sbmd_of_a_norland_page():
    # Illuminatus 4.7.5, L2-L4: 0.8942 g/cm2 and sBMD 962.3 mg/cm2, so a factor of 1.0760 to 1.0763
    found, system = standardised_bmd(0.8942, scale="norland", site="L2-L4", system="genant-1994")
    assert found == pytest.approx(962.3, abs=0.06)
    assert system == "genant-1994"


@pytest.mark.parametrize("site", ["L1-L4", "L2", "femoral-neck-left", "radius-33"])
def test_no_equation_is_lent_to_another_site(site):
    assert standardised_bmd(0.9, scale="norland", site=site) is None
