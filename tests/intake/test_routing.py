"""An invoice goes to the town whose claim fits best: the longest fixed part, BT-10 before BT-49, else
nobody.
"""

from hypothesis import given
from hypothesis import strategies as st

from einvoice.intake.routing import check_digits, fits, route

_TEXT = st.text("0123456789ABC-", min_size=1, max_size=12)
_PATTERN = st.builds(lambda text, star: text + "*" * star, _TEXT, st.booleans())
_CLAIMS = st.lists(_PATTERN, max_size=8, unique=True).map(lambda found: [(p, n) for n, p in enumerate(found)])


@given(_TEXT, _CLAIMS)
def test_the_longest_fixed_part_wins(value: str, claims: list[tuple[str, int]]) -> None:
    found = route(value, None, claims)
    fitting = [pattern for pattern, _ in claims if fits(pattern, value)]
    if found is None:
        assert fitting == []
    else:
        longest = max(len(pattern.rstrip("*")) for pattern in fitting)
        assert found.pattern in fitting
        assert len(found.pattern.rstrip("*")) == longest
        assert not (found.pattern.endswith("*") and value in fitting)


@given(_TEXT, _CLAIMS, st.randoms(use_true_random=False))
def test_the_order_of_claims_does_not_matter(
    value: str, claims: list[tuple[str, int]], random: object
) -> None:
    shuffled = list(claims)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert route(value, None, claims) == route(value, None, shuffled)


@given(st.text("0123456789", min_size=2, max_size=12), st.text("0123456789ABCXYZ", max_size=20))
def test_one_pair_of_check_digits_is_right(coarse: str, fine: str) -> None:
    body = "-".join(filter(None, (coarse, fine)))
    right = [f"{n:02d}" for n in range(2, 99) if check_digits(f"{body}-{n:02d}")]
    assert len(right) == 1
    assert check_digits(f"{body}-{right[0]}".lower())


def test_published_ids_have_right_check_digits() -> None:
    for known in ("04011000-900X999-08", "992-90009-96", "991-33333TEST-33"):
        assert check_digits(known)
        assert not check_digits(known[:-1] + str((int(known[-1]) + 1) % 10))


def test_bt_49_counts_only_as_leitweg_id_and_after_bt_10() -> None:
    claims = [("05A*", 1), ("06B*", 2)]
    for scheme, tenant in (("0204", 2), ("9930", None), (None, None)):
        found = route("nobody", {"scheme": scheme, "id": "06b-1"}, claims)
        assert (found.tenant_id if found else None) == tenant
    found = route(" 05a-1\n", {"scheme": "0204", "id": "06B-1"}, claims)
    assert found is not None
    assert (found.tenant_id, found.by, found.value) == (1, "BT-10", "05A-1")
    assert route("", None, [("*", 1)]) is None
