"""What a reference id stands for, as numbers to draw and words to print."""

from __future__ import annotations

from dataclasses import dataclass, field

from bonescan.i18n import _
from bonescan.norms import reference
from bonescan.norms.curves import age_band
from bonescan.norms.load import Norms

from .figures.reference_plot import AgeReference, YoungReference


@dataclass(frozen=True, kw_only=True)
class References:
    """Looks references up by the id that stands beside a score; None = not known as numbers."""

    norms: Norms
    _curves: dict[tuple[str, str, str | None], AgeReference | None] = field(default_factory=dict)

    def young(self, reference_id: str | None) -> YoungReference | None:
        """Find the young adults that a T counts from."""
        found = self.norms.young.get(reference_id or "")
        if found is None:
            return None
        return YoungReference(mean_g_cm2=float(found.mean_g_cm2), sd_g_cm2=float(found.sd_g_cm2))

    def age(self, reference_id: str | None, site: str, sex: str | None) -> AgeReference | None:
        """Find the people of the same age that a Z counts from; never another table's curve."""
        key = (reference_id or "", site, sex)
        if key not in self._curves:
            self._curves[key] = self._age(*key)
        return self._curves[key]

    def _age(self, reference_id: str, site: str, sex: str | None) -> AgeReference | None:
        known = self.norms.age.get(reference_id)
        band = None if known is None else age_band(known, site, sex)
        if band is None:
            return None
        return AgeReference(
            age_years=band.ages_years,
            mean_g_cm2=band.median_g_cm2,
            minus_2_sd_g_cm2=band.minus_2_g_cm2,
            plus_2_sd_g_cm2=band.plus_2_g_cm2,
        )

    def population(self, reference_id: str) -> str:
        """Say who the people of a reference are; the id itself where it is not known."""
        found = self._found(reference_id)
        return found.population if found else reference_id

    def citation(self, reference_id: str) -> str:
        """Cite a reference, and say how sure its numbers are."""
        found = self._found(reference_id)
        if found is None:
            return _("not known here")
        return f"{found.citation.rstrip('.')}. {evidence_words(found.evidence)}."

    def marked(self, reference_id: str | None) -> str:
        """Write the id with its evidence mark, as it stands beside a score."""
        found = self._found(reference_id or "")
        return f"{reference_id} [{found.evidence}]" if found else reference_id or ""

    def _found(self, reference_id: str) -> reference.YoungReference | reference.AgeReference | None:
        return self.norms.young.get(reference_id) or self.norms.age.get(reference_id)


def evidence_words(mark: str) -> str:
    """Explain an evidence mark."""
    words = {
        "S": _("[S] read in a source"),
        "M": _("[M] from memory, not yet checked against its source"),
        "D": _("[D] derived by arithmetic or computed from public data"),
    }
    return words.get(mark, mark)
