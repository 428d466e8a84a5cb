import pytest

from trajectsim.report.format import about, style

NL, EN = style("nl"), style("en")


@pytest.mark.parametrize(
    ("value", "decimals", "dutch", "english"),
    [
        (1234.5, 2, "€\u00a01.234,50", "€1,234.50"),
        (-1234.5, 0, "€\u00a0−1.234", "−€1,234"),
        (0, 0, "€\u00a00", "€0"),
        (-0.2, 0, "€\u00a00", "€0"),
        (1234567, 0, "€\u00a01.234.567", "€1,234,567"),
        (None, 0, "–", "–"),
        (float("nan"), 0, "–", "–"),
    ],
)
def test_euros(value: float | None, decimals: int, dutch: str, english: str) -> None:
    assert NL.euro(value, decimals) == dutch
    assert EN.euro(value, decimals) == english


def test_a_plus_is_shown_where_asked() -> None:
    assert NL.euro(12, sign=True) == "€\u00a0+12"
    assert EN.euro(12, sign=True) == "+€12"
    assert EN.euro(0.2, sign=True) == "€0"


def test_numbers_and_intervals() -> None:
    assert NL.number(1234.56, 1) == "1.234,6"
    assert NL.interval(-1, 2, euro=True) == "€\u00a0−1 tot €\u00a02"
    assert EN.spread({"p05": 0.25, "p95": 1.5}, 2) == "0.25 to 1.50"
    assert EN.spread({"p05": None, "p95": None}) == "–"


@pytest.mark.parametrize(
    ("share", "text"), [(0, "0%"), (0.5, "50%"), (1, "100%"), (0.001, "<\u00a01%"), (0.999, ">\u00a099%"), (None, "–")]
)
def test_a_small_chance_is_not_rounded_to_nil(share: float | None, text: str) -> None:
    assert NL.percent(share) == text


@pytest.mark.parametrize(
    ("value", "rounded"),
    [(18366, 18000), (6297, 6300), (123456, 123000), (47, 50), (4.4, 4), (-18366, -18000), (None, None)],
)
def test_sentences_round_amounts(value: float | None, rounded: float | None) -> None:
    assert about(value) == rounded
