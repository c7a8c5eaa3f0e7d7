"""What a shell has set for another project: it reaches no command, or it is kept on purpose."""

from collections.abc import Iterator

import pytest

from tests.support.answers import TEMPLATE
from tests.support.project import Project, Render

# What programs read, by the kind that decides: what belongs to another project is taken away.
TAKEN = {
    "uv": """UV_BUILD_CONSTRAINT UV_COMPILE_BYTECODE UV_CONSTRAINT UV_ENV_FILE UV_EXCLUDE UV_EXCLUDE_NEWER
        UV_FIND_LINKS UV_FORK_STRATEGY UV_FROZEN UV_INDEX_STRATEGY UV_ISOLATED UV_LOCKED UV_NO_BINARY
        UV_NO_BUILD UV_NO_BUILD_ISOLATION UV_NO_CONFIG UV_NO_DEFAULT_GROUPS UV_NO_DEV UV_NO_EDITABLE
        UV_NO_ENV_FILE UV_NO_GROUP UV_NO_INDEX UV_NO_SOURCES UV_NO_SYNC UV_OVERRIDE UV_PRERELEASE
        UV_PREVIEW UV_PROJECT UV_PYTHON UV_QUIET UV_RESOLUTION UV_SYSTEM_PYTHON UV_TORCH_BACKEND
        UV_WORKING_DIR VIRTUAL_ENV CONDA_PREFIX""",
    "Python": """PYTHONBREAKPOINT PYTHONDEVMODE PYTHONHASHSEED PYTHONHOME PYTHONINSPECT PYTHONNOUSERSITE
        PYTHONOPTIMIZE PYTHONPATH PYTHONSAFEPATH PYTHONSTARTUP PYTHONUTF8 PYTHONWARNINGS PYTHON_GIL
        PYENV_VERSION""",
    "pytest and coverage": """PYTEST_ADDOPTS PY_IGNORE_IMPORTMISMATCH PYTEST_DISABLE_PLUGIN_AUTOLOAD PYTEST_PLUGINS COVERAGE_FILE
        COVERAGE_PROCESS_START COVERAGE_RCFILE COV_CORE_SOURCE""",
    "the linters": """MYPYPATH MYPY_CONFIG_FILE_DIR RUFF_CONFIG RUFF_EXCLUDE RUFF_TARGET_VERSION
        TY_CONFIG_FILE PYREFLY_CONFIG""",
    "git": """GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_ATTR_SOURCE GIT_COMMON_DIR GIT_CONFIG GIT_DEFAULT_HASH
        GIT_DEFAULT_REF_FORMAT GIT_DIFF_OPTS GIT_DIR GIT_EXTERNAL_DIFF GIT_GRAFT_FILE
        GIT_IMPLICIT_WORK_TREE GIT_INDEX_FILE GIT_INTERNAL_SUPER_PREFIX GIT_LITERAL_PATHSPECS
        GIT_NAMESPACE GIT_NO_REPLACE_OBJECTS GIT_OBJECT_DIRECTORY GIT_PREFIX GIT_REPLACE_REF_BASE
        GIT_SHALLOW_FILE GIT_TRACE GIT_TRACE2_EVENT GIT_WORK_TREE""",
    "make and sh": "BASHOPTS CDPATH GREP_OPTIONS MAKEFILES SHELLOPTS",
    "Docker and Podman": """BUILDAH_FORMAT BUILDAH_HISTORY BUILDAH_LAYERS BUILDX_BUILDER
        BUILDX_GIT_LABELS BUILDX_NO_DEFAULT_ATTESTATIONS DOCKER_DEFAULT_PLATFORM PODMAN_USERNS
        SOURCE_DATE_EPOCH""",
}
# What belongs to the person or to the machine is kept.
KEPT = {
    "indexes and logins": """UV_CONFIG_FILE UV_CREDENTIALS_DIR UV_DEFAULT_INDEX UV_EXTRA_INDEX_URL
        UV_GITHUB_TOKEN UV_INDEX UV_INDEX_COMPANY_PASSWORD UV_INDEX_COMPANY_USERNAME UV_INDEX_URL
        UV_KEYRING_PROVIDER UV_PUBLISH_TOKEN UV_S3_ENDPOINT_URL NETRC PIP_INDEX_URL
        PYTHON_KEYRING_BACKEND""",
    "the network": """ALL_PROXY HTTPS_PROXY HTTP_PROXY NO_PROXY https_proxy SSL_CERT_DIR SSL_CERT_FILE
        UV_HTTP_RETRIES UV_HTTP_TIMEOUT UV_INSECURE_HOST UV_NATIVE_TLS UV_OFFLINE UV_REQUEST_TIMEOUT
        UV_SYSTEM_CERTS""",
    "caches, and where things are": """COPIER_SETTINGS_PATH MYPY_CACHE_DIR PREK_HOME
        PYTHONDONTWRITEBYTECODE PYTHONPYCACHEPREFIX RUFF_CACHE_DIR UV_CACHE_DIR UV_CONCURRENT_BUILDS
        UV_LINK_MODE UV_PROJECT_ENVIRONMENT UV_TOOL_DIR XDG_CONFIG_HOME""",
    "which Pythons": """UV_MANAGED_PYTHON UV_PYTHON_DOWNLOADS UV_PYTHON_INSTALL_DIR
        UV_PYTHON_INSTALL_MIRROR UV_PYTHON_PREFERENCE""",
    "git's person and transport": """GIT_ASKPASS GIT_AUTHOR_NAME GIT_CEILING_DIRECTORIES GIT_COMMITTER_EMAIL GIT_CONFIG_COUNT
        GIT_CONFIG_GLOBAL GIT_CONFIG_PARAMETERS GIT_SSH_COMMAND GIT_TERMINAL_PROMPT""",
    "the engine": """BUILDKIT_PROGRESS BUILDX_CONFIG CONTAINERS_CONF CONTAINERS_REGISTRIES_CONF
        CONTAINER_HOST DOCKER_CONFIG DOCKER_CONTEXT DOCKER_HOST REGISTRY_AUTH_FILE""",
    "how it looks": "CI CLICOLOR COLUMNS FORCE_COLOR NO_COLOR PYTHONUNBUFFERED RUFF_OUTPUT_FORMAT TERM",
    "the application": "GIT_COMMIT GREETING LOG_LEVEL",
    "this project": "PYTHON_IMAGE UV_IMAGE",
}


def names(table: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Each variable, with its kind."""
    return ((kind, name) for kind, listed in table.items() for name in listed.split())


@pytest.fixture(scope="module")
def showing(render: Render, native_python: str) -> Project:
    """A project with a command that shows its environment."""
    project = render(python_version=native_python)
    project.write("Makefile", project.read("Makefile") + "show:\n\t@env\n")
    return project


def reach(project: Project, *arguments: str, **env: str) -> set[str]:
    """What a command sees of those variables, with a value that stands nowhere else."""
    shown = project.make("show", *arguments, check=True, **env).output.splitlines()
    return {line.partition("=")[0] for line in shown if line.endswith("=/dev/null/x")}


def test_what_is_another_project_s_reaches_no_command(showing: Project) -> None:
    """And what is kept does; each at once, since no name has to do with another."""
    env = {name: "/dev/null/x" for table in (TAKEN, KEPT) for _, name in names(table)}
    del env["MAKEFILES"]  # make reads it before the Makefile
    seen = reach(showing, **env)
    assert [(kind, name) for kind, name in names(TAKEN) if name in seen] == []
    assert [(kind, name) for kind, name in names(KEPT) if name not in seen] == []


def test_git_names_no_other_variable_of_a_repository(machine: dict[str, str]) -> None:
    """What it lists itself as bound to one; `git -c` reaches all commands on purpose."""
    listed = set(Project(TEMPLATE, machine).git("rev-parse", "--local-env-vars").output.split())
    assert listed - set(TAKEN["git"].split()) == {"GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS"}


def test_what_is_named_to_a_command_or_in_the_makefile_is_meant(showing: Project) -> None:
    assert "PYTHONWARNINGS" in reach(showing, "PYTHONWARNINGS=/dev/null/x")
    makefile = showing.read("Makefile")
    try:
        showing.write("Makefile", f"export UV_NO_BINARY := /dev/null/x\n{makefile}")
        assert "UV_NO_BINARY" in reach(showing)
        assert "UV_NO_BINARY" in reach(showing, UV_NO_BINARY="1")
    finally:
        showing.write("Makefile", makefile)


# Each of these has made a check pass or fail for another reason than the project.
HARMFUL = {
    "CDPATH": "/tmp",
    "COVERAGE_FILE": "/dev/null/x",
    "CLICOLOR_FORCE": "1",
    "FORCE_COLOR": "1",
    "GIT_DIR": "/dev/null/x",
    "GREP_OPTIONS": "--color=always",
    "MAKEFLAGS": "-j8 -k",
    "MYPYPATH": "/dev/null",
    "PYENV_VERSION": "0.1",
    "PYTEST_ADDOPTS": "--collect-only",
    "PYTHONHOME": "/dev/null",
    "PYTHONOPTIMIZE": "2",
    "RUFF_CONFIG": "/dev/null/x",
    "UV_LOCKED": "1",
    "UV_NO_EDITABLE": "1",
}


def test_check_proves_this_project_in_such_a_shell(project: Project) -> None:
    project.write("elsewhere/typer.py", "raise SystemExit\n")
    project.write("elsewhere/more.mk", "test check: ; @echo nothing is done\n")
    found = {"PYTHONPATH": f"{project.folder}/elsewhere"}
    project.write("elsewhere/.env", "GREETING=Ahoy\n")
    found["VPATH"] = f"{project.folder}/elsewhere"
    found["MAKEFILES"] = f"{project.folder}/elsewhere/more.mk"
    shell = Project(project.folder, project.env | HARMFUL | found)
    said = shell.make("start", "check", "run")
    assert "\npassed: lint types test\nHello, World!" in said.output
    # The source that is edited is the one that is tested.
    project.replace("src/my_app/cli.py", "{name}!", "{name}?")
    assert "2 failed" in shell.make("test", check=False).output
    project.replace("pyproject.toml", '"typer",', '"typer",\n    "iniconfig",')
    shell.make("lock", "install")


def test_a_command_that_ignores_errors_or_runs_nothing_is_refused(project: Project) -> None:
    for flags in ("-i", "ki", "-j8 -i", "-t", "--touch", "kt"):
        said = project.make("check", check=False, MAKEFLAGS=flags)
        assert said.code
        assert "hide what fails: leave them out, or unset MAKEFLAGS" in said.output


def test_a_flag_that_runs_nothing_says_so(project: Project) -> None:
    for flags in ("n", "-n", "-q", "ns"):
        said = project.make("check", check=False, MAKEFLAGS=flags).output
        assert "make -n and -q run nothing: leave them out, or unset MAKEFLAGS" in said
    assert "run nothing" not in project.make("help", "FOO=nq").output


def test_no_flag_of_make_goes_on_to_what_takes_an_earlier_image(project: Project) -> None:
    for flags in ("k", "-j8 -k", "ks -- ARGS=x"):
        said = project.make("build", "save", check=False, ENGINE="none", MAKEFLAGS=flags).output
        assert "make -i, -k and -t hide what fails: leave them out, or unset MAKEFLAGS" in said
        assert "ENGINE=none" not in said
    assert project.make("help", "FOO=k").output


def test_no_flag_of_make_overwrites_an_env_file(project: Project) -> None:
    project.write(".env", "GREETING=Ahoy\n")
    project.make("start", MAKEFLAGS="-B")
    assert project.read(".env") == "GREETING=Ahoy\n"
