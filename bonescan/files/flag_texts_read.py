"""Flags that reading a file sets, in plain words."""

FLAGS: dict[str, str] = {
    "age_contradicts_birth_date": "The printed age and the birth date differ by more than a year.",
    "age_implausible": "The age can't be true and is not used.",
    "age_unreadable": "The age in the file can't be read.",
    "birth_date_unreadable": "The birth date in the file can't be read; it is not guessed.",
    "charset_guessed": "The file does not declare how its names are written; Big5 or UTF-8 was "
    "recognised by its look.",
    "charset_undecodable": "Some letters of the file can't be read as the file declares them.",
    "duplicate_elements": "A DICOM element stands twice in the file; the last one was taken.",
    "exam_date_unreadable": "The date of the exam can't be read; it is not guessed.",
    "gain_by_frame": "The receiver set its gain curve frame by frame; none was taken off.",
    "gain_unknown": "The file does not say how the receiver amplified; levels can't be compared.",
    "height_implausible": "The height can't be true (a length in centimetres?) and is not used.",
    "no_depth": "The spectra carry no depth, so the path through soft tissue can't be corrected.",
    "no_file_meta": "The DICOM file has no file meta; its writing was judged from the data.",
    "no_preamble": "The DICOM file lacks its preamble.",
    "origin_unknown": "The file does not say whether it was measured or simulated.",
    "pixel_pitch_implausible": "The pixel size in the file can't be true and is not used.",
    "preamble_unusual": "The first 128 bytes of the DICOM file are neither zero nor TIFF; "
    "they could be a program and are never copied.",
    "row_rate_assumed": "The rows of the image were taken as the samples of the scan; the file "
    "does not say how far they are apart.",
    "sex_not_f_or_m": "The sex in the file is neither F nor M and is taken as unknown.",
    "site_unknown": "The file does not say which site was measured.",
    "sound_speed_unknown": "The file does not say which speed of sound was used.",
    "time_zero_unknown": "The file does not say when the first sample was taken, so depths are "
    "counted from it.",
    "transfer_syntax_contradicted": "The DICOM data are written otherwise than the file declares; "
    "the data were followed.",
    "weight_implausible": "The weight can't be true and is not used.",
}
