"""Certificates for one test: an authority, and a pair signed by it for every machine of the cluster."""

import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Key = ec.EllipticCurvePrivateKey


def make(folder: Path) -> tuple[str, str, str]:
    """Writes ca.pem, cert.pem and key.pem; their paths."""
    authority, ours = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = _certificate("einvoice test authority", authority, None, authority)
    leaf = _certificate("einvoice test machine", ours, root.subject, authority)
    pem = serialization.Encoding.PEM
    files = {
        "ca.pem": root.public_bytes(pem),
        "cert.pem": leaf.public_bytes(pem),
        "key.pem": ours.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o600)
    ca, cert, key = (str(folder / name) for name in files)
    return ca, cert, key


def _certificate(name: str, key: Key, issuer: x509.Name | None, signer: Key) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    today = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer or subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    return builder.sign(signer, hashes.SHA256())
