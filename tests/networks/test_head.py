"""What is answered, by the formulas."""

import pytest
import torch

from steadygan.blueprint import Blueprint
from steadygan.layers.minibatch import MinibatchDiscrimination
from steadygan.networks.head import Head

pytestmark = pytest.mark.usefixtures("float64")

FEATURES, CLASSES = 6, 3


def _head(**fields: object) -> Head:
    torch.manual_seed(0)
    return Head(Blueprint(classes=CLASSES).changed(**fields), FEATURES)


def test_the_plain_logit_is_a_dense_layers() -> None:
    head, x = _head(), torch.randn(4, FEATURES)
    answer = head(x, torch.tensor([0, 1, 2, 0]))
    assert head.judge is not None
    torch.testing.assert_close(answer.logits, x @ head.judge.weight[0] + head.judge.bias)
    assert answer.features is x
    assert answer.class_logits is None


def test_projection_adds_the_inner_product_with_the_classes_row() -> None:
    head, x = _head(projection=True), torch.randn(4, FEATURES)
    assert head.judge is not None
    assert head.embed is not None
    plain = x @ head.judge.weight[0] + head.judge.bias
    rows = head.embed.weight
    expected = torch.stack([plain[0] + rows[2] @ x[0], plain[1] + rows[0] @ x[1], plain[2], plain[3] + rows[1] @ x[3]])
    torch.testing.assert_close(head(x, torch.tensor([2, 0, -1, 1])).logits, expected)
    torch.testing.assert_close(head(x).logits, plain)


def test_projection_of_packs_takes_the_mean_of_their_classes() -> None:
    head, x = _head(projection=True, packing=2), torch.randn(2, FEATURES)
    assert head.embed is not None
    rows = head.embed.weight
    added = head(x, torch.tensor([2, 0, -1, 1])).logits - head(x).logits
    torch.testing.assert_close(added, torch.stack([(rows[2] + rows[0]) / 2 @ x[0], rows[1] / 2 @ x[1]]))


def test_without_an_unconditional_part_the_projection_is_all() -> None:
    head, x = Head(Blueprint(classes=3, projection=True), FEATURES, unconditional=False), torch.randn(2, FEATURES)
    assert head.judge is None
    assert head.embed is not None
    torch.testing.assert_close(
        head(x, torch.tensor([1, -1])).logits, torch.stack([head.embed.weight[1] @ x[0], x.new_zeros(())])
    )


def test_the_semi_supervised_logit_is_that_of_any_class_against_fake() -> None:
    head, x = _head(class_answer="semi-supervised"), torch.randn(4, FEATURES)
    answer = head(x)
    assert head.judge is None
    assert answer.class_logits is not None
    exponentials = answer.class_logits.exp()
    real = exponentials.sum(1) / (exponentials.sum(1) + 1)  # softmax over K classes and fake, whose logit is 0
    torch.testing.assert_close(torch.sigmoid(answer.logits), real)


def test_the_auxiliary_classifier_stands_beside_the_logit() -> None:
    head, x = _head(class_answer="auxiliary"), torch.randn(4, FEATURES)
    answer = head(x)
    assert head.classify is not None
    assert head.judge is not None
    torch.testing.assert_close(answer.class_logits, head.classify(x))
    torch.testing.assert_close(answer.logits, head.judge(x)[:, 0])


def test_the_auxiliary_classifier_names_each_image_of_a_pack() -> None:
    head, x = _head(class_answer="auxiliary", packing=2), torch.randn(2, FEATURES)
    assert head.classify is not None
    raw = head.classify(x)
    expected = torch.stack([raw[0, :3], raw[0, 3:], raw[1, :3], raw[1, 3:]])
    assert torch.equal(head(x).class_logits, expected)


def test_minibatch_discrimination_reaches_the_logit_alone() -> None:
    head = _head(minibatch_kernels=4, minibatch_dimension=2, class_answer="auxiliary", projection=True)
    x, labels = torch.randn(3, FEATURES), torch.tensor([0, 1, 2])
    other = torch.cat([x[:1], torch.randn(2, FEATURES)])
    first, second = head(x, labels), head(other, labels)
    assert isinstance(head.minibatch, MinibatchDiscrimination)
    assert head.judge is not None
    assert head.judge.in_features == FEATURES + 4
    assert first.features is x
    assert first.class_logits is not None
    assert second.class_logits is not None
    assert torch.equal(first.class_logits[0], second.class_logits[0])
    assert not torch.equal(first.logits[0], second.logits[0])
