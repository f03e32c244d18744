"""A few exams without the deepest gates are left out; many take the estimator away."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from bonescan.files.model_file import load_model
from bonescan.rems.fitting import Reference
from bonescan.rems.spectra import SiteSpectra
from bonescan.workflows.build_model import _with_gates

FORM = load_model(None).form
REFERENCE = Reference(reference_id="planted", mean_g_cm2=0.85, sd_g_cm2=0.12)
N = 170


def pair(number: int, n_gates: int) -> SimpleNamespace:
    """One scan of one woman: every third has T = -3, every third T = 0."""
    spectra = SiteSpectra(
        power=np.ones((n_gates, 6, FORM.frequency_hz.size)),
        noise=np.zeros((n_gates, 6)),
        depth_mm=np.full(6, 60.0),
        cluster=np.arange(6),
        n_lines=60,
    )
    bmd = (0.49, 0.67, 0.85)[number % 3]
    row = SimpleNamespace(line=number + 2, exam=f"{number}.h5", site="L1-L4", dxa_bmd_g_cm2=bmd)
    exam = SimpleNamespace(
        parts=(spectra,), person_id=str(number), issuer=None, sex="F", dxa_bmd_g_cm2=bmd
    )
    return SimpleNamespace(pair=SimpleNamespace(row=row), exam=exam)


def cohort(n_short: int, n: int = N) -> list[SimpleNamespace]:
    """The first `n_short` have gates A to C only, the others all seven."""
    return [pair(i, 3 if i < n_short else len(FORM.gate_start_mm)) for i in range(n)]


def test_nobody_is_left_out_where_all_have_the_gates() -> None:
    measured = cohort(0)
    assert _with_gates(measured, "lumbar-spine", FORM, REFERENCE) == (measured, [], ())


@pytest.mark.parametrize("n_short", [1, 17])
def test_a_few_are_left_out_by_name(n_short) -> None:
    measured = cohort(n_short)
    kept, short, notes = _with_gates(measured, "lumbar-spine", FORM, REFERENCE)
    assert kept == measured[n_short:]
    assert [(r.line, r.code) for r in short] == [(i + 2, "BS-E389") for i in range(n_short)]
    assert "wanted power in all gates of 0 to 7.75 mm" in short[0].reason
    assert notes == (f"left out: {n_short} of {N} exams lack gates that the attenuation takes",)


@pytest.mark.parametrize(("n_short", "n"), [(18, N), (5, 154), (N, N)])
def test_many_stay_as_do_those_without_whom_too_few_are_left(n_short, n) -> None:
    """More than a tenth; 149 people without the five, where 150 are wanted; all."""
    measured = cohort(n_short, n)
    kept, short, notes = _with_gates(measured, "lumbar-spine", FORM, REFERENCE)
    assert (kept, short) == (measured, [])
    assert notes == (
        f"no estimator attenuation: {n_short} of {n} exams lack gates that the attenuation takes",
    )
