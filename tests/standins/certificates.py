"""Certificates for servers on loopback, which only themselves vouch for."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest


def made_certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that only itself vouches for, with its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl, which makes the certificate, is not installed")
    file = folder / "certificate.pem"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "1", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-keyout", str(folder / "key.pem"), "-out", str(file)]
    subprocess.run(command, check=True, capture_output=True)
    return file


def secure_server(certificate: Path) -> ssl.SSLContext:
    """What serves with a certificate that was made here."""
    secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secure.load_cert_chain(certificate, certificate.parent / "key.pem")
    return secure
