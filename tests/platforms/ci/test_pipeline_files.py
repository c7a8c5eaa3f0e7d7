"""CI: seven platforms, and each types what a person types."""

import re
import subprocess
from collections.abc import Iterator

import pytest
import tree_sitter_groovy
import yaml
from tree_sitter import Language, Node, Parser

from tests.platforms.ci.platforms import PLATFORMS, jobs
from tests.support.answers import TEMPLATE
from tests.support.project import Project, Render
from tests.support.reading.linters import zizmor
from tests.support.reading.script import BIN


def test_there_is_a_file_for_each_platform_that_can_be_chosen(everywhere: Project) -> None:
    answers = yaml.safe_load(everywhere.read(".copier-answers.yml"))
    assert sorted(answers["ci"]) == sorted(PLATFORMS)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_platform_runs_the_same_targets(everywhere: Project, platform: str) -> None:
    targets = {
        name: re.findall(
            r"^(?:.* && |timeout 15m )?make ([a-z.][a-z. -]+[a-z])",
            "\n".join(commands),
            re.MULTILINE,
        )
        for name, commands in jobs(everywhere, platform).items()
    }
    assert targets.pop("check") == ["needs-engine start check build up down"]
    pushes = ["needs-engine .env build up down push"]
    assert targets == {"push": [*pushes, "sbom"] if platform == "github" else pushes}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_tag_of_any_name_starts_a_run_and_reaches_make_whole(
    everywhere: Project, platform: str
) -> None:
    """So that what no image can have is refused in the same words everywhere."""
    starts = {
        "azure": 'tags:\n    include: ["*"]',
        "bitbucket": '  tags:\n    "**":\n',
        "circleci": "tags:\n              only: /.*/",
        "forgejo": 'tags: ["**"]',
        "github": 'tags: ["**"]',
        "gitlab": "- if: $CI_COMMIT_TAG\n",
        "jenkins": "buildingTag()",
    }
    assert starts[platform] in everywhere.read(PLATFORMS[platform])


# What a person has to set before a tag is pushed, and when a job starts by itself.
LOGIN = ("IMAGE", "REGISTRY_USER", "REGISTRY_PASSWORD")
NEEDS = {
    "azure": (LOGIN, "main, tags, each week"),
    "bitbucket": (LOGIN, "every push"),
    "circleci": (LOGIN, "every push"),
    "forgejo": (("REGISTRY_TOKEN",), "main, pull requests but of forks, tags, each week"),
    "github": (("nothing",), "main, pull requests, tags, each week"),
    "gitlab": (("privileged",), "every push"),
    "jenkins": (("IMAGE", "`registry`"), "main each week"),
}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_readme_says_what_a_platform_runs_and_needs_where_it_was_asked_for(
    render: Render, everywhere: Project, platform: str
) -> None:
    alone = render(ci=[platform])
    rows = re.findall(r"^\| [A-Z].*", alone.read("README.md"), re.MULTILINE)
    [(name, runs, _, needs)] = [row.strip("| ").split(" | ") for row in rows]
    assert platform in name.lower()
    for needed in NEEDS[platform][0]:
        assert needed in needs
    assert NEEDS[platform][1] in runs
    assert rows[0] in everywhere.read("README.md")
    config = alone.read(PLATFORMS[platform])
    assert ("each week" in runs and "each week by" not in runs) == ("cron" in config)
    if platform in ("forgejo", "github"):
        starts = yaml.safe_load(config)[True]  # YAML reads `on` so
        assert set(starts) == {"push", "pull_request", "schedule"}
        assert starts["push"] == {"branches": ["main"], "tags": ["**"]}


def test_test_results_and_coverage_are_where_a_platform_shows_them(everywhere: Project) -> None:
    """Bitbucket finds test-results by itself; GitHub and Forgejo show none."""
    for platform in ("azure", "gitlab", "jenkins"):
        assert "test-results/junit.xml" in everywhere.read(PLATFORMS[platform])
    for platform in ("azure", "gitlab"):
        assert "test-results/coverage.xml" in everywhere.read(PLATFORMS[platform])
    assert "store_test_results:\n          path: test-results\n" in everywhere.read(
        PLATFORMS["circleci"]
    )


def test_a_changed_lock_starts_with_the_packages_of_the_one_before(everywhere: Project) -> None:
    assert 'restoreKeys: uv | "$(Agent.OS)"\n' in everywhere.read(PLATFORMS["azure"])
    assert "            - uv-\n" in everywhere.read(PLATFORMS["circleci"])
    assert yaml.safe_load(everywhere.read(PLATFORMS["gitlab"]))["check"]["cache"]["key"] == "uv"


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_login_is_make_s(everywhere: Project, platform: str) -> None:
    """A file hands over a user and a password, and nothing else logs in."""
    text = everywhere.read(PLATFORMS[platform])
    assert not re.search(r"\blogin\b|docker\s+push|--password", text)
    assert "REGISTRY_USER" in text
    assert "REGISTRY_PASSWORD" in text


@pytest.mark.parametrize("platform", ["azure", "forgejo", "github", "jenkins"])
def test_a_run_is_scheduled_where_the_file_can_say_so(everywhere: Project, platform: str) -> None:
    assert everywhere.read(PLATFORMS[platform]).count("cron") == 1


def test_no_push_of_an_image_is_cancelled(everywhere: Project) -> None:
    for platform in ("forgejo", "github"):
        cancel = yaml.safe_load(everywhere.read(PLATFORMS[platform]))["concurrency"]
        assert cancel["cancel-in-progress"] == "${{ github.event_name == 'pull_request' }}"
        assert "github.ref }}" in cancel["group"]
    assert yaml.safe_load(everywhere.read(PLATFORMS["gitlab"]))["push"]["interruptible"] is False
    assert "abortPrevious" not in everywhere.read(PLATFORMS["jenkins"])


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_job_has_a_timeout(everywhere: Project, platform: str) -> None:
    limit = {
        "azure": "timeoutInMinutes: 15",
        "bitbucket": "max-time: 15",
        "circleci": "timeout 15m make",
        "forgejo": "timeout-minutes: 15",
        "github": "timeout-minutes: 15",
        "gitlab": "timeout: 15 minutes",
        "jenkins": "timeout(time: 15, unit: 'MINUTES')",
    }
    once = platform in ("bitbucket", "gitlab", "jenkins")  # for all of its jobs
    assert everywhere.read(PLATFORMS[platform]).count(limit[platform]) == (1 if once else 2)


def test_a_fork_gets_no_engine_of_forgejo_s_runner(everywhere: Project) -> None:
    check = yaml.safe_load(everywhere.read(PLATFORMS["forgejo"]))["jobs"]["check"]
    assert check["if"].endswith("pull_request.head.repo.full_name == github.repository")


def test_workflows_pass_zizmor_s_strictest_persona(everywhere: Project) -> None:
    """GitHub's, Forgejo's but for what the linter's settings give a reason for, and those here."""
    assert [zizmor(folder) for folder in (everywhere.folder, TEMPLATE)] == ["", ""]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_no_package_is_looked_for_in_lists_that_could_not_be_fetched(
    everywhere: Project, platform: str
) -> None:
    """apt-get ends with 0 where a mirror does not answer, unless it is told not to."""
    text = everywhere.read(PLATFORMS[platform])
    assert text.count("apt-get update") == text.count("apt-get update -q --error-on=any &&")


# What keeps a push from any other run than that of a tag, and behind the check.
ONLY_ON_A_TAG = {
    "azure": [
        "startsWith(variables['Build.SourceBranch'], 'refs/tags/')",
        "succeeded()",
        "dependsOn: check",
    ],
    "bitbucket": ["\n  tags:\n"],
    "circleci": ["branches:\n              ignore: /.*/", "requires: [check]"],
    "forgejo": ["if: github.ref_type == 'tag'", "needs: check"],
    "github": ["if: github.ref_type == 'tag'", "needs: check"],
    "gitlab": ["- if: $CI_COMMIT_TAG", "stage: deploy"],
    "jenkins": ["when { buildingTag() }"],
}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_an_image_is_pushed_for_a_tag_alone_and_behind_the_check(
    everywhere: Project, platform: str
) -> None:
    for line in ONLY_ON_A_TAG[platform]:
        assert everywhere.read(PLATFORMS[platform]).count(line) == 1, line


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_shell_in_a_platforms_file_passes_shellcheck(
    everywhere: Project, platform: str
) -> None:
    # GitHub's runners and Forgejo's step with `shell: bash` have it; elsewhere it is any shell.
    shell = "bash" if platform in ("github", "forgejo") else "sh"
    for name, commands in jobs(everywhere, platform).items():
        checked = subprocess.run(
            [BIN / "shellcheck", f"--shell={shell}", "-"],
            input="\n".join(commands) + "\n",
            capture_output=True,
            text=True,
        )
        assert checked.stdout == "", name


@pytest.mark.parametrize("platform", ["forgejo", "github"])
def test_actions_are_pinned_by_their_commit(everywhere: Project, platform: str) -> None:
    used = re.findall(r"uses: (.*)", everywhere.read(PLATFORMS[platform]))
    assert len(used) == {"forgejo": 3, "github": 5}[platform]
    for action in used:
        assert re.search(r"^\S+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", action)


def test_a_workflow_may_no_more_than_it_has_to(everywhere: Project) -> None:
    workflow = yaml.safe_load(everywhere.read(PLATFORMS["github"]))
    assert workflow["permissions"] == {}
    assert workflow["jobs"]["check"]["permissions"] == {"contents": "read"}
    assert workflow["jobs"]["push"]["permissions"] == {
        "attestations": "write",
        "contents": "read",
        "id-token": "write",
        "packages": "write",
    }


# What Jenkins knows, of what we use: https://www.jenkins.io/doc/book/pipeline/syntax/
SECTIONS = {
    "": {"pipeline"},
    "pipeline": {"agent", "options", "triggers", "environment", "stages"},
    "stages": {"stage"},
    "stage": {"when", "steps", "post"},
    "post": {"always"},
}


def sections(node: Node, inside: str = "") -> Iterator[tuple[str, str]]:
    """Each section of a Jenkinsfile, with the one that it stands in."""
    for child in node.named_children:
        name = inside
        text = (child.text or b"").decode()
        if child.type in ("expression_statement", "local_variable_declaration") and (
            found := re.match(r"(\w+)(\('\w+'\))? ?(\{|any$)", text.strip())
        ):
            name = found[1]
            yield inside, name
        if name in SECTIONS or not inside:
            yield from sections(child, name)


def test_the_jenkinsfile_is_a_declarative_pipeline(everywhere: Project) -> None:
    """As far as it shows without Jenkins: Groovy that parses, and sections where they belong."""
    parser = Parser(Language(tree_sitter_groovy.language()))

    def parse(text: str) -> Node:
        return parser.parse(text.encode()).root_node

    text = everywhere.read("Jenkinsfile")
    assert not parse(text).has_error
    assert parse(text.replace("stage('push') {", "stage('push' {")).has_error
    assert parse(text.rstrip().removesuffix("}")).has_error

    found = list(sections(parse(text)))
    assert {name for _, name in found} == set.union(*SECTIONS.values())
    assert all(name in SECTIONS[inside] for inside, name in found)
    assert next(name for inside, name in found if inside == "pipeline") == "agent"
