"""The whole way of an exam in plain NumPy, without one compiled kernel, gives the same."""

from __future__ import annotations

import numpy as np
import pytest

from bonescan.kernels.plain import interface as plain_interface
from bonescan.kernels.plain import ranks as plain_ranks
from bonescan.kernels.plain import spectra as plain_spectra
from bonescan.rems import attenuation, features, interface, spectra
from bonescan.rems.estimate import estimate_scan
from bonescan.rems.estimators import components
from bonescan.rems.measure_site import look_at_site, measure_site
from bonescan.settings import RemsSettings

from .phantoms import FORM, bone_frames, rf_scan

KERNELS = (
    (interface, plain_interface, "surface_of_frame"),
    (spectra, plain_spectra, "group_power"),
    (attenuation, plain_ranks, "middle_of_columns"),
    (components, plain_ranks, "column_medians"),
    (features, plain_ranks, "column_medians"),
    (spectra, plain_ranks, "column_medians"),
)


def exam(seed):
    rng = np.random.default_rng(seed)
    across = np.linspace(-1.0, 1.0, 64)
    surface = 6.5 + rng.uniform(0.0, 2.0) * across**2 + 0.2 * rng.standard_normal((8, 1))
    return rf_scan({"femoral-neck-left": bone_frames(surface, rng, loss_db_mm=2.0 + seed)})


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_way_without_kernels_gives_the_same(monkeypatch, lenient, seed) -> None:
    scan = exam(seed)

    def whole_way():
        looked = look_at_site(scan.samples, scan.sites[0])
        return looked, measure_site(looked, FORM), estimate_scan(scan, lenient, RemsSettings())

    looked, measured, result = whole_way()
    for module, plain, name in KERNELS:
        monkeypatch.setattr(module, name, getattr(plain, name))
    plain_looked, plain_measured, plain_result = whole_way()
    np.testing.assert_allclose(plain_looked.surfaces.sample, looked.surfaces.sample, rtol=1e-10)
    np.testing.assert_array_equal(plain_looked.surfaces.usable, looked.surfaces.usable)
    # float32 in the kernel against float64 in the twin
    np.testing.assert_allclose(plain_measured.spectra.power, measured.spectra.power, rtol=1e-5)
    one, other = result.measurements[0], plain_result.measurements[0]
    assert other.bmd_g_cm2 == pytest.approx(one.bmd_g_cm2, rel=1e-6)
    assert other.flags == one.flags
    assert other.spectra_valid == one.spectra_valid
