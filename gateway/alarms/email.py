"""E-mail: one plain-text message to all receivers of a route, over SMTP.

``smtplib`` in a thread of its own: messages are rare, its dialogue is proven, and the loop never waits. A try that is
given up closes the socket, so that no thread stays behind. Certificates are always verified.
"""

import asyncio
import contextlib
import smtplib
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

from gateway.alarms.notice import Notice
from gateway.alarms.secret_file import read_secret
from gateway.alarms.settings import EmailRoute
from gateway.alarms.words import subject, text
from gateway.mqtt.tls import client_context
from gateway.sinks import SinkUnavailableError

STEP_WITHIN_S = 15.0
"""For connecting, and for each answer of the server."""
PERMANENT_FROM = 500
SAID_KEPT = 300


class EmailTransport:
    """Implements ``Transport``. A connection for each message: they are rare."""

    def __init__(self, route: EmailRoute) -> None:
        self.address = f"{', '.join(route.to)} by {route.address[0]}:{route.address[1]}"
        self._route = route
        self._link: smtplib.SMTP | None = None

    async def send(self, notice: Notice) -> str:
        """Returns the receivers that the server refused, if it took any. Raises SinkUnavailableError."""
        return await self._in_thread(letter_of(notice, self._route))

    async def probe(self) -> None:
        """Greet, secure, log in, leave. Raises SinkUnavailableError."""
        await self._in_thread(None)

    async def _in_thread(self, letter: EmailMessage | None) -> str:
        thread = ThreadPoolExecutor(1, thread_name_prefix="alarms e-mail")
        try:
            return await asyncio.get_running_loop().run_in_executor(thread, self._send, letter)
        finally:
            self._hang_up()
            thread.shutdown(wait=False)

    def _send(self, letter: EmailMessage | None) -> str:
        host, port = self._route.address
        where = f"{host}:{port}"
        try:
            refused = self._dialogue(letter)
        except ssl.SSLError as error:
            mend = "Is its certificate valid for this host? Name its authority in ca_file; or write another security."
            raise SinkUnavailableError(f"{where}: TLS failed: {error}"[:SAID_KEPT], mend=mend) from error
        except smtplib.SMTPException as error:
            raise _unavailable(where, error, self._route) from error
        except OSError as error:
            raise SinkUnavailableError(f"{where} cannot be reached: {error or type(error).__name__}") from error
        except ValueError as error:  # a file of TLS
            raise SinkUnavailableError(str(error), mend=str(error)) from error
        return f"not taken for {', '.join(refused)}" if refused else ""

    def _dialogue(self, letter: EmailMessage | None) -> list[str]:
        route = self._route
        host, port = route.address
        tls = client_context(ca_file=route.ca_file) if route.security != "none" else None
        link = self._connect(host, port, tls if route.security == "tls" else None)
        try:
            if tls is not None and route.security == "starttls":
                link.starttls(context=tls)
            self._log_in(link)
            refused = list(link.send_message(letter, route.sender, route.to)) if letter is not None else []
            with contextlib.suppress(smtplib.SMTPException, OSError):  # it has the message, whatever it says now
                link.quit()
        finally:
            link.close()  # no QUIT after a fault: a server that is lost in TLS never answers it
        return refused

    def _log_in(self, link: smtplib.SMTP) -> None:
        route = self._route
        if route.username is None or route.password_file is None:
            return
        password = read_secret(route.password_file, "password_file")
        if not (route.username.isascii() and password.isascii()):  # smtplib sends no others, and would show them
            mend = "Choose a name and a password of plain letters, digits and signs."
            raise SinkUnavailableError("username or password_file holds letters that are not ASCII", mend=mend)
        link.login(route.username, password.decode())

    def _connect(self, host: str, port: int, tls: ssl.SSLContext | None) -> smtplib.SMTP:
        if tls is not None:
            self._link = smtplib.SMTP_SSL(host, port, timeout=STEP_WITHIN_S, context=tls)
        else:
            self._link = smtplib.SMTP(host, port, timeout=STEP_WITHIN_S)
        return self._link

    def _hang_up(self) -> None:
        """End a dialogue that was given up; its thread sees a closed socket."""
        link, self._link = self._link, None
        if link is not None and link.sock is not None:
            with contextlib.suppress(OSError):
                link.sock.shutdown(socket.SHUT_RDWR)


def letter_of(notice: Notice, route: EmailRoute) -> EmailMessage:
    """The message as it is sent. Its Message-ID is the same when it is sent again."""
    letter = EmailMessage()
    letter["From"] = route.sender
    letter["To"] = ", ".join(route.to)
    letter["Subject"] = subject(notice)
    letter["Date"] = format_datetime(datetime.fromisoformat(notice.sent))
    letter["Message-ID"] = f"<{notice.id}@{route.sender.partition('@')[2]}>"
    letter["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    if notice.severity == "critical" and not notice.test:
        letter["Importance"] = "high"
    letter.set_content(text(notice))
    return letter


def _unavailable(where: str, error: smtplib.SMTPException, route: EmailRoute) -> SinkUnavailableError:
    """What a server's refusal asks for: 4xx is for a while (greylisting), 5xx for a person."""
    match error:
        case smtplib.SMTPAuthenticationError():
            mend = "Check username and password_file; some providers want a password made for this program."
            return SinkUnavailableError(f"{where} does not let us in: {_said(error)}", mend=mend)
        case smtplib.SMTPRecipientsRefused():
            codes = {address: code for address, (code, _) in error.recipients.items()}
            what = f"{where} takes mail for none of {', '.join(codes)}: {_first(error)}"
            mend = "Check to, and whether this server relays for us." if min(codes.values()) >= PERMANENT_FROM else ""
            return SinkUnavailableError(what[:SAID_KEPT], mend=mend)
        case smtplib.SMTPNotSupportedError():
            mend = f"It offers no {'STARTTLS or login' if route.security == 'starttls' else 'login'}. Check security."
            if "SMTPUTF8" in str(error):
                mend = "Write from and to in ASCII, a domain as xn--…: it takes no other letters."
            return SinkUnavailableError(f"{where}: {error}"[:SAID_KEPT], mend=mend)
        case smtplib.SMTPResponseException() if error.smtp_code >= PERMANENT_FROM:
            mend = "Check from and to; the server's words say what it wants."
            return SinkUnavailableError(f"{where} refuses the message: {_said(error)}", mend=mend)
        case smtplib.SMTPResponseException():
            return SinkUnavailableError(f"{where} asks to come again: {_said(error)}")
        case _:
            return SinkUnavailableError(f"{where}: {error or type(error).__name__}"[:SAID_KEPT])


def _said(error: smtplib.SMTPResponseException) -> str:
    words = error.smtp_error
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{error.smtp_code} {said}"[:SAID_KEPT]


def _first(error: smtplib.SMTPRecipientsRefused) -> str:
    code, words = next(iter(error.recipients.values()))
    return f"{code} {words.decode('utf-8', 'replace')}"
