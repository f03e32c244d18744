"""Runs last: each kernel was compiled once, for one kind of arrays."""

from __future__ import annotations

from bonescan.kernels._jit import KERNELS

COMPILED = {name: kernel for name, kernel in KERNELS.items() if hasattr(kernel, "signatures")}


def test_no_kernel_was_compiled_twice():
    twice = {name: k.signatures for name, k in COMPILED.items() if len(k.signatures) > 1}
    assert not twice


def test_every_kernel_was_compiled(whole_folder):
    if whole_folder:
        assert not [name for name, kernel in COMPILED.items() if not kernel.signatures]
