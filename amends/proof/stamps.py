"""Time-stamps of an authority (RFC 3161): that some bytes existed at an instant, by somebody other than us."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509 import (
    Certificate,
    DuplicateExtension,
    ExtendedKeyUsage,
    ExtensionNotFound,
    InvalidVersion,
    load_der_x509_certificate,
    load_pem_x509_certificates,
)
from cryptography.x509.oid import ExtendedKeyUsageOID
from rfc3161_client import (
    HashAlgorithm,
    PKIStatus,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

REPLY = "application/timestamp-reply"
QUERY = "application/timestamp-query"


class BadStamp(Exception):
    """A reply that does not prove what it should; the text says why."""


_UNREADABLE = (ValueError, VerificationError, UnsupportedAlgorithm, DuplicateExtension, InvalidVersion)
"""What the libraries raise for bytes that anybody may have written."""


class Request(NamedTuple):
    """What is sent to an authority, and the number that its reply has to repeat."""

    query: bytes
    nonce: int | None


class Stamp(NamedTuple):
    """Who says when. `trusted`: checked up to an authority that the reader trusts."""

    authority: str
    at: datetime
    trusted: bool


def request(content: bytes) -> Request:
    """A request to stamp the hash of `content`; the content itself stays here."""
    asked = TimestampRequestBuilder().data(content).hash_algorithm(HashAlgorithm.SHA256).cert_request(cert_request=True)
    built = asked.build()
    return Request(built.as_bytes(), built.nonce)


def read_stamp(reply: bytes, content: bytes, authorities: Sequence[bytes] = (), nonce: int | None = None) -> Stamp:
    """What the reply says about the content. Raises BadStamp.

    `authorities` are certificates (PEM), the roots that the reader trusts; without any, the reply is read and held
    against the content, but anybody could have written it.
    """
    try:
        return _read(reply, content, authorities, nonce)
    except _UNREADABLE as fault:
        raise BadStamp(f"it cannot be read: {fault}") from fault


def _read(reply: bytes, content: bytes, authorities: Sequence[bytes], nonce: int | None) -> Stamp:
    response = decode_timestamp_response(reply)
    if PKIStatus(response.status) is not PKIStatus.GRANTED:
        raise BadStamp(f"the authority did not stamp: {PKIStatus(response.status).name.lower()}")
    info = response.tst_info
    if info.message_imprint.message != sha256(content).digest():
        raise BadStamp("it is about something else")
    if nonce is not None and info.nonce != nonce:
        raise BadStamp("it answers another request: the nonce differs")
    brought = [load_der_x509_certificate(one) for one in sorted(response.signed_data.certificates)]
    roots = [certificate for pem in authorities for certificate in load_pem_x509_certificates(pem)]
    if roots:
        VerifierBuilder(roots=roots, intermediates=brought).build().verify_message(response, content)
    return Stamp(_name(response, brought), info.gen_time, bool(roots))


def _name(response: TimeStampResponse, brought: Sequence[Certificate]) -> str:
    for certificate in brought:
        try:
            usage = certificate.extensions.get_extension_for_class(ExtendedKeyUsage).value
        except ExtensionNotFound:
            continue
        if ExtendedKeyUsageOID.TIME_STAMPING in usage:
            return certificate.subject.rfc4514_string()
    return str(response.tst_info.name) if response.tst_info.name else "an authority without a name"
