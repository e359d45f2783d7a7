"""The end of the notify socket that systemd holds."""

import socket


class ServiceManager:
    """A datagram socket at an address, as systemd gives one in $NOTIFY_SOCKET."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address)
        self._socket.settimeout(20)

    def hears(self) -> str:
        return self._socket.recv(4096).decode()

    def silent(self) -> bool:
        self._socket.settimeout(0.05)
        try:
            self._socket.recv(4096)
        except TimeoutError:
            return True
        return False

    def close(self) -> None:
        self._socket.close()
