"""How a figure is printed: ours, what it is held against in the same run, and the ratio."""

import statistics
from collections.abc import Sequence


def print_row(
    what: str, ours: Sequence[float], floor: Sequence[float], floor_is: str, unit: str = "ms"
) -> None:
    """A row: medians in `unit`, the ratio of the medians, and the spread of the paired ratios."""
    mine, base = statistics.median(ours), statistics.median(floor)
    row = f"{what:<44} {mine:>7.1f} {unit}   {floor_is}: {base:.1f} {unit}   ratio {mine / base:.2f}"
    pairs = sorted(a / b for a, b in zip(ours, floor, strict=True))
    if len(pairs) > 1:
        row += f" (pairs {pairs[0]:.2f} to {pairs[-1]:.2f}, n={len(pairs)})"
    print(row, flush=True)
