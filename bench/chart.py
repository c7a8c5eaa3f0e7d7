"""The images' ratios as bars, readable on a light and on a dark page."""

from pathlib import Path

import matplotlib.pyplot as plt

from .report import IMAGES, Samples, medians, ratio

TEXT = "#787d84"  # equal contrast on white and on a dark page
COLOURS = {"multi-stage": "#e08a00", "rendered": "#1f8fe0"}


def draw(samples: Samples, path: Path) -> None:
    """Write the chart: one group of bars for each measure, and a line for the naive image."""
    values = medians(samples)
    plt.rcParams |= {
        "svg.fonttype": "none",
        "svg.hashsalt": "run-anywhere",
        "font.family": "sans-serif",
        "text.color": TEXT,
        "axes.labelcolor": TEXT,
        "xtick.color": TEXT,
        "ytick.color": TEXT,
        "axes.edgecolor": TEXT,
    }
    figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
    height = 0.8 / len(COLOURS)
    for bar, (variant, colour) in enumerate(COLOURS.items()):
        widths = [ratio(values[m.name], IMAGES.variants, variant) or 0 for m in IMAGES.measures]
        places = [row + (bar - 0.5) * height for row in range(len(widths))]
        bars = axes.barh(places, widths, height, color=colour, label=variant)
        axes.bar_label(bars, [f"{width:#.2g}" for width in widths], padding=3, color=TEXT)
    axes.axvline(1, color=TEXT, alpha=0.5, linestyle="--", linewidth=1)
    axes.set_yticks(range(len(IMAGES.measures)), [measure.name for measure in IMAGES.measures])
    axes.invert_yaxis()
    axes.set_xticks([0, 1], ["0", "naive image = 1"])
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside upper center", ncols=len(COLOURS), frameon=False)
    figure.savefig(path, transparent=True, metadata={"Date": None})
