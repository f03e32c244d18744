"""Spectra of one row of a cohort: the parts of its site that can be used, or why there are none."""

from __future__ import annotations

from bonescan.errors import UnusableScan
from bonescan.model.rems_model import SpectralForm
from bonescan.model.scan import RfScan, RfSite
from bonescan.model.sites import vertebrae_of

from ..measure_site import look_at_site, measure_site
from ..spectra import SiteSpectra
from ..spectra_table import check_sampling, spectra_of_table
from ..train import MIN_GROUPS

LEAST_VERTEBRAE = 2


def training_spectra(scan: RfScan, site: str, form: SpectralForm) -> tuple[SiteSpectra, ...]:
    """Take the averaged spectra of a site, one member a vertebra where it has several.

    Parameters
    ----------
    scan : RfScan
    site : str
        ``L1-L4`` stands for the vertebrae that the exam holds.
    form : SpectralForm

    Returns
    -------
    parts : tuple of SiteSpectra
        At least forty groups in all, of at least two vertebrae.

    Raises
    ------
    UnusableScan
        BS-E161 where fewer are left; the code of the only part where there is
        only one.
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
            parts += [part] if part.n_groups else []
    if refused and not parts:
        raise refused[0]
    found = sum(p.n_groups for p in parts)
    least = LEAST_VERTEBRAE if len(names) > 1 else 1
    if found < MIN_GROUPS or len(parts) < least:
        reasons = "".join(f" {r.reason}" for r in refused)
        raise UnusableScan(
            "BS-E161",
            f"{site}: found {found} averaged spectra of {len(parts)} parts, wanted at least "
            f"{MIN_GROUPS} of {least}.{reasons}",
        )
    return tuple(parts)


def _spectra(scan: RfScan, site: RfSite, form: SpectralForm) -> SiteSpectra:
    if site.has_rf and scan.samples is not None:
        check_sampling(site, form)
        return measure_site(look_at_site(scan.samples, site), form).spectra
    return spectra_of_table(site, form)
