"""WHO classes of T-scores, and how two methods agree on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bonescan.kernels.scores import label_tenths, who_codes, who_codes_raw
from bonescan.model.arrays import kernel_input
from bonescan.model.estimate import Estimate

from .chi_squared import ChiSquared, chi_squared, no_test
from .kappa import (
    brennan_prediger,
    cohen_kappa,
    gwet_ac,
    identity_weights,
    krippendorff_alpha,
    linear_weights,
    quadratic_weights,
    scott_pi,
)
from .proportions import ProportionMethod, proportion

NORMAL, OSTEOPENIA, OSTEOPOROSIS = 0, 1, 2
WHO_CLASSES = ("normal", "osteopenia", "osteoporosis")
MISSING = -1
LEAST_CLASSES = 2
FLEISS_COHEN_EVERITT = "fleiss-cohen-everitt"
GWET_T = "gwet-t"

LabelFrom = Literal["rounded", "raw"]
Codes = NDArray[np.int8]
Counts = NDArray[np.int64]


def who_class(t_scores: ArrayLike, label_from: LabelFrom = "rounded") -> Codes:
    """Classify T-scores: osteoporosis T ≤ −2.5, normal T ≥ −1.0, osteopenia between.

    Parameters
    ----------
    t_scores : (n,) array_like
        NaN for a missing one.
    label_from : {"rounded", "raw"}
        Whether T is first rounded to 0.1, half away from zero in decimal
        arithmetic, as printed reports are; "raw" takes T fixed at 1e-9.

    Returns
    -------
    code : (n,) ndarray of int8
        0 normal, 1 osteopenia, 2 osteoporosis, −1 for a missing T.

    References
    ----------
    WHO Study Group. Assessment of fracture risk and its application to screening
    for postmenopausal osteoporosis. WHO Technical Report Series 843, 1994.

    Examples
    --------
    >>> who_class([-0.95, -1.0, -2.45, -2.449, -2.5]).tolist()
    [0, 0, 2, 1, 2]
    >>> who_class([-1.04, -2.45], "raw").tolist()
    [1, 1]
    """
    if label_from not in ("rounded", "raw"):
        raise ValueError(f"found label_from {label_from!r}, wanted 'rounded' or 'raw'")
    t = kernel_input(np.ravel(np.asarray(t_scores, dtype=np.float64)))
    if label_from == "raw":
        return np.asarray(who_codes_raw(t))
    return np.asarray(who_codes(kernel_input(label_tenths(t), np.int64)))


def class_table(test: ArrayLike, reference: ArrayLike, n_classes: int = 3) -> Counts:
    """Count pairs of classes.

    Parameters
    ----------
    test, reference : (n,) array_like of int
        Classes 0 … n_classes − 1 by the two methods; pairs with −1 are left out.
    n_classes : int, default 3

    Returns
    -------
    table : (n_classes, n_classes) ndarray of int64
        Rows = test, columns = reference.

    Examples
    --------
    >>> class_table([0, 1, 2, 1], [0, 1, 1, -1]).tolist()
    [[1, 0, 0], [0, 1, 0], [0, 1, 0]]
    """
    rows, columns = np.ravel(np.asarray(test)), np.ravel(np.asarray(reference))
    if rows.shape != columns.shape:
        raise ValueError(f"found {rows.size} and {columns.size} classes, wanted as many")
    both = np.concatenate([rows, columns])
    if both.size and (both.min() < MISSING or both.max() >= n_classes):
        raise ValueError(f"found classes beyond 0 to {n_classes - 1}")
    known = (rows != MISSING) & (columns != MISSING)
    cell = rows[known].astype(np.int64) * n_classes + columns[known]
    return np.bincount(cell, minlength=n_classes**2).reshape(n_classes, n_classes)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassAgreement:
    """How two methods agree on ordered classes; rows = test, columns = reference.

    `minor` and `major` count pairs one and more than one class apart;
    `n_test_worse` and `n_test_better` those that the test puts into a higher
    (worse) or lower class. Shares are None in an empty row or column.
    """

    table: tuple[tuple[int, ...], ...]
    n: int
    agreement: Estimate
    kappa: Estimate
    kappa_linear: Estimate
    kappa_quadratic: Estimate
    gwet_ac1: Estimate
    gwet_ac2_linear: Estimate
    gwet_ac2_quadratic: Estimate
    pabak: Estimate
    scott_pi: Estimate
    krippendorff_alpha: Estimate
    bowker: ChiSquared
    stuart_maxwell: ChiSquared
    minor: int
    major: int
    n_test_worse: int
    n_test_better: int
    row_shares: tuple[tuple[float | None, ...], ...]
    column_shares: tuple[tuple[float | None, ...], ...]

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, estimates as their own dictionaries."""
        return {
            "table": [list(row) for row in self.table],
            "n": self.n,
            "agreement": self.agreement.to_dict(),
            "kappa": self.kappa.to_dict(),
            "kappa_linear": self.kappa_linear.to_dict(),
            "kappa_quadratic": self.kappa_quadratic.to_dict(),
            "gwet_ac1": self.gwet_ac1.to_dict(),
            "gwet_ac2_linear": self.gwet_ac2_linear.to_dict(),
            "gwet_ac2_quadratic": self.gwet_ac2_quadratic.to_dict(),
            "pabak": self.pabak.to_dict(),
            "scott_pi": self.scott_pi.to_dict(),
            "krippendorff_alpha": self.krippendorff_alpha.to_dict(),
            "bowker": self.bowker.to_dict(),
            "stuart_maxwell": self.stuart_maxwell.to_dict(),
            "minor": self.minor,
            "major": self.major,
            "n_test_worse": self.n_test_worse,
            "n_test_better": self.n_test_better,
            "row_shares": [list(row) for row in self.row_shares],
            "column_shares": [list(row) for row in self.column_shares],
        }


def class_agreement(
    table: ArrayLike, proportion_method: ProportionMethod = "wilson"
) -> ClassAgreement:
    """Compute every agreement statistic of a square table.

    Parameters
    ----------
    table : (K, K) array_like of int
        Counts, K ≥ 2 ordered classes, rows = test, columns = reference.
    proportion_method : str
        Interval of the observed agreement, as for `proportion`.

    Returns
    -------
    agreement : ClassAgreement
        Kappas ± z·SE (Fleiss-Cohen-Everitt, not cut at 1); AC1, AC2, PABAK, pi and
        alpha ± t(n − 1)·SE, cut at 1. What an empty or one-class table can't
        define is None with its reason.
    """
    counts = square_counts(table)
    k, n = counts.shape[0], int(counts.sum())
    same, linear, quadratic = identity_weights(k), linear_weights(k), quadratic_weights(k)
    apart = np.abs(np.subtract.outer(np.arange(k), np.arange(k)))
    return ClassAgreement(
        table=tuple(tuple(int(c) for c in row) for row in counts),
        n=n,
        agreement=proportion(int(np.trace(counts)), n, proportion_method),
        kappa=cohen_kappa(counts, same).normal_interval(FLEISS_COHEN_EVERITT),
        kappa_linear=cohen_kappa(counts, linear).normal_interval(FLEISS_COHEN_EVERITT),
        kappa_quadratic=cohen_kappa(counts, quadratic).normal_interval(FLEISS_COHEN_EVERITT),
        gwet_ac1=gwet_ac(counts, same).t_interval(GWET_T),
        gwet_ac2_linear=gwet_ac(counts, linear).t_interval(GWET_T),
        gwet_ac2_quadratic=gwet_ac(counts, quadratic).t_interval(GWET_T),
        pabak=brennan_prediger(counts, same).t_interval(GWET_T),
        scott_pi=scott_pi(counts, same).t_interval(GWET_T),
        krippendorff_alpha=krippendorff_alpha(counts, same).t_interval(GWET_T),
        bowker=bowker(counts),
        stuart_maxwell=stuart_maxwell(counts),
        minor=int(counts[apart == 1].sum()),
        major=int(counts[apart > 1].sum()),
        n_test_worse=int(np.tril(counts, -1).sum()),
        n_test_better=int(np.triu(counts, 1).sum()),
        row_shares=_shares(counts),
        column_shares=tuple(zip(*_shares(counts.T), strict=True)),
    )


def bowker(table: ArrayLike) -> ChiSquared:
    """Test symmetry: Σ (n_ij − n_ji)²/(n_ij + n_ji) over the pairs of cells that hold a case.

    References
    ----------
    Bowker AH. A test for symmetry in contingency tables. J Am Stat Assoc
    1948;43:572-574.
    """
    counts = square_counts(table)
    above, below = np.triu_indices(counts.shape[0], 1)
    one, other = counts[above, below].astype(float), counts[below, above].astype(float)
    used = one + other > 0
    if not used.any():
        return no_test("no case lies off the diagonal")
    one, other = one[used], other[used]
    return chi_squared(float(((one - other) ** 2 / (one + other)).sum()), int(used.sum()))


def stuart_maxwell(table: ArrayLike) -> ChiSquared:
    """Test marginal homogeneity.

    Notes
    -----
    d' S⁻ d with d = row − column totals and S their covariance when the margins
    are equal, which is the Laplacian of the graph with n_ij + n_ji as weights. Its
    rank gives the degrees of freedom: K − 1 unless classes are never confused
    with the others.

    References
    ----------
    Stuart A. A test for homogeneity of the marginal distributions in a two-way
    classification. Biometrika 1955;42:412-416. Maxwell AE. Br J Psychiatry
    1970;116:651-655.
    """
    counts = square_counts(table).astype(float)
    between = counts + counts.T
    np.fill_diagonal(between, 0.0)
    laplacian = np.diag(between.sum(axis=1)) - between
    df = int(np.linalg.matrix_rank(laplacian, hermitian=True))
    if df == 0:
        return no_test("no case lies off the diagonal")
    difference = counts.sum(axis=1) - counts.sum(axis=0)
    statistic = difference @ np.linalg.pinv(laplacian, hermitian=True) @ difference
    return chi_squared(max(float(statistic), 0.0), df)


def square_counts(table: ArrayLike) -> Counts:
    """Check that a table is square, of counts, and of two classes or more."""
    counts = np.asarray(table)
    if counts.ndim != LEAST_CLASSES or counts.shape[0] != counts.shape[1]:
        raise ValueError(f"found a table of shape {counts.shape}, wanted a square one")
    if counts.shape[0] < LEAST_CLASSES:
        raise ValueError("found a table of one class, wanted two or more")
    whole = np.asarray(counts, dtype=np.int64)
    if (whole != counts).any() or (whole < 0).any():
        raise ValueError("found entries that are no counts, wanted whole numbers from 0")
    return whole


def _shares(counts: Counts) -> tuple[tuple[float | None, ...], ...]:
    """Divide each row by its total."""
    return tuple(
        tuple(int(c) / int(row.sum()) if row.sum() else None for c in row) for row in counts
    )
