"""What `make bench` is made of works, and its results are there. No test compares times."""

import re
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.application import SIMPLE
from bench.commands import tools
from bench.images import APP, DEPENDENCY, OURS, Image, bases, cpu
from bench.report import (
    APPLICATION,
    CI,
    COMMANDS,
    IMAGES,
    WITHOUT_UV,
    Measure,
    Table,
    markdown,
    size,
)
from tests.support.answers import TEMPLATE
from tests.support.containers import Containerised
from tests.support.engine import Engine
from tests.support.project import Render

RESULTS = (TEMPLATE / "bench/RESULTS.md").read_text()
CHART = ElementTree.parse(TEMPLATE / "bench/chart.svg")


@pytest.mark.parametrize(
    ("rendered", "verdict"), [([9.0, 1.0, 2.0], "holds"), ([0.0, 2.1, 3.0], "**is missed**")]
)
def test_a_mark_is_held_against_the_ratio_of_the_medians(
    rendered: list[float], verdict: str
) -> None:
    table = Table("image", ("naive", "rendered"), (Measure("stop", mark=0.5),))
    lines = markdown(table, {"stop": {"naive": [4.0, 100.0, 3.0], "rendered": rendered}})
    median = sorted(rendered)[1]
    assert lines.splitlines() == [
        "| image | naive | rendered | ratio | mark |",
        "| --- | --: | --: | --: | --- |",
        f"| stop | 4.00 s | {median:.2f} s | {median / 4:#.3g} | ≤ 0.50 {verdict} |",
    ]


def test_what_has_nothing_to_be_held_against_has_no_ratio() -> None:
    table = Table("command", ("by hand", "make"), (Measure("render", size),))
    assert markdown(table, {"render": {"make": [1_200.0]}}).endswith(
        "| render |  | 1.2 kB |  |  |\n"
    )


TABLES = [IMAGES, CI, APPLICATION, COMMANDS, WITHOUT_UV]


def test_a_mark_is_held_against_another_variant_where_the_table_names_it() -> None:
    variants = ("naive", "multi-stage", "rendered")
    table = Table("image", variants, (Measure("stop", mark=1.5),), against="multi-stage")
    lines = markdown(table, {"stop": {"naive": [4.0], "multi-stage": [1.0], "rendered": [2.0]}})
    assert lines.splitlines()[-1].endswith(" 0.500 | ≤ 1.50 **is missed**: 2.00 |")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.title)
def test_the_results_hold_every_measure_and_every_mark(table: Table) -> None:
    rows = {
        cells[1]: cells[2:-1]
        for line in RESULTS.splitlines()
        if len(cells := re.split(r" *\| *", line)) > 3
    }
    assert [cell for cell in rows[table.title] if cell not in ("ratio", "mark")] == [
        *table.variants
    ]
    for measure in table.measures:
        *values, mark = rows[measure.name]
        assert any(values), measure.name
        assert mark.startswith(f"≤ {measure.mark:.2f} " if measure.mark else ""), measure.name
        assert bool(mark) == bool(measure.mark), measure.name


def test_the_chart_shows_every_measure_of_the_images() -> None:
    shown = {text.text for text in CHART.iter("{http://www.w3.org/2000/svg}text")}
    assert shown >= {measure.name for measure in IMAGES.measures} | {*IMAGES.variants[1:]}


def test_cpu_time_is_that_of_a_process_and_its_children() -> None:
    """Of `man 5 proc`: the fields 14 to 17, in hundredths; the name can hold anything."""
    stat = "1 (a ) b) S " + " ".join(map(str, range(4, 53)))
    assert cpu(stat) == (14 + 15 + 16 + 17) / 100


def test_by_hand_are_the_tools_that_make_check_runs(render: Render) -> None:
    project = render(kind="service")
    assert [tool.split()[0] for tool in tools(project.folder, project.env)] == [
        "ruff",
        "ruff",
        "mypy",
        "pytest",
    ]


def test_the_simple_service_is_made_of_the_rendered_one(render: Render) -> None:
    main = render(kind="service").read("src/my_app/main.py")
    assert all(main.count(line) == 1 for line in SIMPLE)


def test_the_dependency_is_added_as_uv_would(render: Render, native_python: str) -> None:
    project = render(kind="service", python_version=native_python)
    for path, (line, added) in DEPENDENCY.items():
        project.replace(path, line, line + added)
    assert '    "httpx2",\n    "pydantic-settings",\n' in project.read("pyproject.toml")
    project.run("uv", "lock", "--check")


@pytest.mark.parametrize("name", OURS)
def test_what_the_image_is_held_against_builds_and_answers(
    name: str,
    containerised: Containerised,
    engine: Engine,
    worker_id: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BUILDX_CONFIG", str(tmp_path))  # the home may be read-only
    project = containerised(app_name=APP, kind="service").folder
    names = bases(project)
    with closing(Image(name, project, engine, f"test-{worker_id}", names)) as image:
        image.build()
        assert image.size(image.tag) > image.size(names["PYTHON_IMAGE"])
        measured = dict(image.start_and_stop())
    assert measured.keys() == {"start-up CPU", "stop"}
    assert all(measured.values())
