"""Gate spectra as a table (`*.csv`): what an RF exam holds, without HDF5 and without samples.

Header lines ``# key = value`` come first, then one line of column names, then
one row a spectrum::

    # format = bonescan-spectra
    # version = 1
    # patient_id = 0012
    # fs_hz = 40000000
    # window = hann
    # unit = 1
    site,line,frame,gate_start_m,gate_length_m,depth_m,n_averaged,power_1500000,power_1600000
    L1,12,0,0.001,0.0064,0.0512,8,1.25e-3,1.5e-3

Keys are the attributes of the RF exam container: of the exam (``exam_id
acquired_at device device_serial operator simulated``), of the person
(``patient_id issuer sex birth_date …``) and of the sites (``fs_hz`` required;
``f0_hz c_m_s t0_s probe_radius_m line_pitch_m gain_db gain_known focus_m
calibration_id``), with ``window`` and ``unit`` of the spectra. They hold for
every site of the file. ``site`` may be a key instead of a column. The
frequency of a power column, in Hz, stands in its name; power is linear. Other
columns than ``power_…`` may be absent and are then unknown. A key ``rows`` (the
writer sets it) tells a table that lost its end.
"""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path
from typing import Any

import numpy as np

from bonescan.errors import UnusableScan
from bonescan.files.rf_exam import (
    PER_SPECTRUM,
    SITE_NUMBERS,
    SUBJECT_NUMBERS,
    SUBJECT_TEXT,
    RfExamContent,
    RfSiteContent,
    check_dates,
    check_spectra,
    parse_acquired_at,
    parse_birth_date,
    parse_sex,
    site_flags,
    subject_attributes,
)
from bonescan.model.exam import Device, Exam, Subject
from bonescan.model.scan import RfScan, RfSite, Source, SpectraTable
from bonescan.model.sites import is_site

FORMAT_NAME = "spectra-csv"
HEADER_FORMAT = "bonescan-spectra"
FIRST_LINE = f"# format = {HEADER_FORMAT}"
VERSION = 1
MAX_BYTES = 64 * 2**20
MAX_CELL_CHARACTERS = 64
POWER = "power_"

_CODE = "BS-E146"
_EXAM_KEYS = ("exam_id", "acquired_at", "device", "device_serial", "operator")
_POSITIVE = frozenset({"fs_hz", "f0_hz", "c_m_s", "line_pitch_m", "height_cm", "weight_kg"})
_WHOLE = frozenset({"line", "frame", "n_averaged"})


def write_spectra_csv(path: Path, content: RfExamContent) -> None:
    """Write the spectra of an exam; its samples and its truth are left out.

    Every site needs spectra on one frequency axis, and all sites share their
    acquisition attributes: the header has room for one of each.
    """
    tables = [(s.site, s.spectra) for s in content.sites if s.spectra is not None]
    if len(tables) != len(content.sites) or not tables:
        raise ValueError("every site needs spectra")
    axis = tables[0][1].frequency_hz
    if any(not np.array_equal(t.frequency_hz, axis) for _, t in tables):
        raise ValueError("all sites of a table share one frequency axis")
    names = [n for n in PER_SPECTRUM if all(getattr(t, n) is not None for _, t in tables)]
    header = _header(content) | {"rows": sum(t.power.shape[0] for _, t in tables)}
    lines = [f"# {key} = {value}" for key, value in header.items() if value is not None]
    lines.append(",".join(["site", *names, *(f"{POWER}{float(f):.10g}" for f in axis)]))
    for site, table in tables:
        columns = [getattr(table, n) for n in names]
        for row in range(table.power.shape[0]):
            head = [f"{float(c[row]):.9g}" for c in columns]
            lines.append(",".join([site, *head, *(f"{float(p):.9g}" for p in table.power[row])]))
    draft = path.with_name(f".tmp-{path.name}")
    try:
        draft.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _header(content: RfExamContent) -> dict[str, Any]:
    values: dict[str, Any] = {"format": HEADER_FORMAT, "version": VERSION}
    values |= {key: getattr(content, key) for key in _EXAM_KEYS}
    values["simulated"] = None if content.simulated is None else int(content.simulated)
    values |= subject_attributes(content.subject)
    first = content.sites[0]
    for site in content.sites[1:]:
        if _acquisition(site) != _acquisition(first):
            raise ValueError("all sites of a table share their acquisition attributes")
    return values | _acquisition(first)


def _acquisition(site: RfSiteContent) -> dict[str, Any]:
    values: dict[str, Any] = {k: getattr(site, k) for k in ("fs_hz", *SITE_NUMBERS)}
    values["gain_known"] = None if site.gain_known is None else int(site.gain_known)
    values["calibration_id"] = site.calibration_id
    if site.spectra is not None:
        values |= {"window": site.spectra.window, "unit": site.spectra.unit}
    return values


def open_spectra_csv(path: Path) -> RfScan:
    """Read a table of spectra.

    Raises
    ------
    UnusableScan
        Whatever is wrong with the file.
    """
    keys, rows, flags = _parse(path)
    if keys.get("version") != str(VERSION):
        raise UnusableScan(
            "BS-E142", f"found version {keys.get('version')}, wanted {VERSION}.", file=path
        )
    fs_hz = _key_number(keys, "fs_hz", path)
    if fs_hz is None:
        raise UnusableScan("BS-E141", "found no header line `# fs_hz = …`.", file=path)
    day, clock = parse_acquired_at(keys.get("acquired_at"), flags)
    exam = Exam(
        exam_id=keys.get("exam_id"),
        exam_date=day,
        exam_time=clock,
        operator=keys.get("operator"),
        simulated=_key_truth(keys, "simulated", path),
    )
    if exam.simulated is None:
        flags.append("origin_unknown")
    subject = _subject(keys, path, flags)
    check_dates(subject, exam, path)
    sites = tuple(_sites(keys, rows, fs_hz, path))
    return RfScan(
        source=Source(path=path, size_bytes=path.stat().st_size, format_name=FORMAT_NAME),
        subject=subject,
        device=Device(model=keys.get("device"), serial=keys.get("device_serial")),
        exam=exam,
        sites=sites,
        samples=None,
        flags=tuple(dict.fromkeys([*flags, *site_flags(sites)])),
    )


def _parse(path: Path) -> tuple[dict[str, str], list[list[str]], list[str]]:
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise UnusableScan("BS-E103", f"found more than {MAX_BYTES} bytes.", file=path)
    text, flags = _decode(data, path)
    keys: dict[str, str] = {}
    body: list[str] = []
    for line in text.splitlines():
        if line.startswith("#") and not body:
            key, equals, value = line[1:].partition("=")
            key = key.strip()
            if not equals:
                continue  # a remark
            if key in keys:
                raise UnusableScan(_CODE, f"found the header line {key!r} twice.", file=path)
            if value.strip():
                keys[key] = value.strip()
        elif line.strip():
            body.append(line)
    if not text.endswith("\n"):
        raise UnusableScan(_CODE, "found no end of the last line: the file was cut off.", file=path)
    try:
        return keys, list(csv.reader(io.StringIO("\n".join(body)), strict=True)), flags
    except csv.Error as error:
        raise UnusableScan(_CODE, f"found no sound CSV ({error}).", file=path) from error


def _decode(data: bytes, path: Path) -> tuple[str, list[str]]:
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("cp950"), ["charset_guessed"]
    except UnicodeDecodeError as error:
        raise UnusableScan(
            _CODE, "found text that is neither UTF-8 nor CP950.", file=path
        ) from error


def _subject(keys: dict[str, str], path: Path, flags: list[str]) -> Subject:
    numbers: dict[str, Any] = {n: _key_number(keys, n, path) for n in SUBJECT_NUMBERS}
    texts: dict[str, Any] = {n: keys.get(n) for n in SUBJECT_TEXT if n not in {"sex", "birth_date"}}
    return Subject(
        sex=parse_sex(keys.get("sex"), flags),
        birth_date=parse_birth_date(keys.get("birth_date"), flags),
        **texts,
        **numbers,
    )


def _key_number(keys: dict[str, str], name: str, path: Path) -> float | None:
    text = keys.get(name)
    if text is None:
        return None
    value = _as_number(text)
    if value is None or (name in _POSITIVE and value <= 0):
        raise UnusableScan(_CODE, f"found {name} = {text[:40]!r}, wanted a number.", file=path)
    return value


def _key_truth(keys: dict[str, str], name: str, path: Path) -> bool | None:
    words = {"0": False, "1": True, "false": False, "true": True, None: None}
    text = keys.get(name)
    word = None if text is None else text.lower()
    if word not in words:
        raise UnusableScan(_CODE, f"found {name} = {str(word)[:40]!r}, wanted 0 or 1.", file=path)
    return words[word]


def _as_number(text: str) -> float | None:
    if len(text) > MAX_CELL_CHARACTERS:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _sites(keys: dict[str, str], rows: list[list[str]], fs_hz: float, path: Path) -> list[RfSite]:
    if len(rows) <= 1:
        raise UnusableScan("BS-E141", "found no row of spectra.", file=path)
    if keys.get("rows", str(len(rows) - 1)) != str(len(rows) - 1):
        raise UnusableScan(
            _CODE, f"found {len(rows) - 1} rows, wanted {keys['rows'][:20]}.", file=path
        )
    head = [name.strip() for name in rows[0]]
    _check_head(head, keys, path)
    by_site: dict[str, list[list[float]]] = {}
    names = [n for n in head if n != "site"]
    for number, row in enumerate(rows[1:], start=1):
        site, values = _row(head, row, keys, number, path)
        by_site.setdefault(site, []).append(values)
    return [
        _site(site, names, np.asarray(table), keys, fs_hz, path)
        for site, table in sorted(by_site.items())
    ]


def _check_head(head: list[str], keys: dict[str, str], path: Path) -> None:
    if len(set(head)) != len(head):
        raise UnusableScan(_CODE, "found a column name twice.", file=path)
    if "site" not in head and "site" not in keys:
        raise UnusableScan("BS-E141", "found neither a column nor a header line site.", file=path)
    for name in head:
        if name in {"site", *PER_SPECTRUM}:
            continue
        if not name.startswith(POWER) or _as_number(name[len(POWER) :]) is None:
            raise UnusableScan(_CODE, f"found the unknown column {name[:40]!r}.", file=path)
    if not any(name.startswith(POWER) for name in head):
        raise UnusableScan("BS-E141", "found no column power_<frequency in Hz>.", file=path)


def _row(
    head: list[str], row: list[str], keys: dict[str, str], number: int, path: Path
) -> tuple[str, list[float]]:
    if len(row) != len(head):
        raise UnusableScan(
            _CODE, f"found {len(row)} cells in row {number}, wanted {len(head)}.", file=path
        )
    cells = dict(zip(head, row, strict=True))
    site = cells.pop("site", keys.get("site", "")).strip()
    if not is_site(site):
        raise UnusableScan(_CODE, f"found the unknown site {site[:40]!r}.", file=path)
    values = []
    for name, text in cells.items():
        value = _as_number(text)
        if value is None or (name in _WHOLE and not value.is_integer()):
            raise UnusableScan(
                _CODE, f"found {text[:40]!r} as {name} in row {number}, wanted a number.", file=path
            )
        values.append(value)
    return site, values


def _site(
    site: str, names: list[str], table: Any, keys: dict[str, str], fs_hz: float, path: Path
) -> RfSite:
    power = [i for i, n in enumerate(names) if n.startswith(POWER)]
    columns: dict[str, Any] = dict.fromkeys(PER_SPECTRUM)
    for i, name in enumerate(names):
        if name in columns:
            kind = np.int64 if name in _WHOLE else np.float64
            columns[name] = _locked(table[:, i].astype(kind))
    spectra = SpectraTable(
        power=_locked(table[:, power]),
        frequency_hz=_locked(np.array([float(names[i][len(POWER) :]) for i in power])),
        window=keys.get("window"),
        unit=keys.get("unit"),
        **columns,
    )
    check_spectra(spectra, path, _CODE)
    numbers: dict[str, Any] = {n: _key_number(keys, n, path) for n in SITE_NUMBERS}
    return RfSite(
        site=site,
        fs_hz=fs_hz,
        n_frames=0,
        n_lines=0,
        n_samples=0,
        gain_known=_key_truth(keys, "gain_known", path),
        calibration_id=keys.get("calibration_id"),
        spectra=spectra,
        **numbers,
    )


def _locked(values: Any) -> Any:
    copy = np.ascontiguousarray(values)
    copy.flags.writeable = False
    return copy
