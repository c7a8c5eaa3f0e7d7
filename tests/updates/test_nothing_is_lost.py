"""What git does not show and what the answers no longer name outlive an update; a failure is one line."""

import pytest

from tests.support.history import Old
from tests.support.project import Project

pytestmark = pytest.mark.usefixtures("counted")


def exclude(project: Project, path: str) -> None:
    """Ignore it in this clone only."""
    project.write(".git/info/exclude", project.read(".git/info/exclude") + f"/{path}\n")


def test_what_git_does_not_show_is_not_overwritten(old: Old) -> None:
    """Each of these is a file of the template, and its text is in no commit."""
    project = old()
    project.git("rm", "--quiet", "--cached", "README.md", "make/update")
    exclude(project, "README.md")
    exclude(project, "make/update")
    exclude(project, "deploy")
    project.git("commit", "--quiet", "--message=hidden")
    project.git("update-index", "--assume-unchanged", ".env.example")
    project.git("update-index", "--skip-worktree", "Dockerfile")
    texts = {
        "README.md": "mine\n",
        "make/update": project.read("make/update") + "# mine\n",
        "deploy/base/service.yaml": "mine\n",
        ".env.example": "GREETING=Mine\n",
        "Dockerfile": project.read("Dockerfile") + "# mine\n",
    }
    for path, text in texts.items():
        project.write(path, text)
    assert project.git("status", "--short").output == ""
    project.make("update", "ARGS=-d deploy=kubernetes")
    assert {path: project.read(path) for path in texts} == texts
    assert "make update" in project.read("Makefile")


def test_what_git_is_told_not_to_show_is_not_committed(old: Old) -> None:
    project = old()
    project.git("config", "status.showUntrackedFiles", "no")
    project.write("deploy/base/service.yaml", "mine\n")
    result = project.make("update", "ARGS=-d deploy=kubernetes", check=False)
    assert result.code
    assert "?? deploy/" in result.output
    assert "commit them first" in result.last_line


def test_edits_are_kept_whatever_git_is_set_to_ignore_or_refuse(old: Old) -> None:
    """On this machine, for all repositories: Copier's own, too."""
    project = old()
    project.write(".git/ignored", "README.md\n")
    settings = {"apply.whitespace": "error", "core.excludesFile": f"{project.folder}/.git/ignored"}
    for number, (key, text) in enumerate(settings.items()):
        pair = {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": text}
        project.env = project.env | pair | {"GIT_CONFIG_COUNT": f"{number + 1}"}
    project.write("README.md", project.read("README.md") + "mine\n")
    project.write("Makefile", project.read("Makefile") + "mine:\n\t@echo mine \n")
    project.git("commit", "--quiet", "--all", "--message=mine")
    project.make("update")
    assert project.read("README.md").endswith("mine\n")
    assert project.make("mine").output == "mine\n"


@pytest.mark.sample
@pytest.mark.parametrize(
    ("answer", "edited"),
    [("app_name=another", "src/my_app/cli.py"), ("kind=service", "tests/test_cli.py")],
)
def test_edits_in_what_the_answers_no_longer_name_are_kept(
    old: Old, answer: str, edited: str
) -> None:
    project = old()
    project.write(edited, project.read(edited) + "# mine\n")
    project.replace("pyproject.toml", "line-length = 100", "line-length = 110")
    project.commit()
    result = project.make("update", f"ARGS=-d {answer}", check=False)
    assert result.code
    assert edited in result.last_line
    assert project.read(edited).endswith("# mine\n")
    assert "line-length = 110" in project.read("pyproject.toml")
    # What it says is all there is to do.
    command = result.last_line.partition("git rm ")[2].partition(",")[0]
    project.git("rm", "--quiet", *command.split())
    project.make("start", "check")


def test_edits_are_kept_where_another_file_has_conflicts(old: Old) -> None:
    project = old()
    project.write("src/my_app/cli.py", project.read("src/my_app/cli.py") + "# mine\n")
    project.replace("README.md", "# my-app", "# Mine")
    project.commit()
    result = project.make("update", "ARGS=-d app_name=another", check=False)
    assert result.code
    assert result.last_line.endswith("make lock check: README.md")
    assert (
        "move your edits, then: git rm src/my_app/__init__.py src/my_app/cli.py " in result.output
    )
    assert project.read("src/my_app/cli.py").endswith("# mine\n")


@pytest.mark.parametrize("command", ["update", "outdated"])
@pytest.mark.parametrize("where", ["a folder that was moved", "no network"])
def test_a_template_that_is_not_there_is_one_line(old: Old, command: str, where: str) -> None:
    project = old()
    [line] = [x for x in project.read(".copier-answers.yml").splitlines() if "_src_path" in x]
    address = "https://127.0.0.1:9/it.git" if where == "no network" else f"{project.folder}-moved"
    project.replace(".copier-answers.yml", line, f"_src_path: {address}")
    project.commit()
    result = project.make(command, check=False)
    assert result.code
    assert "Traceback" not in result.output
    said = [x for x in result.output.splitlines() if not x.startswith("make")]
    assert len(said) == 1
    assert said[0].startswith("Copier failed: ")
    assert said[0].endswith(
        f"where the template is no longer at {address}, "
        "write its new address into _src_path of .copier-answers.yml, and commit"
    )
