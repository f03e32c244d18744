"""Which two values may be compared: every reason against it, in words.

Another reference population is no reason, since densities are compared and
never scores. Another serial number of the same model is another device until it
is cross-calibrated.
"""

from __future__ import annotations

from bonescan.model.change import SeriesPoint
from bonescan.model.exam import Device
from bonescan.model.vocabulary import Technique


def reasons_against(one: SeriesPoint, other: SeriesPoint) -> tuple[str, ...]:
    """List why two values do not belong to one series, apart from their devices.

    Examples
    --------
    >>> from datetime import date
    >>> from bonescan.model.vocabulary import Origin
    >>> spine = dict(technique=Technique.DXA, origin=Origin.REPORTED, site="L1-L4", bmd_g_cm2=1.0)
    >>> first = SeriesPoint(day=date(2025, 1, 1), **spine)
    >>> later = SeriesPoint(day=date(2026, 1, 1), **{**spine, "site": "L2-L4"})
    >>> reasons_against(first, later)
    ('other site: L1-L4 and L2-L4',)
    """
    found = []
    if one.technique is not other.technique:
        found.append(f"other technique: {one.technique} and {other.technique}")
    if one.origin is not other.origin:
        found.append(f"other origin: {one.origin} and {other.origin}")
    if one.site != other.site:
        found.append(f"other site: {one.site} and {other.site}")
    if one.vertebrae_used != other.vertebrae_used:
        found.append(
            f"other vertebrae: {_vertebrae(one)} and {_vertebrae(other)}; "
            "wanted: the same set measured again on both"
        )
    if Technique.REMS_STYLE in {one.technique, other.technique}:
        if one.model_id != other.model_id:
            found.append(
                f"other model: {one.model_id or 'unknown'} and {other.model_id or 'unknown'}"
            )
        if one.covariate_class != other.covariate_class:
            found.append(
                f"other covariate class: {one.covariate_class or 'unknown'} and "
                f"{other.covariate_class or 'unknown'}; wanted: that of before the pregnancy"
            )
    return tuple(found)


def same_device(one: Device, other: Device) -> bool | None:
    """Tell whether two values come from one device; None where a serial number is missing."""
    if one.serial and other.serial:
        return (one.serial, _name(one)) == (other.serial, _name(other))
    if _name(one) != _name(other):
        return False
    return None


def device_text(device: Device) -> str:
    """Name a device as a sentence does.

    >>> device_text(Device(manufacturer="HOLOGIC", model="Horizon A", serial="300123"))
    'HOLOGIC Horizon A, serial number 300123'
    >>> device_text(Device())
    'a device without name, serial number unknown'
    """
    name = " ".join(w for w in (device.manufacturer, device.model) if w) or "a device without name"
    return f"{name}, serial number {device.serial or 'unknown'}"


def _name(device: Device) -> tuple[str, str]:
    maker = device.maker or (device.manufacturer or "").strip().casefold()
    return maker, (device.model or "").strip().casefold()


def _vertebrae(point: SeriesPoint) -> str:
    return "+".join(point.vertebrae_used) or "unknown"
