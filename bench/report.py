"""What is measured, the limits that it has to meet, and the tables of results."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

# The values of each measure and variant, one for each round.
Samples = dict[str, dict[str, list[float]]]


def seconds(value: float) -> str:
    """Show a time."""
    return f"{value:.2f} s"


def milliseconds(value: float) -> str:
    """Show a short time."""
    return f"{value * 1000:.0f} ms"


def size(value: float) -> str:
    """Show a number of bytes."""
    return f"{value / 1e6:.1f} MB" if value >= 1e6 else f"{value / 1e3:.1f} kB"


@dataclass(frozen=True)
class Measure:
    """One row; `mark` is the highest ratio of the last variant to the first, or to `against` of its table."""

    name: str
    show: Callable[[float], str] = seconds
    mark: float | None = None


@dataclass(frozen=True)
class Table:
    """Rows of measures, and columns of variants; ratios are to the first, marks may be to another."""

    title: str
    variants: tuple[str, ...]
    measures: tuple[Measure, ...]
    against: str = ""


IMAGES = Table(
    "image",
    ("naive", "multi-stage", "rendered"),
    (
        Measure("size over base", size, 1.40),
        Measure("compressed size", size, 1.05),
        Measure("cold build", mark=1.40),
        Measure("rebuild, nothing changed", mark=1.10),
        Measure("rebuild, source changed", mark=1.00),
        Measure("rebuild, dependency changed", mark=1.15),
        Measure("pushed for a source change", size, 0.01),
        Measure("start-up CPU", mark=0.45),
        Measure("stop"),
    ),
    against="multi-stage",
)
COMMANDS = Table(
    "command",
    ("by hand", "make"),
    (
        Measure("copier copy"),
        Measure("make start, uv cache empty"),
        Measure("make start, uv cache filled"),
        Measure("make check, first", mark=1.3),
        Measure("make check, again"),
    ),
)

WITHOUT_UV = Table(
    "command of a machine",
    ("with uv", "without"),
    (
        Measure("make start, for the first time"),
        Measure("make check, for the first time"),
        Measure("make check, once more", mark=1.6),
        Measure("make test, once more"),
    ),
)

APPLICATION = Table(
    "application",
    ("simple", "rendered"),
    (
        Measure("CPU for 1,000 requests", milliseconds, 0.35),
        Measure("CPU to run the command", milliseconds),
    ),
)
CI = Table(
    "build in CI",
    ("without", "with"),
    (
        Measure("nothing changed, in CI", mark=1.0),
        Measure("source changed, in CI", mark=1.0),
        Measure("dependency changed, in CI"),
    ),
)


def collect(table: Table, measured: Iterable[tuple[str, str, float]]) -> Samples:
    """Sort the values by measure and variant; print each to stderr."""
    samples: Samples = {m.name: {} for m in table.measures}
    show = {m.name: m.show for m in table.measures}
    for name, variant, value in measured:
        samples[name].setdefault(variant, []).append(value)
        print(f"{name}, {variant}: {show[name](value)}", file=sys.stderr, flush=True)
    return samples


def medians(samples: Samples) -> dict[str, dict[str, float]]:
    """Return the median of all rounds."""
    return {
        name: {variant: median(values) for variant, values in variants.items()}
        for name, variants in samples.items()
    }


def ratio(values: Mapping[str, float], variants: Sequence[str], variant: str) -> float | None:
    """Return a variant's ratio to the first; None if one of them was not measured."""
    first = variants[0]
    if variant == first or first not in values or variant not in values:
        return None
    return values[variant] / values[first]


def verdict(mark: float | None, reached: float | None) -> str:
    """Say whether a mark is met."""
    if mark is None or reached is None:
        return ""
    return f"≤ {mark:.2f} {'holds' if reached <= mark else '**is missed**'}"


def rows(table: Table, samples: Samples) -> Iterator[list[str]]:
    """Yield the cells of each line, the heading first; a ratio follows its value."""
    first, *others = table.variants
    yield [table.title, first, *(cell for name in others for cell in (name, "ratio")), "mark"]
    values = medians(samples)
    for measure in table.measures:
        found = values[measure.name]
        shown = {name: measure.show(value) for name, value in found.items()}
        line, reached = [measure.name, shown.get(first, "")], None
        for name in others:
            reached = ratio(found, table.variants, name)
            line += [shown.get(name, ""), "" if reached is None else f"{reached:#.3g}"]
        if table.against:
            reached = ratio(found, [table.against], others[-1])
        said = verdict(measure.mark, reached)
        yield [*line, f"{said}: {reached:#.3g}" if said and table.against else said]


def markdown(table: Table, samples: Samples) -> str:
    """Return the table as Markdown."""
    heading, *lines = rows(table, samples)
    rule = ["---", *["--:"] * (len(heading) - 2), "---"]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (heading, rule, *lines))
