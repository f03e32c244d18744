"""The codes that structured reports of bone density use, checked one by one.

SNOMED CT codes as in the concept tables of the DICOM standard; LOINC codes as
listed by the OHDSI Themis page on measurements that may be negative and by the
US Core examples. LOINC has no separate codes for femoral neck and total hip:
the sub-region stands in the finding site. The side codes of the humerus are
left out, because their sources contradict each other.
"""

from __future__ import annotations

# finding sites, SNOMED CT; 14293000 is L2, although it is often written for L1
SNOMED_SITES = {
    "66794005": "L1",
    "14293000": "L2",
    "36470004": "L3",
    "11994002": "L4",
    "122496007": "lumbar-spine",
    "29627003": "femoral-neck",
    "310651003": "femur",  # proximal femur
    "71341001": "femur",
    "24136001": "femur",  # hip joint
    "29836001": "femur",  # hip
    "41111004": "femoral-shaft",
    "75129005": "radius-ultradistal",
    "47728000": "radius-33",  # shaft of radius
    "62413002": "forearm",
    "110535000": "forearm",
    "14975008": "forearm",
    "80144004": "calcaneus",
}
SNOMED_SIDES = {"7771000": "left", "24028007": "right", "G-A101": "left", "G-A100": "right"}

# LOINC -> (quantity, region)
LOINC = {
    "46383-6": ("bmd", ""),
    **{
        code: (quantity, region)
        for region, row in {
            "lumbar-spine": ("24966-4", "38267-1", "85394-5"),
            "femur": ("24701-5", "38263-0", "80934-3"),
            "femur-left": ("80954-1", "80948-3", "80940-0"),
            "femur-right": ("80953-3", "80947-5", "80939-2"),
            "hip": ("38261-4", "38264-8", "80933-5"),
            "hip-left": ("46278-8", "80946-7", "80938-4"),
            "hip-right": ("46279-6", "80945-9", "80937-6"),
            "forearm": ("24890-6", "38265-5", "80932-7"),
            "forearm-left": ("80952-5", "80944-2", "80936-8"),
            "forearm-right": ("80951-7", "80943-4", "80935-0"),
            "calcaneus": ("38262-2", "38266-3", ""),
            "calcaneus-left": ("80956-6", "80950-9", "80942-6"),
            "calcaneus-right": ("80955-8", "80949-1", "80941-8"),
        }.items()
        for quantity, code in zip(("bmd", "t", "z"), row, strict=True)
        if code
    },
}
OTHER_QUANTITIES = {"121416": "z", "113071": "z", "42798000": "area"}  # DCM, DCM, SNOMED CT
GENERIC_REGIONS = frozenset({"lumbar-spine", "femur", "forearm", "calcaneus"})
