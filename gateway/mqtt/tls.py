"""TLS towards a broker: verification always on, a certificate of our own where the broker demands one."""

import ssl
from pathlib import Path


def client_context(
    *, ca_file: Path | None = None, cert_file: Path | None = None, key_file: Path | None = None
) -> ssl.SSLContext:
    """A context that trusts ``ca_file`` (else the system's authorities) and shows ``cert_file`` with ``key_file``.

    Reads files: call it off the loop. Raises ValueError that names the file and the cure.
    """
    for what, path in (("ca_file", ca_file), ("cert_file", cert_file), ("key_file", key_file)):
        if path is not None and not path.is_file():
            raise ValueError(f"{what}: {path} is not a readable file. Give the path of a PEM file")
    if key_file is not None and cert_file is None:
        raise ValueError("key_file without cert_file. Give the certificate that belongs to the key")
    try:
        context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    except (ssl.SSLError, OSError) as error:
        raise ValueError(f"ca_file: {ca_file} holds no certificate in PEM form ({error})") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if cert_file is not None:
        try:
            context.load_cert_chain(cert_file, key_file, password=_refuse_to_ask)
        except (ssl.SSLError, OSError) as error:
            where = f"cert_file {cert_file} and key_file {key_file or cert_file}"
            raise ValueError(f"{where} do not go together, or are not PEM ({error})") from error
    return context


def _refuse_to_ask() -> str:
    """OpenSSL would prompt on the terminal for a locked key, and a daemon would hang there."""
    raise ValueError("key_file is locked by a passphrase. Give an unlocked key with mode 0600")
