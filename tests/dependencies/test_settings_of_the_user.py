"""What people set for uv on their own machines: it changes no lock, or the message names it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.answers import TEMPLATE
from tests.support.network.mirror import FILES, Mirror, mirrored, use_mirror
from tests.support.project import Project, Render

# An index that nobody answers for.
NOBODY = "http://127.0.0.1:9/simple"


@pytest.fixture(scope="module")
def mirror(native_python: str, fetched: Path) -> Iterator[Mirror]:
    """A mirror of what a project needs, the build backend included."""
    locks = [TEMPLATE / f"lock/{native_python}/uv.lock", TEMPLATE / "uv.lock"]
    with mirrored(locks, fetched) as server:
        yield server


@pytest.fixture
def indexes(mirror: Mirror) -> Callable[[str], str]:
    """Put addresses where a parameter names them."""
    return lambda text: text.replace("MIRROR", f"{mirror.url}/simple").replace("NOBODY", NOBODY)


@pytest.fixture
def born(render: Render, native_python: str) -> Project:
    """A small project with nothing installed."""
    return render(python_version=native_python, type_checker="none", dev_tools=[])


def under(settings: dict[str, str], project: Project) -> Project:
    """The same project in the hands of somebody with these settings; who does not answer is asked once."""
    return Project(project.folder, project.env | {"UV_HTTP_RETRIES": "0"} | settings)


def config(folder: Path, text: str) -> dict[str, str]:
    """Write a user's uv.toml; return the environment that has it."""
    (folder / "uv").mkdir(parents=True)
    (folder / "uv/uv.toml").write_text(text)
    return {"XDG_CONFIG_HOME": str(folder)}


# What a shell may have set for another project.
SETTINGS = [
    "UV_EXCLUDE_NEWER=2020-01-01",
    "UV_FORK_STRATEGY=fewest",
    "UV_FROZEN=1",
    "UV_INDEX_STRATEGY=unsafe-best-match",
    "UV_NO_DEFAULT_GROUPS=1",
    "UV_NO_DEV=1",
    "UV_NO_GROUP=dev",
    "UV_NO_SOURCES=1",
    "UV_NO_SYNC=1",
    "UV_PRERELEASE=allow",
    "UV_PROJECT=/tmp",
    "UV_PYTHON=3.99",
    "UV_RESOLUTION=lowest",
    "UV_WORKING_DIR=/tmp",
    "UV_EXTRA_INDEX_URL=MIRROR",
    "UV_INDEX=MIRROR",
    "VIRTUAL_ENV=/tmp/another",
]


def test_settings_for_another_project_have_no_effect(
    born: Project, indexes: Callable[[str], str]
) -> None:
    """All of them at once."""
    set_up = under(dict(indexes(setting).split("=") for setting in SETTINGS), born)
    lock = born.read("uv.lock")
    set_up.make("test", "lock")
    assert "warning" not in set_up.make("install").output
    assert born.read("uv.lock") == lock


@pytest.fixture(scope="module")
def changed(render: Render, native_python: str) -> str:
    """The lock of that project with a dependency more."""
    project = render(python_version=native_python, type_checker="none", dev_tools=[])
    depend(project)
    project.make("lock")
    return project.read("uv.lock")


def depend(project: Project) -> None:
    """Add a dependency by hand."""
    project.replace("pyproject.toml", '"pytest",', '"pytest",\n    "iniconfig",')


@pytest.mark.sample
@pytest.mark.parametrize("setting", SETTINGS)
def test_a_setting_without_effect(
    born: Project, setting: str, indexes: Callable[[str], str], changed: str
) -> None:
    """Where a lock has to change, it changes as it does without the setting."""
    set_up = under(dict([indexes(setting).split("=")]), born)
    depend(born)
    assert set_up.make("install", check=False).last_line.endswith("pyproject.toml: make lock")
    if "MIRROR" not in setting:
        set_up.make("lock")
        assert born.read("uv.lock") == changed


def test_the_environment_may_be_elsewhere(born: Project, tmp_path: Path) -> None:
    born.make("install", "lock", UV_PROJECT_ENVIRONMENT=str(tmp_path / "elsewhere"))
    assert (tmp_path / "elsewhere/bin/pytest").exists()
    assert not (born.folder / ".venv").exists()


@pytest.mark.parametrize("index", ["MIRROR", "NOBODY"])
@pytest.mark.parametrize("variable", ["UV_DEFAULT_INDEX", "UV_INDEX_URL"])
def test_an_index_that_only_this_shell_has(
    born: Project, variable: str, index: str, indexes: Callable[[str], str]
) -> None:
    assert_named(born, variable, {variable: indexes(index)})


@pytest.mark.sample
@pytest.mark.parametrize(
    "text",
    [
        'prerelease = "allow"',
        'resolution = "lowest"',
        '[[index]]\nurl = "MIRROR"\ndefault = true',
        '[[index]]\nurl = "NOBODY"\ndefault = true',
    ],
)
def test_a_uv_toml_that_only_this_machine_has(
    born: Project, text: str, tmp_path: Path, indexes: Callable[[str], str]
) -> None:
    assert_named(born, "uv.toml", config(tmp_path / "home", indexes(text)))


def test_a_configuration_that_only_this_shell_names(born: Project, tmp_path: Path) -> None:
    (tmp_path / "uv.toml").write_text('prerelease = "allow"\n')
    assert_named(born, "UV_CONFIG_FILE", {"UV_CONFIG_FILE": f"{tmp_path}/uv.toml"})


def assert_named(project: Project, name: str, env: dict[str, str]) -> None:
    """Installing names the setting; so does locking, where the lock would not hold elsewhere."""
    lock = project.read("uv.lock")
    line = f"uv.lock does not fit your own uv settings ({name}): remove them, or write"
    refused = under(env, project).make("install", check=False)
    assert refused.code
    assert refused.last_line.startswith(line)
    assert project.read("uv.lock") == lock
    locked = under(env, project).make("lock", check=False)
    if locked.code:
        assert locked.last_line.startswith(line) or project.read("uv.lock") == lock
    else:  # an index that answers, to which the lock has moved; it holds elsewhere too
        project.make("install")
        project.write("uv.lock", lock)
    # What it says fixes it.
    project.make("lock", "install")
    assert project.read("uv.lock") == lock


@pytest.mark.sample
@pytest.mark.parametrize(
    "text",
    [
        'exclude-newer = "2020-01-01"',
        'link-mode = "copy"',
        '[[index]]\nurl = "MIRROR"',
        '[pip]\nindex-url = "NOBODY"',
    ],
)
def test_a_uv_toml_that_changes_no_lock(
    born: Project, text: str, tmp_path: Path, indexes: Callable[[str], str]
) -> None:
    env = config(tmp_path / "home", indexes(text))
    lock = born.read("uv.lock")
    under(env, born).make("install", "lock", "test")
    assert born.read("uv.lock") == lock


def test_what_the_project_says_holds(born: Project) -> None:
    born.replace("pyproject.toml", '"7 days"', '"2099-01-01"')
    born.make("lock", "install", "test", UV_EXCLUDE_NEWER="2020-01-01")
    assert 'exclude-newer = "2099-01-' in born.read("uv.lock")


def test_a_company_mirror(born: Project, mirror: Mirror, tmp_path: Path) -> None:
    """It is all that can be reached, the cache is empty, and versions and hashes are as born."""
    lock = born.read("uv.lock")
    env = {
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "NO_PROXY": "127.0.0.1",
        "UV_CACHE_DIR": str(tmp_path / "cache"),
    }
    use_mirror(born, mirror)
    under(env, born).make("lock", "install", "check")
    locked = born.read("uv.lock").replace(f"{mirror.url}/simple", "https://pypi.org/simple")
    assert locked.replace(mirror.url, FILES) == lock
    # Those who have it in their shells as well are not refused.
    under(env | {"UV_DEFAULT_INDEX": f"{mirror.url}/simple"}, born).make("install", "lock")
    assert mirror.url in born.read("uv.lock")
