"""Spectra of one row of a cohort: the parts of its site that can be used, or why there are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonescan.errors import UnusableScan
from bonescan.files.calibration import Calibration
from bonescan.model.rems_model import SpectralForm
from bonescan.model.scan import RfScan, RfSite
from bonescan.model.sites import vertebrae_of

from ..calibrate import calibration_for, system_correction_db
from ..measure_site import look_at_site, measure_site
from ..spectra import SiteSpectra
from ..spectra_table import check_sampling, spectra_of_table
from .sizes import MIN_GROUPS

Array = NDArray[np.float64]

LEAST_VERTEBRAE = 2


@dataclass(frozen=True, eq=False, kw_only=True)
class ExamSpectra:
    """What is learnt from of one exam: spectra, and the response of its device, (bin,)."""

    parts: tuple[SiteSpectra, ...]
    system_db: Array | None = None


def training_spectra(
    scan: RfScan, site: str, form: SpectralForm, calibrations: Sequence[Calibration] = ()
) -> ExamSpectra:
    """Take the averaged spectra of a site, one member a vertebra where it has several.

    Parameters
    ----------
    scan : RfScan
    site : str
        ``L1-L4`` stands for the vertebrae that the exam holds.
    form : SpectralForm
    calibrations : sequence of Calibration
        Where there are any, the exam must name one of them.

    Returns
    -------
    found : ExamSpectra
        At least forty groups in all, of at least two vertebrae.

    Raises
    ------
    UnusableScan
        BS-E161 where fewer are left; the code of the only part where there is
        only one; BS-E361, BS-E363 where the calibration is missing, does not
        reach the band, or differs between the parts.
    """
    by_name = {s.site: s for s in scan.sites}
    names = [site] if site in by_name else [v for v in vertebrae_of(site) if v in by_name]
    parts: list[SiteSpectra] = []
    refused: list[UnusableScan] = []
    for name in names:
        try:
            part = _spectra(scan, by_name[name], form)
        except UnusableScan as verdict:
            refused.append(verdict)
        else:
            parts += [part] if part.sounding.any() else []
    if refused and not parts:
        raise refused[0]
    found = sum(int(p.sounding.sum()) for p in parts)
    least = LEAST_VERTEBRAE if len(names) > 1 else 1
    if found < MIN_GROUPS or len(parts) < least:
        reasons = "".join(f" {r.reason}" for r in refused)
        raise UnusableScan(
            "BS-E161",
            f"{site}: found {found} averaged spectra of {len(parts)} parts, wanted at least "
            f"{MIN_GROUPS} of {least}.{reasons}",
        )
    used = [by_name[name] for name in names]
    return ExamSpectra(parts=tuple(parts), system_db=_system_db(used, form, calibrations))


def _system_db(
    sites: Sequence[RfSite], form: SpectralForm, calibrations: Sequence[Calibration]
) -> Array | None:
    if not calibrations:
        return None
    found = [calibration_for(s, calibrations, needed=True) for s in sites]
    names = {c.calibration_id for c in found if c is not None}
    first = found[0]
    if first is None or len(names) > 1:
        raise UnusableScan(
            "BS-E363", f"found the calibrations {', '.join(sorted(names))} in one exam, wanted one."
        )
    return system_correction_db(first, form.frequency_hz)


def _spectra(scan: RfScan, site: RfSite, form: SpectralForm) -> SiteSpectra:
    if site.has_rf and scan.samples is not None:
        check_sampling(site, form)
        return measure_site(look_at_site(scan.samples, site), form).spectra
    return spectra_of_table(site, form)
