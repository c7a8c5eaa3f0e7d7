"""What the rendered settings say, once somebody has added their own: a variable and a rule, never a value."""

import pytest

from tests.support.project import Project, Render

IMPORTS = """\
from enum import Enum
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ImportString, SecretStr
from pydantic import model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import NoDecode
"""
MORE = """\
class Database(BaseModel):
    host: str
    port: int


class Card(BaseModel):
    kind: Literal["card"]


class Cash(BaseModel):
    kind: Literal["cash"]


class Color(Enum):
    RED = "red"


def whole(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def is_known(text: str) -> str:
    assert text in ("can't", ""), f"this can't be {text!r}"
    return text


def is_color(text: str) -> str:
    if text and not text.startswith("#"):
        raise PydanticCustomError("color", "'{text}' begins without '#'", {"text": text})
    return text


def looked_up(text: str) -> str:
    return {"": ""}[text]


def read(path: str) -> str:
    return open(path).read() if path else path


class Settings(BaseSettings, env_nested_delimiter="__"):
    pay: Annotated[Card | Cash, Field(discriminator="kind")] = Cash(kind="cash")
    sizes: Annotated[list[int], NoDecode, BeforeValidator(whole)]
    known: Annotated[str, AfterValidator(is_known)] = ""
    color: Annotated[str, AfterValidator(is_color)] = ""
    region: Annotated[str, AfterValidator(looked_up)] = ""
    certificate: Annotated[str, AfterValidator(read)] = ""
    paint: Color = Color.RED
    module: ImportString[object]
    key: UUID | None = None
    tokens: list[SecretStr] = []
    database: Database
    token: SecretStr
    numbers: list[int] = []

    @model_validator(mode="after")
    def both(self) -> "Settings":
        if self.log_level == "DEBUG":
            raise ValueError("DEBUG is not allowed")
        return self

"""
GIVEN = {
    "GREETING": "Hello",
    "TOKEN": "s3cret",
    "DATABASE__HOST": "s3cret",
    "DATABASE__PORT": "1",
    "NUMBERS": "[1, 2]",
    "SIZES": "1,2",
    "MODULE": "os",
}


@pytest.fixture(scope="module")
def changed(render: Render, native_python: str) -> Project:
    """A project whose settings are more and of more kinds."""
    project = render(python_version=native_python)
    settings = "src/my_app/settings.py"
    project.replace(settings, "from functools", f"{IMPORTS}from functools")
    project.replace(settings, "class Settings(BaseSettings):\n", MORE)
    project.make("start")
    return project


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"LOG_LEVEL": "DEBUG"}, "settings: Value error, DEBUG is not allowed"),
        ({"DATABASE__PORT": "s3cret"}, "DATABASE__PORT: Input should be a valid integer"),
        ({"NUMBERS": '["s3cret"]'}, "NUMBERS: Input should be a valid integer"),
        ({"NUMBERS": "s3cret"}, 'settings: Value error, error parsing value for field "numbers"'),
        ({"DATABASE": "s3cret"}, 'settings: Value error, error parsing value for field "database"'),
        ({"PAY": '{"kind": "s3cret"}'}, "PAY: Input tag ... found using ... does not match"),
        ({"SIZES": "1,s3cret"}, "SIZES: Value error, invalid literal for int() with base 10: ..."),
        ({"KNOWN": "s3cret"}, "KNOWN: Assertion failed, this can't be ..."),
        ({"KNOWN": r"s3cret\d"}, "KNOWN: Assertion failed, this can't be ..."),
        ({"COLOR": "s3cret"}, "COLOR: ... begins without '#'"),
        ({"REGION": "s3cret"}, "settings: a validator raises KeyError: let it raise ValueError"),
        ({"CERTIFICATE": "/s3cret"}, "settings: a validator raises FileNotFoundError: let it"),
        ({"PAINT": "s3cret"}, "PAINT: Input should be 'red'"),
        ({"MODULE": "s3cret"}, "MODULE: Invalid python path: No module named ..."),
        ({"KEY": "s3cret"}, "KEY: Input should be a valid UUID, invalid character: found ..."),
        ({"TOKENS": '["s3cret", 1]'}, "TOKENS: Input should be a valid string"),
        ({"TOKENS": '["s3cret"'}, 'settings: Value error, error parsing value for field "tokens"'),
        ({}, "Hello, World!"),
    ],
    ids=str,
)
def test_a_wrong_setting_is_named_in_one_line_without_a_value(
    changed: Project, wrong: dict[str, str], said: str
) -> None:
    result = changed.run(".venv/bin/my-app", check=False, **GIVEN | wrong)
    assert result.output.startswith(said)
    assert len(result.output.splitlines()) == 1
    assert "s3cret" not in result.output


@pytest.fixture(scope="module")
def born(render: Render, native_python: str) -> Project:
    """A project whose packages are installed."""
    project = render(python_version=native_python)
    project.make("install")
    return project


FIELDS = """\
    token: int = 1
    tree: dict[str, int] = {}
    either: int | bool = 1
    pair: tuple[int, int] = (1, 2)
    number: Annotated[int, Field(validation_alias="count")] = 1
"""


@pytest.mark.parametrize(
    ("config", "given", "said"),
    [
        ('env_prefix="SHOP_"', {"SHOP_TOKEN": "s3cret", "SHOP_GREETING": "Hello"}, "SHOP_TOKEN: "),
        ('env_prefix="SHOP_"', {"GREETING": "s3cret"}, "SHOP_GREETING: Field required"),
        (
            'env_prefix="SHOP_"',
            {"COUNT": "s3cret", "SHOP_GREETING": "Hello"},
            "COUNT: Input should",
        ),
        ("case_sensitive=True", {"token": "s3cret", "greeting": "Hello"}, "token: Input should"),
        ('env_nested_delimiter="_"', {"TREE_LEAF": "s3cret"}, "TREE_LEAF: Input should"),
        ("", {"TREE": '{"s3cret": "high"}'}, "TREE: Input should"),
        ("", {"EITHER": "s3cret"}, "EITHER: Input should"),
        ("", {"PAIR": "[1]"}, "PAIR.1: Field required"),
    ],
)
def test_the_variable_that_is_named_is_the_one_that_is_read(
    born: Project, config: str, given: dict[str, str], said: str
) -> None:
    settings = "src/my_app/settings.py"
    text = born.read(settings)
    head = "class Settings(BaseSettings"
    born.write(settings, text.replace(f"{head}):\n", f"{head}, {config}):\n{FIELDS}"))
    env = {} if "SHOP" in config or "sensitive" in config else {"GREETING": "Hello"}
    result = born.run(".venv/bin/my-app", check=False, **env | given)
    born.write(settings, text)
    assert result.output.startswith(said)
    assert "s3cret" not in result.output.lower()


def test_a_required_setting_that_the_tests_lack_stops_them_with_its_name(
    render: Render, native_python: str
) -> None:
    project = render(kind="service", python_version=native_python)
    project.replace("src/my_app/settings.py", "    greeting:", "    token: str\n    greeting:")
    stopped = project.make("test", check=False)
    assert stopped.code
    assert stopped.output.count("TOKEN: Field required") == 1
    assert "Traceback" not in stopped.output
