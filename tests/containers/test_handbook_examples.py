"""The handbook's files, volumes and networks: its commands, typed as written, give what they promise."""

import re
import socket
import time
from collections.abc import Iterator

import pytest

from tests.containers.conftest import app_name, package, run_engine
from tests.support.answers import TEMPLATE
from tests.support.containers import Containerised
from tests.support.project import Project, get
from tests.support.reading.pages import Record, blocks, sections, type_in

pytestmark = pytest.mark.any_engine

HANDBOOK = (TEMPLATE / "template/make/README.md").read_text()
FLAGS = sections(sections(HANDBOOK, 2)["Files, volumes and networks"], 3)

# What an application does that reads the setting of an example.
ROUTE = """

@app.get("/visitors")
def visitors() -> list[str]:
    import os
    {do}
"""
READ = """with open(os.environ["INVENTORY"]) as file:
        return file.read().split()
"""
VISIT = """import {driver}
    with {driver}.connect(os.environ["{setting}"]) as db:
        db.execute("CREATE TABLE IF NOT EXISTS visits (visitor TEXT)")
        db.execute("INSERT INTO visits VALUES ('Ada')")
        return [visitor for visitor, in db.execute("SELECT visitor FROM visits")]
"""
# That, and what it answers first, and after `make run` and another `make down up`.
EXAMPLES = {
    "A file": (READ, ["Ada"], ["Ada"]),
    "SQLite": (VISIT.format(driver="sqlite3", setting="DATABASE"), ["Ada"], ["Ada"] * 2),
    "PostgreSQL": (VISIT.format(driver="psycopg", setting="DATABASE_URL"), ["Ada"], ["Ada"] * 3),
}

# A stand-in for the official image: Debian's PostgreSQL, its password from the same variable.
POSTGRES = """\
FROM {base}
RUN apt-get update -q && apt-get install -qy --no-install-recommends postgresql \\
 && echo host all all all scram-sha-256 | tee --append /etc/postgresql/*/main/pg_hba.conf
USER postgres
CMD cd /etc/postgresql/*/main && PATH=$(echo /usr/lib/postgresql/*/bin):$PATH \\
 && echo "ALTER ROLE postgres PASSWORD '$POSTGRES_PASSWORD'" | postgres --single -D . postgres \\
 && exec postgres -D . -c listen_addresses='*'
"""


@pytest.fixture
def service(
    example: str, containerised: Containerised, native_python: str, worker_id: str, port: int
) -> Iterator[Project]:
    """A service with its image, and a stand-in for an official image that is not there.

    What the example leaves in the engine is removed.
    """
    name = f"flags-{worker_id}"
    service = containerised(app_name=name, kind="service", python_version=native_python)
    service.env = service.env | {"PORT": str(port)}
    service.write("inventory.toml", "Ada\n")
    main = f"src/{package(service)}/main.py"
    service.write(main, service.read(main) + ROUTE.format(do=EXAMPLES[example][0]))
    # Where a package is added first, the example builds.
    service.make(".env", *([] if "uv add" in FLAGS[example] else ["build"]))
    [base] = re.findall(r"(?m)^ARG PYTHON_IMAGE=(.*)", service.read("Dockerfile"))
    service.write("postgres/Dockerfile", POSTGRES.format(base=base))
    made = []
    for image in re.findall(r"\S+/library/\S+", FLAGS[example]):
        if service.run(service.env["ENGINE"], "image", "inspect", image, check=False).code:
            run_engine(service, "build", "--quiet", f"--tag={image}", "postgres")
            made.append(image)
    yield service
    run_engine(service, "rm", "--force", name, f"{name}-db", check=False)
    run_engine(service, "network", "rm", name, check=False)
    run_engine(service, "volume", "rm", f"{name}-data", f"{name}-db", check=False)
    run_engine(service, "image", "rm", *made, check=False)


def visitors(service: Project) -> object:
    """What the application answers, as soon as its database does."""
    for _ in range(100):
        try:
            return get(f"http://127.0.0.1:{service.env['PORT']}/visitors")
        except OSError:
            time.sleep(0.3)
    pytest.fail(run_engine(service, "logs", app_name(service)))


@pytest.mark.sample
@pytest.mark.parametrize("example", FLAGS)
def test_an_example_of_the_handbook_runs_as_written(
    service: Project, example: str, record_property: Record
) -> None:
    _, first, again = EXAMPLES[example]
    [block] = blocks(FLAGS[example])
    with socket.create_server(("127.0.0.1", 0)) as free:
        database = free.getsockname()[1]
    stand_ins = {
        "my-app": app_name(service),
        "docker ": f"{service.env['ENGINE']} ",
        ":5432:": f":{database}:",
    }
    type_in(service, block, record_property, stand_ins)
    assert visitors(service) == first
    # As `make run` reads the settings.
    ask = f"from {package(service)}.main import visitors; print(*visitors())"
    run = ["uv", "run", "--quiet", "--env-file=.env", "python", "-c", ask]
    assert service.run(*run, PGPORT=str(database)).output.split()[0] == "Ada"
    service.make("down")
    type_in(service, block.splitlines()[-1], record_property, stand_ins)
    assert visitors(service) == again
