"""The REMS-style model (`*.h5`): writer and guarded reader side by side.

Layout of version 2 (nothing is pickled, nothing points outside the file):

* root attributes ``format="bonescan-model"``, ``version=2``, ``method``,
  ``model_id``, ``content_sha256``, ``simulated``, ``dxa_maker``, ``correction``,
  ``normalisation``, ``calibrated``, ``devices``, ``software_version``,
  ``cohort_sha256``, ``person_salt`` and the dataset ``person_hashes``;
* group ``form``: how spectra must be made to meet the model;
* one group a site, ``sites/<site>``: class spectra, residuals, ranges; in it
  ``maps``, one group an estimator, ``interval`` with what prediction intervals are
  made of, ``fragility`` (``r_min_1`` only with class spectra), and
  ``cross_validation``, one group a row.

Version 1 knew two estimators and no intervals; a model of it is refused.

Fields carry the names of `bonescan.model.rems_model`. Texts in a list are
joined by line ends. Numbers are stored with eight significant digits, so that
processors that differ in the last bits train the same model.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import os
import types
import typing
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TypeVar

import h5py
import numpy as np
from numpy.typing import NDArray

from bonescan.errors import NothingUsable, UsageError
from bonescan.model import rems_model
from bonescan.model.rems_model import (
    ESTIMATORS,
    FADE,
    METHOD,
    OS,
    PCR,
    TWO_GATE,
    CrossValidationRow,
    RemsModel,
    SiteModel,
)

FORMAT_NAME = "bonescan-model"
VERSION = 2
BUNDLED = Path(__file__).parent / "models" / "demo-1.h5"

DIGITS = 8  # significant digits stored
ID_DIGITS = 8  # of the content hash, in the readable id
MAX_FILE_BYTES = 64 * 2**20
MAX_ITEMS = 1_000_000
_LIBVER = ("earliest", "v110")  # a fixed file version: the same bytes from any newer library
_NOT_HASHED = ("model_id", "content_sha256", "software_version")
# Added within version 2: where absent the hash is that of files written before.
_HASHED_IF_KNOWN = ("fragility/r_min_1", "ethnicities")

Array = NDArray[np.float64]
T = TypeVar("T")


# ------------------------------------------------------------------ identity


def person_hash(salt: str, patient_id: str, issuer: str | None) -> str:
    """Hash a person with the model's own key, so that training people can be recognised.

    Parameters
    ----------
    salt : str
        Key of the model, `RemsModel.person_salt`.
    patient_id : str
        As text, leading zeros kept.
    issuer : str or None

    Returns
    -------
    hash : str
        32 hexadecimal digits.
    """
    text = f"{issuer or ''}\0{patient_id}"
    return hmac.new(salt.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]


def seal(name: str, draft: RemsModel) -> RemsModel:
    """Round a new model to what is stored, and give it its identity.

    Parameters
    ----------
    name : str
        Readable start of the id.
    draft : RemsModel
        Its `model_id` and `content_sha256` are ignored.

    Returns
    -------
    model : RemsModel
        Equal to what `load_model` reads back.
    """
    rounded = _rounded(draft)
    digest = content_hash(rounded)
    return dataclasses.replace(
        rounded, model_id=f"{name}-{digest[:ID_DIGITS]}", content_sha256=digest
    )


def content_hash(model: RemsModel) -> str:
    """Hash everything that a result may depend on: all but the id, the hash and the version."""
    digest = hashlib.sha256()
    for path, value in _walk(model, ""):
        if path.lstrip("/") in _NOT_HASHED:
            continue
        if value is None and path.endswith(_HASHED_IF_KNOWN):
            continue
        digest.update(path.encode() + b"\0")
        if isinstance(value, np.ndarray):
            digest.update(repr(value.shape).encode())
            digest.update((np.ascontiguousarray(value, dtype="<f8") + 0.0).tobytes())
        else:
            digest.update(repr(value).encode())
        digest.update(b"\0")
    return digest.hexdigest()


def _walk(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield every field of nested dataclasses with its path, in order of declaration."""
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from _walk(getattr(value, field.name), f"{path}/{field.name}")
    elif isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
        for index, item in enumerate(value):
            yield from _walk(item, f"{path}/{index}")
    else:
        yield path, value


def _rounded(value: T) -> T:
    """Round every float to `DIGITS` significant digits, arrays into read-only copies."""
    if dataclasses.is_dataclass(value):
        fields = {f.name: _rounded(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return dataclasses.replace(value, **fields)  # type: ignore[type-var]
    if isinstance(value, tuple):
        return tuple(_rounded(v) for v in value)  # type: ignore[return-value]
    if isinstance(value, np.ndarray):
        flat = [_significant(float(v)) for v in value.ravel()]
        rounded = np.array(flat, dtype=np.float64).reshape(value.shape)
        rounded.flags.writeable = False
        return rounded  # type: ignore[return-value]
    if isinstance(value, float):
        return _significant(float(value))  # type: ignore[return-value]
    return value


def _significant(value: float) -> float:
    return float(f"{value:.{DIGITS - 1}e}") + 0.0  # no minus zero


# ------------------------------------------------------------------ writing


def write_model(path: Path, model: RemsModel) -> None:
    """Write a sealed model; the file appears whole or not at all.

    Parameters
    ----------
    path : Path
        Replaced when it exists.
    model : RemsModel
        From `seal`; a model whose content doesn't fit its hash is a ValueError.
    """
    if content_hash(model) != model.content_sha256:
        raise ValueError("the model is not sealed: its content does not fit its hash")
    draft = path.with_name(f".tmp-{os.getpid()}-{path.name}")
    try:
        with h5py.File(draft, "w", libver=_LIBVER) as file:
            file.attrs["format"] = FORMAT_NAME
            file.attrs["version"] = VERSION
            _write_fields(file, model)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _write_fields(group: h5py.Group, value: Any) -> None:
    for field in dataclasses.fields(value):
        item = getattr(value, field.name)
        if isinstance(item, np.ndarray):
            group.create_dataset(field.name, data=np.asarray(item, dtype="<f8"))
        elif dataclasses.is_dataclass(item):
            _write_fields(group.create_group(field.name), item)
        elif isinstance(item, tuple) and item and dataclasses.is_dataclass(item[0]):
            parent = group.create_group(field.name)
            for index, part in enumerate(item):
                _write_fields(parent.create_group(f"{index:02d}"), part)
        elif field.name == "person_hashes":
            group.create_dataset(field.name, data=np.array(item, dtype="S32"))
        elif isinstance(item, tuple) and all(isinstance(v, str) for v in item):
            group.attrs[field.name] = "\n".join(item)
        elif isinstance(item, bool):
            group.attrs[field.name] = np.int8(item)
        elif item is not None:
            group.attrs[field.name] = item


# ------------------------------------------------------------------ reading


def load_model(path: Path | None) -> RemsModel:
    """Read a model, or the bundled one.

    Parameters
    ----------
    path : Path or None
        None = the model that ships with the package, trained on simulated exams.

    Returns
    -------
    model : RemsModel
        The same object for the same unchanged file.

    Raises
    ------
    UsageError
        BS-E302 where there is no such file.
    NothingUsable
        BS-E310 not a model or damaged, BS-E311 another version, BS-E312 content
        that does not fit its own hash or is not consistent.
    """
    place = BUNDLED if path is None else path
    try:
        state = place.stat()
    except OSError as error:
        raise UsageError("BS-E302", "found no model file there.", file=place) from error
    if not place.is_file() or state.st_size > MAX_FILE_BYTES:
        raise NothingUsable(
            "BS-E310", f"found {state.st_size} bytes, wanted a file of ours, under 64 MB.",
            file=place,
        )  # fmt: skip
    return _load(place.resolve(), state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=4)
def _load(path: Path, _mtime_ns: int, _size: int) -> RemsModel:
    try:
        with h5py.File(path, "r", locking=False) as file:
            _check_version(file, path)
            model = typing.cast(RemsModel, _read_fields(file, RemsModel, path))
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, UnicodeError) as error:
        raise NothingUsable(
            "BS-E310", f"found no sound model file ({error}).", file=path
        ) from error
    _check_consistent(model, path)
    return model


def _check_version(file: h5py.File, path: Path) -> None:
    if file.attrs.get("format") != FORMAT_NAME:
        raise NothingUsable("BS-E310", f"found no format={FORMAT_NAME!r}.", file=path)
    version = file.attrs.get("version")
    if version != VERSION:
        older = isinstance(version, int | np.integer) and version < VERSION
        whence = "an older bonescan; build the model again" if older else "another bonescan"
        raise NothingUsable(
            "BS-E311", f"found version {version} of {whence}, wanted {VERSION}.", file=path
        )
    method = file.attrs.get("method")
    if method != METHOD:
        raise NothingUsable("BS-E311", f"found method {method!r}, wanted {METHOD!r}.", file=path)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind, vars(rems_model) | {"Array": Array})


def _read_fields(group: h5py.Group, kind: type, path: Path) -> Any:
    values = {
        field.name: _read_field(group, field.name, _hints(kind)[field.name], path)
        for field in dataclasses.fields(kind)
    }
    return kind(**values)


def _read_field(group: h5py.Group, name: str, hint: Any, path: Path) -> Any:
    if dataclasses.is_dataclass(hint):
        return _read_fields(_member(group, name, h5py.Group), typing.cast(type, hint), path)
    if hint == Array:
        return _array(_member(group, name, h5py.Dataset))
    if name == "person_hashes":
        stored = _member(group, name, h5py.Dataset)
        if stored.dtype != np.dtype("S32") or stored.ndim != 1 or stored.size > MAX_ITEMS:
            raise ValueError("person_hashes has another shape or type")
        return tuple(v.decode("ascii") for v in stored[:])
    parts = typing.get_args(hint)
    if typing.get_origin(hint) is tuple and dataclasses.is_dataclass(parts[0]):
        parent = _member(group, name, h5py.Group)
        row = typing.cast(type, parts[0])
        return tuple(
            _read_fields(_member(parent, key, h5py.Group), row, path) for key in sorted(parent)
        )
    return _attribute(group, name, hint)


def _member(group: h5py.Group, name: str, kind: type) -> Any:
    """Return a member stored in this very file; links elsewhere are refused."""
    link = group.get(name, getlink=True)
    if not isinstance(link, h5py.HardLink):
        raise ValueError(f"{name} is {'absent' if link is None else 'a link'}")  # noqa: TRY004
    member = group[name]
    if not isinstance(member, kind):
        raise ValueError(f"{name} is not a {kind.__name__.lower()}")  # noqa: TRY004
    return member


def _array(stored: h5py.Dataset) -> Array:
    plain = not stored.is_virtual and stored.external is None and stored.compression is None
    if stored.dtype != np.dtype("<f8") or stored.size > MAX_ITEMS or not plain:
        raise ValueError(f"{stored.name} has another type, or is packed or stored elsewhere")
    values: Array = np.array(stored[...], dtype=np.float64)
    values.flags.writeable = False
    return values


def _attribute(group: h5py.Group, name: str, hint: Any) -> Any:
    """Read one attribute as the type that its field declares."""
    parts = typing.get_args(hint)
    optional = isinstance(hint, types.UnionType) and types.NoneType in parts
    if name not in group.attrs:
        if optional:
            return None
        raise ValueError(f"{group.name}: {name} is absent")
    value = group.attrs[name]
    if optional:
        hint = parts[0]
        parts = typing.get_args(hint)
    if typing.get_origin(hint) is tuple:
        if parts[0] is str:
            return tuple(_text(value).split("\n")) if _text(value) else ()
        numbers = tuple(float(v) for v in np.atleast_1d(value))
        if parts[-1] is not ... and len(numbers) != len(parts):
            raise ValueError(f"{name} has {len(numbers)} numbers, wanted {len(parts)}")
        return numbers
    if np.ndim(value) != 0:
        raise ValueError(f"{name} is an array, wanted one value")
    return _text(value) if hint is str else hint(value)


def _text(value: Any) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


def _check_consistent(model: RemsModel, path: Path) -> None:
    """Refuse a model whose parts don't fit each other or its own hash."""
    for fault in _faults(model):
        raise NothingUsable("BS-E312", f"found {fault}.", file=path)


def _faults(model: RemsModel) -> Iterator[str]:
    if content_hash(model) != model.content_sha256:
        yield "a content that does not fit its own hash: the file was changed or is damaged"
    if len(model.form.gate_start_mm) < 2:  # noqa: PLR2004 - A and B
        yield f"{len(model.form.gate_start_mm)} gate, wanted at least A and B"
    bins = model.form.frequency_hz.shape
    if len(bins) != 1 or not bins[0]:
        yield f"a frequency axis of shape {bins}"
    for site in model.sites:
        for name, found, wanted in _shapes(bins[0], site):
            if found.shape != wanted:
                yield f"{site.site}/{name} of shape {found.shape}, wanted {wanted}"
        yield from _estimator_faults(site)
    for path, value in _walk(model, ""):
        if isinstance(value, float | np.ndarray) and not np.all(np.isfinite(value)):
            yield f"a number that is not finite in {path}"


def _estimator_faults(site: SiteModel) -> Iterator[str]:
    if site.fragility.known and site.fragility.r_min_1 is None:
        yield (
            f"{site.site}/fragility without its r_min_1, as an older bonescan wrote it: build the "
            "model again"
        )
    for name in (site.primary, *site.estimators):
        if name not in ESTIMATORS:
            yield f"the estimator {name!r}, wanted one of {', '.join(ESTIMATORS)}"
    if site.primary not in site.estimators:
        yield f"{site.site}/primary {site.primary!r} that is none of its estimators"
    mapped = tuple(m.estimator for m in site.maps)
    if set(mapped) | {OS} != set(site.estimators) or len(mapped) + 1 != len(site.estimators):
        yield f"{site.site}/maps of {', '.join(mapped)} for {', '.join(site.estimators)}"
    folds = site.interval
    whole = np.array_equal(folds.fold, np.round(folds.fold)) and np.all(folds.fold >= 0)
    if not whole or np.any(folds.fold >= folds.fold_intercept_g_cm2.size):
        yield (
            f"{site.site}/interval with folds that are not 0 to "
            f"{folds.fold_intercept_g_cm2.size - 1}"
        )


def _vector_size(estimator: str, n_bins: int) -> int:
    """Count the numbers that an estimator makes of an exam; -1 for an unknown one."""
    return {OS: 1, TWO_GATE: n_bins, PCR: 2 * n_bins + 2, FADE: 1}.get(estimator, -1)


def _shapes(n_bins: int, site: SiteModel) -> Iterator[tuple[str, Array, tuple[int, ...]]]:
    """Every array of a site with the shape it must have."""
    points = site.residual_sd_g_cm2.shape[-1] if site.residual_sd_g_cm2.ndim else 0
    table = (len(site.estimators), points)
    yield "osteoporotic_db", site.osteoporotic_db, (2 * n_bins,)
    yield "healthy_db", site.healthy_db, (2 * n_bins,)
    yield "decay_curve_db", site.decay_curve_db, (0,) if site.decay_sd_db is None else (3,)
    yield "residual_bmd_g_cm2", site.residual_bmd_g_cm2, table
    yield "residual_sd_g_cm2", site.residual_sd_g_cm2, table
    yield "covariates_g_cm2", site.covariates_g_cm2, (4,)
    yield "offset_g_cm2", site.offset_g_cm2, (5,)
    for linear in site.maps:
        size = (_vector_size(linear.estimator, n_bins),)
        yield f"maps/{linear.estimator}/mean", linear.mean, size
        yield f"maps/{linear.estimator}/weights_g_cm2", linear.weights_g_cm2, size
    folds = site.interval
    n_folds, rows = folds.fold_intercept_g_cm2.shape, folds.fold.shape
    size = (_vector_size(folds.estimator, n_bins),)
    yield "interval/fold_weights_g_cm2", folds.fold_weights_g_cm2, (*n_folds, *size)
    yield "interval/residual_g_cm2", folds.residual_g_cm2, rows
    yield "interval/weight_1", folds.weight_1, rows
    shape = (2 * n_bins,) if site.fragility.known else (0,)
    yield "fragility/fractured_db", site.fragility.fractured_db, shape
    yield "fragility/unfractured_db", site.fragility.unfractured_db, shape


def cross_validation_text(rows: Sequence[CrossValidationRow]) -> str:
    """Write a cross-validation table as lines of text for people."""
    head = f"{'estimator':28s} {'n':>4s}  {'r (95 %)':18s} SEE g/cm2 (95 %)      bias"
    return "\n".join([head, *(_row_text(r) for r in rows)])


def _row_text(row: CrossValidationRow) -> str:
    r = f"{row.pearson_1:.2f} ({row.pearson_lo_1:.2f}-{row.pearson_hi_1:.2f})"
    see = f"{row.see_g_cm2:.3f} ({row.see_lo_g_cm2:.3f}-{row.see_hi_g_cm2:.3f})"
    bias = round(row.bias_g_cm2, 3) + 0.0  # no minus zero
    return f"{row.estimator:28s} {row.n_people:4d}  {r:18s} {see:20s} {bias:+.3f}"
