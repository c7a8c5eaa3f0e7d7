"""Small projects with the shape of real ones: the kinds in docs/adopting.md, as data."""

from dataclasses import dataclass, field

from tests.rendering.adopting.sources import (
    COMMANDS,
    DEV,
    DJANGO,
    FACTORY,
    FASTAPI,
    HELLO,
    MANAGE,
    OWN_MAKEFILE,
    POETRY,
    READS,
    SETUP_C,
    TEST,
    UNITTEST,
    WORKFLOW,
    WORKSPACE,
    WSGI,
    C,
)


@dataclass(frozen=True)
class Kind:
    """A project, what is typed before and after the template comes in, and what is then seen."""

    what: str
    files: dict[str, str]
    before: tuple[str, ...] = ("uv lock",)
    after: tuple[str, ...] = ()
    answers: dict[str, str] = field(default_factory=dict)
    tag: str = ""
    says: str = "Hello from shop"  # what `make run` and the image print, or answer at /
    service: bool = False
    make: str = "make"
    checks: str = "test"
    image: tuple[str, ...] = ()  # files of the project that the image holds
    lacks: tuple[str, ...] = ()


def project(backend: str = "hatchling", more: str = "", scripts: str = "shop:main") -> str:
    """Return a pyproject.toml; without a backend, nothing is installed."""
    system = {
        "hatchling": 'requires = ["hatchling"]\nbuild-backend = "hatchling.build"\n',
        "hatch-vcs": 'requires = ["hatchling", "hatch-vcs"]\nbuild-backend = "hatchling.build"\n',
        "setuptools": 'requires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n',
        "uv": 'requires = ["uv_build"]\nbuild-backend = "uv_build"\n',
        "": "",
    }[backend]
    more += '\n[tool.hatch.version]\nsource = "vcs"\n' if backend == "hatch-vcs" else ""
    version = 'dynamic = ["version"]' if backend == "hatch-vcs" else 'version = "1.2.3"'
    return (
        f'[project]\nname = "shop"\n{version}\nrequires-python = ">=3.11"\nlicense = "BSD-2-Clause"\n'
        + more
        + (f'\n[project.scripts]\nshop = "{scripts}"\n' if scripts else "")
        + (f"\n[build-system]\n{system}" if system else "")
    )


KINDS: dict[str, Kind] = {
    "flat": Kind(
        "a flat package with an extra and two groups",
        {
            "pyproject.toml": project(
                more='[project.optional-dependencies]\ncolor = ["colorama"]\n'
            )
            + '\n[dependency-groups]\ndev = ["ruff"]\ntest = ["pytest"]\n[tool.uv]\ndefault-groups = "all"\n',
            "shop/__init__.py": 'import colorama\n\n__all__ = ["colorama", "main"]\n\n\n' + HELLO,
            "tests/test_shop.py": TEST,
        },
        after=("sed -i.bak 's/^EXTRAS ?=/& --extra color/' Makefile",),
        checks="lint test",
        image=("shop/__init__.py", "colorama/__init__.py"),
        lacks=("pytest", "ruff"),
    ),
    "src": Kind(
        "src layout, hatchling, a version from git",
        {
            "pyproject.toml": project("hatch-vcs") + DEV,
            "src/shop/__init__.py": HELLO,
            "tests/test_shop.py": TEST,
        },
        tag="v1.2.0",
        image=("shop-1.2.0.dist-info/METADATA",),
    ),
    "data": Kind(
        "setuptools, package data, MANIFEST.in",
        {
            "pyproject.toml": project(
                "setuptools",
                'readme = "README.rst"\n[project.optional-dependencies]\ndev = ["pytest"]\n',
            ),
            "README.rst": "Shop\n====\n",
            "MANIFEST.in": "graft shop/static\n",
            "shop/__init__.py": READS,
            "shop/static/hello.txt": "Hello from shop",
            "test_shop.py": UNITTEST,
        },
        image=("shop/static/hello.txt",),
    ),
    "module": Kind(
        "setuptools, a single module",
        {"pyproject.toml": project("setuptools"), "shop.py": HELLO},
        image=("shop.py",),
        lacks=("make",),
    ),
    "setup.py": Kind(
        "a C extension, setup.py alone",
        {
            "setup.py": SETUP_C,
            "shop/__init__.py": "from shop import fast\n\n\ndef main():\n    print(fast.hello())\n",
            "shop/fast.c": C,
        },
        before=(),
        image=("shop/__init__.py",),
    ),
    "poetry": Kind(
        "poetry",
        {
            "pyproject.toml": POETRY,
            "poetry.lock": "",
            "shop/__init__.py": HELLO,
            "tests/test_shop.py": TEST,
        },
        before=(),
    ),
    "requirements": Kind(
        "requirements.txt and app.py",
        {"requirements.txt": "gunicorn\n", "app.py": WSGI},
        before=(),
        service=True,
    ),
    "django": Kind(
        "Django, manage.py, gunicorn",
        {
            "pyproject.toml": project("", 'dependencies = ["django", "gunicorn"]\n', ""),
            "manage.py": MANAGE,
            "shop/__init__.py": "",
            "shop/settings.py": DJANGO.split("urlpatterns")[0].split("\n\n")[1] + "\n",
            "shop/wsgi.py": "import os\n\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"
            + DJANGO.split("\n\n")[0]
            + "\n\nurlpatterns"
            + DJANGO.split("urlpatterns")[1]
            + "\napplication = get_wsgi_application()\n",
            "shop/tests.py": UNITTEST.replace("import shop\n", "").replace("shop.main()", "pass"),
        },
        service=True,
    ),
    "flask": Kind(
        "Flask with a factory, gunicorn",
        {
            "pyproject.toml": project("hatchling", 'dependencies = ["flask", "gunicorn"]\n', "")
            + DEV,
            "shop/__init__.py": FACTORY,
            "shop/static/hello.txt": "Hello from shop",
            "tests/test_shop.py": "from shop import create_app\n\n\ndef test_app():\n    create_app()\n",
        },
        service=True,
    ),
    "fastapi": Kind(
        "FastAPI in app/main.py, no package",
        {
            "pyproject.toml": project("", 'dependencies = ["fastapi", "uvicorn"]\n', "") + DEV,
            "app/__init__.py": "",
            "app/main.py": FASTAPI,
            "tests/test_app.py": "from app.main import app\n\n\ndef test_app():\n    assert app\n",
        },
        service=True,
    ),
    "commands": Kind(
        "a command-line application of several commands, mypy and ruff",
        {
            "pyproject.toml": project("uv")
            + '\n[dependency-groups]\ndev = ["mypy", "pytest", "ruff"]\n',
            "src/shop/__init__.py": COMMANDS,
            "src/shop/__main__.py": "from shop import main\n\nmain()\n",
            "tests/test_shop.py": "import shop\n\n\ndef test_main():\n    assert shop.main\n",
            ".gitignore": "uv.lock\n.python-version\n",
        },
        after=("git add --force uv.lock .python-version",),
        checks="lint types test",
    ),
    "own": Kind(
        "its own Makefile, Dockerfile and workflow",
        {
            "pyproject.toml": project() + DEV,
            "shop/__init__.py": HELLO,
            "tests/test_shop.py": TEST,
            "Makefile": OWN_MAKEFILE,
            "docs/index.md": "# Shop\n",
            "Dockerfile": "FROM scratch\n",
            ".dockerignore": "*\n",
            ".github/workflows/ci.yml": WORKFLOW,
        },
        make="make -f app.mk",
        image=("shop/__init__.py",),
    ),
    "range": Kind(
        "a range of Pythons, unittest",
        {
            # isort is in the metadata alone: no Python here installs it.
            "pyproject.toml": project(
                more="dependencies = [\"isort; python_version < '3'\"]\n"
            ).replace(">=3.11", ">=3.10,<3.15"),
            ".python-version": "3.11\n3.12\n",
            "shop/__init__.py": HELLO,
            "tests/test_shop.py": UNITTEST,
        },
        before=("printf '%s\\n' PYTHON >.python-version", "uv lock"),
    ),
    "workspace": Kind(
        "a member of a uv workspace",
        {
            "pyproject.toml": WORKSPACE,
            "packages/lib/pyproject.toml": project(scripts="").replace('"shop"', '"lib"'),
            "packages/lib/lib/__init__.py": 'HELLO = "Hello from shop"\n',
            "packages/other/pyproject.toml": project(scripts="").replace('"shop"', '"other"'),
            "packages/other/other/__init__.py": "",
            "packages/shop/pyproject.toml": project(more='dependencies = ["lib"]\n')
            + "\n[tool.uv.sources]\nlib = { workspace = true }\n",
            "packages/shop/shop/__init__.py": "from lib import HELLO\n\n\ndef main():\n    print(HELLO)\n",
            "packages/shop/tests/test_shop.py": TEST,
        },
        answers={"app_name": "shop"},
        image=("lib/__init__.py",),
        lacks=("other",),
    ),
}
