"""Read the reference tables of the package, and a site's own beside them."""

from __future__ import annotations

import csv
import hashlib
import math
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

from bonescan.errors import UsageError
from bonescan.model.vocabulary import ReferencePolicy

from .reference import AgeBins, AgeCurve, AgeReference, WorkedExample, YoungReference
from .site import parse_site

SHIPPED = Path(__file__).parent
YOUNG_ROLES = ("policy", "alternative", "option", "local", "recognition")
AGE_ROLES = ("policy", "option", "local")
CRITERIA = ("japan",)
BIN_COLUMNS = ("ancestry", "site", "sex", "age_from", "age_to", "mean", "sd")
# ISCD asks for population-specific Z only where the data exist. A file seldom states ancestry, so
# the curve that presumes none is the default; nh_white is there by name (docs/scoring.md).
Z_ANCESTRY = "all"

Key = tuple[str, str, str]  # ancestry, site, sex


@dataclass(frozen=True, kw_only=True)  # no slots: cached_property needs a dict
class Norms:
    """Every reference table in force; `content_sha256` names exactly these tables."""

    young: dict[str, YoungReference]
    age: dict[str, AgeReference]
    content_sha256: str

    def policy_young(
        self,
        scale: str | None,
        site: str,
        policy: ReferencePolicy = ReferencePolicy.ISCD,
        sex: str | None = None,
    ) -> YoungReference | None:
        """Find the reference that gives our T.

        One set for women and men, unless the Japanese criteria are asked for:
        their young adults are of the person's own sex.
        """
        if policy is ReferencePolicy.JAPAN:
            return self._japan_index.get((scale, site, sex))
        return self._young_index.get((scale, site))

    def policy_age(
        self,
        scale: str | None,
        site: str,
        sex: str | None,
        policy: ReferencePolicy = ReferencePolicy.ISCD,
    ) -> AgeReference | None:
        """Find the curves that give our Z: matched to scale, site and sex.

        Under the policy of local data they are the local ones or none.
        """
        role = "local" if policy is ReferencePolicy.LOCAL_Z else "policy"
        return self._age_index.get((role, scale, site, sex))

    @cached_property
    def _young_index(self) -> dict[tuple[str | None, str], YoungReference]:
        return {(r.scale, r.site): r for r in self.young.values() if r.role == "policy"}

    @cached_property
    def _japan_index(self) -> dict[tuple[str | None, str, str | None], YoungReference]:
        return {(r.scale, r.site, r.sex): r for r in self.young.values() if r.criteria == "japan"}

    @cached_property
    def _age_index(self) -> dict[tuple[str, str | None, str, str | None], AgeReference]:
        return {(r.role, r.scale, *key): r for r in self.age.values() for key in r.curves}


def load_norms(user_dir: Path | None = None) -> Norms:
    """Load the shipped tables and those of `user_dir`, which has the same layout.

    Parameters
    ----------
    user_dir : Path, optional
        Folder with ``populations/*.toml`` and ``age/*.toml`` (each with its
        CSV). A table may name the shipped one that it ``replaces``; without
        that, a second reference for the same scale and site is refused.

    Returns
    -------
    norms : Norms
        Cached; editing a user's file gives a new object at the next call.

    Raises
    ------
    UsageError
        BS-E340 for a folder that is not there, BS-E341 for a table that
        breaks the schema, BS-E342 for ids or references that stand twice.
    """
    if user_dir is None:
        return _load((SHIPPED,), ())
    if not any((user_dir / part).is_dir() for part in ("populations", "age")):
        raise UsageError(
            "BS-E340",
            "found no folder with populations/ or age/ in it, wanted reference tables.",
            file=user_dir,
        )
    stamps = tuple((str(p), p.stat().st_mtime_ns, p.stat().st_size) for p in _table_files(user_dir))
    return _load((SHIPPED, user_dir.resolve()), stamps)


@cache
def _load(folders: tuple[Path, ...], _stamps: tuple[tuple[str, int, int], ...]) -> Norms:
    young: dict[str, YoungReference] = {}
    age: dict[str, AgeReference] = {}
    digest = hashlib.sha256()
    for folder in folders:
        for path in _table_files(folder):
            content = path.read_bytes()
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + content + b"\0")
        for path in sorted((folder / "populations").glob("*.toml")):
            for one in _young(path):
                _put(young, one, path)
        for path in sorted((folder / "age").glob("*.toml")):
            for reference in _age(path):
                _put(age, reference, path)
    _one_policy_each(young, age)
    return Norms(young=young, age=age, content_sha256=digest.hexdigest())


def _table_files(folder: Path) -> list[Path]:
    return sorted(
        p for part in ("populations", "age") for p in (folder / part).glob("*.[tc][os][mv]*")
    )


def _put(table: dict[str, Any], reference: YoungReference | AgeReference, path: Path) -> None:
    if reference.replaces:
        if reference.replaces not in table:
            raise _broken(path, f"replaces {reference.replaces!r}", "the id of a shipped table")
        del table[reference.replaces]
    if reference.id in table:
        raise UsageError(
            "BS-E342", f"found the id {reference.id!r} a second time, wanted it once.", file=path
        )
    table[reference.id] = reference


def _one_policy_each(young: dict[str, YoungReference], age: dict[str, AgeReference]) -> None:
    seen: dict[tuple[str, ...], str] = {}
    keys: list[tuple[tuple[str, ...], str]] = [
        (("T", r.scale, r.site), r.id) for r in young.values() if r.role == "policy"
    ]
    keys += [
        (("T by the criteria of", r.criteria, r.scale, r.site, r.sex), r.id)
        for r in young.values()
        if r.criteria
    ]
    keys += [
        (("Z" if r.role == "policy" else "local Z", r.scale, *key), r.id)
        for r in age.values()
        if r.role != "option"
        for key in r.curves
    ]
    for key, ref_id in keys:
        if key in seen:
            raise UsageError(
                "BS-E342",
                f"found two references for {' '.join(key)}: {seen[key]} and {ref_id}, wanted one.",
            )
        seen[key] = ref_id


def _broken(path: Path, found: str, wanted: str) -> UsageError:
    return UsageError("BS-E341", f"found {found}, wanted {wanted}.", file=path)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _broken(path, f"a file that can't be read ({error})", "a TOML table") from error


def _text(path: Path, table: dict[str, Any], key: str, *, empty: bool = False) -> str:
    value = table.get(key, "" if empty else None)
    if not isinstance(value, str) or not (value.strip() or empty):
        raise _broken(path, f"{key} = {value!r}", "a text")
    return value


def _word(path: Path, table: dict[str, Any], key: str, words: tuple[str, ...]) -> str:
    value = table.get(key)
    if value not in words:
        raise _broken(path, f"{key} = {value!r}", f"one of {', '.join(words)}")
    return str(value)


def _number(path: Path, table: dict[str, Any], key: str) -> Decimal:
    value = table.get(key)
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        raise _broken(path, f"{key} = {value!r}", "a number")
    number = Decimal(value)
    if not number.is_finite() or number <= 0:
        raise _broken(path, f"{key} = {number}", "a number above 0")
    return number


def _unit(path: Path, table: dict[str, Any]) -> None:
    if table.get("unit") != "g/cm2":  # a table in mg/cm2 would give scores a thousandfold wrong
        raise _broken(path, f"unit = {table.get('unit')!r}", 'unit = "g/cm2"')


def _site(path: Path, text: str) -> str:
    site = parse_site(text)
    if site is None or site.without_side != text:
        raise _broken(path, f"the site {text!r}", "a site of the grammar, without side")
    return text


def _young(path: Path) -> Iterator[YoungReference]:
    """Read one table of young adults: one reference, or one for each row of its CSV."""
    table = _read_toml(path)
    _unit(path, table)
    if table.get("id") != path.stem:
        raise _broken(path, f"id = {table.get('id')!r}", f"the name of the file, {path.stem!r}")
    if "table" not in table:
        yield _young_reference(path, table, path.stem)
        return
    ancestries = _ancestries(path, table)
    csv_path = path.parent / _text(path, table, "table")
    for number, row in _csv_rows(csv_path):
        where = csv_path.with_name(f"{csv_path.name}, line {number}")
        ancestry = _word(where, row, "ancestry", tuple(ancestries))
        cells: dict[str, Any] = table | {
            "population": f"{table.get('population')}; {ancestries[ancestry]}",
            "checked_by": f"n {row.get('n')}; standard error of the mean {row.get('se_mean')}, of "
            f"the SD {row.get('se_sd')} g/cm2. {table.get('checked_by')}",
            **{key: row.get(key) for key in ("role", "sex", "age_range", "site")},
            "replaces": row.get("replaces") or "",
            **{key: _decimal(where, row, key) for key in ("mean", "sd", "se_mean", "se_sd", "n")},
        }
        yield _young_reference(where, cells, _text(where, row, "id"))


def _young_reference(path: Path, table: dict[str, Any], ref_id: str) -> YoungReference:
    n = table.get("n")
    return YoungReference(
        id=ref_id,
        role=_word(path, table, "role", YOUNG_ROLES),
        scale=_text(path, table, "scale"),
        device=_text(path, table, "device"),
        population=_text(path, table, "population"),
        sex=_word(path, table, "sex", ("F", "M")),
        age_range=_text(path, table, "age_range"),
        site=_site(path, _text(path, table, "site")),
        mean_g_cm2=_number(path, table, "mean"),
        sd_g_cm2=_number(path, table, "sd"),
        evidence=_word(path, table, "evidence", ("S", "M", "D")),
        confidence=_word(path, table, "confidence", ("high", "medium")),
        citation=_text(path, table, "citation"),
        checked_by=_text(path, table, "checked_by"),
        note=_text(path, table, "note", empty=True),
        replaces=_text(path, table, "replaces", empty=True),
        examples=tuple(_example(path, e) for e in table.get("worked_example", ())),
        criteria="" if "criteria" not in table else _word(path, table, "criteria", CRITERIA),
        n_people=None if n is None else int(_number(path, table, "n")),
        se_mean_g_cm2=None if "se_mean" not in table else _number(path, table, "se_mean"),
        se_sd_g_cm2=None if "se_sd" not in table else _number(path, table, "se_sd"),
    )


def _csv_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Read a CSV beside its TOML: line number and cells."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from enumerate(csv.DictReader(file), start=2)
    except OSError as error:
        raise _broken(path, f"no readable table ({error.strerror})", "the CSV beside it") from error


def _decimal(path: Path, row: dict[str, Any], key: str) -> Decimal:
    try:
        return Decimal(row.get(key) or "")
    except ArithmeticError:
        raise _broken(path, f"{key} = {row.get(key)!r}", "a number") from None


def _ancestries(path: Path, table: dict[str, Any]) -> dict[str, str]:
    ancestries = table.get("ancestries")
    if not isinstance(ancestries, dict) or not ancestries:
        raise _broken(path, "no table [ancestries]", "one line for each ancestry in the CSV")
    return ancestries


def _example(path: Path, table: dict[str, Any]) -> WorkedExample:
    printed = _text(path, table, "printed_t")
    try:
        printed_t = Decimal(printed)
    except ArithmeticError:
        raise _broken(path, f"printed_t = {printed!r}", "the number as printed") from None
    return WorkedExample(
        bmd_g_cm2=_number(path, table, "bmd"),
        printed_t=printed_t,
        person=_text(path, table, "person"),
        source=_text(path, table, "source"),
        independence=_text(path, table, "independence"),
    )


def _age(path: Path) -> Iterator[AgeReference]:
    """Read one age table: one reference for each ancestry in it."""
    table = _read_toml(path)
    _unit(path, table)
    if table.get("quantity") != "bmd":
        raise _broken(path, f"quantity = {table.get('quantity')!r}", 'quantity = "bmd"')
    ancestries = _ancestries(path, table)
    role = _word(path, table, "role", AGE_ROLES)
    csv_path = path.parent / _text(path, table, "table")
    curves = _age_bins(csv_path) if table.get("kind") == "bins" else _age_curves(csv_path)
    found = {ancestry for ancestry, _, _ in curves}
    if found != set(ancestries):
        raise _broken(path, f"curves for {', '.join(sorted(found))}", f"{', '.join(ancestries)}")
    for ancestry in ancestries:
        default = ancestry == Z_ANCESTRY or len(ancestries) == 1
        yield AgeReference(
            id=f"{path.stem}_{ancestry}",
            role=role if default else "option",
            scale=_text(path, table, "scale"),
            device=_text(path, table, "device"),
            population=f"{_text(path, table, 'population')}; {ancestries[ancestry]}",
            ancestry=ancestry,
            evidence=_word(path, table, "evidence", ("S", "M", "D")),
            confidence=_word(path, table, "confidence", ("high", "medium")),
            citation=_text(path, table, "citation"),
            checked_by=_text(path, table, "checked_by"),
            note=_text(path, table, "note", empty=True),
            replaces=_text(path, table, "replaces", empty=True) if default else "",
            curves={(site, sex): c for (a, site, sex), c in curves.items() if a == ancestry},
        )


def _age_curves(path: Path) -> dict[Key, AgeCurve | AgeBins]:
    points: dict[Key, list[tuple[float, ...]]] = {}
    try:
        for number, row in _csv_rows(path):
            key = (row["ancestry"], row["site"], row["sex"])
            age, l_1, m, s = (float(row[k]) for k in ("age_years", "l", "m", "s"))
            if not (m > 0 and s > 0 and abs(l_1) < 10 and 0 <= age < 130):  # noqa: PLR2004 - sanity of a table, not a constant of the field
                raise _broken(path, f"line {number}: M or S not above 0", "M > 0 and S > 0")
            points.setdefault(key, []).append((age, l_1, m, s, float(row.get("se_m") or "nan")))
    except (KeyError, TypeError, ValueError) as error:
        raise _broken(
            path, f"a row that can't be read ({error!r})", "ancestry,site,sex,age_years,l,m,s"
        ) from error
    return {key: _curve(path, key, rows) for key, rows in points.items()}


def _curve(path: Path, key: Key, rows: list[tuple[float, ...]]) -> AgeCurve:
    _check_key(path, key)
    if len(rows) < 2 or any(b[0] <= a[0] for a, b in pairwise(rows)):  # noqa: PLR2004 - a line needs two points
        raise _broken(path, f"ages of {' '.join(key)} that do not rise", "two or more rising ages")
    ages, l_1, m, s, se_m = zip(*rows, strict=True)
    known = not any(math.isnan(e) for e in se_m)
    return AgeCurve(ages_years=ages, l_1=l_1, m_g_cm2=m, s_1=s, se_m_g_cm2=se_m if known else ())


def _age_bins(path: Path) -> dict[Key, AgeCurve | AgeBins]:
    """Read mean and SD by groups of age; "20 to 29" holds whole years, so it ends at 30."""
    bins: dict[Key, list[tuple[float, ...]]] = {}
    try:
        for number, row in _csv_rows(path):
            key = (row["ancestry"], row["site"], row["sex"])
            first, last, mean, sd = (float(row[k]) for k in BIN_COLUMNS[3:])
            if not (mean > 0 and sd > 0 and 0 <= first <= last < 130):  # noqa: PLR2004 - sanity of a table, not a constant of the field
                raise _broken(path, f"line {number}: mean or SD not above 0", "mean > 0 and SD > 0")
            bins.setdefault(key, []).append((first, last + 1.0, mean, sd))
    except (KeyError, TypeError, ValueError) as error:
        raise _broken(
            path, f"a row that can't be read ({error!r})", ",".join(BIN_COLUMNS)
        ) from error
    return {key: _bins(path, key, rows) for key, rows in bins.items()}


def _bins(path: Path, key: Key, rows: list[tuple[float, ...]]) -> AgeBins:
    _check_key(path, key)
    if len(rows) < 2 or any(b[0] != a[1] for a, b in pairwise(rows)):  # noqa: PLR2004 - a line needs two points
        raise _broken(
            path,
            f"ages of {' '.join(key)} that do not rise without a gap",
            "two or more rising groups of age, each where the last one ends",
        )
    from_years, to_years, mean, sd = zip(*rows, strict=True)
    return AgeBins(from_years=from_years, to_years=to_years, mean_g_cm2=mean, sd_g_cm2=sd)


def _check_key(path: Path, key: Key) -> None:
    _site(path, key[1])
    if key[2] not in {"F", "M"}:
        raise _broken(path, f"the sex {key[2]!r}", "F or M")
