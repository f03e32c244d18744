"""Facts, their values and where they are from, in Traditional Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from bonescan.guidance.evaluate import value_words
from bonescan.model.guidance import FactQuestion, FactSheet, Known

WORDS_ZH: Mapping[str, str] = {
    "F": "女性",
    "M": "男性",
    "premenopausal": "停經前",
    "transition": "更年期過渡期",
    "postmenopausal": "停經後",
    "surgical": "手術停經",
    "induced-reversible": "藥物所致（可逆）",
    "poi": "早發性卵巢功能不全",
    "pregnant": "懷孕中",
    "lactating": "哺乳期",
    "after-weaning": "斷奶後",
    "unknown": "不明",
    "not-applicable": "不適用",
    "natural": "自然停經",
    "normal": "正常",
    "osteopenia": "骨質缺乏（低骨量）",
    "osteoporosis": "骨質疏鬆",
    "within-expected-range": "符合同齡預期範圍",
    "below-expected-range": "低於同齡預期範圍",
    "none": "無",
    "severe": "嚴重",
    "high": "高",
    "moderate": "中",
    "low": "低",
    "mild-to-moderate": "輕度至中度",
    "hip": "髖部",
    "vertebral": "椎體",
    "forearm": "前臂",
    "humerus": "肱骨",
    "pelvis": "骨盆",
    "rib": "肋骨",
    "ankle": "踝部",
    "other": "其他",
    "US": "美國",
    "Taiwan": "臺灣",
    "DXA": "DXA",
    "REMS": "REMS",
    "REMS-style": "類 REMS 開放演算法（非 Echolight REMS）",
}
SOURCES_ZH: Mapping[str, str] = {
    "birth date": "出生日期",
    "record": "檢查記錄",
    "facts": "記錄",
    "option": "命令列選項",
    "sex": "依性別",
    "menopausal status": "依停經狀態",
    "height and weight": "依身高與體重",
    "drug record": "用藥記錄",
    "drug records": "用藥記錄",
    "cancer record": "癌症記錄",
    "disease record": "疾病記錄",
    "denied": "否認",
}
# The citations of papers stay as they are printed; these describe a source in words.
CITATIONS_ZH: Mapping[str, str] = {
    "(congress notes, second-hand; suspicion); imaging and referral are our choice": (
        "（會議筆記，二手資料；懷疑之情形）；影像檢查與轉介為本軟體之選擇"
    ),
    "(limits of DXA; congress notes, second-hand)": "（DXA 之限制；會議筆記，二手資料）",
    "after Climacteric 2020 and Panay 2022 as named there": (
        "該處引 Climacteric 2020 與 Panay 2022"
    ),
    "a meta-analysis of 2024 that it does not name": "其未具名之 2024 年統合分析",
    "the number is the usual obstetric meaning, from memory": "數值為產科一般用法，憑記憶",
    "for the follow-up; the counts are from memory": "（追蹤部分）；次數憑記憶",
    "News report quoting the health insurance administration": "引述健保署之新聞報導",
    "Case reports of pregnancy- and lactation-associated osteoporosis": (
        "妊娠與哺乳相關骨質疏鬆之病例報告"
    ),
    "case reports of fractures with Z above -2.0": "Z 值高於 -2.0 而骨折之病例報告",
    "Report on the WCO-IOF-ESCEO congress, Rome, April 2025": (
        "WCO-IOF-ESCEO 大會報告，羅馬，2025 年 4 月"
    ),
    "(congress notes, second-hand)": "（會議筆記，二手資料）",
    "Physician's article on exercise in osteoporosis (Chinese)": "醫師所撰骨質疏鬆運動文章",
    "Physician's article on bone density with questionnaire (Chinese)": (
        "醫師所撰骨密度與問卷文章"
    ),
    "physician's article on bone density with questionnaire (Chinese)": (
        "醫師所撰骨密度與問卷文章"
    ),
    "(from memory, to be verified)": "（憑記憶，待查證）",
    "from memory, to be verified": "憑記憶，待查證",
    "(from memory)": "（憑記憶）",
    "our choice of trigger": "觸發條件為本軟體之選擇",
    "the overdue threshold of 7 months is our choice": "7 個月之逾期標準為本軟體之選擇",
    "the trigger is our choice": "觸發條件為本軟體之選擇",
    "the wording is our choice": "用語為本軟體之選擇",
    "years and wording of the societies not verified": "各學會之年份與用語未查證",
    "the tiers have no numeric definition there, the clinician sets them": (
        "來源未訂分級數值，由醫師判定"
    ),
    "congress notes, second-hand": "會議筆記，二手資料",
    "from memory": "憑記憶",
    "our choice": "本軟體之選擇",
    "compounded and added": "複利與相加",
    "second-hand": "二手資料",
}


def citation_zh(source: str) -> str:
    """Write the source of a rule with its descriptions in Chinese; papers stay as printed.

    >>> citation_zh("from memory, to be verified"), citation_zh("Hadji 2017")
    ('憑記憶，待查證', 'Hadji 2017')
    """
    for english, chinese in CITATIONS_ZH.items():  # the longer ones stand first
        source = source.replace(english, chinese)
    return source.replace(" （", "（")


def value_zh(value: Known) -> str:
    """Write a fact's value in Chinese; numbers, dates and names stay.

    >>> value_zh(True), value_zh(("hip", "rib")), value_zh(24.0)
    ('是', '髖部、肋骨', '24')
    """
    match value:
        case bool():
            return "是" if value else "否"
        case tuple():
            return "、".join(WORDS_ZH.get(v, v) for v in value)
        case str():
            return WORDS_ZH.get(value, value)
        case _:
            return value_words(value)


def source_zh(source: str) -> str:
    """Write where a fact is from; the words of a record stay as they were written.

    >>> source_zh("denied 2015-01-01"), source_zh("Femara 2.5 mg")
    ('否認 2015-01-01', 'Femara 2.5 mg')
    """
    if source in SOURCES_ZH:
        return SOURCES_ZH[source]
    head, _blank, tail = source.rpartition(" ")
    if head in SOURCES_ZH and _is_date(tail):
        return f"{SOURCES_ZH[head]} {tail}"
    return source


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def reason_zh(name: str, sheet: FactSheet, questions: Mapping[str, FactQuestion]) -> str:
    """Write a fact that made a rule fire: its question, its value, where it is from."""
    asked = questions[name].ask_zh
    source = sheet.sources.get(name)
    where = f"（{source_zh(source)}）" if source else ""
    return f"{asked}{value_zh(sheet.values[name])}{where}"
