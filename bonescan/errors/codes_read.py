"""Codes of reading files; the ranges stand in `bonescan.errors`."""

from . import CodeInfo

CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        code="BS-E101",
        title="not a file that can be read",
        hint="Name a regular file that you are allowed to read.",
    ),
    CodeInfo(
        code="BS-E102",
        title="an empty file",
        hint="Export or copy the file again.",
    ),
    CodeInfo(
        code="BS-E103",
        title="a file larger than the cap",
        hint="Raise the cap in the settings if you trust the file.",
    ),
    CodeInfo(
        code="BS-E104",
        title="a file of no known format",
        hint="docs/reading.md lists what is read; is it a whole export?",
    ),
    CodeInfo(
        code="BS-E105",
        title="a file that two formats claim",
        hint="Remove one of the two format plug-ins, or rename the file.",
    ),
    CodeInfo(
        code="BS-E106",
        title="an archive or a compressed file",
        hint="Give an archive the ending of its kind (.zip, .tar, .tar.gz, .tar.bz2, .tar.xz): "
        "`run` opens these; unpack any other yourself and run on the folder.",
    ),
    CodeInfo(
        code="BS-E107",
        title="a known kind of file that is not read",
        hint="Export the scan as DICOM, or convert the samples to the bonescan RF format.",
    ),
    CodeInfo(
        code="BS-E108",
        title="a link that points nowhere",
        hint="Mend or remove the link.",
    ),
    CodeInfo(
        code="BS-E110",
        title="DICOM sequences nested too deep",
        hint="No densitometer writes such a file; ask where it came from.",
    ),
    CodeInfo(
        code="BS-E111",
        title="a DICOM file that was cut off or whose lengths are wrong",
        hint="Export or transfer the file again.",
    ),
    CodeInfo(
        code="BS-E112",
        title="a DICOM file with more elements, items or text than allowed",
        hint="No densitometer writes such a file; ask where it came from.",
    ),
    CodeInfo(
        code="BS-E113",
        title="a DICOM file without a data set",
        hint="Export the file again.",
    ),
    CodeInfo(
        code="BS-E114",
        title="a DICOM transfer syntax that is missing or unknown",
        hint="Export the file again as Explicit VR Little Endian.",
    ),
    CodeInfo(
        code="BS-E115",
        title="a deflated DICOM data set that is damaged or unpacks beyond the cap",
        hint="Export the file again without compression.",
    ),
    CodeInfo(
        code="BS-E116",
        title="a DICOM character set that does not exist",
        hint="Correct (0008,0005) Specific Character Set at the console or the gateway.",
    ),
    CodeInfo(
        code="BS-E117",
        title="a DICOM UID of forbidden form",
        hint="Export the file again; a UID has at most 64 digits and full stops.",
    ),
    CodeInfo(
        code="BS-E118",
        title="dates that can't be true",
        hint="Correct the birth date or the exam date at the console and export again.",
    ),
    CodeInfo(
        code="BS-E119",
        title="an image whose size can't be true",
        hint="Export the file again.",
    ),
    CodeInfo(
        code="BS-E120",
        title="an image with fewer pixel bytes than its header says",
        hint="Export or transfer the file again.",
    ),
    CodeInfo(
        code="BS-E121",
        title="a DICOM file that the DICOM library can't read",
        hint="Export the file again.",
    ),
    CodeInfo(
        code="BS-E122",
        title="a DICOM data set without the elements every object has",
        hint="Export or transfer the file again.",
    ),
    CodeInfo(
        code="BS-E123",
        title="an encapsulated document that is no PDF",
        hint="Export the report as PDF or structured report.",
    ),
    CodeInfo(
        code="BS-E139",
        title="a file that breaks the reader in a way nobody foresaw",
        hint="Send us the file's format and size, and this message.",
    ),
    CodeInfo(
        code="BS-E140",
        title="an HDF5 file that can't be opened",
        hint="Copy or export the file again.",
    ),
    CodeInfo(
        code="BS-E141",
        title="an RF exam without something required",
        hint="docs/reading.md lists what an RF exam must hold: format, version, and a site "
        "with fs_hz and rf or spectra.",
    ),
    CodeInfo(
        code="BS-E142",
        title="an RF exam of a version that is not read",
        hint="Update bonescan, or write the file again as version 1.",
    ),
    CodeInfo(
        code="BS-E143",
        title="an RF exam with links, filters or external data that are not allowed",
        hint="Write it again as one file: no links, compression by gzip and shuffle or none.",
    ),
    CodeInfo(
        code="BS-E144",
        title="an RF exam whose sizes can't be true",
        hint="Write or copy the file again.",
    ),
    CodeInfo(
        code="BS-E145",
        title="an RF exam with values of the wrong kind",
        hint="docs/reading.md lists type, shape and unit of each value.",
    ),
    CodeInfo(
        code="BS-E146",
        title="a table of spectra that can't be read",
        hint="docs/reading.md lists the columns and header lines.",
    ),
    CodeInfo(
        code="BS-E147",
        title="RF samples without a sampling rate",
        hint="Give the rate of the digitiser: --sampling-rate 30MHz (it is never guessed).",
    ),
    CodeInfo(
        code="BS-E148",
        title="a MetaImage header that can't be read",
        hint="Write the file again as .mha with one header block and LOCAL data.",
    ),
    CodeInfo(
        code="BS-E149",
        title="a MetaImage whose data don't fit its header",
        hint="Copy or write the file again.",
    ),
    CodeInfo(
        code="BS-E150",
        title="a MetaImage that holds no RF samples",
        hint="RF samples are signed whole numbers (MET_SHORT, MET_INT) or MET_FLOAT; "
        "label images and B-mode pictures are not read.",
    ),
    CodeInfo(
        code="BS-E151",
        title="a raw capture whose header or description can't be used",
        hint="Export the capture again as RF; docs/reading.md lists what is accepted.",
    ),
    CodeInfo(
        code="BS-E152",
        title="a raw capture whose size does not fit its header",
        hint="Copy or export the file again.",
    ),
    CodeInfo(
        code="BS-E153",
        title="channel data, which were not beamformed",
        hint="Beamform them first and store lines; the echoes of one element are no scan line.",
    ),
    CodeInfo(
        code="BS-E154",
        title="ultrasound data that are no RF samples",
        hint="Export RF (radiofrequency) data; IQ, envelopes and pictures have lost what is "
        "measured here.",
    ),
    CodeInfo(
        code="BS-E155",
        title="a MATLAB file that nobody explained, or that the key map does not fit",
        hint="Write a key map and give it with --key-map FILE; docs/reading.md has an example.",
    ),
    CodeInfo(
        code="BS-E156",
        title="a MATLAB file that can't be read",
        hint="Save it again, as version 7 or 7.3.",
    ),
    CodeInfo(
        code="BS-E157",
        title="a raw capture without its description, or a description alone",
        hint="Put the .yml of the capture beside its .raw; it holds the sampling rate.",
    ),
    CodeInfo(
        code="BS-E159",
        title="a DICOM Raw Data object of ours that can't be used",
        hint="Write the exam again; the HDF5 form (docs/reading.md) is the whole one.",
    ),
    CodeInfo(
        code="BS-W280",
        title="a file that belongs to others and is no scan itself",
        hint="Nothing to do.",
    ),
    CodeInfo(
        code="BS-W281",
        title="a sound DICOM file that is no densitometry",
        hint="Nothing to do; if it is a densitometry export, tell us its manufacturer and model.",
    ),
)
