"""Time-stamps by an authority made with openssl, which checks them too; nothing of it leaves this machine."""

import asyncio
import zipfile
from collections.abc import Iterator
from functools import cache, partial
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amends.adapters.time_stamps import HttpTimeStamps
from amends.application.ledger import Unstamped
from amends.proof.stamps import BadStamp, read_stamp, request
from amends.proof.verify import Verdict, verify
from tests.support.authority import Authority, listening
from tests.support.dossiers import Dispute
from tests.support.shops import shop_in_memory

pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
"""A changed byte may make a certificate one of an old sort; that is read and warned of."""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def time_stamps(authority: Authority) -> Iterator[HttpTimeStamps]:
    with listening(authority.answer) as client:
        yield client


def test_a_stamp_is_about_these_bytes_and_openssl_agrees(authority: Authority, time_stamps: HttpTimeStamps):
    reply = asyncio.run(time_stamps.stamp(b"a head\n"))
    trusted = [authority.root.read_bytes()]
    stamp = read_stamp(reply, b"a head\n", trusted)
    assert stamp.trusted
    assert stamp.authority == "CN=Test time,O=Test"
    assert authority.checks(b"a head\n", reply)
    with pytest.raises(BadStamp):
        read_stamp(reply, b"another head\n", trusted)
    assert not authority.checks(b"another head\n", reply)


@settings(max_examples=1_500, deadline=None)
@given(data=st.data())
def test_a_reply_that_was_changed_is_refused_or_read_and_never_a_fault(authority: Authority, data):
    """With the authority's certificate at hand, what is still accepted tells the same instant of the same bytes."""
    reply = bytearray(_reply(authority))
    reply[data.draw(st.integers(0, len(reply) - 1))] ^= data.draw(st.integers(1, 255))
    genuine = read_stamp(_reply(authority), b"a head\n")
    for trusted in ([], [authority.root.read_bytes()]):
        try:
            stamp = read_stamp(bytes(reply), b"a head\n", trusted)
        except BadStamp:
            continue
        assert not trusted or stamp.at == genuine.at


@cache
def _reply(authority: Authority) -> bytes:
    return authority.answer(request(b"a head\n").query)


def test_a_stamp_of_an_authority_that_nobody_trusts_proves_nothing(time_stamps: HttpTimeStamps, tmp_path: Path):
    reply = asyncio.run(time_stamps.stamp(b"a head\n"))
    assert not read_stamp(reply, b"a head\n").trusted
    other = Authority(tmp_path)
    with pytest.raises(BadStamp):
        read_stamp(reply, b"a head\n", [other.root.read_bytes()])


@pytest.mark.parametrize(
    "answer",
    [
        partial(listening, lambda _: b"", status=500),
        partial(listening, lambda _: b"<html>", kind="text/html"),
        partial(listening, lambda _: b"no reply at all"),
        partial(listening, lambda _: b"x" * 200_000),
    ],
)
def test_an_authority_that_answers_badly_has_not_stamped(answer):
    with answer() as client, pytest.raises(Unstamped):
        asyncio.run(client.stamp(b"a head\n"))


def test_an_old_reply_given_again_has_not_stamped(authority: Authority, time_stamps: HttpTimeStamps):
    old = asyncio.run(time_stamps.stamp(b"a head\n"))
    with listening(lambda _: old) as client, pytest.raises(Unstamped, match="nonce"):
        asyncio.run(client.stamp(b"a head\n"))


def test_an_authority_that_is_not_there_has_not_stamped():
    with pytest.raises(Unstamped):
        asyncio.run(HttpTimeStamps("http://127.0.0.1:9/").stamp(b"a head\n"))


def test_a_dossier_brings_the_stamp_along_and_every_verifier_sees_it(
    authority: Authority, time_stamps: HttpTimeStamps, tmp_path: Path
):
    async def story():
        async with shop_in_memory() as shop:
            dispute = Dispute(shop, time_stamps)
            await dispute.told()
            await dispute.ledger.stamp()
            return await dispute.zip()

    path = tmp_path / "dossier.zip"
    path.write_bytes(asyncio.run(story()))
    trusted = {finding.where: finding for finding in verify(path, authorities=[authority.root.read_bytes()]).findings}
    assert trusted["ledger/head.tsr"].verdict is Verdict.HOLDS
    assert "stamped by CN=Test time,O=Test" in trusted["ledger/head.tsr"].what
    unknown = {finding.where: finding for finding in verify(path).findings}
    assert unknown["ledger/head.tsr"].verdict is Verdict.NOTE
    with zipfile.ZipFile(BytesIO(path.read_bytes())) as archive:
        assert authority.checks(archive.read("ledger/head.txt"), archive.read("ledger/head.tsr"))
        assert "\nevents 34\n" in archive.read("manifest.txt").decode()
