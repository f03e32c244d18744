"""Facts about people as a CSV: read either form, refuse by line and column, keep the rest.

Long form: ``patient_id issuer date fact value source``, one fact a row. Wide
form: one row a person (or a person and day), with fact names as columns; an
event holds its date in its cell, any other fact takes its date from
``<fact>_date`` or from the row's ``date``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bonescan.errors import UsageError, code_info
from bonescan.model.outcome import Problem
from bonescan.model.person import Fact
from bonescan.model.vocabulary import Severity

from .csv_table import CsvRow, read_csv_table
from .fact_dates import parse_date
from .fact_names import FactKind, FactName, find_fact
from .fact_values import Refused, parse_value

_OR = " / "  # between values that contradict each other
EXAMPLE = "EXAMPLE"  # ids of the template's rows begin so, and are left out
MINGUO_ENDINGS = ("_roc", "_minguo", "_民國")
_ID_COLUMNS = {"patient_id": "patient_id", "病歷號": "patient_id", "病歷號碼": "patient_id",
               "chart_number": "patient_id", "issuer": "issuer", "院所": "issuer",
               "date": "date", "日期": "date", "fact": "fact", "項目": "fact",
               "value": "value", "值": "value", "source": "source", "來源": "source"}  # fmt: skip
LONG_COLUMNS = ("patient_id", "issuer", "date", "fact", "value", "source")


def read_facts(path: Path) -> tuple[tuple[Fact, ...], tuple[Problem, ...]]:
    """Read a facts file; what can't be taken is a problem with line and column.

    Parameters
    ----------
    path : Path
        CSV in UTF-8 (with or without mark) or CP950, separated by comma,
        semicolon or tab.

    Returns
    -------
    facts : tuple of Fact
        In the order of the file, values in their one spelling. Where one
        person has two birth dates or two sexes, both stand in one fact joined
        by " / ", sorted: no reader can take it for a date, and a corrected
        file supersedes it.
    problems : tuple of Problem
        One a refused cell, row or column; never an exception for a cell.

    Raises
    ------
    UsageError
        BS-E320 to BS-E322: the file can't be read as a table of facts.
    """
    table = read_csv_table(path)
    columns = [_column(c) for c in table.header]
    reader = _Reader(file=str(path), columns=columns)
    named = {c.role for c in columns}
    if "patient_id" not in named:
        raise UsageError(
            "BS-E322",
            f"found the columns {', '.join(table.header) or 'none'}, wanted patient_id.",
            file=path,
        )
    long = {"fact", "value"} <= named
    facts: list[Fact] = []
    problems = [] if long else reader.strange_columns()
    examples = 0
    for row in table.rows:
        for item in reader.long_row(row) if long else reader.wide_row(row):
            if isinstance(item, Problem):
                problems.append(item)
            elif item.patient_id.upper().startswith(EXAMPLE):
                examples += 1
            else:
                facts.append(item)
    if examples:
        problems.append(
            _problem("BS-W202", str(path), f"Left out {examples} example facts of the template.")
        )
    joined, doubts = _join_identities(facts)
    return joined, tuple(problems + doubts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """What a column holds: a role of the row, a fact, or the date of a fact."""

    header: str
    role: str = ""  # patient_id, issuer, date, fact, value, source
    fact: FactName | None = None
    is_date_of: bool = False
    minguo: bool = False


def _column(header: str) -> _Column:
    plain = header.strip().casefold().replace(" ", "_").replace("-", "_")
    minguo = plain.endswith(MINGUO_ENDINGS)
    for ending in MINGUO_ENDINGS:
        plain = plain.removesuffix(ending)
    if plain in _ID_COLUMNS:
        return _Column(header=header, role=_ID_COLUMNS[plain], minguo=minguo)
    fact = find_fact(plain)
    if fact is None and plain.endswith("_date"):
        fact = find_fact(plain.removesuffix("_date"))
        return _Column(header=header, fact=fact, is_date_of=fact is not None, minguo=minguo)
    return _Column(header=header, fact=fact, minguo=minguo)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """Turns rows of one file into facts and problems."""

    file: str
    columns: Sequence[_Column]

    def strange_columns(self) -> list[Problem]:
        """Name the columns of a wide table that are no fact."""
        return [
            _problem(
                "BS-E323",
                self.file,
                f"Line 1, column {c.header!r}: found a column that is no fact, wanted fact names.",
            )
            for c in self.columns
            if not c.role and c.fact is None and c.header.strip()
        ]

    def long_row(self, row: CsvRow) -> Iterator[Fact | Problem]:
        """Read one fact."""
        cells = self._roles(row)
        base = self._person(row, cells)
        if isinstance(base, Problem):
            yield base
            return
        name, column = cells.get("fact", ("", None))
        fact = find_fact(name) if name else None
        if fact is None:
            yield self._refuse("BS-E323", row, column, f"found {name!r}, wanted a known fact")
            return
        said, day = cells.get("value", ("", None)), cells.get("date", ("", None))
        yield self._fact(row, base, fact, said, day)

    def wide_row(self, row: CsvRow) -> Iterator[Fact | Problem]:
        """Read every fact of one row."""
        cells = self._roles(row)
        base = self._person(row, cells)
        if isinstance(base, Problem):
            yield base
            return
        days = {
            c.fact.name: (text, c)
            for c, text in zip(self.columns, row.cells, strict=False)
            if c.fact is not None and c.is_date_of and text
        }
        for column, text in zip(self.columns, row.cells, strict=False):
            fact = column.fact
            if fact is None or not text:
                continue
            if column.is_date_of:
                if fact.kind is FactKind.EVENT:
                    yield self._fact(row, base, fact, ("", None), (text, column))
                continue
            if fact.kind is FactKind.EVENT and text.casefold() not in {"yes", "y", "是"}:
                yield self._fact(row, base, fact, ("", None), (text, column))
                continue
            day = days.get(fact.name, cells.get("date", ("", None)))
            yield self._fact(row, base, fact, (text, column), day)

    def _roles(self, row: CsvRow) -> dict[str, tuple[str, _Column | None]]:
        return {
            c.role: (text, c)
            for c, text in zip(self.columns, row.cells, strict=False)
            if c.role and text
        }

    def _person(self, row: CsvRow, cells: dict[str, tuple[str, _Column | None]]) -> Fact | Problem:
        if len(row.cells) > len(self.columns):
            found = f"found {len(row.cells)} cells, wanted {len(self.columns)} as in the header"
            return self._refuse("BS-E328", row, None, found)
        text, column = cells.get("patient_id", ("", None))
        patient_id = unwrap_excel_text(text)
        if not patient_id or _is_mangled_number(patient_id):
            return self._refuse("BS-E327", row, column, f"found {text!r}, wanted an id as text")
        return Fact(
            patient_id=patient_id,
            issuer=unwrap_excel_text(cells.get("issuer", ("", None))[0]) or None,
            date=None,
            fact="",
            value="",
            source=cells.get("source", ("", None))[0] or None,
            file=self.file,
            line=row.line,
        )

    def _fact(
        self,
        row: CsvRow,
        base: Fact,
        fact: FactName,
        said: tuple[str, _Column | None],
        day: tuple[str, _Column | None],
    ) -> Fact | Problem:
        """Build one fact from the texts of its value and its date."""
        try:
            value = parse_value(fact, said[0], minguo=_minguo(said[1]))
        except Refused as refused:
            code = "BS-E325" if fact.kind is FactKind.DATE else "BS-E324"
            where = f"{fact.name}: {refused}"
            return self._refuse(code, row, said[1], where)
        if not fact.dated:
            return replace(base, fact=fact.name, value=value)
        if not day[0]:
            if fact.needs_date:
                return self._refuse("BS-E326", row, said[1], f"{fact.name}: found no date")
            return replace(base, fact=fact.name, value=value)
        try:
            when = parse_date(day[0], minguo=_minguo(day[1]))
        except Refused as refused:
            return self._refuse("BS-E325", row, day[1], f"{fact.name}: {refused}")
        return replace(base, fact=fact.name, value=value, date=when)

    def _refuse(self, code: str, row: CsvRow, column: _Column | None, found: str) -> Problem:
        where = f", column {column.header!r}" if column is not None else ""
        return _problem(code, self.file, f"Line {row.line}{where}: {found}.")


def _minguo(column: _Column | None) -> bool:
    return column is not None and column.minguo


def _problem(code: str, file: str, reason: str) -> Problem:
    severity = Severity.WARNING if code.startswith("BS-W") else Severity.ERROR
    return Problem(
        code=code, severity=severity, file=file, reason=reason, hint=code_info(code).hint
    )


def unwrap_excel_text(text: str) -> str:
    """Take the shell off ids that a spreadsheet was made to keep as text.

    >>> unwrap_excel_text('="00123"'), unwrap_excel_text("'00123")
    ('00123', '00123')
    """
    if text.startswith('="') and text.endswith('"'):
        return text[2:-1].strip()
    return text.removeprefix("'").strip()


def _is_mangled_number(text: str) -> bool:
    """Whether a spreadsheet has made 1.23E+05 of an id: the rest of it is lost."""
    head, mark, tail = text.upper().partition("E+")
    return bool(mark) and tail.isdigit() and head.replace(".", "", 1).isdigit()


def read_facts_files(paths: Sequence[Path]) -> tuple[tuple[Fact, ...], tuple[Problem, ...]]:
    """Read several facts files as one table; where they stand in the list is nothing.

    Returns
    -------
    facts : tuple of Fact
        Of all files. A birth date or sex that differs between two files stays
        as each has it: whoever asks who she is sees both.
    problems : tuple of Problem
        Those of each file, and BS-W201 for identities that differ between files.
    """
    facts: list[Fact] = []
    problems: list[Problem] = []
    for path in sorted({p.resolve(): p for p in paths}.values()):
        found, wrong = read_facts(path)
        facts += found
        problems += wrong
    for members in _identities(facts).values():
        if len({f.file for f in members}) > 1 and (doubt := _doubt(members)):
            problems.append(doubt)
    return tuple(facts), tuple(problems)


_Identity = tuple[str, str, str]  # issuer, patient_id, birth_date or sex


def _identity(fact: Fact) -> _Identity:
    return (fact.issuer or "", fact.patient_id, fact.fact)


def _identities(facts: Sequence[Fact]) -> dict[_Identity, list[Fact]]:
    """Gather what is said of each person's birth date and sex."""
    found: dict[_Identity, list[Fact]] = {}
    for fact in facts:
        if fact.fact in {"birth_date", "sex"}:
            found.setdefault(_identity(fact), []).append(fact)
    return found


def _doubt(members: Sequence[Fact]) -> Problem | None:
    """Name what contradicts itself about one person, where it does."""
    values = sorted({value for f in members for value in f.value.split(_OR)})
    if len(values) < 2:  # noqa: PLR2004 - two values contradict each other
        return None
    first = members[0]
    files = list(dict.fromkeys(f.file for f in members))
    lines = " and ".join(
        f"{f.line} of {f.file}" if len(files) > 1 else str(f.line) for f in members
    )
    what = "birth dates" if first.fact == "birth_date" else "sexes"
    return _problem(
        "BS-W201",
        ";".join(files),
        f"Lines {lines}: found {len(values)} {what} under one id, wanted one.",
    )


def _join_identities(facts: Sequence[Fact]) -> tuple[tuple[Fact, ...], list[Problem]]:
    """Put contradicting birth dates or sexes of one person into one unusable fact, and say so."""
    problems = []
    joined: dict[_Identity, str] = {}
    for key, members in _identities(facts).items():
        if doubt := _doubt(members):
            joined[key] = _OR.join(sorted({f.value for f in members}))
            problems.append(doubt)
    return tuple(replace(f, value=joined.get(_identity(f), f.value)) for f in facts), problems
