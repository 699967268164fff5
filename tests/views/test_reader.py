"""The reader remembers its latest answers: the same again costs nothing, anything else is read anew."""

from specimens import python_event, python_issue

from sentry.models import Issue
from views.issues import issue
from views.reader import LATELY, Reader


def test_the_same_again_is_the_same_answer() -> None:
    reader = Reader()

    first = reader.read(issue(python_issue(), python_event()))
    again = reader.read(issue(python_issue(), python_event()))

    assert again.text.splitlines()[3:] == first.text.splitlines()[3:]
    assert again.data == first.data


def test_each_other_answer_has_markers_and_a_content_of_its_own() -> None:
    reader = Reader()

    answers = [reader.read(issue(Issue(id=str(number), title="x"), None)) for number in range(LATELY * 2)]

    assert [answer.data["id"] for answer in answers] == [str(number) for number in range(LATELY * 2)]
    assert len({answer.text.split("«")[1][:9] for answer in answers}) == LATELY * 2


def test_another_budget_is_another_answer() -> None:
    reader = Reader()

    usual = reader.read(issue(python_issue(), python_event()))
    small = reader.read(issue(python_issue(), python_event()), 500)

    assert len(small.text) <= 2_000 < len(usual.text)
