"""Certificates for an edge, its sites and its callers, with which each side proves who it is."""

import ssl

from tests.support.certificates import write_certificates

from route112.apps.edge.setup import TlsFiles


def make_contexts(folder, host):
    files = write_certificates(folder, host)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    for context in (server, client):
        context.load_verify_locations(files.authority)
        context.load_cert_chain(files.certificate, files.key)
        context.verify_mode = ssl.CERT_REQUIRED
    return TlsFiles(files.certificate, files.key, files.authority), server, client
