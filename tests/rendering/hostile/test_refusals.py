"""What can not work is refused, with what to type instead; the validators read 4,600 answers, and copier 40."""

import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

import copier
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rendering.hostile.answers import HARMLESS, HOSTILE, LIMITS, examples
from tests.rendering.hostile.conftest import Validate


@pytest.mark.parametrize("question", HOSTILE)
def test_an_answer_is_refused_with_what_to_type_instead_or_can_be_held(
    question: str, validate: Validate, record_property: Callable[[str, object], None]
) -> None:
    """1,000 answers to each of the four questions."""
    accepted, refused = [], []

    @examples(1000)
    @given(HOSTILE[question])
    def check(answer: str) -> None:
        if message := validate(question, answer):
            refused.append(answer)
            assert re.match(r"Type |.*: type another, such as ", message)
            for suggestion in re.findall(r"such as ([\w@.-]*\w(?: [A-Z]\w+)?)", message):
                assert not validate(question, suggestion)
            return
        accepted.append(answer)
        assert len(answer) <= LIMITS[question]
        assert answer == answer.strip()
        assert len(answer.splitlines()) == bool(answer)
        assert not {"Cc", "Cs", "Zl", "Zp"} & {unicodedata.category(each) for each in answer}
        controls = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
        assert not controls & {unicodedata.bidirectional(each) for each in answer}

    check()
    assert len(accepted) + len(refused) >= 1000
    record_property("hostile answers were judged", len(accepted) + len(refused))
    assert min(len(accepted), len(refused)) >= 150


@pytest.mark.parametrize("question", ["description", "author_name"])
def test_words_in_any_script_are_not_refused(question: str, validate: Validate) -> None:
    """300 answers to each."""
    word = st.text(st.characters(categories=["L", "Nd"]), min_size=1, max_size=9)

    @examples(300)
    @given(st.lists(word, min_size=1, max_size=5).map(" ".join))
    def check(answer: str) -> None:
        assert validate(question, answer) == ""

    check()


@pytest.mark.parametrize(
    "description",
    ["<<<<<<< a", ">>>>>>> b", "=======", "<!-- a", "```a", "~~~ a", "# a", "| a", "- a", "[a]: b"],
)
def test_a_description_that_would_be_no_paragraph_of_the_readme_is_refused(
    description: str, validate: Validate
) -> None:
    """`make check` would take the first three for a conflict; HTML and code would go on to the end."""
    assert "Type a sentence" in validate("description", description)


@pytest.mark.parametrize("question", HOSTILE)
def test_a_line_end_does_not_slip_through_behind_an_answer(
    question: str, validate: Validate
) -> None:
    assert not validate(question, HARMLESS[question])
    assert validate(question, HARMLESS[question] + "\n").startswith("Type ")


@pytest.mark.parametrize("question", HOSTILE)
def test_a_refused_answer_leaves_nothing_behind(
    question: str, validate: Validate, files: Path, tmp_path: Path
) -> None:
    """10 answers to each question, typed at copier itself."""

    @examples(10)
    @given(HOSTILE[question].filter(lambda answer: bool(validate(question, answer))))
    def check(answer: str) -> None:
        with pytest.raises(ValueError, match="Validation error") as refusal:
            copier.run_copy(
                str(files), tmp_path / "app", data={question: answer}, defaults=True, quiet=True
            )
        assert validate(question, answer) in str(refusal.value)
        assert list(tmp_path.iterdir()) == []

    check()
