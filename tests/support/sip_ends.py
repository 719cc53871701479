"""Both ends of calls on one event loop, and a certificate authority for TLS."""

import asyncio
import datetime as dt
import ipaddress
from contextlib import asynccontextmanager

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from route112.adapters.sip import Address, TlsFiles
from route112.apps.ends import Callers, CallOrder, Psaps

PSAP_NUMBER = "+33261910015"
TEST_SECONDS_MAX = 30
EPOCH = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


def run(coroutine):
    """Run a test's coroutine, never longer than TEST_SECONDS_MAX."""

    async def bounded():
        async with asyncio.timeout(TEST_SECONDS_MAX):
            return await coroutine

    return asyncio.run(bounded())


async def until(condition, *, seconds=60.0):
    """Wait until `condition` holds, or fail."""
    for _ in range(round(seconds * 100)):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"not within {seconds} s")


@asynccontextmanager
async def open_ends(transport="udp", host="127.0.46.1", *, log=None, tls=None, **psap_options):
    """Give PSAPs that listen, callers, and an order that calls them."""
    async with (
        Psaps(tls=tls, log=log and log / "psaps.jsonl", **psap_options) as psaps,
        Callers(
            Address(transport, host, 0), tls=tls, log=log and log / "callers.jsonl"
        ) as callers,
    ):
        target = await psaps.listen(Address(transport, host, 0))
        yield (
            psaps,
            callers,
            CallOrder(dialled=PSAP_NUMBER, to=target, commune="29019", hold_s=0.2),
        )


def make_certificates(folder, *, name="one"):
    """Write an authority, and a certificate of it for an element on loopback."""
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = _sign(f"authority {name}", authority_key, None, authority_key)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _sign(f"element {name}", key, authority, authority_key)
    files = TlsFiles(*(folder / f"{name}.{end}" for end in ("crt", "key", "ca")))
    files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files.authority.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    files.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


def _sign(name, key, issuer, issuer_key):
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    hosts = [x509.IPAddress(ipaddress.ip_address(host)) for host in ("127.0.0.1", "::1")]
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer is not None else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(EPOCH)
        .not_valid_after(EPOCH + dt.timedelta(days=365 * 80))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
