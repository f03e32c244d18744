"""The table of classes as a picture: counts, and shares of rows and columns."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from bonescan.i18n import _
from bonescan.report.figures import svg

WIDTH, HEIGHT = 460.0, 330.0
LEFT, TOP, CELL_WIDTH, CELL_HEIGHT = 122.0, 52.0, 96.0, 72.0
N_SHADES = 8


def heat_map(
    table: Sequence[Sequence[int]],
    class_names: Sequence[str],
    *,
    names: tuple[str, str],
    title: str,
    description: str,
) -> Markup:
    """Draw the table of classes; rows are the test, columns the reference.

    Parameters
    ----------
    table : (class, class) counts
    class_names : (class,) str
    names : two str
        Of the reference (columns) and of the test (rows).
    """
    n = len(class_names)
    rows = [sum(row) for row in table]
    columns = [sum(row[j] for row in table) for j in range(n)]
    most = max(max(row) for row in table) or 1
    middle_x, middle_y = LEFT + n * CELL_WIDTH / 2, TOP + n * CELL_HEIGHT / 2
    turned = svg.text(0, 0, names[1], "axis-name", "middle")
    body = [
        svg.text(middle_x, 16, names[0], "axis-name", "middle"),
        svg.element("g", [turned], transform=f"translate(14 {svg.number(middle_y)}) rotate(-90)"),
    ]
    for j, name in enumerate(class_names):
        body.append(svg.text(LEFT + (j + 0.5) * CELL_WIDTH, 40, name, "label", "middle"))
        body.append(svg.text(LEFT - 8, TOP + (j + 0.5) * CELL_HEIGHT + 4, name, "label", "end"))
    for i, row in enumerate(table):
        for j, count in enumerate(row):
            shade = round(N_SHADES * count / most)
            body += _cell(i, j, count, shade, (_share(count, rows[i]), _share(count, columns[j])))
    note = _("large: pairs; small: %% of the row, %% of the column").replace("%%", "%")
    body.append(svg.text(LEFT, TOP + n * CELL_HEIGHT + 22, note, "label"))
    return svg.figure(WIDTH, HEIGHT, title, description, body, "agreement heat")


def _share(count: int, whole: int) -> str:
    """Write a share in percent; nothing over nothing has none."""
    return f"{100.0 * count / whole:.0f} %" if whole else _("none")


def _cell(i: int, j: int, count: int, shade: int, shares: tuple[str, str]) -> list[str]:
    x, y = LEFT + j * CELL_WIDTH, TOP + i * CELL_HEIGHT
    agree = " diagonal" if i == j else ""
    dark = " on-dark" if shade > N_SHADES * 0.6 else ""
    return [
        svg.element(
            "rect",
            x=x + 1,
            y=y + 1,
            width=CELL_WIDTH - 2,
            height=CELL_HEIGHT - 2,
            class_=f"cell shade-{shade}{agree}",
        ),
        svg.text(x + CELL_WIDTH / 2, y + 34, str(count), f"count{dark}", "middle"),
        svg.text(
            x + CELL_WIDTH / 2, y + 54, f"{shares[0]} · {shares[1]}", f"share{dark}", "middle"
        ),
    ]
