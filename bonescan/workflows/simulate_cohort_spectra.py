"""Keep of simulated samples only the averaged spectra that the analysis makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bonescan.errors import UnusableScan
from bonescan.files.rf_exam import RfSiteContent
from bonescan.model.rems_model import SpectralForm
from bonescan.model.scan import SpectraTable
from bonescan.rems.measure_site import MeasuredSite, look_at_site, measure_site
from bonescan.rems.spectra import LEAST_SHARE_1, NOISE_1
from bonescan.simulate.exam import SimulatedRf
from bonescan.simulate.rf_content import rf_site

from .build_demo_model import FORM, InMemory, site_of

Counts = NDArray[np.int64]


def stored_spectra(
    exams: Sequence[SimulatedRf], form: SpectralForm = FORM
) -> tuple[list[RfSiteContent], str]:
    """Analyse samples up to the averaged spectra, as a run would.

    Returns
    -------
    sites : list of RfSiteContent
        Those that gave spectra.
    reason : str
        Why others gave none.
    """
    sites, reasons = [], []
    for exam in exams:
        try:
            looked = look_at_site(InMemory(exam=exam), site_of(exam))
            table = table_of(measure_site(looked, form), form)
        except UnusableScan as error:
            reasons.append(error.reason)
        else:
            stored = rf_site(exam)
            sites.append(replace(stored, rf=None, spectra=table, line_angle_rad=None))
    return sites, " ".join(reasons)


def table_of(measured: MeasuredSite, form: SpectralForm) -> SpectraTable:
    """Lay averaged spectra out as a file stores them.

    Beyond the band stand the bins in which only noise is, each with the noise
    that was found: a reader of the file finds the same spectra and the same noise.
    Of a pair of frames and a block of lines the number of each is stored.

    Raises
    ------
    UnusableScan
        BS-E161 where no group of lines is whole enough.
    """
    spectra = measured.spectra
    n_gates, n_groups, _ = spectra.power.shape
    if n_groups == 0:
        site = measured.looked.site.site
        raise UnusableScan("BS-E161", f"{site}: found no group of lines with enough of them.")
    pair, block, count = _members(measured.gates.used, form)
    if count.size != n_groups:
        raise RuntimeError(f"{count.size} groups of lines, {n_groups} averaged spectra")
    quiet_hz = np.array(NOISE_1) * form.fs_hz
    power = np.concatenate(
        [spectra.power, np.repeat(spectra.noise[..., None], quiet_hz.size, axis=2)], axis=2
    ).reshape(n_gates * n_groups, -1)
    whole = np.isfinite(power).all(axis=1) & (power > 0).all(axis=1)
    start_m = np.repeat(np.array(form.gate_start_mm) * 1e-3, n_groups)

    def each(values: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(np.tile(values, n_gates)[whole])

    return SpectraTable(
        power=power[whole].astype(np.float32),
        frequency_hz=np.concatenate([form.frequency_hz, quiet_hz]),
        gate_start_m=start_m[whole],
        gate_length_m=np.full(int(whole.sum()), form.gate_length_m),
        depth_m=each(np.round(spectra.depth_mm * 1e-3, 7)),
        line=each(block),
        frame=each(pair),
        n_averaged=each(count),
        window=form.window,
        unit="1",
    )


def _members(used: NDArray[np.bool_], form: SpectralForm) -> tuple[Counts, Counts, Counts]:
    """Give number of frames, block of lines and count of lines of each group that was kept."""
    used = used[used.any(axis=1)]
    n_blocks = -(-used.shape[1] // form.group_lines)
    frame, line = np.nonzero(used)
    member = (frame // form.group_frames) * n_blocks + line // form.group_lines
    count = np.bincount(member, minlength=1)
    kept = np.flatnonzero(count >= LEAST_SHARE_1 * form.group_size)
    return kept // n_blocks, kept % n_blocks, count[kept]
