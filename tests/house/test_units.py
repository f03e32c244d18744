"""Units live in names: a float of the scan, person and result types says its unit."""

from __future__ import annotations

import dataclasses
import importlib
from importlib.util import find_spec

import pytest

from bonescan.units import BARE_QUANTITIES, UNIT_SUFFIXES

MODULES = ("exam", "scan", "measurement", "person", "outcome", "rems_model")


def says_its_unit(name: str) -> bool:
    """Whether a field name ends in a unit, or in a quantity that has none (`reported_t_score`)."""
    bare = any(name == word or name.endswith(f"_{word}") for word in BARE_QUANTITIES)
    return bare or name.endswith(UNIT_SUFFIXES)


def float_fields() -> list[str]:
    found = []
    for module_name in MODULES:
        if find_spec(f"bonescan.model.{module_name}") is None:
            continue
        module = importlib.import_module(f"bonescan.model.{module_name}")
        for cls in vars(module).values():
            if dataclasses.is_dataclass(cls) and cls.__module__ == module.__name__:
                # annotations are text here: "float", "float | None"
                found += [
                    f"{cls.__name__}.{field.name}"
                    for field in dataclasses.fields(cls)
                    if "float" in str(field.type).split(" | ")
                ]
    return found


@pytest.mark.parametrize("field", float_fields())
def test_a_float_field_says_its_unit(field: str) -> None:
    assert says_its_unit(field.split(".")[1]), (
        f"{field} is a float without a unit in its name; the suffixes stand in bonescan/units.py"
    )


def test_the_search_finds_the_fields_that_matter() -> None:
    assert {"RfSite.fs_hz", "Measurement.bmd_g_cm2", "Subject.weight_kg"} <= set(float_fields())


@pytest.mark.parametrize("name", ["bmd", "depth", "fs", "t_scores", "weight_pounds"])
def test_a_name_without_a_unit_is_seen(name: str) -> None:
    assert not says_its_unit(name)
