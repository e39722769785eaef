"""Signed notes, heads and keys: as others publish them, and with not a byte to spare."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from amends.proof.heads import Head, KeyNote, introduced, read_head, read_keys
from amends.proof.notes import BadNote, PublicKey, Signer, opened, public_key, signed

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
LEDGER = "amends/1f3a9c20"

# The example in the documentation of Go's package golang.org/x/mod/sumdb/note.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_NOTE = (
    GO_TEXT + "\n— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def signer(number: int, name: str = LEDGER) -> Signer:
    return Signer(name, Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))


FIRST, SECOND, STRANGER = signer(1), signer(2), signer(9)
HEAD = Head(LEDGER, 1234, bytes(range(32)), NOON)


KEYS = [KeyNote(LEDGER, 1, FIRST.public, NOON), KeyNote(LEDGER, 2, SECOND.public, NOON + DAY)]


def key_notes() -> list[bytes]:
    return [introduced(KEYS[0], FIRST, None).encode(), introduced(KEYS[1], SECOND, FIRST).encode()]


def test_a_note_that_go_signed_is_read_and_its_key_written_as_go_does():
    key = public_key(GO_KEY)
    assert str(key) == GO_KEY
    assert opened(GO_NOTE.encode(), [key]) == (GO_TEXT, [key])


def test_ed25519_signs_as_rfc_8032_has_it():
    # RFC 8032 §7.1, test 2
    private = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    key = Signer("x", Ed25519PrivateKey.from_private_bytes(private)).public
    assert key.key.hex() == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert key.signed(signature, b"\x72")
    assert not key.signed(signature, b"\x73")


def test_a_head_says_which_ledger_how_long_which_root_and_when():
    note = signed(HEAD.text, FIRST)
    assert note.splitlines()[:4] == [
        LEDGER,
        "1234",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "time 2026-03-02T12:00:00Z",
    ]
    assert read_head(note.encode(), KEYS) == HEAD


@given(st.data())
def test_no_byte_of_a_signed_head_can_be_changed(data):
    note = bytearray(signed(HEAD.text, FIRST).encode())
    note[data.draw(st.integers(0, len(note) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(BadNote):
        read_head(bytes(note), KEYS)


@given(st.integers(0, 1), st.data())
def test_no_byte_of_what_introduces_a_key_can_be_changed(number, data):
    notes = [bytearray(note) for note in key_notes()]
    notes[number][data.draw(st.integers(0, len(notes[number]) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(BadNote):
        read_keys(map(bytes, notes))


def test_whoever_knows_the_first_key_can_follow_to_the_next():
    assert read_keys(key_notes()) == KEYS


@pytest.mark.parametrize(
    ("key", "at", "holds"),
    [
        (FIRST, NOON, True),
        (FIRST, NOON - DAY, False),
        (FIRST, NOON + DAY, True),
        (FIRST, NOON + 2 * DAY, False),
        (SECOND, NOON + DAY, True),
        (SECOND, NOON, False),
        (SECOND, NOON + 2 * DAY, True),
    ],
)
def test_a_key_signs_from_its_introduction_until_the_next(key: Signer, at: datetime, holds: bool):
    head = HEAD._replace(at=at)
    note = signed(head.text, key).encode()
    if holds:
        assert read_head(note, KEYS) == head
    else:
        with pytest.raises(BadNote, match="did not sign at that time"):
            read_head(note, KEYS)


@pytest.mark.parametrize(
    "notes",
    [
        [],
        key_notes()[1:],
        key_notes()[::-1],
        [key_notes()[0], introduced(KeyNote(LEDGER, 2, SECOND.public, NOON), SECOND, None).encode()],
        [key_notes()[0], introduced(KeyNote(LEDGER, 2, SECOND.public, NOON), SECOND, STRANGER).encode()],
        [key_notes()[0], introduced(KeyNote(LEDGER, 3, SECOND.public, NOON), SECOND, FIRST).encode()],
        [key_notes()[0], introduced(KeyNote("other", 2, SECOND.public, NOON), SECOND, FIRST).encode()],
        [introduced(KeyNote("other", 1, FIRST.public, NOON), FIRST, None).encode()],
    ],
)
def test_a_key_that_nobody_handed_over_to_is_refused(notes):
    with pytest.raises(BadNote):
        read_keys(notes)


@pytest.mark.parametrize(
    ("note", "why"),
    [
        (HEAD.text, "no signature"),
        (HEAD.text + "\n", "no signature|is no signature"),
        (signed(HEAD.text, STRANGER), "not known"),
        (signed(HEAD.text, FIRST).replace("1234", "1235"), "does not hold"),
        (signed("hello\n", FIRST), "no head"),
        (signed(HEAD.text, FIRST)[:-1], "no signature"),
        (signed(HEAD.text.replace("03-02T", "02-30T"), FIRST), "no instant"),
        (signed(HEAD._replace(ledger="other").text, FIRST), "a head of other"),
    ],
)
def test_what_is_wrong_with_a_head_is_said(note: str, why: str):
    with pytest.raises(BadNote, match=why):
        read_head(note.encode(), KEYS)


@pytest.mark.parametrize("text", ["", "a", "a+b+c", GO_KEY[:-1], GO_KEY.replace("c74f", "c74e"), GO_KEY + "="])
def test_what_is_no_key_is_refused(text):
    with pytest.raises(BadNote):
        public_key(text)


def test_a_name_with_a_space_or_a_plus_signs_nothing():
    for name in ("a b", "a+b", ""):
        with pytest.raises(ValueError, match="cannot be the name"):
            signer(1, name)
    with pytest.raises(ValueError, match="newline"):
        signed("no newline", FIRST)
    assert PublicKey("a", bytes(32)) != PublicKey("b", bytes(32))
