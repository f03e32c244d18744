"""Runs last: each kernel was compiled once, for one kind of arrays."""

from __future__ import annotations

import pytest

from bonescan.kernels._jit import KERNELS

COMPILED = {name: kernel for name, kernel in KERNELS.items() if hasattr(kernel, "signatures")}


@pytest.mark.parametrize("name", COMPILED)
def test_no_kernel_was_compiled_twice(name):
    signatures = COMPILED[name].signatures
    assert len(signatures) <= 1, f"{name}: {signatures}"


def test_every_kernel_was_compiled(whole_folder):
    if whole_folder:
        assert not [name for name, kernel in COMPILED.items() if not kernel.signatures]
