from hypothesis import given, settings
from hypothesis import strategies as st

from steadygan.report.skipped import PATHS, REASONS, group_skipped


def test_files_are_grouped_by_reason_the_most_frequent_first() -> None:
    skipped = [{"path": f"{n}.jpg", "reason": "broken"} for n in range(500)] + [{"path": "x", "reason": "empty"}, {}]
    broken, *rare = group_skipped(skipped)
    assert (broken.reason, broken.count, len(broken.paths), broken.hidden) == ("broken", 500, 198, 302)
    assert broken.paths[:2] == ("0.jpg", "1.jpg")
    assert {(group.reason, group.paths) for group in rare} == {("empty", ("x",)), ("no reason given", ("?",))}


@settings(max_examples=30)
@given(st.lists(st.tuples(st.text(max_size=3), st.sampled_from(["a", "b", "c", "d"])), max_size=300))
def test_no_more_than_the_limit_is_shown_and_every_file_counted(files: list[tuple[str, str]]) -> None:
    groups = group_skipped([{"path": path, "reason": reason} for path, reason in files])
    assert sum(group.count for group in groups) == len(files)
    assert sum(len(group.paths) for group in groups) == min(PATHS, len(files))
    assert all(group.paths for group in groups)


def test_a_reason_for_each_file_does_not_flood_the_page() -> None:
    groups = group_skipped([{"path": str(n), "reason": f"reason {n}"} for n in range(5000)])
    assert len(groups) == REASONS
