"""Codes of REMS-style estimation and of its models; the ranges stand in `bonescan.errors`."""

from . import CodeInfo

CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        code="BS-E160",
        title="no bone surface in any frame",
        hint="Look at the file with `bonescan inspect FILE`; scan again with the bone surface "
        "in the middle of the image, and check the time of the first sample (t0_s).",
    ),
    CodeInfo(
        code="BS-E161",
        title="too few valid spectra for a number",
        hint="Scan again with more frames, the probe square to the bone and less gas; the reasons "
        "why lines were left out stand beside the file.",
    ),
    CodeInfo(
        code="BS-E162",
        title="spectra of another form than the model's",
        hint="Use a model trained on this sampling rate, band and window (--model FILE); spectra "
        "are never converted from one to the other.",
    ),
    CodeInfo(
        code="BS-E163",
        title="a site that the model was not trained for",
        hint="Use a model of this site (--model FILE).",
    ),
    CodeInfo(
        code="BS-E164",
        title="the depth of the bone is not known",
        hint="Store t0_s with the samples, or depth_m with the spectra.",
    ),
    CodeInfo(
        code="BS-E166",
        title="the stored samples end before the gates do",
        hint="Store at least 7 mm behind the bone surface.",
    ),
    CodeInfo(
        code="BS-E167",
        title="an estimate that is not a finite number",
        hint="Check the power of the stored spectra and export the exam again; with another model "
        "(--model FILE), make that model again.",
    ),
    CodeInfo(
        code="BS-E168",
        title="samples that hold no echoes",
        hint="Export the exam again; this file holds nothing that can be analysed.",
    ),
    CodeInfo(
        code="BS-E169",
        title="spectra without the two gates behind the bone surface",
        hint="Store spectra of gates 1.5 mm and 4.0 mm behind the surface with gate_start_m, "
        "gate_length_m, line and frame.",
    ),
    CodeInfo(
        code="BS-E170",
        title="a real exam, and a model trained on simulated ones",
        hint="Train a model on your own exams with paired DXA and pass it with --model FILE. To "
        "see the bone density anyway, never to be used: --allow-simulated-model.",
    ),
    CodeInfo(
        code="BS-E171",
        title="samples taken too slowly for the probe",
        hint="Export the samples at a rate above twice the upper end of the probe's band, before "
        "demodulation or decimation.",
    ),
    CodeInfo(
        code="BS-E310",
        title="not a model file, or a damaged one",
        hint="Pass a model made by bonescan, or leave --model out for the bundled one.",
    ),
    CodeInfo(
        code="BS-E311",
        title="a model of another version or method",
        hint="Build the model again with this version of bonescan.",
    ),
    CodeInfo(
        code="BS-E312",
        title="a model that contradicts itself",
        hint="Copy the model again from where it was made; do not edit it.",
    ),
    CodeInfo(
        code="BS-E313",
        title="too few people for a model",
        hint="Add people: 150 a site, 30 of them with T <= -2.5 and 30 with T >= -1.0.",
    ),
    CodeInfo(
        code="BS-W230",
        title="a site of this exam gave no number",
        hint="The other sites of the exam stand; the reason is that of the code named.",
    ),
    CodeInfo(
        code="BS-W231",
        title="a quality remark that a person should look at",
        hint="Look at the picture and decide whether to scan again.",
    ),
    CodeInfo(
        code="BS-W232",
        title="outside what the model was trained on",
        hint="Read the number with care, or use a model that covers this person or device.",
    ),
    CodeInfo(
        code="BS-W233",
        title="a vertebra unlike the others",
        hint="Look at this vertebra; osteophytes, calcification or a fracture may be the reason. "
        "It is still part of L1-L4: nothing is left out without you.",
    ),
)
