"""The mailbox source (IMAP): every mail whole and byte for byte, in the order of the mailbox, marked or moved only
once it is safe. Needs the extra `mail`."""

import contextlib
import imaplib
import re
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from einvoice.errors import EinvoiceError
from einvoice.intake.secret import from_command
from einvoice.intake.settings import ImapSettings
from einvoice.intake.source import Broken, Gone, Kept, Ready, SourceProblem, TooBig, plainly

if TYPE_CHECKING:
    from imap_tools import BaseMailBox

T = TypeVar("T")
KEYWORD = "einvoice"
"""The keyword of mails that are safe, where they are marked and not moved."""

_CHUNK = 500
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
_DATES = re.compile(rb'INTERNALDATE "([^"]+)".*?UID (\d+)|UID (\d+).*?INTERNALDATE "([^"]+)"')


class ImapSource:
    """See Source. readonly: only looks (EXAMINE). commands: whether token_command may be run."""

    identity: Literal["handle", "bytes"] = "bytes"

    def __init__(self, settings: ImapSettings, *, readonly: bool = False, commands: bool = True) -> None:
        self.settings = settings
        self.remembers = settings.after == "keep"
        self.readonly = readonly or self.remembers
        self._secret = self._reveal(commands)
        self.box = self._do(self._connected)
        try:
            self.validity = self._do(lambda: self._select(settings.folder))
        except BaseException:
            self.close()
            raise

    def ready(self) -> Iterator[Ready]:
        """See Source."""
        criteria = f"UNDELETED UNKEYWORD {KEYWORD}" if self.settings.after == "flag" else "UNDELETED"
        for uid in sorted(self._do(lambda: self.box.uids(criteria)), key=int):
            yield Ready(f"{self.settings.folder};{self.validity};{uid}", f"mail-{int(uid):06d}.eml", None)

    def read(self, one: Ready) -> bytes:
        """See Source. The size is asked for mail by mail: one the server cannot read must not hide the others."""
        uid = one.handle.rpartition(";")[2]
        found = self._fetched([uid], "(UID RFC822.SIZE)", _SIZE)
        if found and int(found[0][0]) > self.settings.limit_bytes:
            raise TooBig(int(found[0][0]))
        return self._body(uid)

    def acknowledge(self, one: Ready) -> None:
        """See Source."""
        uid = one.handle.rpartition(";")[2]
        if self.settings.after == "flag":
            self._ok("STORE", uid, "+FLAGS.SILENT", f"({KEYWORD})")
        elif self.settings.after == "move":
            self._move(uid)

    def kept(self) -> Iterator[Kept]:
        """See Source. A mail came to its folder at the latest when it was received anywhere: INTERNALDATE."""
        if self.settings.after != "move" or not self._do(
            lambda: self.box.folder.exists(self.settings.processed)
        ):
            return
        self._do(lambda: self._select(self.settings.processed))
        uids = sorted(self._do(lambda: self.box.uids("UNDELETED")), key=int)
        for start in range(0, len(uids), _CHUNK):
            for a, b, c, d in self._fetched(uids[start : start + _CHUNK], "(UID INTERNALDATE)", _DATES):
                when = datetime.strptime((a or d).decode().strip(), "%d-%b-%Y %H:%M:%S %z")
                yield Kept((b or c).decode(), when.astimezone(UTC))

    def read_kept(self, one: Kept) -> bytes:
        """See Source."""
        return self._body(one.place)

    def release(self, one: Kept) -> None:
        """See Source."""
        self._ok("STORE", one.place, "+FLAGS.SILENT", r"(\Deleted)")
        self._expunge(one.place)

    def faults(self) -> Iterator[EinvoiceError]:
        """See Source."""
        stated = self.box.client.untagged_responses.get("PERMANENTFLAGS", [])
        flags = b" ".join(one for one in stated if isinstance(one, bytes))
        name = self.settings.name
        if self.settings.after == "flag" and flags and rb"\*" not in flags:
            yield SourceProblem(
                f'{name}: the server keeps no keywords: set after = "move".',
                f'{name}: Der Server merkt sich keine Schlagwörter: after = "move" setzen.',
            )

    def wait(self, seconds: float) -> bool | None:
        """Waits until the server tells of more mails (IDLE, RFC 2177), at most `seconds`, under 29 minutes.

        False if none came; None where the server cannot say so: then poll.
        """
        if "IDLE" not in self.box.client.capabilities:
            return None
        said = self._do(lambda: self.box.idle.wait(timeout=min(seconds, 28 * 60)))
        return any(b"EXISTS" in one for one in said)

    def close(self) -> None:
        """See Source."""
        with contextlib.suppress(Exception):
            self.box.client.logout()
        with contextlib.suppress(Exception):
            self.box.client.shutdown()

    def _reveal(self, commands: bool) -> str:
        if self.settings.password is not None:
            return self.settings.password.reveal(self.settings.base)
        if not commands:
            raise SourceProblem(
                f"{self.settings.name}: token_command is run only from a file given by --config, or in /etc.",
                f"{self.settings.name}: token_command läuft nur aus einer mit --config genannten Datei oder /etc.",
            )
        return from_command(self.settings.token_command or [])

    def _connected(self) -> "BaseMailBox":
        box = self._opened()
        _bound(box.client, self.settings.limit_bytes + 1_000_000)
        try:
            self._log_in(box)
            stated = box.client.capability()[1][0]  # what a server can do it often tells only after the login
            box.client.capabilities = tuple(stated.decode("ascii", "replace").upper().split())
        except BaseException:
            box.client.shutdown()
            raise
        return box

    def _log_in(self, box: "BaseMailBox") -> None:
        user, secret = self.settings.user, self._secret
        try:
            if self.settings.password is None:
                box.xoauth2(user, secret, None)
            elif (user + secret).isascii():
                box.login(user, secret, None)
            else:
                box.login_utf8(user, secret, None)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error:
            raise self._refused() from None

    def _refused(self) -> SourceProblem:
        return self._problem("the login was refused", "die Anmeldung wurde abgelehnt")

    def _opened(self) -> "BaseMailBox":
        try:
            from imap_tools import MailBox, MailBoxStartTls, MailBoxUnencrypted
        except ImportError:
            raise SourceProblem(
                "A mailbox needs the extra `mail`: pip install 'einvoice-pipeline[mail]'",
                "Ein Postfach braucht das Extra `mail`: pip install 'einvoice-pipeline[mail]'",
            ) from None
        one, patience = self.settings, self.settings.timeout_seconds
        trust = str(one.base / one.ca_file) if one.ca_file else None
        if one.tls == "implicit":
            return MailBox(
                one.host, one.port or 993, patience, ssl_context=ssl.create_default_context(cafile=trust)
            )
        if one.tls == "starttls":
            context = ssl.create_default_context(cafile=trust)
            return MailBoxStartTls(one.host, one.port or 143, patience, ssl_context=context)
        return MailBoxUnencrypted(one.host, one.port or 143, patience)

    def _select(self, folder: str) -> str:
        """Opens a folder; its UIDVALIDITY, without which no UID means anything."""
        self.box.folder.set(folder, readonly=self.readonly)
        found = self.box.client.untagged_responses.get("UIDVALIDITY", [None])[-1]
        return found.decode() if isinstance(found, bytes) else ""

    def _fetched(self, uids: list[str], what: str, pattern: re.Pattern[bytes]) -> list[tuple[bytes, ...]]:
        answer = self._ok("FETCH", ",".join(uids), what)
        rows = [row[0] if isinstance(row, tuple) else row for row in answer]
        return [found.groups(b"") for row in rows if row and (found := pattern.search(row))]

    def _body(self, uid: str) -> bytes:
        for row in self._ok("FETCH", uid, "(UID BODY.PEEK[])"):
            if isinstance(row, tuple) and len(row) == 2:
                stated = re.search(rb"\{(\d+)\}$", row[0])
                if stated is None or int(stated[1]) != len(row[1]):
                    raise Gone
                return bytes(row[1])
        raise Gone

    def _move(self, uid: str) -> None:
        target = self.settings.processed
        if not self._do(lambda: self.box.folder.exists(target)):
            self._do(lambda: self.box.folder.create(target))
        from imap_tools.utils import encode_folder

        name = encode_folder(target)
        if "MOVE" in self.box.client.capabilities:
            self._ok("MOVE", uid, name)
            return
        self._ok("COPY", uid, name)
        self._ok("STORE", uid, "+FLAGS.SILENT", r"(\Deleted)")
        self._expunge(uid)

    def _expunge(self, uid: str) -> None:
        """Removes one mail that is marked deleted, and no other; where the server cannot, it stays marked."""
        if "UIDPLUS" in self.box.client.capabilities:
            self._ok("EXPUNGE", uid)

    def _ok(self, command: str, *arguments: Any) -> list[Any]:
        def ask() -> list[Any]:
            kind, data = self.box.client.uid(command, *arguments)
            if kind != "OK":
                raise imaplib.IMAP4.error(f"{command}: {kind} {data}")
            return data

        return self._do(ask)

    def _do(self, action: Callable[[], T]) -> T:
        try:
            return action()
        except SourceProblem:
            raise
        except ssl.SSLCertVerificationError as error:
            why = error.verify_message
            raise self._problem(
                f"the server's certificate is not trusted ({why}); ca_file names your own authority",
                f"dem Zertifikat des Servers wird nicht vertraut ({why}); ca_file nennt die eigene Stelle",
            ) from None
        except TimeoutError:
            raise self._broken("no answer in time", "keine Antwort in der gesetzten Zeit") from None
        except OSError as error:
            why = error.strerror or plainly(error, self._secret)
            raise self._broken(f"not reachable ({why})", f"nicht erreichbar ({why})") from None
        except imaplib.IMAP4.abort as error:
            why = plainly(error, self._secret)
            raise self._broken(
                f"the connection broke off ({why})", f"die Verbindung brach ab ({why})"
            ) from None
        except Exception as error:  # imap-tools has a class of its own for each command
            if "Login" in type(error).__name__:
                raise self._refused() from None
            why = plainly(error, self._secret)
            raise self._problem(f"the server refused: {why}", f"der Server lehnte ab: {why}") from None

    def _broken(self, en: str, de: str) -> Broken:
        problem = self._problem(en, de)
        return Broken(str(problem), problem.de)

    def _problem(self, en: str, de: str) -> SourceProblem:
        where = f"{self.settings.user} @ {self.settings.host}"
        return SourceProblem(f"{where}: {en}", f"{where}: {de}")


def _bound(client: imaplib.IMAP4, most: int) -> None:
    """Refuses to read more in one piece than a mail may have, whatever size the server announces."""
    read = client.read

    def bounded(size: int) -> bytes:
        if size > most:
            raise client.abort(f"a piece of {size} bytes is more than the limit")
        data = read(size)
        if len(data) != size:
            raise client.abort("the connection ended within a mail")
        return data

    client.read = bounded  # type: ignore[method-assign]
