"""Codes of `doctor`, which looks at the machine; the ranges stand in `bonescan.errors`."""

from . import CodeInfo

CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        code="BS-E510",
        title="something is missing that bonescan can't do without",
        hint="Do what the finding says, then run `bonescan doctor` again.",
    ),
    CodeInfo(
        code="BS-W295",
        title="something on this machine should be put right",
        hint="Results are not wrong because of it; do what the finding says when you can.",
    ),
)
