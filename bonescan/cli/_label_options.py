"""How classes are given: the same words on every verb that runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from bonescan.model.vocabulary import IdentityMode
    from bonescan.settings import LabelSettings

LabelPolicyOption: str = typer.Option(
    "device", "--label-policy", help="device: the printed score labels; iscd: ours does."
)
LabelFromOption: str = typer.Option(
    "rounded", "--label-from", help="rounded (one decimal) or raw (research)."
)
ReferencePolicyOption: str = typer.Option(
    "iscd",
    "--reference-policy",
    help="iscd; japan: YAM and the criteria of 2012; local-z: Z from a table with the role "
    "local only.",
)
IdentityOption: str = typer.Option(
    "pseudonym", "--identity", help="pseudonym or chart, in tables and pages."
)


def label_settings(policy: str, label_from: str, reference: str) -> LabelSettings:
    """Gather the words into settings."""
    from bonescan.model.vocabulary import LabelFrom, LabelPolicy, ReferencePolicy
    from bonescan.settings import LabelSettings

    return LabelSettings(
        policy=LabelPolicy(one_of("--label-policy", policy, LabelPolicy)),
        label_from=LabelFrom(one_of("--label-from", label_from, LabelFrom)),
        reference=ReferencePolicy(one_of("--reference-policy", reference, ReferencePolicy)),
    )


def identity_mode(word: str) -> IdentityMode:
    """Take the word of ``--identity``."""
    from bonescan.model.vocabulary import IdentityMode

    return IdentityMode(one_of("--identity", word, IdentityMode))


def one_of(option: str, word: str, allowed: object) -> str:
    """Take a word if it is one of those allowed."""
    words = [str(w) for w in allowed]  # type: ignore[attr-defined]
    if word not in words:
        from bonescan.errors import UsageError

        raise UsageError("BS-E304", f"found {option} {word}, wanted {' or '.join(words)}.")
    return word
