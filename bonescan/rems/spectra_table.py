"""Spectra that a file brings ready made: checked against the model's form, gates paired."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from bonescan.errors import UnusableScan
from bonescan.model.rems_model import SpectralForm
from bonescan.model.scan import RfSite, SpectraTable

from .spectra import LEAST_SHARE_1, NOISE_1, SiteSpectra

Array = NDArray[np.float64]

SAME_1 = 1e-3  # relative difference below which two frequencies or lengths are the same
GATE_TOLERANCE_MM = 0.05
HZ_PER_MHZ = 1e6
MM_PER_M = 1000.0
# Names under which the model's window goes.
WINDOW_NAMES = {"hann": ("hann", "hanning")}
# Units in plain small letters (`_plain`).
_LOGARITHMIC = re.compile(r"(?<![a-z])(db|decibel|bels?\b|np\b|neper|log|ln\b)")
_LINEAR = re.compile(
    r"1|linear( power)?|power|dimensionless|a\.? ?u\.?|arb\.?( units?)?|arbitrary units?"
    r"|([numkμ]?(v|pa|counts?) ?2|[numkμ]?w|1) ?(/ ?[km]?hz)?"
)


def check_sampling(site: RfSite, form: SpectralForm) -> None:
    """Refuse samples or spectra of another sampling rate than the model's."""
    if not math.isclose(site.fs_hz, form.fs_hz, rel_tol=SAME_1):
        raise UnusableScan(
            "BS-E162",
            f"{site.site}: found a sampling rate of {site.fs_hz / HZ_PER_MHZ:g} MHz, and the model "
            f"is for {form.fs_hz / HZ_PER_MHZ:g} MHz.",
        )


def spectra_of_table(site: RfSite, form: SpectralForm) -> SiteSpectra:
    """Take the averaged spectra that a file stores.

    Parameters
    ----------
    site : RfSite
        With `spectra`. Rows of one line (`n_averaged` 1) are averaged here, rows
        of at least 60 % of a group are taken as groups.
    form : SpectralForm

    Returns
    -------
    spectra : SiteSpectra
        Groups for which both gates A and B are stored. The noise is known only
        where the table reaches beyond the pulse, to 0.4 of the sampling rate.
        The order of the rows makes no difference, not even in rounding.

    Raises
    ------
    UnusableScan
        BS-E162 another rate, window, band, gate length or averaging, or power
        that is not linear; BS-E169 no pair of gates.
    """
    table = site.spectra
    if table is None:
        raise UnusableScan("BS-E169", f"{site.site}: found no spectra.")
    check_sampling(site, form)
    _check_window(table, site, form)
    _check_unit(table, site)
    bins = _bins(table, site, form)
    gate = _gates(table, site, form)
    power = np.asarray(table.power, dtype=np.float64)
    sound = np.all(np.isfinite(power[:, bins]) & (power[:, bins] > 0), axis=1) & (gate >= 0)
    _check_length(table, site, form, sound)
    frame, line = _keys(table, len(power))
    group, cluster = _groups(table, site, form, (frame, line))
    depth_m = np.full(len(power), np.nan) if table.depth_m is None else table.depth_m
    rows = _Rows(
        power=power,
        depth_mm=np.asarray(depth_m, dtype=np.float64) * MM_PER_M,
        gate=gate,
        group=group,
        cluster=cluster,
        sound=sound,
    )
    return _assembled(table, rows.ordered(bins), bins, site, len(form.gate_start_mm))


def _check_window(table: SpectraTable, site: RfSite, form: SpectralForm) -> None:
    names = WINDOW_NAMES.get(form.window, (form.window,))
    if (table.window or "").casefold() not in names:
        raise UnusableScan(
            "BS-E162",
            f"{site.site}: found spectra of the window {table.window or 'unknown'}, and the model "
            f"is for the window {form.window}.",
        )


def _check_unit(table: SpectraTable, site: RfSite) -> None:
    if is_logarithmic(table.unit):
        raise UnusableScan(
            "BS-E162",
            f"{site.site}: found spectra in the unit {str(table.unit)[:40]}, a logarithmic "
            "level, and the model is for linear power.",
        )


def is_logarithmic(unit: str | None) -> bool:
    """Tell whether a unit names a level instead of a linear quantity.

    >>> is_logarithmic("dB re 1 V^2/Hz"), is_logarithmic("V^2/Hz"), is_logarithmic(None)
    (True, False, False)
    """
    return unit is not None and _LOGARITHMIC.search(_plain(unit)) is not None


def is_linear_power(unit: str | None) -> bool:
    """Tell whether a unit is known to be of linear power; unknown ones are not.

    >>> is_linear_power("V^2 / Hz"), is_linear_power("mV²"), is_linear_power("V")
    (True, True, False)
    """
    return unit is not None and _LINEAR.fullmatch(_plain(unit)) is not None


def _plain(unit: str) -> str:
    """Write a unit in plain small letters: V² as v2, full-width letters as others."""
    folded = unicodedata.normalize("NFKC", unit).casefold()
    return re.sub(r"[\s^*_]+", " ", folded).strip()


def _check_length(
    table: SpectraTable, site: RfSite, form: SpectralForm, used: NDArray[np.bool_]
) -> None:
    """Refuse another gate length in any row that is used: forms are never mixed."""
    if table.gate_length_m is None:
        raise UnusableScan("BS-E169", f"{site.site}: found spectra without gate_length_m.")
    found_mm = np.asarray(table.gate_length_m, dtype=np.float64)[used] * MM_PER_M
    wanted_mm = form.gate_length_m * MM_PER_M
    if np.any(np.abs(found_mm - wanted_mm) > GATE_TOLERANCE_MM):
        lengths = dict.fromkeys(f"{v:.2f}" for v in (found_mm.min(), found_mm.max()))
        raise UnusableScan(
            "BS-E162",
            f"{site.site}: found gates of {' to '.join(lengths)} mm, and the model is for "
            f"{wanted_mm:.2f} mm.",
        )


def _bins(table: SpectraTable, site: RfSite, form: SpectralForm) -> NDArray[np.intp]:
    """Find the model's frequencies among the stored ones."""
    stored = np.asarray(table.frequency_hz, dtype=np.float64)
    nearest = np.abs(stored[None, :] - form.frequency_hz[:, None]).argmin(axis=1)
    away = np.abs(stored[nearest] - form.frequency_hz)
    if np.any(away > SAME_1 * form.frequency_hz):
        lo, hi = (f / HZ_PER_MHZ for f in (stored.min(), stored.max()))
        want = [f / HZ_PER_MHZ for f in (form.frequency_hz[0], form.frequency_hz[-1])]
        raise UnusableScan(
            "BS-E162",
            f"{site.site}: found {stored.size} frequencies from {lo:.3f} to {hi:.3f} MHz, and the "
            f"model is for {form.frequency_hz.size} from {want[0]:.3f} to {want[1]:.3f} MHz.",
        )
    return np.asarray(nearest)


def _gates(table: SpectraTable, site: RfSite, form: SpectralForm) -> NDArray[np.intp]:
    """Name each row's gate: 0, 1, 2 … for A, B, C …; -1 for any other."""
    if table.gate_start_m is None:
        raise UnusableScan("BS-E169", f"{site.site}: found spectra without gate_start_m.")
    start_mm = np.asarray(table.gate_start_m, dtype=np.float64) * MM_PER_M
    away = np.abs(start_mm[:, None] - np.array(form.gate_start_mm)[None, :])
    gate = np.where(away.min(axis=1) <= GATE_TOLERANCE_MM, away.argmin(axis=1), -1)
    if not (np.any(gate == 0) and np.any(gate == 1)):
        found = ", ".join(f"{v:.2f}" for v in np.unique(np.round(start_mm, 2))[:6])
        raise UnusableScan(
            "BS-E169",
            f"{site.site}: found gates {found} mm behind the surface, wanted "
            f"{form.gate_start_mm[0]:g} and {form.gate_start_mm[1]:g} mm.",
        )
    return np.asarray(gate)


def _keys(table: SpectraTable, n: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Frame and line of each row; zeros where the file doesn't say."""
    unknown = np.zeros(n, dtype=np.int64)
    frame = unknown if table.frame is None else np.asarray(table.frame, dtype=np.int64)
    line = unknown if table.line is None else np.asarray(table.line, dtype=np.int64)
    return frame, line


def _groups(
    table: SpectraTable,
    site: RfSite,
    form: SpectralForm,
    keys: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give each row its group, and each row the place across the bone that it looks at."""
    frame, line = keys
    n = len(frame)
    averaged = np.ones(n) if table.n_averaged is None else np.asarray(table.n_averaged)
    if table.frame is None or table.line is None:
        raise UnusableScan("BS-E169", f"{site.site}: found spectra without line and frame.")
    if np.all(averaged == 1):
        order = np.unique(frame, return_inverse=True)[1]
        pair, block = order // form.group_frames, line // form.group_lines
    elif np.all((averaged >= LEAST_SHARE_1 * form.group_size) & (averaged <= form.group_size)):
        pair, block = frame, line
    else:
        low, high = int(averaged.min()), int(averaged.max())
        raise UnusableScan(
            "BS-E162",
            f"{site.site}: found spectra averaged over {low} to {high} lines, and the model is "
            f"for {form.group_size}.",
        )
    keys_of_row = np.stack([pair, block], axis=1)
    _, group = np.unique(keys_of_row, axis=0, return_inverse=True)
    return group.reshape(-1).astype(np.int64), np.asarray(block, dtype=np.int64)


@dataclass(frozen=True, eq=False, kw_only=True)
class _Rows:
    """Stored spectra one by one: what each is, and whether it may be used."""

    power: Array  # (row, stored bin)
    depth_mm: Array  # NaN where unknown
    gate: NDArray[np.intp]
    group: NDArray[np.int64]
    cluster: NDArray[np.int64]
    sound: NDArray[np.bool_]

    def ordered(self, bins: NDArray[np.intp]) -> _Rows:
        """Sort by gate, group and content: sums then don't depend on the order of the file."""
        content = self.power[:, bins].T[::-1]
        order = np.lexsort((*content, self.depth_mm, self.group, self.gate))
        return _Rows(**{f.name: getattr(self, f.name)[order] for f in fields(self)})


def _assembled(
    table: SpectraTable, rows: _Rows, bins: NDArray[np.intp], site: RfSite, n_gates: int
) -> SiteSpectra:
    gate, group, sound = rows.gate, rows.group, rows.sound
    n = int(group.max()) + 1 if group.size else 0
    means = np.full((n_gates, n, bins.size), np.nan)
    lines = np.zeros((n_gates, n))
    for which in range(n_gates):
        mine = np.flatnonzero(sound & (gate == which))
        lines[which] = np.bincount(group[mine], minlength=n)
        for k, b in enumerate(bins):
            sums = np.bincount(group[mine], weights=rows.power[mine, b], minlength=n)
            with np.errstate(invalid="ignore"):
                means[which, :, k] = sums / lines[which]
    keep = np.isfinite(means[:2]).all(axis=(0, 2))
    if not keep.any():
        raise UnusableScan("BS-E169", f"{site.site}: found no line with both gates A and B.")
    in_a = np.flatnonzero(sound & (gate == 0))
    depth = np.bincount(group[in_a], weights=rows.depth_mm[in_a], minlength=n)
    with np.errstate(invalid="ignore"):
        depth = depth / lines[0]  # NaN where no line is
    place = np.zeros(n, dtype=np.int64)
    place[group] = rows.cluster
    used = sound & (gate >= 0)
    noise = _noise(table, rows.power[used], gate[used], (site, n_gates))
    return SiteSpectra(
        power=means[:, keep],
        noise=np.repeat(noise[:, None], int(keep.sum()), axis=1),
        depth_mm=depth[keep],
        cluster=place[keep],
        n_lines=int(lines[0][keep].sum()),
    )


def _noise(
    table: SpectraTable, power: Array, gate: NDArray[np.intp], of: tuple[RfSite, int]
) -> Array:
    """Power of noise in a bin of each gate, from stored bins beyond the pulse."""
    site, n_gates = of
    frequency = np.asarray(table.frequency_hz, dtype=np.float64)
    lo, hi = NOISE_1[0] * site.fs_hz, NOISE_1[-1] * site.fs_hz
    quiet = (frequency >= lo * (1.0 - SAME_1)) & (frequency <= hi * (1.0 + SAME_1))
    noise = np.full(n_gates, np.nan)
    if quiet.any():
        for which in np.unique(gate):
            noise[which] = np.median(power[gate == which][:, quiet].mean(axis=1))
    return noise
