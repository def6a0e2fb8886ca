"""A listener with TLS before a running installation: for clients that speak nothing else. Its certificate is signed by an
authority of its own, made for one run."""

import datetime
import ipaddress
import socket
import ssl
import threading
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Listener:
    """What a client needs to know, and what has to live as long."""

    host: str
    authority: Path
    directory: object


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(subject, key, issuer, issuer_key, is_authority):
    now = datetime.datetime.now(datetime.timezone.utc)
    hour = datetime.timedelta(hours=1)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject)).issuer_name(_name(issuer)).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - hour).not_valid_after(now + hour)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if not is_authority:
        names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)


def start(base, directory):
    """Listens on a free port and passes bytes on to `base`; ends with the program."""
    folder = Path(directory.name)
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("Test authority", authority_key, "Test authority", authority_key, True)
    chain, secret, bundle = folder / "chain.pem", folder / "key.pem", folder / "authority.pem"
    chain.write_bytes(_pem(_certificate("localhost", key, "Test authority", authority_key, False)))
    bundle.write_bytes(_pem(authority))
    plain = serialization.NoEncryption()
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, secret)
    listener = socket.create_server(("127.0.0.1", 0))
    url = urlsplit(base)
    target = (url.hostname, url.port or 80)
    threading.Thread(target=_accept, args=(listener, context, target), daemon=True).start()
    return Listener(f"localhost:{listener.getsockname()[1]}", bundle, directory)


def _accept(listener, context, target):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_serve, args=(connection, context, target), daemon=True).start()


def _serve(connection, context, target):
    try:
        client = context.wrap_socket(connection, server_side=True)
        server = socket.create_connection(target)
    except OSError:
        connection.close()
        return
    for source, sink in ((client, server), (server, client)):
        threading.Thread(target=_pump, args=(source, sink), daemon=True).start()


def _pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    finally:
        for side in (source, sink):
            try:
                side.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
