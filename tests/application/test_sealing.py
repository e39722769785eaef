"""Canonical JSON and the chain: what is sealed reads back, and any change of it shows."""

import json
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.application.ports import Envelope, Unstorable
from amends.application.sealing import GENESIS, canonical, follows, input_hash, payload_of, seal, unseal
from amends.domain import commands as k
from amends.domain.actor import buyer
from amends.domain.events import Event, Fact, MessageSent, OfferMade, PayoutPaid, RulingGiven
from amends.domain.words import Remedy, Side

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CASE = 383_056_223_592_779_776

texts = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"))
integers = st.integers(-(2**63), 2**63 - 1)
values = st.recursive(
    st.none() | st.booleans() | integers | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
)


def _long_as_text(value):
    match value:
        case bool():
            return value
        case int():
            return value if abs(value) <= 2**53 else str(value)
        case list():
            return [_long_as_text(item) for item in value]
        case dict():
            return {key: _long_as_text(item) for key, item in value.items()}
    return value


@given(values)
def test_canonical_json_is_what_a_plain_encoder_gives_for_sorted_keys_and_exact_numbers(value):
    plain = json.dumps(_long_as_text(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    # A DEL may be written plainly or escaped; both encoders write it plainly.
    assert canonical(value).decode() == plain


@pytest.mark.parametrize(
    ("text", "storable"),
    [
        ("a\x00b", False),
        ("\ud83d alone", False),
        (r"\u0000", True),
        (r"\\u0000", True),
        ("\\\x00", False),
        ("😀 \u2028 \x01", True),
    ],
)
def test_nul_and_half_characters_are_refused_and_what_only_looks_like_them_is_not(text: str, storable: bool):
    if storable:
        assert json.loads(canonical(text)) == text
    else:
        with pytest.raises(Unstorable):
            canonical(text)


def message(seq: int, text: str) -> Fact:
    return Fact(CASE, seq, NOON, "buyer/b42", MessageSent(Side.BUYER, text))


def test_a_sealed_fact_is_sorted_json_with_the_long_number_as_text():
    payload = payload_of(message(3, "1234567890123456789, 你好"))
    assert payload.decode() == (
        '{"at":"2026-03-02T12:00:00Z","by":"buyer/b42","case_id":"383056223592779776",'
        '"event":{"event":"message_sent","side":"buyer","text":"1234567890123456789, 你好"},"seq":3}'
    )
    assert payload == canonical(json.loads(payload))


@given(st.lists(texts, min_size=1, max_size=5), st.data())
def test_a_chain_holds_until_any_event_is_changed_left_out_or_moved(written: list[str], data):
    facts = [message(seq, text) for seq, text in enumerate(written, start=1)]
    sealed = seal(facts, GENESIS)
    assert [unseal(one.payload) for one in sealed] == facts
    place = data.draw(st.integers(0, len(sealed) - 1))
    before = sealed[place - 1].chain if place else GENESIS
    one = sealed[place]
    assert follows(before, one.payload, one.chain)
    other = payload_of(message(place + 1, written[place] + "!"))
    assert not follows(before, other, one.chain)
    assert not follows(sha256(before).digest(), one.payload, one.chain)


def test_every_event_can_be_stored_under_a_name_of_its_own():
    tags = [event.__struct_config__.tag for event in Event.__subclasses__()]
    assert len(set(tags)) == len(tags)
    for event in (OfferMade("x-o1", Side.BUYER, Remedy.REFUND_ONLY, 2**53, NOON), PayoutPaid("p")):
        fact = Fact(CASE, 1, NOON, "system", event)
        assert unseal(payload_of(fact)) == fact
    assert RulingGiven in Event.__subclasses__()


def test_what_was_asked_is_told_apart_by_case_actor_key_and_content():
    asked = Envelope(buyer("b42"), 1001, k.Withdraw(note="n"), case_id=1, key="k")
    others = [
        Envelope(buyer("b43"), 1001, k.Withdraw(note="n"), case_id=1, key="k"),
        Envelope(buyer("b42"), 1001, k.Withdraw(note="m"), case_id=1, key="k"),
        Envelope(buyer("b42"), 1001, k.Withdraw(note="n"), case_id=2, key="k"),
        Envelope(buyer("b42"), 1001, k.AskHumanReview(note="n"), case_id=1, key="k"),
    ]
    same = Envelope(buyer("b42"), 1001, k.Withdraw(note="n"), case_id=1, key="k", expected_version=7)
    assert input_hash(asked) == input_hash(same)
    assert len({input_hash(one) for one in (asked, *others)}) == 5
