"""What a printed report says with a label: who, when, which device. Nothing unlabelled is taken."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from bonescan.model.exam import Device, Exam, Subject

# label -> our word; a value ends at the next wide gap or at the end of the line
_LABELS = (
    ("patient_id", r"patient[ -]?(?:id|no\.?|number)|chart (?:no\.?|number)|mrn|病歷號碼?"),
    ("name", r"(?:patient )?name|patient|姓名"),
    ("sex", r"sex(?: ?/ ?ethnic(?:ity)?)?|gender|性別"),
    ("birth_date", r"dob|date of birth|birth ?date|出生日期"),
    ("exam_date", r"scan date|exam(?:ination)? date|date of (?:exam|scan)|measured|檢查日期"),
    ("model", r"model|device(?: model)?"),
    ("serial", r"serial(?: (?:no\.?|number))?|s/n"),
    ("manufacturer", r"manufacturer|maker"),
    ("software_version", r"software(?: version)?|version"),
    ("operator", r"operator|technologist"),
)
_GAP = r"(?:(?<=^)|(?<=\s\s)|(?<=\t))"
_PAIR = re.compile(
    _GAP
    + "(?i:("
    + "|".join(p for _, p in _LABELS)
    + r"))\s{0,4}[:：]\s{0,40}(\S(?:[^\s]|\s(?!\s))*)"
)
_SEXES = {"female": "F", "f": "F", "女": "F", "male": "M", "m": "M", "男": "M"}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SERIAL = re.compile(r"\(?\bS/N:?\s*([\w+-]{1,40})\)?", re.IGNORECASE)
_MAKERS = (
    ("hologic", r"hologic|\bhorizon [a-z]\b|\bdiscovery [a-z]\b|\bapex\b"),
    ("ge", r"\blunar\b|\bencore\b|\bidxa\b|\bprodigy\b|ge healthcare"),
    ("norland", r"norland|swissray|illuminatus"),
    ("echolight", r"echolight|echostation|\bechos\b"),
)
SPEAKS_OF_DENSITOMETRY = re.compile(
    r"\bbmd\b|bone (?:mineral )?densit|densitometry|\bdxa\b|\brems\b|骨密", re.IGNORECASE
)
EARLIEST, LATEST = date(1880, 1, 1), date(2150, 1, 1)


def page_facts(lines: Iterable[str]) -> dict[str, str]:
    """Collect the labelled values; of a label that stands twice with other values, none.

    >>> sorted(page_facts(["Patient ID: 0012    Sex: Female", "ID: A0514190T"]).items())
    [('patient_id', '0012'), ('sex', 'Female')]
    """
    found: dict[str, set[str]] = {}
    for line in lines:
        for label, value in _PAIR.findall(line):
            word = next(w for w, p in _LABELS if re.fullmatch(p, label, re.IGNORECASE))
            found.setdefault(word, set()).add(value.strip())
    return {word: values.pop() for word, values in found.items() if len(values) == 1}


def labelled_subject(facts: dict[str, str], flags: list[str]) -> Subject:
    """Make the person of the labelled values."""
    sex = re.split(r"[\s/,]", facts.get("sex", ""))[0].lower()
    return Subject(
        patient_id=facts.get("patient_id"),
        name=facts.get("name"),
        sex=_SEXES.get(sex),
        birth_date=_day(facts, "birth_date", "birth_date_unreadable", flags),
    )


def labelled_exam(facts: dict[str, str], flags: list[str]) -> Exam:
    """Make the exam of the labelled values."""
    day = _day(facts, "exam_date", "exam_date_unreadable", flags)
    return Exam(exam_date=day, operator=facts.get("operator"))


def labelled_device(facts: dict[str, str], text: str) -> Device:
    """Make the device; its maker is the one maker whose name or model the page prints."""
    makers = {name for name, pattern in _MAKERS if re.search(pattern, text, re.IGNORECASE)}
    model = facts.get("model", "")
    serial = facts.get("serial")
    inside = _SERIAL.search(model)
    if inside:
        serial = serial or inside[1]
        model = _SERIAL.sub("", model).strip()
    return Device(
        manufacturer=facts.get("manufacturer"),
        model=model or None,
        serial=serial,
        software_version=facts.get("software_version"),
        maker=makers.pop() if len(makers) == 1 else None,
    )


def _day(facts: dict[str, str], word: str, flag: str, flags: list[str]) -> date | None:
    if word not in facts:
        return None
    found = printed_date(facts[word])
    if found is None:
        flags.append(flag)
    return found


def printed_date(text: str) -> date | None:
    """Read a printed date that can be only one day; None where it could be two, or is none.

    >>> printed_date("May 14, 2019").isoformat(), printed_date("14 May 2019 10:22").isoformat()
    ('2019-05-14', '2019-05-14')
    >>> printed_date("14.05.2019").isoformat(), printed_date("05/14/2019").isoformat()
    ('2019-05-14', '2019-05-14')
    >>> printed_date("04/05/2019"), printed_date("113/05/14")
    (None, None)
    """
    words = text.strip()
    for pattern, order in (
        (r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\b", "ymd"),
        (r"(\d{1,2})\.(\d{1,2})\.(\d{4})\b", "dmy"),  # dots are written day first
        (r"([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})\b", "mdy"),
        (r"(\d{1,2})[ -]([A-Za-z]{3,9})\.?[ -](\d{4})\b", "dmy"),
    ):
        match = re.match(pattern, words)
        if match:
            return _date_of({key: match[i + 1] for i, key in enumerate(order)})
    match = re.match(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})\b", words)
    if not match:
        return None
    readings = {
        _date_of({"y": match[3], "m": match[1], "d": match[2]}),
        _date_of({"y": match[3], "m": match[2], "d": match[1]}),
    } - {None}
    return readings.pop() if len(readings) == 1 else None


def _date_of(parts: dict[str, str]) -> date | None:
    month = parts["m"]
    if not month.isdigit():
        short = month.lower()[:3]
        if short not in _MONTHS:
            return None
        month = str(_MONTHS.index(short) + 1)
    try:
        found = date(int(parts["y"]), int(month), int(parts["d"]))
    except ValueError:
        return None
    return found if EARLIEST <= found <= LATEST else None


_DAY = re.compile(
    r"(?<![\d./-])(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}"
    r"|[A-Za-z]{3,9}\.? \d{1,2},? \d{4}|\d{1,2}[ -][A-Za-z]{3,9}\.?[ -]\d{4})(?![\d./-])"
)
_NUMERIC_DAY = re.compile(r"(\d{1,2})[-/](\d{1,2})[-/](\d{4})")


def days_in(text: str) -> set[date]:
    """List every day that the dates of a line may mean; of an ambiguous one both.

    >>> sorted(d.isoformat() for d in days_in("Prior exam 01/02/2018"))
    ['2018-01-02', '2018-02-01']
    >>> days_in("T-score vs. 2012 BMDCS")
    set()
    """
    found: set[date | None] = set()
    for match in _DAY.finditer(text):
        numeric = _NUMERIC_DAY.fullmatch(match[0])
        if numeric:
            first, second, year = numeric.groups()
            found.add(_date_of({"y": year, "m": first, "d": second}))
            found.add(_date_of({"y": year, "m": second, "d": first}))
        else:
            found.add(printed_date(match[0]))
    return {day for day in found if day is not None}
