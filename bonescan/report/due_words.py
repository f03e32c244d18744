"""Words of the lists, the packet and the handout in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from bonescan.model.due import DueList, DueState, Pair

LANGUAGES = ("en", "zh-TW")

LIST_WORDS: Mapping[DueList, Pair] = {
    DueList.RETEST: ("Retest", "追蹤檢查"),
    DueList.CANCER: ("Breast cancer without bone density", "乳癌未做骨密度檢查"),
    DueList.TREATMENT: ("Treatment that takes bone", "造成骨質流失之癌症治療"),
    DueList.EARLY_MENOPAUSE: ("Menopause before 40 without bone density",
                              "40 歲前停經未做骨密度檢查"),
    DueList.HORMONE_STOPPED: ("Hormone therapy stopped", "荷爾蒙治療已停用"),
    DueList.DENOSUMAB: ("Denosumab overdue", "Denosumab 逾期"),
    DueList.PREGNANCY: ("Pregnancy with a risk factor", "具風險因子之懷孕"),
    DueList.POP: ("POP visits", "POP 訪視"),
    DueList.FLS: ("Fracture Liaison Service", "骨折聯合照護服務（FLS）"),
    DueList.HEIGHT: ("Height loss without imaging", "身高減少未做影像檢查"),
    DueList.PERSON: ("Needs a person", "待人工確認"),
}  # fmt: skip

STATE_WORDS: Mapping[DueState, Pair] = {
    DueState.LATER: ("later", "未到期"),
    DueState.DUE: ("due", "到期"),
    DueState.OVERDUE: ("overdue", "逾期"),
    DueState.MISSED: ("missed", "未完成"),
    DueState.CANNOT_BE_JUDGED: ("cannot be judged", "無法判斷"),
}

PAGE_WORDS: Mapping[str, Pair] = {
    "title": ("Who is due", "到期名單"),
    "research": ("Research use only.", "僅供研究，非醫療器材。"),
    "notice": (
        "Not a medical device. Every row is a prompt for the clinician to decide; nobody is told "
        "to start, stop or change a treatment.",
        "每一列均為提示，由臨床醫師判斷；並非要求任何人開始、停止或改變治療。",
    ),
    "on": ("on", "日期"),
    "person": ("Person", "病人／受檢者"),
    "list": ("List", "名單"),
    "rules": ("Rules", "規則"),
    "state": ("State", "狀態"),
    "from": ("Due from", "起日"),
    "until": ("Due until", "迄日"),
    "overdue": ("Overdue, days", "逾期日數"),
    "why": ("Why", "原因"),
    "due": ("Due now", "目前到期"),
    "later": ("Later", "未到期"),
    "missed": ("Visits missed", "未完成之訪視"),
    "open": ("Cannot be judged", "無法判斷"),
    "open_note": (
        "A fact is missing. Nobody here counts as not due.",
        "資料不足；列於此處者不視為未到期。",
    ),
    "ask": ("Ask for", "請詢問"),
    "needs": ("Needs a person", "待人工確認"),
    "followed": ("Height, weight and falls", "身高、體重與跌倒"),
    "height": ("Height, cm", "身高（公分）"),
    "weight": ("Weight, kg", "體重（公斤）"),
    "falls": ("Falls in 12 months", "12 個月內跌倒次數"),
    "loss": ("Height lost, cm", "身高減少（公分）"),
    "from_tallest": ("since the tallest", "與最高身高相比"),
    "change": ("Weight change, %", "體重變化（%）"),
    "imaging": ("Imaging of the spine", "脊椎影像"),
    "noted": (
        "Noted facts. Rules on them are from memory and off unless asked for (--from-memory).",
        "僅列記錄之事實；相關規則憑記憶而定，預設關閉（--from-memory 開啟）。",
    ),
    "rule_table": ("The rules named here", "本頁所列規則"),
    "safety": ("Safety notes", "安全注意事項"),
    "says": ("Says", "內容"),
    "source": ("Source", "來源"),
    "mark": ("Mark", "證據標記"),
    "marks": (
        "Marks: S read in the source named, M from memory, D derived, C our choice.",
        "證據標記：S 已查證來源、M 憑記憶、D 推算、C 本軟體自訂。",
    ),
    "nobody": ("Nobody.", "無。"),
    "people": ("people", "人"),
    "n_due": ("due", "到期"),
    "n_overdue": ("of them overdue", "其中逾期"),
    "n_open": ("cannot be judged", "無法判斷"),
    "n_needs": ("need a person", "待人工確認"),
    "n_not": ("not due", "未到期"),
    "n_out": ("left out: withdrawn or dead", "不列入：已退出或已歿"),
    "leads": ("leads", "最早"),
    "made": ("Made by bonescan", "由 bonescan 產生"),
}

PACKET_WORDS: Mapping[str, Pair] = {
    "title": ("Referral to a Fracture Liaison Service", "骨折聯合照護服務（FLS）轉介資料"),
    "consider": (
        "Consider referral to the Fracture Liaison Service. Not a diagnosis; for the clinician to "
        "decide.",
        "考慮轉介骨折聯合照護服務（FLS）。並非診斷，由臨床醫師判斷。",
    ),
    "state_of": ("State of the referral", "轉介狀態"),
    "simulated": ("Simulated data.", "模擬資料。"),
    "change_weight": ("Weight change, %", "體重變化（%）"),
    "none_raised": ("No referral is recorded.", "未記錄轉介。"),
    "who": ("Who", "對象"),
    "sex": ("Sex", "性別"),
    "age": ("Age", "年齡"),
    "status": ("Menopausal status", "停經狀態"),
    "visits": ("Visits with bone density", "骨密度檢查"),
    "date": ("Date", "日期"),
    "technique": ("Technique", "方法"),
    "device": ("Device", "儀器"),
    "site": ("Site", "部位"),
    "bmd": ("BMD g/cm²", "骨密度 g/cm²"),
    "z": ("Z-score", "Z 值"),
    "t": ("T-score", "T 值"),
    "reference": ("Reference", "參考族群"),
    "change": ("Change", "變化"),
    "lsc": ("LSC, least significant change", "最小顯著變化值（LSC）"),
    "z_note": (
        "A Z-score within the expected range does not exclude fragility; back pain needs "
        "assessment.",
        "Z 值符合同齡預期範圍不能排除骨骼脆弱；背痛須進一步評估。",
    ),
    "fractures": ("Fractures", "骨折"),
    "factors": ("Risk factors recorded", "記錄之風險因子"),
    "feeding": ("Pregnancy, birth and feeding", "懷孕、分娩與哺乳"),
    "drugs": ("Drugs and hormones", "用藥與荷爾蒙"),
    "pain": ("Pain", "疼痛"),
    "imaging": ("Imaging done", "已做影像檢查"),
    "follow": ("Height, weight and falls", "身高、體重與跌倒"),
    "prompts": ("Prompts of rules", "規則提示"),
    "unknown": ("Not recorded, to be asked for", "未記錄，請詢問"),
    "none": ("None recorded.", "無記錄。"),
    "fact": ("Fact", "項目"),
    "value": ("Value", "內容"),
    "source": ("Source", "來源"),
}


# Values of facts on Chinese pages; a value that stands here nowhere is shown as recorded.
VALUES_ZH: Mapping[str, str] = {
    "yes": "是", "no": "否", "none": "無",
    "hip": "髖部", "vertebral": "脊椎", "forearm": "前臂", "humerus": "肱骨", "pelvis": "骨盆",
    "rib": "肋骨", "ankle": "踝部", "other": "其他",
    "exclusive": "全母乳", "mixed": "混合哺餵",
    "natural": "自然停經", "surgical": "手術停經", "induced-reversible": "藥物停經（可逆）",
    "poi": "早發性卵巢功能不全", "premenopausal": "停經前", "transition": "更年期過渡期",
    "postmenopausal": "停經後", "pregnant": "懷孕", "lactating": "哺乳期",
    "after-weaning": "斷奶後", "unknown": "不明", "not-applicable": "不適用",
    "F": "女", "M": "男",
    "REMS-style": "類 REMS 開放演算法（非 Echolight REMS）",
    "estimated": "推估", "measured": "實測", "reported": "儀器報告",
    "as printed by the device": "儀器所列",
}  # fmt: skip
SITES_ZH: Mapping[str, str] = {
    "femoral-neck": "股骨頸", "total-hip": "全髖", "trochanter": "大轉子",
    "radius-33": "橈骨三分之一處", "-left": "（左）", "-right": "（右）", "-mean": "（平均）",
}  # fmt: skip


def value_shown(value: str, lang: str) -> str:
    """Name the value of a fact.

    >>> value_shown("vertebral", "zh-TW"), value_shown("vertebral", "en")
    ('脊椎', 'vertebral')
    """
    return VALUES_ZH.get(value, value) if lang == "zh-TW" else value


def site_shown(site: str, lang: str) -> str:
    """Name a site.

    >>> site_shown("femoral-neck-left", "zh-TW"), site_shown("L1-L4", "zh-TW")
    ('股骨頸（左）', '腰椎 L1-L4')
    """
    if lang != "zh-TW":
        return site
    if site.startswith("L"):
        return f"腰椎 {site}"
    for word, zh in SITES_ZH.items():
        site = site.replace(word, zh)
    return site


def words(table: Mapping[str, Pair], lang: str) -> dict[str, str]:
    """Take one language of a table of words."""
    i = LANGUAGES.index(lang)
    return {name: pair[i] for name, pair in table.items()}
