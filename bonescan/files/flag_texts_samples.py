"""Flags of the samples themselves, in plain words."""

FLAGS: dict[str, str] = {
    "dead_lines": "Some lines hold the same value in every sample; they say nothing.",
    "repeated_frames": "Some frames are exact copies of an earlier one, so fewer were measured "
    "than the count says.",
    "slow_baseline": "A slow drift or offset is stronger than any echo; it is kept out of the "
    "spectra.",
    "undersampled": "The sampling rate is too low for the probe, so the spectrum is folded and "
    "frequencies are not what they seem.",
}
