"""A format of somebody else: files that start with TOY hold nothing that can be measured."""

from bonescan.errors import UnusableScan
from bonescan.read.registry import Format


def _claims(probe):
    return probe.head.startswith(b"TOY")


def _read(probe, settings):
    raise UnusableScan("BS-E107", "found a toy.", file=probe.path)


FORMAT = Format("toy", _claims, _read)
