"""The command that starts an existing project, and what kind it is: read from its files and its lock."""

from pathlib import Path

import copier
import pytest
import yaml

LOCK = """\
version = 1
requires-python = ">=3.11"

[[package]]
name = "shop"
version = "1.0"
source = { SOURCE = "." }
dependencies = [DIRECT]
"""
BIND = "--bind $BIND_HOST:$PORT"
HOST = "--host $BIND_HOST --port $PORT"
WSGI = {"manage.py": "", "shop/wsgi.py": ""}

# Whether it is a package, what it depends on, its files, and the command that is proposed.
COMMANDS: list[tuple[bool, str, dict[str, str], str]] = [
    (True, "", {"shop/__init__.py": ""}, "shop"),
    (True, "", {"shop/__main__.py": ""}, "python -m shop"),
    (True, "", {"src/shop/__main__.py": ""}, "python -m shop"),
    (True, "uvicorn asgiref", {"shop/__main__.py": "", "shop/app.py": ""}, "python -m shop"),
    (True, "fastapi uvicorn", {"src/shop/main.py": ""}, f"uvicorn {HOST} shop.main:app"),
    (True, "starlette uvicorn", {"shop/app.py": ""}, f"uvicorn {HOST} shop.app:app"),
    (True, "flask gunicorn", {"shop/__init__.py": ""}, f'gunicorn {BIND} "shop:create_app()"'),
    (True, "flask gunicorn", {"shop/wsgi.py": ""}, f"gunicorn {BIND} shop.wsgi:app"),
    (True, "flask", {"src/shop/wsgi.py": ""}, f"flask --app shop.wsgi run {HOST}"),
    (True, "flask", {"shop/__init__.py": "", "wsgi.py": ""}, f"flask --app shop run {HOST}"),
    (False, "flask gunicorn", {"manage.py": "", "wsgi.py": ""}, f"gunicorn {BIND} wsgi:app"),
    (False, "django gunicorn", WSGI, f"gunicorn {BIND} shop.wsgi"),
    (False, "django", WSGI, "python manage.py runserver $BIND_HOST:$PORT"),
    (
        False,
        "django uvicorn",
        {"manage.py": "", "shop/asgi.py": ""},
        f"uvicorn {HOST} shop.asgi:application",
    ),
    (False, "flask gunicorn", {"app.py": ""}, f"gunicorn {BIND} app:app"),
    (False, "flask", {"config.py": "", "shop.py": ""}, f"flask --app shop run {HOST}"),
    (False, "fastapi fastapi-cli", {"app/main.py": ""}, f"fastapi run {HOST} app/main.py"),
    (False, "fastapi uvicorn", {"app/main.py": ""}, f"uvicorn {HOST} app.main:app"),
    (False, "fastapi uvicorn", {"src/main.py": ""}, f"uvicorn {HOST} src.main:app"),
    (
        False,
        "streamlit",
        {"app.py": ""},
        "streamlit run --server.address $BIND_HOST --server.port $PORT app.py",
    ),
    (False, "", {"config.py": "", "shop.py": ""}, "python shop.py"),
    (False, "gunicorn", {"Procfile": "web: gunicorn shop:app"}, f"gunicorn {BIND} shop:app"),
    (
        False,
        "gunicorn",
        {"Procfile": "web: flask db upgrade; gunicorn -b :$PORT a:b\nworker: rq worker"},
        "gunicorn -b :$PORT a:b",
    ),
]


def write_and_copy(
    shop: Path, template: Path, lock: str, files: dict[str, str], package: bool, direct: str,
    **answers: str,
) -> None:  # fmt: skip
    """Write a project, whose uv.lock has that and its direct packages, and copy the template into it."""
    named = "".join(f'\n    {{ name = "{name}" }},' for name in direct.split())
    own = LOCK.replace("SOURCE", "editable" if package else "virtual").replace("DIRECT", named)
    lock = own + lock + "".join(f'\n[[package]]\nname = "{name}"\n' for name in direct.split())
    for path, text in {"pyproject.toml": "", "uv.lock": lock, **files}.items():
        (shop / path).parent.mkdir(parents=True, exist_ok=True)
        (shop / path).write_text(text)
    copier.run_copy(str(template), shop, answers, defaults=True, quiet=True)


@pytest.mark.parametrize(("package", "direct", "files", "command"), COMMANDS)
def test_the_command_is_what_files_and_packages_say(
    package: bool, direct: str, files: dict[str, str], command: str, template: Path, tmp_path: Path
) -> None:
    write_and_copy(tmp_path / "shop", template, "", files, package, direct)
    answers = yaml.safe_load((tmp_path / "shop/.copier-answers.yml").read_text())
    assert answers["command"] == command
    assert answers["kind"] == ("service" if "$PORT" in command else "cli")


EXTRA = """
[package.optional-dependencies]
all = [
    { name = "rich" },
]
server = [
    { name = "gunicorn" },
    { name = "rich" },
]
test = [
    { name = "uvicorn" },
]

[package.dev-dependencies]
prod = [
    { name = "uvicorn" },
]
"""


@pytest.mark.parametrize(
    ("package", "direct", "files", "command", "extras"),
    [
        (False, "django", WSGI, f"gunicorn {BIND} shop.wsgi", " --extra server"),
        (True, "flask", {"shop/wsgi.py": ""}, f"gunicorn {BIND} shop.wsgi:app", " --extra server"),
        (True, "fastapi", {"shop/main.py": ""}, f"uvicorn {HOST} shop.main:app", " --group prod"),
        (True, "uvicorn starlette", {"shop/main.py": ""}, f"uvicorn {HOST} shop.main:app", ""),
        (True, "", {"shop/__init__.py": ""}, "shop", ""),
    ],
)
def test_what_the_command_is_in_is_installed(
    package: bool,
    direct: str,
    files: dict[str, str],
    command: str,
    extras: str,
    template: Path,
    tmp_path: Path,
) -> None:
    shop, locked = tmp_path / "shop", EXTRA + '\n[[package]]\nname = "uvicorn"\n'
    write_and_copy(shop, template, locked, files, package, direct)
    assert yaml.safe_load((shop / ".copier-answers.yml").read_text())["command"] == command
    assert f"\nEXTRAS ?={extras}\n" in (shop / "Makefile").read_text()
