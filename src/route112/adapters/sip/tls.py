"""Mutual TLS: both ends show a certificate of one authority."""

import ssl
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files of one element."""

    certificate: Path
    key: Path
    authority: Path
    """Whoever shows a certificate of this authority is trusted; names in it are not compared,
    since elements are known by their addresses."""

    def server(self) -> ssl.SSLContext:
        """Return what accepts connections, from holders of a certificate only."""
        return self._load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))

    def client(self) -> ssl.SSLContext:
        """Return what opens connections."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        return self._load(context)

    def _load(self, context: ssl.SSLContext) -> ssl.SSLContext:
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(self.certificate, self.key)
        context.load_verify_locations(self.authority)
        return context
