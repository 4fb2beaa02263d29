import contextlib

from steadygan.monitor.pace import Pace


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_times_inside_and_outside_are_told_apart() -> None:
    clock = Clock()
    pace = Pace(0.05, clock)
    clock.now += 1000  # before the first visit nothing is known of the loop
    for _ in range(3):
        with pace.visit():
            clock.now += 2
        clock.now += 7
    assert (pace.inside, pace.outside) == (6, 14)


def test_a_look_waits_until_it_is_paid() -> None:
    clock = Clock()
    pace = Pace(0.05, clock)
    looked = []
    for step in range(1000):
        with pace.visit():
            if pace.allows("look"):
                looked.append(step)
                with pace.piece("look"):
                    clock.now += 0.5
        clock.now += 1
        assert pace.inside <= 0.05 * pace.outside + 0.5  # never more than one look, the first one, ahead
    assert looked == [0, *range(20, 1000, 10)]


def test_kinds_of_work_have_costs_of_their_own() -> None:
    clock = Clock()
    pace = Pace(0.1, clock)
    with pace.visit(), pace.piece("survey"):
        clock.now += 1
    clock.now += 10.5
    with pace.visit():
        assert pace.allows("look"), "its cost is not known"
        assert not pace.allows("survey")


def test_without_a_limit_all_is_allowed() -> None:
    clock = Clock()
    pace = Pace(None, clock)
    with pace.visit(), pace.piece("look"):
        clock.now += 1e6
    assert pace.allows("look")


def test_an_error_within_a_visit_is_counted_as_time_and_passes() -> None:
    clock = Clock()
    pace = Pace(0.05, clock)
    with contextlib.suppress(ValueError), pace.visit():
        clock.now += 3
        raise ValueError
    assert pace.inside == 3
