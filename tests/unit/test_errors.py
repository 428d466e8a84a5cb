"""What a person reads of a mistake, made from its fields."""

from trajectsim.errors import Mistake, UserError, nearest


def test_sentence_says_place_key_mistake_range_nearest_and_cure() -> None:
    mistake = Mistake(
        "0.4 is not a state",
        file="a.yaml",
        line=3,
        key="domains.x",
        near="home",
        allowed="home, job",
        cure="write home",
    )
    assert mistake.sentence() == (
        "a.yaml:3: domains.x: 0.4 is not a state; allowed: home, job; did you mean 'home'? Write home."
    )


def test_sentence_of_the_bare_mistake() -> None:
    assert Mistake("nothing fits").sentence() == "nothing fits"


def test_sentence_with_a_cure_but_no_nearest_name() -> None:
    assert Mistake("it is empty.", file="a.yaml", cure="fill it").sentence() == "a.yaml: it is empty. Fill it."


def test_error_tells_all_its_mistakes_line_by_line() -> None:
    error = UserError([Mistake("one"), Mistake("two", key="b")])
    assert str(error) == "one\nb: two"


def test_error_of_one_mistake() -> None:
    error = UserError.of("wrong", key="a", allowed="1 to 2")
    assert error.mistakes == [Mistake("wrong", key="a", allowed="1 to 2")]


def test_nearest() -> None:
    assert nearest("yeers", ["years", "draws"]) == "years"
    assert nearest("qqq", ["years", "draws"]) is None
    assert nearest("x", []) is None
