"""The Python entrance to `bonescan agree`: arrays or DataFrames in, a frozen study out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bonescan.agree.study import compare_study
from bonescan.errors import UsageError
from bonescan.files.pairs_csv import (
    Cells,
    ColumnChoice,
    cells_of_frame,
    pairs_of_table,
    row_labels,
)
from bonescan.model.pairs import QUANTITIES, SitePairs
from bonescan.stats.agreement_study import AgreementStudy

from .agree_settings import agreement_settings
from .agree_table import check_overlap

_ROLES = ("subject", "replicate", "issuer", "age", "bmi", "sex", "device", "maker", "depth",
          "fracture", "quality", "date")  # fmt: skip


def compare_methods(
    reference: Any = None,
    test: Any = None,
    *,
    data: Any = None,
    quantity: str | None = None,
    columns: Mapping[str, Any] | None = None,
    several_pairs: bool = False,
    pool_makers: bool = False,
    model: str | Path | None = None,
    **options: Any,
) -> AgreementStudy:
    """Compare two methods of measurement on the same people.

    Parameters
    ----------
    reference, test : array_like or str
        Paired values, NaN or None for a gap, pandas Series of one index; or,
        with `data`, the names of two columns (or of two methods of a wide
        table). Differences are test − reference.
    data : DataFrame or mapping of columns, optional
        From pandas or polars; without `reference` and `test` its columns are
        named ``<site>_<method>_<bmd|t|z>``.
    quantity : {"bmd", "t", "z"}, optional
        What two arrays or columns are; "bmd" unless both names end in _t or _z.
    columns : mapping, optional
        What else is known, by role: subject, replicate, issuer, age, bmi, sex, device,
        maker, depth, fracture, quality, date. Names of columns with `data`,
        arrays without.
    several_pairs : bool
        Several rows a subject are visits: intervals come from drawing people.
    pool_makers : bool
        Analyse DXA makers together.
    model : path, optional
        A model whose training people must not be among the subjects.
    **options
        loa_ci, proportion_ci, deming_ratio, deming_ci, label_from,
        acceptable_difference, bootstrap, seed: as of ``bonescan agree``.

    Returns
    -------
    study : AgreementStudy
        `print` shows the key numbers, `to_dict` gives all of them.

    Raises
    ------
    UsageError
        BS-E370 to BS-E373 and BS-E376: unknown columns, cells that are no
        numbers, unequal lengths, repeated subjects, unknown options.
    NothingUsable
        BS-E374 without a pair, BS-E375 with training people in the sample.

    Examples
    --------
    >>> study = compare_methods([0.81, 0.94, 0.72, 1.03], [0.80, 0.95, 0.70, 1.01], bootstrap=0)
    >>> round(study.sites["pair"].quantities["bmd"].bland_altman.bias.est, 6)
    -0.01
    """
    roles = dict(columns or {})
    strangers = sorted(set(roles) - set(_ROLES))
    if strangers:
        raise UsageError(
            "BS-E376", f"found the role {strangers[0]!r}, wanted one of {', '.join(_ROLES)}."
        )
    if quantity is not None and quantity not in QUANTITIES:
        raise UsageError("BS-E376", f"found the quantity {quantity!r}, wanted bmd, t or z.")
    settings = agreement_settings(quantity=quantity or "bmd", **_known(options))
    sites = _sites(reference, test, data, quantity, roles)
    return compare_study(
        sites,
        settings,
        several_pairs=several_pairs,
        pool_makers=pool_makers,
        problems=() if model is None else check_overlap(sites, Path(model)),
    )


_OPTIONS = frozenset({"loa_ci", "proportion_ci", "deming_ratio", "deming_ci", "label_from",
                      "acceptable_difference", "bootstrap", "seed"})  # fmt: skip


def _known(options: dict[str, Any]) -> dict[str, Any]:
    strangers = sorted(set(options) - _OPTIONS)
    if strangers:
        raise UsageError(
            "BS-E376",
            f"found the option {strangers[0]!r}, wanted one of {', '.join(sorted(_OPTIONS))}.",
        )
    return options


def _sites(
    reference: Any, test: Any, data: Any, quantity: str | None, roles: dict[str, Any]
) -> Sequence[SitePairs]:
    if data is None and test is None and _is_table(reference):
        data, reference = reference, None
    if data is not None:
        if hasattr(data, "collect"):  # a polars LazyFrame
            data = data.collect()
        choice = ColumnChoice(reference=reference, test=test, quantity=quantity, **roles)
        return pairs_of_table(cells_of_frame(data), choice)
    if reference is None or test is None:
        raise UsageError(
            "BS-E376", "found no two columns, wanted a reference and a test, or a DataFrame."
        )
    given = {"reference": reference, "test": test, **roles}
    _refuse_other_index(given)
    arrays = {name: _one_column(name, values) for name, values in given.items()}
    n = len(arrays["reference"])
    for name, values in arrays.items():
        if len(values) != n:
            raise UsageError(
                "BS-E372",
                f"found {n} values of the reference and {len(values)} of {name}, wanted as many.",
            )
    choice = ColumnChoice(
        reference="reference", test="test", quantity=quantity, **{role: role for role in roles}
    )
    return pairs_of_table(Cells(columns=arrays, labels=row_labels(n)), choice)


def _refuse_other_index(given: Mapping[str, Any]) -> None:
    """Refuse pandas Series whose rows are named differently: by position they would be mixed up."""
    named = {n: v.index for n, v in given.items() if hasattr(v, "index") and hasattr(v, "iloc")}
    first = next(iter(named), "")
    for name, index in named.items():
        if len(index) == len(named[first]) and not index.equals(named[first]):
            raise UsageError(
                "BS-E372",
                f"found a Series of {name} with another index than that of {first}, wanted one "
                "index: align the two first, or give their values.",
            )


def _one_column(name: str, values: Any) -> list[Any]:
    """List the values of one column; masked ones are gaps."""
    if isinstance(values, np.ma.MaskedArray):
        values = np.ma.filled(values.astype(np.float64), np.nan)
    if isinstance(values, np.ndarray):
        if values.ndim != 1 and values.size != max(values.shape, default=0):
            raise UsageError(
                "BS-E372", f"found {name} with the shape {values.shape}, wanted one column."
            )
        return list(np.ravel(values))
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise UsageError(
            "BS-E376",
            f"found {values!r} as {name}, wanted a column of values; names of columns need `data`.",
        )
    return list(values)


def _is_table(value: Any) -> bool:
    return hasattr(value, "collect") or hasattr(value, "columns") or isinstance(value, Mapping)
