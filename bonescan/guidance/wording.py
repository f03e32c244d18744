"""What a rule's text may not say, and the safety rules that its drugs call for."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bonescan.model.guidance import Rule, RuleKind

CLINICIAN_EN = "For the clinician to decide."
CLINICIAN_ZH = "由臨床醫師判斷。"

# They promise what nobody knows, tell a patient what to do, or are not in use in Taiwan.
_FORBIDDEN = re.compile(
    r"\beligible\b|\bsafe\b|no contraindication|suitable for hormone|you should|\bprescribe"
    r"|技術員|技師|臨界|髌|T 評分|骨質不足|骨質疏少症|保證|安全無虞|無禁忌|符合資格",
    re.IGNORECASE,
)
_HORMONES = (
    r"hormone (?:therapy|replacement|prompt)|\bhormones\b|\bestradiol|progestogen|dydrogesterone"
    r"|(?<!anti-)(?<!anti)\bo?estrogen|荷爾蒙(?!依賴)|(?<!抗)雌激素|黃體素"
)
_BISPHOSPHONATES = r"bisphosphonate|alendron|zoledron|ibandron|risedron|雙磷酸"
# A word that names a drug -> the safety rules without which the text may not stand.
_SAFETY_OF: Mapping[re.Pattern[str], frozenset[str]] = {
    re.compile(words, re.IGNORECASE): frozenset(ids)
    for words, ids in {
        "denosumab": ("SAF-01", "SAF-02"),
        _BISPHOSPHONATES: ("SAF-03", "SAF-04"),
        "raloxifene": ("SAF-06",),
        "teriparatide": ("SAF-10",),
        "romosozumab": ("SAF-11",),
        _HORMONES: ("SAF-07",),
        r"aromatase|芳香環|goserelin|leuprol|\bGnRH\b": ("SAF-14",),
    }.items()
}


def wording_fault(rule: Rule) -> str:
    """Say what is wrong with a rule's words.

    Parameters
    ----------
    rule : Rule

    Returns
    -------
    fault : str
        Empty where nothing is wrong. Wrong are: a forbidden word in a text or
        a conflict note; a recommendation that does not leave the decision to
        the clinician in both languages; notes that do not come in pairs; a
        drug named without `names_drug`, or without the safety rules of that
        drug. Safety rules may name any drug.
    """
    words = " ".join((rule.text_en, rule.text_zh, rule.value, *rule.conflicts, *rule.conflicts_zh))
    forbidden = _FORBIDDEN.search(words)
    if forbidden:
        return f"found {forbidden.group()!r}, which no output may say"
    if len(rule.conflicts) != len(rule.conflicts_zh):
        return "wanted as many conflicts as conflicts_zh"
    if rule.kind is RuleKind.RECOMMENDATION and not (
        rule.text_en.endswith(CLINICIAN_EN) and rule.text_zh.endswith(CLINICIAN_ZH)
    ):
        return f"wanted texts that end {CLINICIAN_EN!r} and {CLINICIAN_ZH!r}"
    return _drug_fault(rule, words)


def _drug_fault(rule: Rule, words: str) -> str:
    for pattern, ids in _SAFETY_OF.items():
        named = pattern.search(words)
        if named is None:
            continue
        if not rule.names_drug:
            return f"found {named.group()!r}, wanted names_drug = true"
        absent = sorted(ids - set(rule.safety_ids))
        if absent and rule.kind is not RuleKind.SAFETY:
            return f"found {named.group()!r} without its safety rule {', '.join(absent)}"
    return ""
