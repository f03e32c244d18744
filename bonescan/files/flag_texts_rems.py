"""Flags of REMS-style estimates, in plain words."""

FLAGS: dict[str, str] = {
    "calibration_not_applied": "The file names a calibration of the device, and the model was "
    "trained without any; nothing was divided out.",
    "clutter": "The echo does not fade behind the bone as in the training exams: echoes from "
    "beside the beam, or a thick cortex that rings over sparse bone; the estimate may be off.",
    "clutter_unchecked": "Without the gate that shows how fast the echo fades deeper in the bone, "
    "echoes from beside the beam can't be told from bone. Unless the attenuation leads, no "
    "T-score or class is made of the estimate.",
    "covariates_used": "Age, BMI and sex moved this estimate, because the settings asked for it; "
    "without that setting ultrasound alone decides.",
    "depth_out_of_training": "The bone lies deeper or shallower than in the exams the model was "
    "trained on.",
    "double_surface": "Many frames show two layers that could both be the bone surface; they were "
    "left out.",
    "duplicate_frames": "Some frames are exact copies of others of the site and were counted once.",
    "f0_outside_band": "The centre frequency of the probe lies outside the band of the model, so "
    "the spectra hold little signal there; the number means little.",
    "extrapolated_bmd": "The estimate lies outside the range of bone densities the model was "
    "trained on.",
    "fade_misfit": "The way the echo fades behind the bone surface is unlike that of the training "
    "exams, so the attenuation that leads the estimate may be off.",
    "few_frames": "Fewer than four frames show a bone surface.",
    "few_spectra": "Fewer averaged spectra are valid than the model asks for; the number is less "
    "sure than usual.",
    "floored_bins": "In more than a tenth of the spectrum there is little but noise.",
    "gas_shadow": "A stretch of neighbouring lines shows no bone surface, as behind bowel gas.",
    "incidence_unknown": "The file does not say how far the lines are apart, so lines that meet "
    "the bone at a slant could not be left out.",
    "level_uncalibrated": "The gain is not stored; the method needs no absolute level, but none "
    "can be checked.",
    "low_r": "Fewer than 80 % of the spectra resemble either model.",
    "low_snr": "The signal of the deeper gate is less than 6 dB above the noise.",
    "model_device_mismatch": "The exam comes from a device that the model was not trained on, or "
    "that the file does not name.",
    "no_calibration": "The response of the device was not divided out with a calibration "
    "spectrum; the primary estimate cancels it.",
    "no_path_correction": "The loss in the soft tissue above the bone was not corrected.",
    "no_ultrasound_information": "In training this estimate was no better than age, BMI and sex "
    "alone.",
    "noise_unknown": "The file brings spectra without the part that shows the noise, so the noise "
    "could not be taken off.",
    "not_for_any_use": "Estimated for a real exam with a model trained on simulated ones; the "
    "number means nothing about this person.",
    "other_estimator": "The exam lacks gates that the leading estimator of the model takes; the "
    "next best one leads instead.",
    "outside_reference": "Age, BMI, sex, ethnicity or pregnancy of this person is outside what the "
    "model was trained on.",
    "power_unit_unknown": "The unit of the stored spectra is missing or not known here; they were "
    "taken as linear power.",
    "reference_unchecked": "The file lacks age, BMI or sex, so whether the model covers this "
    "person could not be checked.",
    "saturated": "More than 5 % of the lines are clipped near the bone and were left out.",
    "score_not_a_line": "In training bone density did not fall along a line with the osteoporosis "
    "score, which the estimate takes for granted.",
    "sex_not_in_model": "The model was not trained on people of this sex; no T-score, Z-score or "
    "class is made of the estimate.",
    "simulated_model": "The model was trained on simulated exams; the result is a test of the "
    "software, not a finding.",
    "single_vertebra": "Estimated with the model for L1-L4 to compare vertebrae; no T-score or "
    "class is made of it.",
    "steep_incidence": "More than 20 % of the lines meet the bone at more than 20 degrees and were "
    "left out.",
    "uncertainty_unknown": "How unsure the number is can't be told, as when all spectra come from "
    "one place across the bone; no probabilities are made of it.",
    "vertebra_outlier": "This vertebra differs from the others by more than 1.0 T; consider "
    "leaving it out. Nothing was left out.",
}
