"""The RF exam (`*.h5`): radiofrequency samples or spectra of the sites of one exam.

Writer and guarded reader side by side. Layout of version 1:

* root attributes ``format="bonescan-rf"``, ``version=1``, ``exam_id``,
  ``acquired_at`` (ISO 8601 with offset), ``device``, ``device_serial``,
  ``operator``, ``simulated``;
* group ``/subject`` with attributes about the person;
* one group a site, ``/sites/<id>``, with ``rf`` int16 (frame, line, sample) in
  chunks of one frame, attributes ``fs_hz f0_hz c_m_s t0_s probe_radius_m
  line_pitch_m gain_db gain_known focus_m calibration_id`` and the optional
  datasets ``line_angle_rad`` (line) and ``tgc_db`` (sample);
* instead of or beside ``rf`` a group ``spectra`` with ``power`` (n, bin),
  ``frequency_hz`` (bin) and per-spectrum ``gate_start_m gate_length_m depth_m
  line frame n_averaged``, attributes ``window unit``.

What is absent is unknown. ``/truth`` of simulated files is never opened.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from bonescan.errors import UnusableScan
from bonescan.files.guarded_hdf5 import (
    BROKEN_LETTER,
    MAX_TABLE_BYTES,
    find_child,
    find_dataset,
    find_group,
    hdf5_faults,
    open_hdf5,
    read_column,
    read_locked,
    read_number,
    read_text,
    read_truth,
)
from bonescan.model.exam import Device, Exam, Subject
from bonescan.model.scan import RfScan, RfSite, Source, SpectraTable
from bonescan.model.sites import UNKNOWN_SITE, is_site

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMAT_NAME = "bonescan-rf"
VERSION = 1

SUBJECT_TEXT = ("patient_id", "issuer", "sex", "birth_date", "menopausal_status", "ethnicity")
SUBJECT_NUMBERS = (
    "height_cm",
    "weight_kg",
    "prepregnancy_weight_kg",
    "gestation_days",
    "postpartum_days",
)
SITE_NUMBERS = ("f0_hz", "c_m_s", "t0_s", "probe_radius_m", "line_pitch_m", "gain_db", "focus_m")
PER_SPECTRUM = ("gate_start_m", "gate_length_m", "depth_m", "line", "frame", "n_averaged")

MAX_SITES = 64
MAX_SITE_BYTES = 2 * 2**30
_LIBVER = ("earliest", "v110")  # a fixed file version: the same bytes from any newer library
_GZIP_LEVEL = 4


@dataclass(frozen=True, eq=False, kw_only=True)
class RfSiteContent:
    """One site to be written; None = unknown and not stored.

    `rf` is int16 (frame, line, sample); `line_angle_rad` (line,); `tgc_db`
    (sample,). A site needs `rf` or `spectra`.
    """

    site: str
    fs_hz: float
    rf: NDArray[np.int16] | None = None
    spectra: SpectraTable | None = None
    f0_hz: float | None = None
    c_m_s: float | None = None
    t0_s: float | None = None
    probe_radius_m: float | None = None
    line_pitch_m: float | None = None
    gain_db: float | None = None
    gain_known: bool | None = None
    focus_m: float | None = None
    calibration_id: str | None = None
    line_angle_rad: NDArray[Any] | None = None
    tgc_db: NDArray[Any] | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class RfExamContent:
    """Everything that an RF exam file holds; None = unknown and not stored."""

    subject: Subject
    sites: tuple[RfSiteContent, ...]
    exam_id: str | None = None
    acquired_at: str | None = None  # ISO 8601 with offset
    device: str | None = None
    device_serial: str | None = None
    operator: str | None = None
    simulated: bool | None = None
    truth: Mapping[str, float | str] = field(default_factory=dict)


# ------------------------------------------------------------------ writing


def write_rf_exam(path: Path, content: RfExamContent, compress: bool = True) -> None:
    """Write an RF exam; the file appears whole or not at all.

    The bytes carry no time: the same content gives the same file with the same
    versions of HDF5 and zlib, and the same stored values with any.

    Parameters
    ----------
    path : Path
        Replaced when it exists.
    content : RfExamContent
        At least one site, each with `rf` or `spectra`.
    compress : bool, default True
        gzip and shuffle; False stores the samples plainly, faster to read.
    """
    _check_content(content)
    draft = path.with_name(f".tmp-{os.getpid()}-{path.name}")
    try:
        with h5py.File(draft, "w", libver=_LIBVER) as file:
            _put(
                file,
                {
                    "format": FORMAT_NAME,
                    "version": VERSION,
                    "exam_id": content.exam_id,
                    "acquired_at": content.acquired_at,
                    "device": content.device,
                    "device_serial": content.device_serial,
                    "operator": content.operator,
                    "simulated": content.simulated,
                },
            )
            _put(file.create_group("subject"), subject_attributes(content.subject))
            for site in content.sites:
                _write_site(file.create_group(f"sites/{site.site}"), site, compress)
            if content.truth:
                _put(file.create_group("truth"), dict(sorted(content.truth.items())))
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def subject_attributes(subject: Subject) -> dict[str, Any]:
    """Name what is stored of a person, in the order of the container's description."""
    values: dict[str, Any] = {
        name: getattr(subject, name) for name in SUBJECT_TEXT if name != "birth_date"
    }
    values["birth_date"] = subject.birth_date.isoformat() if subject.birth_date else None
    return values | {name: getattr(subject, name) for name in SUBJECT_NUMBERS}


def _check_content(content: RfExamContent) -> None:
    if not content.sites:
        raise ValueError("an RF exam needs at least one site")
    names = [s.site for s in content.sites]
    if len(set(names)) != len(names):
        raise ValueError(f"a site stands twice in {names}")
    for site in content.sites:
        if not (is_site(site.site) or site.site == UNKNOWN_SITE):
            raise ValueError(f"{site.site!r} is not a site name")
        if site.rf is None and site.spectra is None:
            raise ValueError(f"{site.site}: needs rf or spectra")
        if site.rf is not None and (site.rf.dtype != np.int16 or site.rf.ndim != _RF_AXES):
            raise ValueError(f"{site.site}: rf must be int16 (frame, line, sample)")


_RF_AXES = 3


def _put(group: h5py.Group, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if value is not None:
            group.attrs[name] = np.int8(value) if isinstance(value, bool) else value


def _write_site(group: h5py.Group, site: RfSiteContent, compress: bool) -> None:
    _put(group, {"fs_hz": float(site.fs_hz)})
    _put(group, {name: getattr(site, name) for name in SITE_NUMBERS})
    _put(group, {"gain_known": site.gain_known, "calibration_id": site.calibration_id})
    packing: dict[str, Any] = (
        {"compression": "gzip", "compression_opts": _GZIP_LEVEL, "shuffle": True}
        if compress
        else {}
    )
    if site.rf is not None:
        rf = np.ascontiguousarray(site.rf, dtype="<i2")
        group.create_dataset("rf", data=rf, chunks=(1, *rf.shape[1:]), **packing)
    for name in ("line_angle_rad", "tgc_db"):
        if getattr(site, name) is not None:
            group.create_dataset(name, data=np.asarray(getattr(site, name), dtype="<f8"))
    if site.spectra is not None:
        _write_spectra(group.create_group("spectra"), site.spectra, packing)


def _write_spectra(group: h5py.Group, table: SpectraTable, packing: dict[str, Any]) -> None:
    _put(group, {"window": table.window, "unit": table.unit})
    power = np.ascontiguousarray(table.power)
    power = power.astype("<f4" if power.dtype == np.float32 else "<f8")
    group.create_dataset("power", data=power, chunks=power.shape if packing else None, **packing)
    group.create_dataset("frequency_hz", data=np.asarray(table.frequency_hz, dtype="<f8"))
    for name in PER_SPECTRUM:
        values = getattr(table, name)
        if values is not None:
            kind = "<i4" if name in _COUNTS else "<f8"
            group.create_dataset(name, data=np.asarray(values, dtype=kind))


_COUNTS = frozenset({"line", "frame", "n_averaged"})


# ------------------------------------------------------------------ reading


def open_rf_exam(path: Path) -> RfScan:
    """Read an RF exam's metadata and spectra, and check its samples without reading them.

    Raises
    ------
    UnusableScan
        Whatever is wrong with the file; `/truth` is never looked at.
    """
    with hdf5_faults(path), open_hdf5(path) as file:
        if read_text(file, "format", path) != FORMAT_NAME:
            raise UnusableScan("BS-E141", f"found no format={FORMAT_NAME!r}.", file=path)
        version = read_number(file, "version", path)
        if version != VERSION:
            found = "none" if version is None else f"{version:g}"
            raise UnusableScan("BS-E142", f"found version {found}, wanted {VERSION}.", file=path)
        flags: list[str] = []
        exam = _exam(file, path, flags)
        subject = read_subject(file, path, flags)
        check_dates(subject, exam, path)
        sites = tuple(_sites(file, path))
        flags += site_flags(sites)
        device = Device(
            model=read_text(file, "device", path), serial=read_text(file, "device_serial", path)
        )
        if _has_broken_letters(subject, exam, device, *sites):
            flags.append("charset_undecodable")
        return RfScan(
            source=Source(path=path, size_bytes=path.stat().st_size, format_name=FORMAT_NAME),
            subject=subject,
            device=device,
            exam=exam,
            sites=sites,
            samples=Hdf5Samples(path=path) if any(s.has_rf for s in sites) else None,
            flags=tuple(dict.fromkeys(flags)),
        )


def _has_broken_letters(*parts: Subject | Exam | Device | RfSite) -> bool:
    """Tell whether any text of these was not readable as it is stored."""
    return any(
        isinstance(text := getattr(part, field.name), str) and BROKEN_LETTER in text
        for part in parts
        for field in fields(part)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Hdf5Samples:
    """Opens the samples of an RF exam again."""

    path: Path

    def frames(self, site: str) -> Iterator[NDArray[np.int16]]:
        """Yield the frames of `site`, each (line, sample)."""
        with hdf5_faults(self.path), self._opened(site) as file:
            rf = _rf(_site_group(file, site, self.path), self.path)
            for index in range(rf.shape[0]):
                yield rf[index].astype(np.int16, copy=False)

    def _opened(self, site: str) -> h5py.File:
        """Open without a cache of chunks, a copy more, unless chunks reach across frames."""
        file = open_hdf5(self.path, cache_bytes=0)
        chunks = _rf(_site_group(file, site, self.path), self.path).chunks
        if chunks is None or chunks[0] == 1:
            return file
        file.close()
        return open_hdf5(self.path)

    def block(self, site: str) -> NDArray[np.int16]:
        """Read all frames of `site`, (frame, line, sample)."""
        with hdf5_faults(self.path), open_hdf5(self.path) as file:
            rf = _rf(_site_group(file, site, self.path), self.path)
            values: NDArray[np.int16] = rf[()].astype(np.int16, copy=False)
            return values


def check_dates(subject: Subject, exam: Exam, path: Path) -> None:
    """Refuse an exam before birth."""
    born, seen = subject.birth_date, exam.exam_date
    if born and seen and seen < born:
        raise UnusableScan(
            "BS-E118", f"found the exam on {seen} before the birth date {born}.", file=path
        )


def site_flags(sites: tuple[RfSite, ...]) -> list[str]:
    """Say in flags what the sites leave unknown."""
    flags = []
    with_rf = [s for s in sites if s.has_rf]
    if any(s.c_m_s is None for s in with_rf):
        flags.append("sound_speed_unknown")
    if any(s.t0_s is None for s in with_rf):
        flags.append("time_zero_unknown")
    if any(not s.gain_known for s in with_rf):
        flags.append("gain_unknown")
    if any(s.spectra is not None and s.spectra.depth_m is None for s in sites if not s.has_rf):
        flags.append("no_depth")
    return flags


def _site_group(file: h5py.File, site: str, path: Path) -> h5py.Group:
    sites = find_group(file, "sites", path)
    known = is_site(site) or site == UNKNOWN_SITE
    group = None if sites is None or not known else find_group(sites, site, path)
    if group is None:
        raise UnusableScan("BS-E141", f"found no site {site!r}.", file=path)
    return group


def _exam(file: h5py.File, path: Path, flags: list[str]) -> Exam:
    day, clock = parse_acquired_at(read_text(file, "acquired_at", path), flags)
    simulated = read_truth(file, "simulated", path)
    if simulated is None:
        flags.append("origin_unknown")
    return Exam(
        exam_id=read_text(file, "exam_id", path),
        exam_date=day,
        exam_time=clock,
        operator=read_text(file, "operator", path),
        simulated=simulated,
    )


def parse_acquired_at(text: str | None, flags: list[str]) -> tuple[date | None, str | None]:
    """Split an ISO 8601 time into the local date and HH:MM:SS; flag what can't be read."""
    if text is None:
        return None, None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        flags.append("exam_date_unreadable")
        return None, None
    has_time = len(text) > len("2026-01-01")
    return moment.date(), moment.strftime("%H:%M:%S") if has_time else None


def parse_birth_date(text: str | None, flags: list[str]) -> date | None:
    """Read an ISO birth date; flag what can't be read."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        flags.append("birth_date_unreadable")
        return None


def parse_sex(text: str | None, flags: list[str]) -> str | None:
    """Take F and M; anything else is unknown, with a flag."""
    if text is None:
        return None
    if text.upper() in {"F", "M"}:
        return text.upper()
    flags.append("sex_not_f_or_m")
    return None


def read_subject(file: h5py.File, path: Path, flags: list[str]) -> Subject:
    """Read the group `/subject` of an exam file; flags are added for what can't be read."""
    group = find_child(file, "subject", path)
    if group is None:
        return Subject()
    if not isinstance(group, h5py.Group):
        raise UnusableScan("BS-E145", "found 'subject', wanted a group.", file=path)
    texts = {name: read_text(group, name, path) for name in SUBJECT_TEXT}
    numbers: dict[str, Any] = {name: read_number(group, name, path) for name in SUBJECT_NUMBERS}
    if any(BROKEN_LETTER in (texts[name] or "") for name in ("patient_id", "issuer")):
        # two people's unreadable numbers look alike: better nobody than somebody else
        texts["patient_id"] = texts["issuer"] = None
        flags.append("charset_undecodable")
    return Subject(
        patient_id=texts["patient_id"],
        issuer=texts["issuer"],
        sex=parse_sex(texts["sex"], flags),
        birth_date=parse_birth_date(texts["birth_date"], flags),
        menopausal_status=texts["menopausal_status"],
        ethnicity=texts["ethnicity"],
        **numbers,
    )


def _sites(file: h5py.File, path: Path) -> Iterator[RfSite]:
    group = find_group(file, "sites", path)
    if group is None or len(group) == 0:
        raise UnusableScan("BS-E141", "found no site.", file=path)
    if len(group) > MAX_SITES:
        raise UnusableScan("BS-E144", f"found {len(group)} sites, wanted ≤ {MAX_SITES}.", file=path)
    # h5py gives the name of a group that is no UTF-8 as bytes
    for name in sorted(group, key=str):
        if not isinstance(name, str) or not (is_site(name) or name == UNKNOWN_SITE):
            raise UnusableScan("BS-E145", f"found the unknown site {str(name)!r}.", file=path)
        yield _site(name, _site_group(file, name, path), path)


def _site(name: str, group: h5py.Group, path: Path) -> RfSite:
    fs_hz = read_number(group, "fs_hz", path)
    if fs_hz is None:
        raise UnusableScan("BS-E141", f"found no fs_hz of site {name}.", file=path)
    spectra = _spectra(find_group(group, "spectra", path), path)
    has_rf = "rf" in group
    if spectra is None and not has_rf:
        raise UnusableScan("BS-E141", f"found neither rf nor spectra of site {name}.", file=path)
    shape = _rf(group, path).shape if has_rf else (0, 0, 0)
    return RfSite(
        site=name,
        fs_hz=fs_hz,
        n_frames=shape[0],
        n_lines=shape[1],
        n_samples=shape[2],
        gain_known=read_truth(group, "gain_known", path),
        calibration_id=read_text(group, "calibration_id", path),
        line_angle_rad=read_column(group, "line_angle_rad", shape[1] if has_rf else None, path),
        tgc_db=read_column(group, "tgc_db", shape[2] if has_rf else None, path),
        spectra=spectra,
        **{key: read_number(group, key, path) for key in SITE_NUMBERS},
    )


def _rf(group: h5py.Group, path: Path) -> h5py.Dataset:
    rf = find_dataset(group, "rf", path, MAX_SITE_BYTES)
    if rf is None:
        raise UnusableScan("BS-E141", "found no rf.", file=path)
    if rf.dtype.kind != "i" or rf.dtype.itemsize != np.dtype(np.int16).itemsize:
        raise UnusableScan("BS-E145", f"found rf as {rf.dtype}, wanted int16.", file=path)
    if rf.ndim != _RF_AXES or 0 in rf.shape:
        raise UnusableScan(
            "BS-E145", f"found rf of shape {rf.shape}, wanted (frame, line, sample).", file=path
        )
    return rf


def _spectra(group: h5py.Group | None, path: Path) -> SpectraTable | None:
    if group is None:
        return None
    data = find_dataset(group, "power", path, MAX_TABLE_BYTES)
    axis = read_column(group, "frequency_hz", None, path)
    if data is None or axis is None:
        raise UnusableScan("BS-E141", "found spectra without power or frequency_hz.", file=path)
    if data.ndim != _POWER_AXES or data.shape[1] != axis.shape[0] or 0 in data.shape:
        raise UnusableScan(
            "BS-E145",
            f"found power of shape {data.shape} with {axis.shape[0]} frequencies.",
            file=path,
        )
    columns = {name: read_column(group, name, data.shape[0], path) for name in PER_SPECTRUM}
    table = SpectraTable(
        power=read_locked(data, "power", path),
        frequency_hz=axis,
        window=read_text(group, "window", path),
        unit=read_text(group, "unit", path),
        **columns,
    )
    check_spectra(table, path)
    return table


_POWER_AXES = 2


def check_spectra(table: SpectraTable, path: Path, code: str = "BS-E145") -> None:
    """Refuse negative power, falling frequencies and gates of no length."""
    if (table.power < 0).any():
        raise UnusableScan(code, "found negative power, wanted linear power.", file=path)
    if table.frequency_hz[0] < 0 or (np.diff(table.frequency_hz) <= 0).any():
        raise UnusableScan(code, "found frequencies that do not rise.", file=path)
    for name in ("gate_length_m", "depth_m", "n_averaged"):
        values = getattr(table, name)
        if values is not None and (values <= 0).any():
            raise UnusableScan(code, f"found {name} ≤ 0.", file=path)
