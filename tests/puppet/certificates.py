"""Certificates as Puppet's CA makes them: one CA, a certificate for each name."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID


class Authority:
    """A CA whose files lie in a folder: ca.pem, and NAME.pem with NAME.key for each name."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.name = _name("Puppet CA of the tests")
        builder = _builder(self.name, self.name, self.key.public_key())
        self.certificate = builder.add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        ).sign(self.key, hashes.SHA256())
        self.ca = _write(folder / "ca.pem", self.certificate)

    def issue(self, name):
        """Write a certificate for a name, good for 127.0.0.1 too; return (certificate, key)."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        names = [x509.DNSName(name), x509.IPAddress(ip_address("127.0.0.1"))]
        builder = _builder(_name(name), self.name, key.public_key())
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        certificate = builder.sign(self.key, hashes.SHA256())
        path = self.folder / f"{name}.key"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return _write(self.folder / f"{name}.pem", certificate), path


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(subject, issuer, key):
    start = datetime.now(UTC) - timedelta(hours=1)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer)
    builder = builder.public_key(key).serial_number(x509.random_serial_number())
    return builder.not_valid_before(start).not_valid_after(start + timedelta(days=2))


def _write(path, certificate):
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return path
