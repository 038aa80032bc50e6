"""How a figure is printed: ours, what it is held against in the same run, and the ratio."""

import statistics
from collections.abc import Sequence


def print_row(
    what: str, ours: Sequence[float], floor: Sequence[float], floor_is: str, unit: str = "ms"
) -> None:
    """A row: medians in `unit`, the ratio of the medians, and the spread of the paired ratios."""
    mine, base = statistics.median(ours), statistics.median(floor)
    pairs = sorted(a / b for a, b in zip(ours, floor, strict=False))
    print(
        f"{what:<44} {mine:>9.1f} {unit}   {floor_is}: {base:.1f} {unit}"
        f"   ratio {mine / base:.2f} (pairs {pairs[0]:.2f} to {pairs[-1]:.2f}, n={len(pairs)})",
        flush=True,
    )
