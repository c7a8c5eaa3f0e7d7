"""What the rendered settings say, once somebody has added their own: a variable and a rule, never a value."""

import pytest

from tests.support.project import Project, Render

MORE = """\
class Database(BaseModel):
    host: str
    port: int


class Settings(BaseSettings, env_nested_delimiter="__"):
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
}


@pytest.fixture(scope="module")
def changed(render: Render, native_python: str) -> Project:
    """A project whose settings are more and of more kinds."""
    project = render(python_version=native_python)
    settings = "src/my_app/settings.py"
    project.replace(settings, "import Field,", "import BaseModel, Field, SecretStr,")
    project.replace(settings, "ValidationError\n", "ValidationError, model_validator\n")
    project.replace(settings, "class Settings(BaseSettings):\n", MORE)
    project.make("start")
    return project


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"LOG_LEVEL": "DEBUG"}, "settings: Value error, DEBUG is not allowed"),
        ({"DATABASE__PORT": "s3cret"}, "DATABASE__PORT: Input should be a valid integer"),
        ({"NUMBERS": '["s3cret"]'}, "NUMBERS__0: Input should be a valid integer"),
        ({"NUMBERS": "s3cret"}, 'settings: Value error, error parsing value for field "numbers"'),
        ({"DATABASE": "s3cret"}, 'settings: Value error, error parsing value for field "database"'),
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
        ("", {"TREE": '{"leaf": "s3cret"}'}, "TREE.LEAF: Input should"),
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
    assert "s3cret" not in result.output


def test_a_required_setting_that_the_tests_lack_stops_them_with_its_name(
    render: Render, native_python: str
) -> None:
    project = render(kind="service", python_version=native_python)
    project.replace("src/my_app/settings.py", "    greeting:", "    token: str\n    greeting:")
    stopped = project.make("test", check=False)
    assert stopped.code
    assert stopped.output.count("TOKEN: Field required") == 1
    assert "Traceback" not in stopped.output
