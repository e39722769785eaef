"""Canonical JSON and the chain: what is sealed reads back, and any change of it shows."""

import json
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.application.ports import Envelope, Unstorable
from amends.application.sealing import (
    GENESIS,
    canonical,
    disclosures,
    erased,
    follows,
    input_hash,
    line_of,
    payload_of,
    seal,
    unseal,
)
from amends.domain import commands as k
from amends.domain.actor import buyer
from amends.domain.events import (
    Event,
    EvidenceFiled,
    Fact,
    MessageSent,
    OfferMade,
    PayoutOrdered,
    PayoutPaid,
    PayoutReleased,
    RulingGiven,
)
from amends.domain.words import Ledger, Remedy, Side

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


def test_a_sealed_fact_is_sorted_json_with_the_long_number_as_text_and_a_salt_for_what_is_private():
    payload = payload_of(message(3, "1234567890123456789, 你好"))
    document = json.loads(payload)
    salts = document["salts"]
    assert payload.decode() == (
        '{"at":"2026-03-02T12:00:00Z","by":"buyer/b42","case_id":"383056223592779776",'
        '"event":{"event":"message_sent","side":"buyer","text":"1234567890123456789, 你好"},'
        f'"salt":"{document["salt"]}",'
        f'"salts":{{"/buyer":"{salts["/buyer"]}","/event/text":"{salts["/event/text"]}"}},"seq":3}}'
    )
    assert len({document["salt"], *salts.values()}) == 3
    assert payload == canonical(json.loads(payload))


def test_the_line_that_is_chained_covers_a_text_by_its_salted_hash():
    payload = payload_of(message(3, "你好"))
    document = json.loads(payload)
    who, told = disclosures(payload)
    assert (who.pointer, who.value) == ("/buyer", "b42")
    assert json.loads(told.line) == [3, "/event/text", document["salts"]["/event/text"], "你好"]
    assert (told.pointer, told.value) == ("/event/text", "你好")
    assert line_of(payload).decode() == (
        f'{{"at":"2026-03-02T12:00:00Z","buyer":{{"covered":"{sha256(who.line).hexdigest()}"}},"by":"buyer",'
        f'"case_id":"383056223592779776",'
        f'"event":{{"event":"message_sent","side":"buyer","text":{{"covered":"{sha256(told.line).hexdigest()}"}}}},'
        f'"salt":"{document["salt"]}","seq":3}}'
    )


def test_a_line_names_the_party_and_covers_the_person():
    for by, party, place, person in [
        ("merchant/1001/li", "merchant/1001", "staff", "li"),
        ("merchant/1001/a/b", "merchant/1001", "staff", "a/b"),
        ("platform/zhou", "platform", "staff", "zhou"),
        ("buyer/b/42", "buyer", "buyer", "b/42"),
        ("system", "system", "", None),
    ]:
        payload = payload_of(Fact(CASE, 1, NOON, by, PayoutReleased("p1")))
        line = json.loads(line_of(payload))
        assert line["by"] == party
        assert {"staff", "buyer"} & line.keys() == ({place} if place else set())
        assert [told.value for told in disclosures(payload)] == ([person] if person else [])
        assert unseal(payload).by == by


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


@given(texts.filter(bool))
def test_the_words_of_a_person_can_be_erased_and_the_chain_still_holds(words: str):
    (one, two) = seal([message(1, words), message(2, "and so on")], GENESIS)
    left = erased(one.payload)
    assert follows(GENESIS, left, one.chain)
    assert follows(one.chain, two.payload, two.chain)
    assert disclosures(left) == []
    assert erased(left) == left
    assert unseal(left) == Fact(CASE, 1, NOON, "buyer", MessageSent(Side.BUYER, "[erased]"))
    for secret in json.loads(one.payload)["salts"].values():
        assert secret not in left.decode()


def test_who_answered_for_it_stays_when_words_are_erased():
    fact = Fact(CASE, 1, NOON, "platform/zhou", PayoutPaid("p", "provider's number", advanced=True))
    (sealed,) = seal([fact], GENESIS)
    left = erased(sealed.payload)
    assert follows(GENESIS, left, sealed.chain)
    assert unseal(left) == Fact(CASE, 1, NOON, "platform/zhou", PayoutPaid("p", "[erased]", advanced=True))
    assert [told.pointer for told in disclosures(left)] == ["/event/advanced", "/staff"]


def test_an_event_of_the_first_format_reads_back_and_its_chain_holds_before_and_after_erasing():
    """It told the buyer, the parcel and the hash of a file in the open."""
    payload = (
        b'{"at":"2026-03-02T12:00:00Z","by":"buyer/b42","case_id":"383056223592779776","event":{"event":"evidence_filed",'
        b'"items":[{"evidence_id":"e1","kind":"photo","name":"leak.jpg","sha256":"%s"}],"side":"buyer"},'
        b'"salt":"00112233445566778899aabbccddeeff",'
        b'"salts":{"/event/items/0/name":"ffeeddccbbaa99887766554433221100"},"seq":3}' % (b"ab" * 32)
    )
    line = json.loads(line_of(payload))
    assert (line["by"], line["event"]["items"][0]["sha256"]) == ("buyer/b42", "ab" * 32)
    chain = sha256(GENESIS + sha256(line_of(payload)).digest()).digest()
    assert follows(GENESIS, payload, chain)
    left = erased(payload)
    assert follows(GENESIS, left, chain)
    assert unseal(left).event.items == (k.EvidenceItem(k.EvidenceKind.PHOTO, "ab" * 32, "[erased]", evidence_id="e1"),)


def test_the_hash_of_a_file_is_left_out_where_it_was_erased():
    item = k.EvidenceItem(k.EvidenceKind.PHOTO, "ab" * 32, evidence_id="e1")
    (sealed,) = seal([Fact(CASE, 1, NOON, "buyer/b42", EvidenceFiled(Side.BUYER, (item,)))], GENESIS)
    left = erased(sealed.payload)
    assert follows(GENESIS, left, sealed.chain)
    assert unseal(left).event.items == (k.EvidenceItem(k.EvidenceKind.PHOTO, evidence_id="e1"),)


def test_an_account_is_erased_too():
    ordered = PayoutOrdered("p", Ledger.REFUND, 100, "bank", "6222 0000")
    (sealed,) = seal([Fact(CASE, 1, NOON, "system", ordered)], GENESIS)
    left = erased(sealed.payload)
    assert follows(GENESIS, left, sealed.chain)
    assert b"6222 0000" not in left, "with its space: a hash may hold the same figures"


def test_what_nobody_sealed_follows_nothing():
    (sealed,) = seal([message(1, "你好")], GENESIS)
    for forged in (b"", b"{}", b"[]", b"{", sealed.payload + b" ", sealed.payload.replace(b"salts", b"saltz")):
        assert not follows(GENESIS, forged, sealed.chain)


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
