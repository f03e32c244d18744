"""Facts about a person at an exam, and about the device, as words."""

from __future__ import annotations

from bonescan.i18n import _
from bonescan.model.exam import Device
from bonescan.model.person import PersonAtExam

from .figures.numbers import fixed
from .words import NOTHING, days_words


def age_words(person: PersonAtExam) -> str:
    """Write an age; one known in whole years only says so."""
    if person.age_years is None:
        return _("not recorded")
    if not person.age_is_exact:
        return _("%s years (whole years)") % fixed(int(person.age_years), 0)
    return _("%s years") % fixed(person.age_years, 1)


def fracture_words(person: PersonAtExam) -> str:
    """Say what is recorded about fragility fractures."""
    if person.hip_or_vertebral_fracture:
        return _("hip or vertebra, recorded")
    if person.fragility_fracture is None:
        return _("not recorded")
    return _("recorded") if person.fragility_fracture else _("recorded: none")


def phase_words(person: PersonAtExam) -> str:
    """Say where in pregnancy or after it a person was; a dash when neither is known."""
    if person.gestation_days is not None:
        return _("gestation %s") % days_words(person.gestation_days)
    if person.postpartum_days is not None:
        return _("after delivery %s") % days_words(person.postpartum_days)
    return NOTHING


def device_words(device: Device) -> str:
    """Name a device: maker, model, serial number, software."""
    parts = [" ".join(p for p in (device.manufacturer, device.model) if p)]
    if device.serial:
        parts.append(_("serial %s") % device.serial)
    if device.software_version:
        parts.append(_("software %s") % device.software_version)
    return ", ".join(p for p in parts if p) or _("device not recorded")
