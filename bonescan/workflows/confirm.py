"""What needs a person: listed with its piece of the picture, and decided through one table."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bonescan import __version__
from bonescan.dxa.picture_privacy import TEXT_BLANKED
from bonescan.errors import UsageError
from bonescan.files.csv_table import read_csv_table
from bonescan.files.tables import Column, table_text, write_atomically
from bonescan.model.confirmation import EXCLUDE_VERTEBRA, Confirmation, Decision
from bonescan.model.outcome import Problem
from bonescan.model.reading import Reading
from bonescan.model.sites import is_site, vertebrae_of
from bonescan.model.vocabulary import (
    IdentityMode,
    LabelFrom,
    LabelPolicy,
    OutcomeKind,
    ReferencePolicy,
)
from bonescan.norms.load import Norms, load_norms
from bonescan.report.site_order import deciding_rank
from bonescan.settings import LabelSettings, Settings
from bonescan.store.open_store import open_store
from bonescan.store.results import StoredContent
from bonescan.store.store import Store

from .confirm_checks import check_decisions
from .confirmed import ASKED, is_open, settled_by
from .refresh import refresh

TABLE_NAME, CROP_FOLDER, PAGE_NAME = "review.csv", "review", "review.html"
DISCORDANT = "vertebra_discordant"
QUANTITIES = ("bmd", "bmc", "area", "t", "z", "fragility", EXCLUDE_VERTEBRA)
COLUMNS = (
    Column(name="sha256", meaning="content of the file"),
    Column(name="file", meaning="its name in the input"),
    Column(name="site", meaning="measured site; empty where the row's label was not understood"),
    Column(name="region_text", meaning="the region as read"),
    Column(name="quantity", meaning="bmd, bmc, area, t, z, fragility or exclude-vertebra"),
    Column(name="read", meaning="the number as read, ? for a glyph that was not"),
    Column(name="value", meaning="the number in the unit printed; put the right one to correct"),
    Column(name="unit", meaning="as printed"),
    Column(name="crop", meaning="picture of the row below its headings, the number framed"),
    Column(name="proposal", meaning="what is proposed, and why a person is asked"),
    Column(name="again", meaning="to fill in: the value again, if it contradicts its BMD"),
    Column(name="decision", meaning="to fill in: confirm, correct or reject; empty: not yet"),
    Column(name="who", meaning="to fill in: who decided"),
    Column(name="reason", meaning="to fill in: why"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What is open, or what was decided now."""

    out: Path
    rows: tuple[dict[str, Any], ...]
    table: Path | None = None
    n_decided: int = 0
    n_files: int = 0
    problems: tuple[Problem, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain values."""
        return {
            "out": str(self.out),
            "open": len(self.rows),
            "files": self.n_files,
            "decided_now": self.n_decided,
            "table": None if self.table is None else str(self.table),
            "rows": list(self.rows),
        }


def list_open(out: Path) -> Review:
    """Write ``review.csv`` and the pictures of everything in `out` that is left to a person.

    Decisions filled into an earlier ``review.csv`` and not taken in yet are
    refused rather than lost.

    Raises
    ------
    UsageError
        BS-E451: ``review.csv`` holds decisions that were never taken in.
    """
    table = out / TABLE_NAME
    with closing(open_store(out)) as store:
        contents, decisions = store.contents(), store.confirmations()
    _keep_undelivered(table, decisions)
    rows = _ordered(r for content in contents for r in _rows(content, decisions, out))
    _write_page(out, rows, contents)
    write_atomically(table, table_text(COLUMNS, rows).encode("utf-8"))
    n_files = len({r["sha256"] for r in rows})
    return Review(out=out, rows=tuple(rows), table=table, n_files=n_files)


def take_in(out: Path, table: Path, settings: Settings | None = None) -> Review:
    """Take decisions from a table into the store, and write tables and pages anew.

    Parameters
    ----------
    out : Path
        The result folder.
    table : Path
        ``review.csv`` with decision and who filled in; rows without a decision
        stay open.
    settings : Settings, optional
        How labels are made; default: as the folder was written last.

    Raises
    ------
    UsageError
        BS-E451 for a table without its columns or with a decision that is none;
        BS-E452 for one about another folder's files; BS-E453 for one that can't
        be applied; BS-E454 for a number that contradicts those beside it and was
        not typed again. Nothing is stored then.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with closing(open_store(out)) as store:
        settings = settings or last_settings(out)
        decisions = _decisions(table, store, now, load_norms(settings.norms_dir))
        n_added = store.put_confirmations(None, decisions)
    study = refresh(out, settings)
    written = list_open(out) if table.resolve() != (out / TABLE_NAME).resolve() else None
    with closing(open_store(out)) as store:
        done = store.confirmations()
        rows = _ordered(r for c in store.contents() for r in _rows(c, done, None))
    return Review(
        out=out,
        rows=tuple(rows),
        table=written.table if written else None,
        n_decided=n_added,
        n_files=len({d.sha256 for d in decisions}),
        problems=tuple(p for p in study.problems if p.code == "BS-W451"),
    )


def _ordered(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put the sites that may decide a class first; rows of one rank keep their order."""
    return sorted(rows, key=lambda r: deciding_rank(r["site"]))


def _write_page(
    out: Path, rows: Sequence[dict[str, Any]], contents: Sequence[StoredContent]
) -> None:
    """Write review/review.html; one of an earlier listing does not outlive its rows."""
    page = out / CROP_FOLDER / PAGE_NAME
    if not rows:
        page.unlink(missing_ok=True)
        return
    from bonescan.report.review_page import review_page

    keys = {c.sha256: c.work_key for c in contents}
    with closing(open_store(out)) as store:
        pictures = {
            sha: next((p.png for p in store.pictures(keys[sha]) if TEXT_BLANKED in p.flags), b"")
            for sha in dict.fromkeys(r["sha256"] for r in rows)
        }
    crops = [(out / r["crop"]).read_bytes() if r["crop"] else b"" for r in rows]
    shown = {sha: png for sha, png in pictures.items() if png}
    page.parent.mkdir(exist_ok=True)
    write_atomically(page, review_page(rows, crops, shown, __version__).encode("utf-8"))


def _rows(
    content: StoredContent, decisions: Sequence[Confirmation], out: Path | None
) -> Iterator[dict[str, Any]]:
    """Make the rows of one file that are open; `out` None writes no pictures."""
    own = [c for c in decisions if c.sha256 == content.sha256]
    done = settled_by(content.outcome, own)
    for number, reading in enumerate(content.outcome.readings):
        if not is_open(reading) or (reading.site, reading.quantity) in done:
            continue
        name = _crop_name(content.sha256, number, reading)
        if out is not None and reading.crop_png:
            (out / CROP_FOLDER).mkdir(exist_ok=True)
            write_atomically(out / CROP_FOLDER / name, reading.crop_png)
        yield _row(
            content, reading.site, reading.quantity,
            region_text=reading.region_text, read=reading.text, unit=reading.unit,
            value="" if reading.value is None else f"{reading.value:g}",
            crop=f"{CROP_FOLDER}/{name}",
            proposal=_proposal(reading),
        )  # fmt: skip
    for vertebra in _discordant(content):
        if (vertebra, EXCLUDE_VERTEBRA) not in done:
            yield _row(
                content, vertebra, EXCLUDE_VERTEBRA, region_text=vertebra,
                proposal="more than 1.0 T from a neighbour: leave it out?",
            )  # fmt: skip


def _row(content: StoredContent, site: str, quantity: str, **cells: str) -> dict[str, Any]:
    empty = {c.name: "" for c in COLUMNS}
    about = {"sha256": content.sha256, "file": content.files[0], "site": site, "quantity": quantity}
    return empty | about | cells


def _crop_name(sha256: str, number: int, reading: Reading) -> str:
    return f"{sha256[:12]}-{number:03d}-{reading.site or 'unknown'}-{reading.quantity}.png"


def _proposal(reading: Reading) -> str:
    if not reading.site:
        return "the row's label was not understood: fill in the site and the value, or reject"
    if reading.value is None:
        return "not read: fill in the value and correct, or reject"
    return "read, not proven: confirm, correct or reject"


def _discordant(content: StoredContent) -> list[str]:
    """Name the vertebrae of a file that are proposed for exclusion and may be left out."""
    if content.outcome.kind not in {OutcomeKind.REPORTED, OutcomeKind.NEEDS_REVIEW}:
        return []
    return [
        m.site
        for m in content.outcome.measurements
        if len(vertebrae_of(m.site)) == 1 and DISCORDANT in m.flags
    ]


def _keep_undelivered(table: Path, decisions: Sequence[Confirmation]) -> None:
    if not table.is_file():
        return
    known = {(c.about, str(c.decision)) for c in decisions}
    for row in _filled(table):
        about = (row["sha256"], row["site"], row["quantity"])
        if (about, row["decision"].lower()) not in known:
            raise UsageError(
                "BS-E451",
                f"found decisions in {TABLE_NAME} that were not taken in.",
                f"Take them in with `bonescan confirm OUT --from OUT/{TABLE_NAME}`, or delete it.",
            )


def _filled(table: Path) -> list[dict[str, str]]:
    """Read the rows that hold a decision."""
    read = read_csv_table(table)
    missing = {"sha256", "site", "quantity", "value", "decision", "who"} - set(read.header)
    if missing:
        raise UsageError(
            "BS-E451", f"found no column {', '.join(sorted(missing))} in {table.name}."
        )
    rows = [dict(zip(read.header, r.cells, strict=False)) for r in read.rows]
    names = {c.name: "" for c in COLUMNS}
    return [names | r | {"line": str(n)} for n, r in enumerate(rows, 2) if r.get("decision")]


def _decisions(table: Path, store: Store, now: str, norms: Norms) -> list[Confirmation]:
    contents, rows = store.contents(), _filled(table)
    known = {c.sha256 for c in contents}
    found = [_decision(row, known, now) for row in rows]
    if not found:
        raise UsageError("BS-E451", f"found no decision in {table.name}.")
    lines = [
        (f"line {row['line']}", decision, row["again"])
        for row, decision in zip(rows, found, strict=True)
    ]
    check_decisions(lines, contents, store.confirmations(), norms)
    return found


def _decision(row: dict[str, str], known: set[str], now: str) -> Confirmation:
    line = f"line {row['line']}"
    if row["sha256"] not in known:
        raise UsageError("BS-E452", f"{line}: found a file that this result folder does not hold.")
    if row["decision"].lower() not in set(Decision):
        raise UsageError(
            "BS-E451", f"{line}: found {row['decision']!r}, wanted confirm, correct or reject."
        )
    if not row["who"]:
        raise UsageError("BS-E451", f"{line}: found nobody in the column who.")
    decision = Decision(row["decision"].lower())
    if row["quantity"] not in QUANTITIES:
        raise UsageError("BS-E451", f"{line}: found the quantity {row['quantity']!r}.")
    is_reject = decision is Decision.REJECT
    if not is_site(row["site"]) and not (is_reject and not row["site"]):
        raise UsageError("BS-E451", f"{line}: found {row['site']!r}, wanted a site.")
    value = _number(row["value"], line)
    if value is None and row["quantity"] in ASKED and not is_reject:
        raise UsageError("BS-E451", f"{line}: found no value to {decision}.")
    return Confirmation(
        sha256=row["sha256"],
        site=row["site"],
        quantity=row["quantity"],
        value=None if is_reject else value,
        decision=decision,
        who=row["who"],
        reason=row["reason"],
        at=now,
    )


def _number(text: str, line: str) -> float | None:
    from bonescan.dxa.printed import plain_number

    if not text:
        return None
    value = plain_number(text)
    if value is None:
        raise UsageError("BS-E451", f"{line}: found {text!r} as a value, wanted a number.")
    return value


def last_settings(out: Path) -> Settings:
    """Take the settings of labels, norms and pages as the folder was written last."""
    try:
        kept = json.loads((out / "run.json").read_text("utf-8"))["settings"]
        label = kept["label"]
        norms = kept.get("norms_dir")
        return dataclasses.replace(
            Settings(),
            label=LabelSettings(
                policy=LabelPolicy(label["policy"]),
                label_from=LabelFrom(label["label_from"]),
                reference=ReferencePolicy(label["reference"]),
            ),
            norms_dir=Path(norms) if norms else None,
            identity=IdentityMode(kept["identity"]),
            report=kept["report"],
        )
    except (OSError, ValueError, KeyError, TypeError):
        return Settings()
