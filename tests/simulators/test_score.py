"""The program that scores: its words, its table, its place on a page."""

from pathlib import Path

import pytest

from gateway.sinks.store.schema import open_store
from simulators import score
from simulators.scoring import Score
from simulators.scoring.table import BEGIN, END, figure, markdown, write_into
from simulators.truth import open_truth
from tests.simulators.scoring.worlds import END as LAST


def rehearsal(folder: Path) -> Path:
    open_store(folder / "state" / "store.sqlite").close()
    with open_truth(folder / "truth.ndjson.zst") as file:
        file.write([LAST])
    return folder


def test_a_folder_in_which_nothing_happened_has_nothing_to_judge(tmp_path: Path) -> None:
    scores = score.score(rehearsal(tmp_path))
    assert scores
    assert [one for one in scores if one.value is not None and one.value != 0] == []


@pytest.mark.parametrize(
    ("missing", "says"), [("truth.ndjson.zst", "holds no truth"), ("state/store.sqlite", "there is no store")]
)
def test_what_is_missing_is_named(tmp_path: Path, missing: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    (rehearsal(tmp_path) / missing).unlink()
    assert score.main([f"clean={tmp_path}"]) == 1
    assert says in capsys.readouterr().err


def test_a_file_that_is_no_store_is_said_to_be_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (rehearsal(tmp_path) / "state" / "store.sqlite").write_bytes(b"nothing of the kind" * 100)
    assert score.main([f"clean={tmp_path}"]) == 1
    assert "is no store" in capsys.readouterr().err


def test_words_that_are_no_rehearsal_or_no_world_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="2"):
        score.main(["clean"])
    assert score.main([f"clean={rehearsal(tmp_path)}", "--year", "clean=mars:0"]) == 1
    assert score.year_of("dying=as-modelled:0.2") == ("dying", "as-modelled", 0.2)


def test_columns_stand_side_by_side_also_where_one_has_no_figure() -> None:
    both = {
        "clean": [Score("waste", "recall", 0.5, "", 1_200, "≥ 0.98")],
        "dying": [
            Score("waste", "recall", None, "", 0, "≥ 0.98"),
            Score("waste", "delay", 123.4, "min", 3),
            Score("waste", "fires", None, "", 0, asked=False),
        ],
    }
    assert markdown(both).splitlines()[2:] == [
        "| waste | recall | 0.500 (1,200) | no data |  | ≥ 0.98 |",
        "|  | delay | - | 123 (3) | min |  |",
        "|  | fires | - | - |  |  |",
    ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "-"), (0.0, "0.000"), (-1e-9, "0.000"), (0.98765, "0.988"), (-2.345, "-2.35"), (1e4, "10,000")],
)
def test_figures_have_three_digits_that_matter(value: float | None, shown: str) -> None:
    assert figure(value) == shown


def test_a_page_keeps_what_stands_around_its_marks(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    write_into(page, "new\n")
    assert page.read_text(encoding="utf-8") == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
    page.write_text("no marks", encoding="utf-8")
    with pytest.raises(ValueError, match="needs the lines"):
        write_into(page, "new\n")
