"""Flags that reading a densitometer's numbers sets, in plain words."""

FLAGS: dict[str, str] = {
    "arithmetic_mismatch": "The printed numbers contradict each other: BMC/area is not BMD, or a "
    "total is not the sum of its parts.",
    "carriers_disagree": "Two carriers in the file (a report and a private block, say) give "
    "different values of one number. Both are in readings.csv, and no number of the file decides.",
    "file_needs_review": "Another file of this day waits for a person; what it holds is not in "
    "this class.",
    "same_day_numbers_differ": "Two results of one site and day differ beyond rounding: two scans, "
    "or one of them is wrong. The lower one decides until a person settles it.",
    "side_contradicts": "The header, the protocol and the region do not name the same side.",
    "code_contradicts_region": "The code of a value names another region than its group; the "
    "group was followed.",
    "computed_from_vertebrae": "The spine total was not printed; it is the sum of BMC over the sum "
    "of areas.",
    "confirm_pregnancy": "DXA is not routine in pregnancy; confirm status.",
    "entries_differ": "A number was typed in twice and the two entries differ. Both are in "
    "readings.csv, and none decides.",
    "region_not_stated": "The report names the bone but not the region; it is not classified.",
    "numbers_of_another_day": "The numbers stand in a document dated another day than the exam. "
    "Somebody should find out which exam they are of.",
    "region_printed_twice": "A region is printed twice with different numbers. The first "
    "stands here; a person must say which is of this exam.",
    "unit_not_stated": "The report gives no unit for a value; the usual one was taken.",
    "unit_unknown": "A value in an unknown unit was left out.",
    "value_implausible": "A value that can't be true was left out.",
    "value_left_out": "A number of this row could not be read as written and was left out; the "
    "others, a printed score too, still count. The problems of the page name it.",
}
