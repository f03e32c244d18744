"""Words of the page of one woman of a pregnancy study, in both languages."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bonescan.model.due import Pair

LANGUAGES = ("en", "zh-TW")
PAGE: Mapping[str, Pair] = {
    "lang": ("en", "zh-Hant-TW"),
    "title": ("Bone density through pregnancy and lactation", "懷孕與哺乳期骨質密度"),
    "title_loss": ("Bone density", "骨質密度"),
    "skip": ("Skip to the content", "跳至內容"),
    "research": ("Research use only.", "僅供研究，非醫療器材。"),
    "notice": (
        "Not a medical device. Nothing on this page is a diagnosis or a prescription: it is for "
        "the clinician to decide.",
        "本頁內容並非診斷或醫囑，由臨床醫師判斷。",
    ),
    "footer": ("research use only, not a medical device", "僅供研究，非醫療器材"),
    "made": ("Made by bonescan", "製作程式：bonescan"),
    "licence": (
        "Open software under the Apache License 2.0; it comes without warranty.",
        "依 Apache License 2.0 授權之開放原始碼軟體，不附任何保證。",
    ),
    "simulated": ("Simulated exam: no real person.", "模擬檢查：並非真實病人。"),
    "simulated_mark": ("simulated", "模擬"),
    "on": ("As known on", "資料截至"),
    "protocol": ("Protocol", "研究計畫"),
    "centre": ("Centre", "研究中心"),
    "consent": ("Consent", "同意日期"),
    "withdrawn": ("Withdrawn", "退出日期"),
    "stopped": (
        "She has left the study: nothing is due.",
        "已退出研究：不再安排訪視。",
    ),
    "pregnancy": ("Pregnancy", "懷孕"),
    "of": ("of", "／"),
    "start": ("0+0 weeks", "妊娠 0+0 週"),
    "delivery": ("birth", "分娩"),
    "loss": ("loss of the pregnancy", "懷孕中止"),
    "weaning": ("weaning", "斷奶"),
    "today": ("today", "今日"),
    "week_today": ("Gestation today", "目前妊娠週數"),
    "undated": ("not dated", "未確定週數"),
    "no_pregnancy": (
        "No pregnancy is recorded that visits could be counted from.",
        "尚無可供計算訪視之懷孕記錄。",
    ),
    "timeline": ("Visits and their windows", "訪視與時窗"),
    "timeline_text": (
        "For each visit its allowed and ideal days, and a point for each scan.",
        "各訪視之容許與理想時窗，以及每次檢查。",
    ),
    "allowed_key": ("allowed", "容許時窗"),
    "ideal_key": ("ideal", "理想時窗"),
    "scan_key": ("scan", "檢查"),
    "gestation_weeks": ("weeks of gestation", "妊娠週數"),
    "after_weeks": ("weeks after birth (+)", "產後週數（+）"),
    "visit": ("Visit", "訪視"),
    "state": ("State", "狀態"),
    "ideal": ("Ideal", "理想"),
    "allowed": ("Allowed", "容許"),
    "seen": ("Scanned", "檢查日期"),
    "week": ("Week", "週數"),
    "until_birth": ("the birth", "分娩"),
    "why": ("Remark", "備註"),
    "values": ("Values", "數值"),
    "course_text": (
        "Values over weeks with their intervals; the band is the least significant change around "
        "the first visit.",
        "各週數值與其區間；色帶為第一次訪視前後之最小顯著變化值。",
    ),
    "bmd_axis": ("BMD (g/cm²)", "骨質密度（g/cm²）"),
    "band_name": ("not shown to have changed (T1 ± LSC)", "未達最小顯著變化（T1 ± LSC）"),
    "bmd": ("BMD, g/cm²", "骨質密度 g/cm²"),
    "interval": ("95 % interval", "95 % 區間"),
    "day": ("Day", "日期"),
    "device": ("Device", "儀器"),
    "weight": ("Weight, kg", "體重 kg"),
    "depth": ("Depth, mm", "深度 mm"),
    "attenuation": ("Attenuation, dB/cm/MHz", "衰減 dB/cm/MHz"),
    "uncorrected": ("Uncorrected, g/cm²", "未校正 g/cm²"),
    "scans": ("scans averaged", "次檢查平均"),
    "basis": ("Precision", "精密度"),
    "no_precision": (
        "No precision study fits: values have no interval, and there is no verdict on change.",
        "無適用之精密度研究：數值無區間，變化不予判定。",
    ),
    "own": ("the site's own study", "本院自行研究"),
    "published": ("published figure, not measured at this site", "已發表數值，非本院測得"),
    "bars": (
        "Bars are the 95 % interval of a value by the precision error.",
        "誤差線為依精密度誤差之 95 % 區間。",
    ),
    "expected": ("Expected course", "預期變化"),
    "expected_note": (
        "a group mean for orientation; it decides no verdict",
        "為群體平均，僅供參考，不作為判定依據",
    ),
    "changes": ("Changes from the first visit", "自第一次訪視以來之變化"),
    "change": ("Change, g/cm²", "變化 g/cm²"),
    "percent": ("% of the T1 value", "佔 T1 數值之 %"),
    "lsc": ("LSC, g/cm²", "LSC g/cm²"),
    "verdict": ("Verdict", "判定"),
    "site": ("Site", "部位"),
    "no_changes": (
        "No change can be given: it needs the first visit (T1) and a later one of the same site.",
        "無法計算變化：需有第一次訪視（T1）及其後相同部位之檢查。",
    ),
    "base_note": (
        "Percentages are of the value of the first visit (T1). No yearly rate and no T-score "
        "class is given in pregnancy and lactation.",
        "百分比以第一次訪視（T1）數值為分母。懷孕與哺乳期不計算每年變化率，亦不作 T 值分類。",
    ),
    "base_note_loss": (
        "Percentages are of the value of the first visit (T1). No yearly rate and no T-score "
        "class is given in pregnancy.",
        "百分比以第一次訪視（T1）數值為分母。懷孕期不計算每年變化率，亦不作 T 值分類。",
    ),
    "without_correction": ("without path correction", "未做路徑校正"),
    "fractures": ("Fractures", "骨折"),
    "trauma": ("Trauma", "外力"),
    "imaging": ("Imaging", "影像"),
    "adjudicated": ("Adjudicated", "裁定"),
    "near": ("Visits around it", "前後訪視"),
    "underpowered": (
        "events recorded of this woman. Underpowered: no conclusion on fractures may be drawn.",
        "件骨折事件（本人）。檢定力不足：不得據以作出骨折相關結論。",
    ),
    "risk": ("Published risk factors", "已發表之風險因子"),
    "risk_note": (
        "A list and a count: no weights and no cut-off are published. Unknown is not absent.",
        "僅列出項目與數目：並無已發表之權重或判定標準。不明不等於無。",
    ),
    "present": ("present", "有"),
    "absent": ("absent", "無"),
    "unknown": ("unknown", "不明"),
    "prompts": ("Prompts for the clinician", "供臨床醫師參考之提示"),
    "none": ("None.", "無。"),
    "safety": ("Safety notes", "安全注意事項"),
    "because": ("because", "依據"),
    "source": ("source", "來源"),
    "mark": ("mark", "證據標記"),
    "answers": ("Questionnaire", "問卷"),
    "no_answers": ("No answer is recorded.", "尚無問卷答案。"),
    "missing": ("What is missing", "尚缺資料"),
    "missing_note": ("Questions without an answer:", "尚未回答之題目："),
    "remarks": ("Remarks", "備註"),
    "stray": ("Scans that belong to no visit", "不屬於任何訪視之檢查"),
    "clinician": (
        "Prompts for a clinician, not instructions. For the clinician to decide.",
        "供臨床醫師參考之提示，並非醫囑。由臨床醫師判斷。",
    ),
    "colon": (": ", "："),
    "semicolon": ("; ", "；"),
    "to": (" to ", " 至 "),
}
STATES: Mapping[str, Pair] = {
    "in-window": ("in the ideal window", "於理想時窗內"),
    "allowed": ("in the allowed window", "於容許時窗內"),
    "out-of-protocol": ("out of protocol, kept", "超出計畫時窗，予以保留"),
    "missing": ("missing", "未完成"),
    "due": ("due", "到期"),
    "later": ("later", "未到期"),
    "stopped": ("stopped", "已停止"),
    "not-applicable": ("does not apply", "不適用"),
    "cannot-be-judged": ("cannot be judged", "無法判斷"),
}
VERDICTS: Mapping[str, Pair] = {
    "decrease": ("changed: decrease", "已達最小顯著變化：減少"),
    "increase": ("changed: increase", "已達最小顯著變化：增加"),
    "not-shown": ("not shown to have changed", "未達最小顯著變化"),
    "no-precision-study": ("no verdict: no precision study", "不予判定：無精密度研究"),
    "not-comparable": ("not comparable", "無法比較"),
    "no-baseline": ("nothing earlier to compare with", "無較早數值可比較"),
}
FLAGS: Mapping[str, Pair] = {
    "change_by_correction_only": (
        "the change comes from the correction for soft tissue alone",
        "變化僅來自軟組織校正",
    ),
    "correction_not_checked": (
        "whether it stands without the correction for soft tissue is not known",
        "未知不做軟組織校正時是否成立",
    ),
    "cross_calibrated": ("two devices, joined by a cross-calibration", "兩台儀器，經交叉校正"),
    "no_precision_study": ("no precision study", "無精密度研究"),
    "not_comparable": ("", ""),
    "precision_not_own": ("", ""),
    "precision_study_small": (
        "precision study with fewer than 30 degrees of freedom",
        "精密度研究自由度小於 30",
    ),
    "repeat_unclear": (
        "several values of one day that may be of one acquisition: counted as one scan",
        "同日數值可能來自同一次檢查：計為一次",
    ),
    "repeat_scan": (
        "scans of one day lie further apart than the LSC: scan again",
        "同日檢查差異超過 LSC：請重新檢查",
    ),
}
TRAUMA: Mapping[str, Pair] = {
    "none": ("none", "無"),
    "light": ("light", "輕微"),
    "other": ("other", "其他"),
}
SITES_ZH: Mapping[str, str] = {
    "femoral-neck": "股骨頸",
    "total-hip": "全髖",
    "trochanter": "大轉子",
    "L1-L4": "腰椎 L1-L4",
    "radius-33": "橈骨三分之一處",
    "hip": "髖部",
    "vertebral": "脊椎",
    "forearm": "前臂",
    "humerus": "上臂",
    "pelvis": "骨盆",
    "rib": "肋骨",
    "ankle": "腳踝",
    "other": "其他",
}
SIDES: Mapping[str, Pair] = {
    "-left": (", left", "（左）"),
    "-right": (", right", "（右）"),
    "-mean": (", mean", "（平均）"),
}
TECHNIQUES_ZH: Mapping[str, str] = {"REMS-style": "類 REMS 開放演算法（非 Echolight REMS）"}
ORIGINS: Mapping[str, Pair] = {
    "reported": ("the device's own number", "儀器自行報告"),
    "measured": ("measured by us", "本程式測量"),
    "estimated": ("estimated by us", "本程式估計"),
}
# What the standing of a woman says in English only, and how a Chinese page says it.
SENTENCES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), text)
    for pattern, text in (
        (r"withdrawn", "已退出研究"),
        (r"never breastfed", "未曾哺乳"),
        (r"no weaning recorded", "未記錄斷奶"),
        (r"not born yet", "尚未分娩"),
        (r"the pregnancy is not dated", "懷孕週數未確定"),
        (r"enrolled after it", "於此時窗之後才加入研究"),
        (r"delivered at (\S+)", r"於 \1 週分娩"),
        (r"its window is over", "時窗已過"),
        (r"allowed already", "已可進行"),
        (r"past its ideal days, still allowed", "已過理想日，仍在容許時窗內"),
        (r"loss of the pregnancy", "懷孕中止"),
        (r"the identity is in doubt: no verdict on change", "身分有疑義：變化不予判定"),
        (
            r"no pregnancy is recorded: neither a date that dates it nor a delivery",
            "未記錄懷孕：既無可推算週數之日期，亦無分娩",
        ),
        (r"the pregnancy that ended on (\S+) is not dated", r"於 \1 結束之懷孕未確定週數"),
        (r"a weaning before the delivery", "斷奶日早於分娩日"),
        (r"a weaning before any delivery", "斷奶日早於任何分娩"),
        (
            r"(\S+): a weaning before any delivery; no verdict on change",
            r"\1：斷奶日早於任何分娩；變化不予判定",
        ),
        (r"past 44 weeks, no birth recorded", "已過 44 週，未記錄分娩"),
        (
            r"the pregnancy from (\S+): past 44 weeks, no birth recorded",
            r"自 \1 起之懷孕：已過 44 週，未記錄分娩",
        ),
        (r"gestation over 44 weeks", "妊娠超過 44 週"),
        (
            r"(\S+), (\S+): gestation over 44 weeks; no verdict on change",
            r"\1（\2 週）：妊娠超過 44 週；變化不予判定",
        ),
        (r"a birth before 20 weeks: the dates are in doubt", "20 週前分娩：日期有疑義"),
        (
            r"(\S+), (\S+): a birth before 20 weeks: the dates are in doubt; no verdict on change",
            r"\1（\2 週）：20 週前分娩，日期有疑義；變化不予判定",
        ),
        (
            r"the ultrasound of (\S+) at (\S+) is later than (\S+): it does not re-date",
            r"\1 之超音波（\2 週）晚於 \3 週：不據以改定週數",
        ),
        (
            r"the ultrasound of (\S+) at (\S+) is later than (\S+): nothing better dates it",
            r"\1 之超音波（\2 週）晚於 \3 週：無更佳依據，暫以此定週數",
        ),
        (
            r"the due date (\S+) fits no pregnancy: it is more than 40 weeks ahead",
            r"預產期 \1 不符任何懷孕：距今超過 40 週",
        ),
        (r"no value of this site at (\S+) in its window", r"\1 時窗內無此部位之數值"),
        (
            r"DXA in pregnancy on (\S+): not routine in pregnancy; confirm status",
            r"\1 於懷孕期進行 DXA：孕期通常不做 DXA，請確認懷孕狀態",
        ),
        (r"past 44 weeks, no birth recorded", "已逾 44 週，未記錄分娩"),
        (
            r"the pregnancy from (\S+): past 44 weeks, no birth recorded",
            r"自 \1 起之懷孕已逾 44 週，未記錄分娩",
        ),
        (
            r"(\S+), (\S+): gestation over 44 weeks; no verdict on change",
            r"\1（\2 週）：妊娠逾 44 週，變化不予判定",
        ),
        (
            r"(\S+), (\S+): a birth before 20 weeks: the dates are in doubt; no verdict on change",
            r"\1（\2 週）：20 週前分娩，日期有疑義，變化不予判定",
        ),
        (
            r"(\S+): a weaning before any delivery; no verdict on change",
            r"\1：斷奶日早於任何分娩，變化不予判定",
        ),
        (r"gestation over 44 weeks", "妊娠逾 44 週"),
        (r"a birth before 20 weeks: the dates are in doubt", "20 週前分娩，日期有疑義"),
        (r"a weaning before any delivery", "斷奶日早於任何分娩"),
        (
            r"the ultrasound of (\S+) at (\S+) is later than (\S+): nothing better dates it",
            r"\1（\2 週）之超音波晚於 \3 週：無更佳之推算依據",
        ),
        (
            r"the ultrasound of (\S+) at (\S+) is later than (\S+): it does not re-date",
            r"\1（\2 週）之超音波晚於 \3 週：不據以重新推算週數",
        ),
        (
            r"the due date (\S+) fits no pregnancy: it is more than 40 weeks ahead",
            r"預產期 \1 不符任何懷孕：距今超過 40 週",
        ),
        (r"no earlier value to compare with", "無較早數值可比較"),
        (r"other device: (.+) and (.+?);? wanted: .*", r"不同儀器：\1 與 \2；需先做交叉校正"),
        (r"a serial number is missing: (.+) and (.+)", r"缺少儀器序號：\1 與 \2"),
        (r"other model: (.+) and (.+)", r"不同模型：\1 與 \2"),
        (r"the same day: scans of one day are averaged, not compared", "同日檢查取平均，不作比較"),
    )
)


def page_words(lang: str) -> dict[str, str]:
    """Give the words of one language."""
    i = LANGUAGES.index(lang)
    return {key: pair[i] for key, pair in PAGE.items()}


def sentence(text: str, lang: str) -> str:
    """Say an English sentence of the record in the language of the page, where it is known."""
    if lang == "en":
        return text
    for pattern, chinese in SENTENCES:
        found = pattern.fullmatch(text)
        if found is not None:
            return found.expand(chinese)
    return text


def site_words(site: str, lang: str) -> str:
    """Name a site.

    >>> site_words("femoral-neck-left", "zh-TW"), site_words("femoral-neck-left", "en")
    ('股骨頸（左）', 'femoral neck, left')
    """
    side = next((s for s in SIDES if site.endswith(s)), "")
    plain = site.removesuffix(side)
    i = LANGUAGES.index(lang)
    name = SITES_ZH.get(plain, plain) if i else plain
    if not i and not plain[:1].isupper():
        name = plain.replace("-", " ")
    return name + (SIDES[side][i] if side else "")
