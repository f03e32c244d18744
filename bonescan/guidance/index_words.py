"""The words of the screening indices in Traditional Chinese."""

from __future__ import annotations

from collections.abc import Mapping

ZH: Mapping[str, str] = {
    "NOF count": "NOF 計數",
    "body weight": "體重",
    "postmenopausal women; men": "停經後女性；男性",
    "postmenopausal women": "停經後女性",
    "women of 45 or older": "45 歲以上女性",
    "postmenopausal women of 45 or older": "45 歲以上停經後女性",
    "men of 60 or older": "60 歲以上男性",
    "< 70 kg": "< 70 公斤",
    "low": "低",
    "medium": "中",
    "high": "高",
    "0.2 x (kg - age), truncated": "0.2 ×（公斤 − 年齡），捨去小數",
    "0.2 x (kg - age), rounded": "0.2 ×（公斤 − 年齡），四捨五入",
    "without the item on ancestry (5 points in the instrument); weight in pounds": (
        "未計族裔項目（原量表為 5 分）；體重以磅計"
    ),
    "the cut is reached with the item on ancestry (5 points in the instrument), which is left "
    "out; weight in pounds": "若計入族裔項目（原量表為 5 分，此處未計）即達切點；體重以磅計",
    "the source leaves open whether the points below 59 kg come instead or in addition": (
        "來源未說明 59 公斤以下之分數為取代或另加"
    ),
    "points of the items from memory": "各項目之分數憑記憶，未查證",
    "outside its population": "不在適用族群",
    "a fact is missing": "缺少資料",
    "off: from memory": "已關閉：憑記憶，未查證",
}


def in_chinese(words: str) -> str:
    """Translate words of an index; names and numbers stay.

    >>> in_chinese("NOF count"), in_chinese("OSTA"), in_chinese(">= 6")
    ('NOF 計數', 'OSTA', '>= 6')
    """
    return ZH.get(words, words)
