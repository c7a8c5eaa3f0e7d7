"""The files of the seven platforms, and what each of them types."""

import re
from typing import Any

import yaml

from tests.support.project import Project

PLATFORMS = {
    "azure": "azure-pipelines.yml",
    "bitbucket": "bitbucket-pipelines.yml",
    "circleci": ".circleci/config.yml",
    "forgejo": ".gitea/workflows/ci.yml",
    "github": ".github/workflows/ci.yml",
    "gitlab": ".gitlab-ci.yml",
    "jenkins": "Jenkinsfile",
}
# These run the commands of a job in one shell, so that a variable reaches the next.
ONE_SHELL = ("bitbucket", "gitlab")


def jobs(project: Project, platform: str) -> dict[str, list[str]]:
    """What a platform types, job by job and in order."""
    text = project.read(PLATFORMS[platform])
    if platform == "jenkins":
        _, *stages = re.split(r"stage\('(\w+)'\)", text)
        return {
            name: re.findall(r"\bsh '(.*)'$", body, re.MULTILINE)
            for name, body in zip(stages[::2], stages[1::2], strict=True)
        }
    config: Any = yaml.safe_load(text)
    match platform:
        case "azure":
            steps = {job["job"]: job["steps"] for job in config["jobs"]}
        case "bitbucket":
            pipeline = [each["step"] for each in config["pipelines"]["tags"]["**"]]
            assert config["pipelines"]["default"] == [{"step": pipeline[0]}]
            return {step["name"]: step["script"] for step in pipeline}
        case "circleci":
            steps = {
                name: [*config["commands"]["prepare"]["steps"], *job["steps"]]
                for name, job in config["jobs"].items()
            }
        case "gitlab":
            before = config["default"]["before_script"]
            return {name: [*before, *config[name]["script"]] for name in ("check", "push")}
        case _:
            steps = {name: job["steps"] for name, job in config["jobs"].items()}
    return {
        name: [
            command
            for step in listed
            if not isinstance(step, str) and (command := step.get("run") or step.get("script"))
        ]
        for name, listed in steps.items()
    }
