"""How fast the echo fades inside the bone, with the clutter told apart from it.

Of one exam, the power behind the surface is taken as the sum of three parts:
trabecular echo, which fades faster the higher the frequency; clutter, which fades
alike at all frequencies; and noise, which does not fade:

    P(f, z) = A(f) · 10^(-2·alpha·f·z/10) + C(f) · 10^(-gamma·z/10) + N

A and C are free in every bin, so the probe, the path, the cortex and the
backscatter exponent play no part: only alpha (dB/cm/MHz, one way) and gamma are
shared by the bins. Where the gates hardly tell alpha and gamma, both are held
near what is usual.

References
----------
The log-spectral decay over depth: R. Kuc, M. Schwartz, "Estimating the acoustic
attenuation coefficient slope for liver from reflected ultrasound signals", IEEE
Trans. Sonics Ultrason. 26 (1979) 353-361 (from memory). Linear unknowns solved
inside the others: G. Golub, V. Pereyra, SIAM J. Numer. Anal. 10 (1973) 413-432
(from memory). 10 dB/cm/MHz for trabecular bone: K. A. Wear 2015. The clutter
term, its usual decay and all widths are our choice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonescan.kernels.ranks import middle_of_columns
from bonescan.model.arrays import kernel_input
from bonescan.model.rems_model import FEMORAL_NECK, SpectralForm

from .spectra import SiteSpectra

Array = NDArray[np.float64]

LEAST_GATES = 4  # three unknowns a bin pair and something left to judge the fit by
TRIM_1 = 0.25  # of the groups, at either end: gates that caught the surface, or a shadow
# dB/cm/MHz one way and dB/mm: what is usual, how strongly it holds (weight of a mean squared
# relative misfit, about 0.005 in a clean exam), and the range searched.
USUAL_ALPHA_DB_CM_MHZ, ALPHA_WIDTH, ALPHA_HOLD = 10.0, 2.4, 1e-3
USUAL_GAMMA_DB_MM, GAMMA_WIDTH, GAMMA_HOLD = 1.5, 1.0, 2e-2
ALPHAS: Array = np.arange(1.0, 24.0, dtype=np.float64)
GAMMAS: Array = np.arange(0.5, 3.01, 0.5, dtype=np.float64)
N_STEPS, SMALL_STEP = 200, 1e-9
FIRST_DAMPING, MOST_DAMPING, EASED, TIGHTENED = 1e-3, 1e9, 5.0, 4.0
# dB/cm/MHz and dB/mm about the first end, and how many bottoms are looked into.
NEAR_ALPHAS: Array = np.linspace(-0.3, 0.3, 61)
NEAR_GAMMAS: Array = np.linspace(-0.2, 0.2, 41)
MOST_BOTTOMS = 10
MM_PER_CM, HZ_PER_MHZ, M_PER_CM = 10.0, 1e6, 0.01
RATIO_BAND_HZ = (1.5e6, 3.5e6)
DB_TO_RELATIVE = np.log(10.0) / 10.0


@dataclass(frozen=True, eq=False, kw_only=True)
class Fade:
    """What the fit found in one exam.

    `pull_db_cm_mhz` is (group,): how far each averaged spectrum pulls alpha, so
    that alpha moves by pull / groups.
    """

    alpha_db_cm_mhz: float
    gamma_db_mm: float
    clutter_db: float  # clutter over bone in gate B, 1.5 to 3.5 MHz; -inf where there is none
    misfit_1: float  # root mean square of (measured - fitted) / measured
    pull_db_cm_mhz: Array


@dataclass(frozen=True, eq=False, kw_only=True)
class _Data:
    """The gates that an exam has; all (gate, bin) unless said."""

    scaled: Array  # (power - noise) / power
    weight: Array  # 1 / power
    z_cm: Array  # (gate,), middle of the gates below the surface
    f_mhz: Array  # (bin,)


@dataclass(frozen=True, eq=False, kw_only=True)
class _State:
    """The best A and C for given alpha and gamma, and what they leave."""

    objective: float
    residual: Array  # (gate, bin), relative
    bone: Array  # (gate, bin), relative: A·a·weight
    clutter: Array
    has_bone: NDArray[np.bool_]  # (bin,)
    has_clutter: NDArray[np.bool_]


def first_gate_mm(site: str) -> float:
    """Give the least gate start that the fit may use at a site.

    A thick cortex rings into gates close behind it: of 1.6 mm at the neck, 1.5 mm
    behind the surface, still -30 dB of the surface echo.
    """
    return 2.0 if site == FEMORAL_NECK else 0.0


def has_gates_of_fit(spectra: SiteSpectra, form: SpectralForm, first_mm: float = 0.0) -> bool:
    """Tell whether an exam has the gates that `fit_fade` takes; arguments as there."""
    return _gates_of_fit(spectra, form, first_mm) is not None


def _gates_of_fit(
    spectra: SiteSpectra, form: SpectralForm, first_mm: float
) -> tuple[NDArray[np.intp], NDArray[np.bool_]] | None:
    """Choose the gates, and mark the groups with power in all bins of a gate, (gate, group)."""
    gates = np.flatnonzero(np.array(form.gate_start_mm) >= first_mm)
    if gates.size < LEAST_GATES or gates[-1] >= len(spectra.power):
        return None
    power = spectra.power
    whole = np.asarray((np.isfinite(power) & (power > 0.0)).all(axis=2))
    if np.any(whole[gates].sum(axis=1) < max(1, spectra.n_groups / 2.0)):
        return None
    return gates, whole


def fit_fade(spectra: SiteSpectra, form: SpectralForm, first_mm: float = 0.0) -> Fade | None:
    """Fit attenuation and clutter to the averaged spectra of one exam.

    Parameters
    ----------
    spectra : SiteSpectra
        A gate counts as stored where at least half of the groups have power in it.
    form : SpectralForm
    first_mm : float
        Gates that begin before this are left out.

    Returns
    -------
    fade : Fade or None
        None without a spectrum, where a gate of the form is missing (fewer gates
        give another attenuation than the one that was trained on), and with a form
        of fewer than four gates.
    """
    chosen = _gates_of_fit(spectra, form, first_mm)
    if chosen is None:
        return None
    gates, whole = chosen
    start_mm = np.array(form.gate_start_mm)
    trimmed = [_Trimmed.of(spectra.power[g], whole[g]) for g in gates]
    power = 10.0 ** (np.array([t.middle_db for t in trimmed]) / 10.0)
    noise = np.array([_mean_known(spectra.noise[g]) for g in gates])
    data = _Data(
        scaled=1.0 - noise[:, None] / power,
        weight=1.0 / power * power.max(),  # a common factor keeps the numbers near one
        z_cm=start_mm[gates] / MM_PER_CM + form.gate_length_m / M_PER_CM / 2.0,
        f_mhz=form.frequency_hz / HZ_PER_MHZ,
    )
    alpha, gamma, state = _searched(data)
    by_db = _sensitivity(data, alpha, gamma, state)
    return Fade(
        alpha_db_cm_mhz=alpha,
        gamma_db_mm=gamma,
        clutter_db=_clutter_db(state, power, gates, form),
        misfit_1=float(np.sqrt(np.mean(state.residual**2))),
        pull_db_cm_mhz=np.sum([t.pull(w) for t, w in zip(trimmed, by_db, strict=True)], axis=0),
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class _Trimmed:
    """Mean level of the middle half of the groups in one gate, and what each group does to it."""

    middle_db: Array  # (bin,)
    held_db: Array  # (group with the gate, bin): held at the ends of the middle half
    share: float  # of the groups in the middle half
    known: NDArray[np.bool_]  # (group,): has the gate

    @classmethod
    def of(cls, power: Array, known: NDArray[np.bool_]) -> _Trimmed:
        """Look at the (group, bin) power of one gate, above zero where known."""
        x = np.log10(power[known])
        x *= 10.0
        cut = int(TRIM_1 * len(x))
        middle, lowest, highest = middle_of_columns(kernel_input(x), cut)
        return cls(
            middle_db=middle,
            held_db=np.clip(x, lowest, highest, out=x),
            share=(len(x) - 2 * cut) / len(x),
            known=known,
        )

    def pull(self, by_db: Array) -> Array:
        """Say how each group pulls what moves by `by_db`, (bin,), for a dB; (group,).

        The influence of a group on a trimmed mean is its value, held at the ends of
        the middle half, away from the mean of such values, over the share kept
        (Huber 1981, from memory); zero where a group lacks the gate.
        """
        away = self.held_db @ by_db
        pull = np.zeros(self.known.size)
        pull[self.known] = (away - away.mean()) / self.share * (self.known.size / away.size)
        return pull


def _mean_known(values: Array) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else 0.0


# ------------------------------------------------------------------ the search


def _searched(data: _Data) -> tuple[float, float, _State]:
    """Look on a coarse grid, walk downhill, look closely around the end, and walk again.

    Bins in which bone and clutter fade alike make ripples with bottoms of their own,
    hundredths of a dB/cm/MHz apart; which of them a walk ends in can hang on the last
    digit of the spectra. The lowest of all that lie near does not.
    """
    best = _walked(data, *_coarse(data))
    alphas = np.clip(np.round(best[0], 2) + NEAR_ALPHAS, ALPHAS[0], ALPHAS[-1])
    gammas = np.clip(np.round(best[1], 2) + NEAR_GAMMAS, GAMMAS[0], GAMMAS[-1])
    for a, g in _bottoms(_objectives(data, alphas, gammas)):
        found = _walked(data, float(alphas[a]), float(gammas[g]))
        if found[2].objective < best[2].objective:
            best = found
    return best


def _within(value: float, of: Array) -> float:
    return float(np.clip(value, of[0], of[-1]))


def _bottoms(grid: Array) -> list[tuple[int, int]]:
    """List the lowest points of a grid that lie below their neighbours, lowest first."""
    padded = np.pad(grid, 1, constant_values=np.inf)
    n, m = grid.shape
    around = [
        padded[1 + i : 1 + i + n, 1 + j : 1 + j + m]
        for i in (-1, 0, 1)
        for j in (-1, 0, 1)
        if (i, j) != (0, 0)
    ]
    low = np.argwhere(np.all([grid <= other for other in around], axis=0))
    ordered = sorted((float(grid[a, g]), int(a), int(g)) for a, g in low)
    return [(a, g) for _value, a, g in ordered[:MOST_BOTTOMS]]


def _walked(data: _Data, alpha: float, gamma: float) -> tuple[float, float, _State]:
    """Walk downhill to the bottom in damped steps (Levenberg, Marquardt)."""
    state = _solved(data, alpha, gamma)
    damping = FIRST_DAMPING
    for _ in range(N_STEPS):
        step = _step(data, alpha, gamma, state, damping)
        a, g = _within(alpha + step[0], ALPHAS), _within(gamma + step[1], GAMMAS)
        moved = abs(a - alpha) + abs(g - gamma)
        found = _solved(data, a, g)
        if found.objective <= state.objective:
            alpha, gamma, state = a, g, found
            damping /= EASED
        elif damping > MOST_DAMPING:
            break
        else:
            damping *= TIGHTENED
        if moved < SMALL_STEP:
            break
    return alpha, gamma, state


def _coarse(data: _Data) -> tuple[float, float]:
    """Find the best point of the coarse grid."""
    left = _objectives(data, ALPHAS, GAMMAS)
    best_alpha, best_gamma = np.unravel_index(int(np.argmin(left)), left.shape)
    return float(ALPHAS[best_alpha]), float(GAMMAS[best_gamma])


def _objectives(data: _Data, alphas: Array, gammas: Array) -> Array:
    """Give the objective on a whole grid at once, (alpha, gamma)."""
    y = data.scaled
    bone = 10.0 ** (-2.0 * alphas[:, None, None] * data.f_mhz * data.z_cm[:, None] / 10.0)
    clutter = 10.0 ** (-gammas[:, None] * data.z_cm * MM_PER_CM / 10.0)
    bone, clutter = bone * data.weight, clutter[:, :, None] * data.weight
    bb, by = (bone**2).sum(axis=1)[:, None], (bone * y).sum(axis=1)[:, None]
    cc, cy = (clutter**2).sum(axis=1)[None], (clutter * y).sum(axis=1)[None]
    bc = np.einsum("agb,cgb->acb", bone, clutter)
    det = np.maximum(bb * cc - bc * bc, 1e-12 * bb * cc)
    a, c = (by * cc - cy * bc) / det, (cy * bb - by * bc) / det
    one = np.maximum(np.maximum(by, 0.0) ** 2 / bb, np.maximum(cy, 0.0) ** 2 / cc)
    explained = np.where((a >= 0.0) & (c >= 0.0), a * by + c * cy, one)
    left = ((y * y).sum() - explained.sum(axis=2)) / y.size
    left += ALPHA_HOLD * ((alphas[:, None] - USUAL_ALPHA_DB_CM_MHZ) / ALPHA_WIDTH) ** 2
    left += GAMMA_HOLD * ((gammas - USUAL_GAMMA_DB_MM) / GAMMA_WIDTH) ** 2
    return np.asarray(left)


def _shapes(data: _Data, alpha: float, gamma: float) -> tuple[Array, Array]:
    """How bone and clutter fade over the gates, relative to what was measured."""
    bone = 10.0 ** (-2.0 * alpha * data.f_mhz[None] * data.z_cm[:, None] / 10.0)
    clutter = 10.0 ** (-gamma * data.z_cm * MM_PER_CM / 10.0)
    return bone * data.weight, clutter[:, None] * data.weight


def _solved(data: _Data, alpha: float, gamma: float) -> _State:
    """Solve for A and C, neither below zero, bin by bin."""
    bone, clutter = _shapes(data, alpha, gamma)
    y = data.scaled
    bb, cc, bc = (bone * bone).sum(0), (clutter * clutter).sum(0), (bone * clutter).sum(0)
    by, cy = (bone * y).sum(0), (clutter * y).sum(0)
    det = np.maximum(bb * cc - bc * bc, 1e-12 * bb * cc)
    a, c = (by * cc - cy * bc) / det, (cy * bb - by * bc) / det
    one_a, one_c = np.maximum(by, 0.0) / bb, np.maximum(cy, 0.0) / cc
    both = (a >= 0.0) & (c >= 0.0)
    rather_bone = one_a * by >= one_c * cy
    a = np.where(both, a, np.where(rather_bone, one_a, 0.0))
    c = np.where(both, c, np.where(rather_bone, 0.0, one_c))
    residual = y - a * bone - c * clutter
    objective = float(np.mean(residual**2))
    objective += ALPHA_HOLD * ((alpha - USUAL_ALPHA_DB_CM_MHZ) / ALPHA_WIDTH) ** 2
    objective += GAMMA_HOLD * ((gamma - USUAL_GAMMA_DB_MM) / GAMMA_WIDTH) ** 2
    return _State(
        objective=objective,
        residual=residual,
        bone=a * bone,
        clutter=c * clutter,
        has_bone=a > 0.0,
        has_clutter=c > 0.0,
    )


def _slopes(data: _Data, state: _State) -> Array:
    """Differentiate the fitted values by alpha and gamma, with A and C let go along."""
    by_alpha = -2.0 * DB_TO_RELATIVE * data.f_mhz[None] * data.z_cm[:, None] * state.bone
    by_gamma = -DB_TO_RELATIVE * (data.z_cm * MM_PER_CM)[:, None] * state.clutter
    first, second = _unit(state.bone), state.clutter
    second = _unit(second - first * (first * second).sum(0))
    out = []
    for slope in (by_alpha, by_gamma):
        for column in (first, second):
            slope = slope - column * (column * slope).sum(0)  # noqa: PLW2901 - taken off in turn
        out.append(slope)
    return np.array(out)


def _unit(columns: Array) -> Array:
    """Scale the column of each bin to length one; an empty one stays empty."""
    length = np.sqrt((columns**2).sum(0))
    return np.asarray(columns / np.where(length > 0.0, length, 1.0))


def _normal(slopes: Array) -> Array:
    """Second derivatives of half the objective by alpha and gamma."""
    n = slopes[0].size
    matrix = np.einsum("igb,jgb->ij", slopes, slopes) / n
    matrix[0, 0] += ALPHA_HOLD / ALPHA_WIDTH**2
    matrix[1, 1] += GAMMA_HOLD / GAMMA_WIDTH**2
    return np.asarray(matrix)


def _step(data: _Data, alpha: float, gamma: float, state: _State, damping: float) -> Array:
    slopes = _slopes(data, state)
    right = np.einsum("igb,gb->i", slopes, state.residual) / state.residual.size
    right[0] -= ALPHA_HOLD / ALPHA_WIDTH**2 * (alpha - USUAL_ALPHA_DB_CM_MHZ)
    right[1] -= GAMMA_HOLD / GAMMA_WIDTH**2 * (gamma - USUAL_GAMMA_DB_MM)
    normal = _normal(slopes)
    return np.asarray(np.linalg.solve(normal + damping * np.diag(np.diag(normal)), right))


def _sensitivity(data: _Data, alpha: float, gamma: float, state: _State) -> Array:
    """How far alpha moves for a dB in each gate and bin, (gate, bin), to first order."""
    slopes = _slopes(data, state)
    both = np.linalg.solve(_normal(slopes), slopes.reshape(2, -1)) / state.residual.size
    return np.asarray(both[0].reshape(state.residual.shape) * DB_TO_RELATIVE)


def _clutter_db(state: _State, power: Array, gates: NDArray[np.intp], form: SpectralForm) -> float:
    """Clutter over trabecular echo in gate B."""
    at = np.flatnonzero(gates == 1)
    if not at.size:
        return float("-inf")
    low, high = RATIO_BAND_HZ
    band = (form.frequency_hz >= low) & (form.frequency_hz <= high)
    bone = float((state.bone[at[0]] * power[at[0]])[band].sum())
    clutter = float((state.clutter[at[0]] * power[at[0]])[band].sum())
    if clutter <= 0.0:
        return float("-inf")
    return float(10.0 * np.log10(clutter / bone)) if bone > 0.0 else float("inf")
