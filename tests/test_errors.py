import pytest
import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from steadygan.errors import nearest, out_of_memory, plain_message, sentence


class Penalty(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    gamma: float = Field(1.0, gt=0)
    every: int = 1
    lazy: bool = False


class Place(BaseModel):
    path: str


def said(kind: type[BaseModel], subject: str, **values: object) -> str:
    with pytest.raises(ValidationError) as raised:
        kind.model_validate(values)
    return sentence(raised.value, subject, kind.model_fields)


def test_the_nearest_name_is_suggested() -> None:
    assert nearest("gama", ["every", "gamma"]) == "did you mean 'gamma'?"
    assert nearest("r3", ["ema", "r1"]) == "did you mean 'r1'?"


def test_all_names_are_given_in_order_when_none_is_near() -> None:
    assert nearest("xyz", ["b", "a"]) == "choose one of: a, b"


def test_where_there_are_no_names_that_is_said() -> None:
    assert nearest("xyz", []) == "there is nothing to choose from"


def test_an_impossible_value_is_named_with_its_field_and_the_rule() -> None:
    assert said(Penalty, "r1", gamma=-1.0) == "'r1.gamma' should be greater than 0, but it is -1.0"


def test_without_a_subject_the_field_stands_alone() -> None:
    assert said(Penalty, "", every="often") == "'every' should be a whole number, but it is 'often'"


def test_an_unknown_field_is_answered_with_the_nearest() -> None:
    assert said(Penalty, "r1", gama=1) == "'r1' has no parameter 'gama'; did you mean 'gamma'?"


def test_a_thing_without_fields_says_so() -> None:
    class Nothing(BaseModel):
        model_config = ConfigDict(extra="forbid")

    assert said(Nothing, "hinge", margin=1) == "'hinge' has no parameters, so 'margin' cannot be set"


def test_a_missing_field_is_called_missing() -> None:
    assert said(Place, "run") == "'run.path' is missing; give it a value"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"every": 2.5}, "should be a whole number, but it is 2.5"),
        ({"gamma": "big"}, "should be a number, but it is 'big'"),
        ({"gamma": float("nan")}, "should be a finite number, but it is nan"),
        ({"lazy": "perhaps"}, "should be true or false, but it is 'perhaps'"),
    ],
)
def test_wrong_kinds_are_said_in_plain_words(values: dict[str, object], words: str) -> None:
    assert said(Penalty, "r1", **values).endswith(words)


def test_plain_words_stay_as_they_are() -> None:
    assert plain_message("should be greater than 0") == "should be greater than 0"


def test_memory_that_was_not_enough_is_recognised() -> None:
    assert out_of_memory(MemoryError())
    assert out_of_memory(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"))
    with pytest.raises(RuntimeError) as raised:
        torch.empty(2**60)
    assert out_of_memory(raised.value)


def test_other_errors_are_not_taken_for_it() -> None:
    assert not out_of_memory(RuntimeError("shapes do not fit"))
    assert not out_of_memory(ValueError("out of memory"))
