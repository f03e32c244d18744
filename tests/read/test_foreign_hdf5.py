"""HDF5 of zea, the UltraSound ToolBox and pybf, written by h5py after their descriptions."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from bonescan.errors import UnusableScan
from bonescan.read.registry import read_scan
from bonescan.settings import ReadSettings

from .samples import uff, zea

PLAIN = ReadSettings()
WANT = np.arange(24).reshape(2, 3, 4)
PITCH_M = 1540.0 / 2 / 40e6


NOWHERE = h5py.ExternalLink("/etc/passwd", "x")
BEAMS = "data/beamformed_data"


def _replace(file, name, values):
    if name in file:
        del file[name]
    if values is not None:
        file[name] = values


@pytest.fixture
def zea_file(tmp_path):
    def _write(change=None, **scan):
        path = tmp_path / "zea.hdf5"
        zea(path, **scan)
        if change is not None:
            with h5py.File(path, "a") as file:
                change(file)
        return path

    return _write


@pytest.fixture
def uff_file(tmp_path):
    def _write(change=None):
        path = tmp_path / "beamformed.uff"
        uff(path)
        if change is not None:
            with h5py.File(path, "a") as file:
                change(file)
        return path

    return _write


# ------------------------------------------------------------------ zea


def test_beamformed_rf_of_zea_is_turned_into_lines(zea_file):
    scan = read_scan(zea_file(), PLAIN)
    (site,) = scan.sites
    np.testing.assert_array_equal(scan.samples.block("unknown"), WANT)
    np.testing.assert_array_equal(list(scan.samples.frames("unknown")), WANT)
    assert (site.n_frames, site.n_lines, site.n_samples) == (2, 3, 4)
    assert (site.fs_hz, site.f0_hz, site.c_m_s) == (40e6, 3.5e6, 1540.0)
    assert "row_rate_assumed" in scan.flags


def _newer(file, n_channels=1, spacing=PITCH_M, first=0.02):
    """Values (frame, z, x, channel) with the place (x, y, z) of every pixel."""
    values = file["data/beamformed_data"][()]
    del file["data/beamformed_data"]
    stacked = np.repeat(values[..., None], n_channels, axis=-1)
    file["data/beamformed_data/values"] = stacked
    place = np.zeros((4, 3, 3), dtype="<f4")
    place[..., 2] = first + spacing * np.arange(4)[:, None]
    file["data/beamformed_data/coordinates"] = place


def test_coordinates_say_how_rows_are_sampled(zea_file):
    scan = read_scan(zea_file(lambda f: _newer(f, spacing=2 * PITCH_M)), PLAIN)
    (site,) = scan.sites
    np.testing.assert_array_equal(scan.samples.block("unknown"), WANT)
    assert site.fs_hz == pytest.approx(20e6, rel=1e-4)  # twice the distance, half the rate
    assert site.t0_s == pytest.approx(2 * 0.02 / 1540.0, rel=1e-6)
    assert "row_rate_assumed" not in scan.flags


def test_several_transmits_may_share_one_centre_frequency(zea_file):
    same = zea_file(lambda f: _replace(f, "scan/center_frequency", np.array([3e6, 3e6])))
    assert read_scan(same, PLAIN).sites[0].f0_hz == 3e6
    mixed = zea_file(lambda f: _replace(f, "scan/center_frequency", np.array([3e6, 5e6])))
    assert read_scan(mixed, PLAIN).sites[0].f0_hz is None


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (lambda f: _replace(f, "scan/sampling_frequency", None), "BS-E147", "no sampling rate"),
        (lambda f: _replace(f, "scan/sampling_frequency", 0.0), "BS-E145", "wanted > 0"),
        (lambda f: _replace(f, "scan/sampling_frequency", np.nan), "BS-E145", "wanted one number"),
        (lambda f: _replace(f, "scan/n_ax", 512.0), "BS-E147", "no sampling rate"),
        (lambda f: f.move("data/beamformed_data", "data/raw_data"), "BS-E153", "no beamformed"),
        (lambda f: f.move("data/beamformed_data", "data/image"), "BS-E154", "only images"),
        (lambda f: _newer(f, n_channels=2), "BS-E154", "2 channels a pixel .IQ"),
        (lambda f: _newer(f, spacing=0.0), "BS-E154", "do not go deeper"),
        (lambda f: _newer(f, spacing=-PITCH_M, first=0.1), "BS-E154", "do not go deeper"),
        (lambda f: _replace(f, BEAMS, np.zeros(5)), "BS-E145", "shape"),
        (lambda f: _replace(f, BEAMS, np.zeros((0, 4, 3))), "BS-E145", "no samples"),
        (lambda f: _replace(f, BEAMS, h5py.SoftLink("/x")), "BS-E143", "SoftLink"),
        (lambda f: _replace(f, BEAMS, NOWHERE), "BS-E143", "ExternalLink"),
        (lambda f: _replace(f, "data", np.zeros(3)), "BS-E145", "wanted a group"),
    ],
)  # fmt: skip
def test_what_zea_files_are_refused_for(zea_file, change, code, words):
    with pytest.raises(UnusableScan, match=words) as caught:
        read_scan(zea_file(change), PLAIN)
    assert caught.value.code == code


def test_uneven_rows_are_no_line_in_time(zea_file):
    def bend(file):
        _newer(file)
        place = file["data/beamformed_data/coordinates"]
        depth = place[()]
        depth[2, :, 2] += 0.3 * PITCH_M
        place[...] = depth

    with pytest.raises(UnusableScan, match=r"BS-E154 .*uneven depths"):
        read_scan(zea_file(bend), PLAIN)


def test_shapes_that_outgrow_the_file_are_refused_before_reading(zea_file):
    def blow_up(file):
        del file["data/beamformed_data"]
        file["data"].create_dataset(
            "beamformed_data", (1000, 10**4, 10**4), "<f4", chunks=(1, 100, 100)
        )

    with pytest.raises(UnusableScan, match="BS-E144"):
        read_scan(zea_file(blow_up), PLAIN)


def test_a_filter_that_is_not_known_is_refused(zea_file):
    def pack(file):
        del file["data/beamformed_data"]
        file["data"].create_dataset("beamformed_data", data=np.zeros((2, 4, 3)), compression="lzf")

    with pytest.raises(UnusableScan, match=r"BS-E143 .*unknown filter"):
        read_scan(zea_file(pack), PLAIN)


# ------------------------------------------------------------------ UFF


def test_beamformed_rf_of_ustb_is_turned_into_lines(uff_file):
    scan = read_scan(uff_file(), PLAIN)
    (site,) = scan.sites
    np.testing.assert_array_equal(scan.samples.block("unknown"), WANT)
    assert (site.n_frames, site.n_lines, site.n_samples) == (2, 3, 4)
    # rows 1540 / (2 * 40 MHz) apart and a stated rate of 40 MHz imply each other
    assert (site.fs_hz, site.c_m_s) == (pytest.approx(40e6), pytest.approx(1540.0))
    assert site.t0_s == pytest.approx(2 * 0.01 / 1540.0)


def test_one_frame_and_a_sector_may_be_stored_without_their_trailing_axes(uff_file):
    def sector(file):
        group = file["b_data"]
        _replace(group, "data", np.arange(12, dtype="<f4"))
        group["scan"].attrs["class"] = "uff.sector_scan"
        group.move("scan/x_axis", "scan/azimuth_axis")
        group.move("scan/z_axis", "scan/depth_axis")

    scan = read_scan(uff_file(sector), PLAIN)
    np.testing.assert_array_equal(scan.samples.block("unknown"), WANT[:1])


def test_the_speed_of_sound_turns_rows_into_a_rate(uff_file):
    path = uff_file(lambda f: _replace(f["b_data"], "sampling_frequency", None))
    with pytest.raises(UnusableScan, match=r"BS-E147 .*no sampling rate"):
        read_scan(path, PLAIN)
    site = read_scan(path, ReadSettings(sound_speed_m_s=1463.0)).sites[0]
    assert site.fs_hz == pytest.approx(38e6)  # 1463 / 1540 of 40 MHz


def test_rows_that_are_not_the_samples_taken_have_no_rate(uff_file):
    path = uff_file(lambda f: _replace(f["b_data"], "sampling_frequency", np.array([[100e6]])))
    with pytest.raises(UnusableScan, match="BS-E147"):
        read_scan(path, PLAIN)


MODULATION = "b_data/modulation_frequency"


def _class(file, place, name):
    file[place].attrs["class"] = name


def _complex(file):
    data = file["b_data/data"][()]
    del file["b_data/data"]
    file["b_data/data/real"] = data
    file["b_data/data/imag"] = data


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (_complex, "BS-E154", "complex samples"),
        (lambda f: _replace(f, MODULATION, [[5e6]]), "BS-E154", "demodulated"),
        (lambda f: _class(f, "b_data", "uff.channel_data"), "BS-E153", "channel_data"),
        (lambda f: _class(f, "b_data", "uff.wave"), "BS-E154", "found uff.wave"),
        (lambda f: _class(f, "b_data/scan", "uff.linear_3D_scan"), "BS-E154", "linear_3D_scan"),
        (lambda f: f["b_data"].__delitem__("scan"), "BS-E145", "no scan, which says where"),
        (lambda f: _replace(f["b_data/scan"], "z_axis", None), "BS-E145", "no z_axis"),
        (lambda f: _replace(f["b_data/scan"], "x_axis", np.zeros((1, 5))), "BS-E145", "20 pixels"),
        (lambda f: _replace(f["b_data"], "data", np.zeros((2, 3, 1, 12))), "BS-E145", "one wave"),
        (lambda f: _replace(f["b_data"], "data", np.zeros((1,) * 5)), "BS-E145", "one wave"),
        (lambda f: _replace(f["b_data"], "data", h5py.SoftLink("/x")), "BS-E143", "SoftLink"),
        (lambda f: _replace(f["b_data"], "sampling_frequency", np.zeros(3)), "BS-E145", "3 values"),
    ],
)  # fmt: skip
def test_what_uff_files_are_refused_for(uff_file, change, code, words):
    with pytest.raises(UnusableScan, match=words) as caught:
        read_scan(uff_file(change), PLAIN)
    assert caught.value.code == code


def test_groups_without_a_class_are_known_by_their_names(uff_file):
    def plain(file):
        del file["b_data"].attrs["class"]
        file.move("b_data", "beamformed_data")

    np.testing.assert_array_equal(read_scan(uff_file(plain), PLAIN).samples.block("unknown"), WANT)
    path = uff_file(lambda f: (plain(f), f.move("beamformed_data", "channel_data")))
    with pytest.raises(UnusableScan, match=r"BS-E153 .*channel_data"):
        read_scan(path, PLAIN)


def test_the_truth_of_our_own_files_is_not_opened_to_look_for_a_class(tmp_path, monkeypatch):
    from bonescan.files import guarded_hdf5

    from .samples import rf_exam

    path = tmp_path / "exam.h5"
    rf_exam(path)
    with h5py.File(path, "a") as file:
        file.create_group("truth").attrs["class"] = "uff.beamformed_data"

    def never(group, name, path):
        raise AssertionError(f"opened {name}")

    monkeypatch.setattr(guarded_hdf5, "read_class", never)
    assert read_scan(path, PLAIN).source.format_name == "bonescan-rf"


# ------------------------------------------------------------------ pybf, Field II


@pytest.mark.shared
def test_the_field_ii_set_is_known_as_channel_data(shared_dir):
    path = shared_dir / "data" / "rf" / "pybf_fieldII_rf_dataset.hdf5"
    with pytest.raises(UnusableScan, match=r"BS-E153 .*pybf channel data"):
        read_scan(path, PLAIN)
