"""The refusal of one cell."""


class Refused(Exception):  # noqa: N818 - a verdict on a cell; the reader turns it into a problem
    """One cell can't be taken; the text says what was found and wanted."""
