"""A small IMAP4rev1 server (RFC 3501) over loopback.

LOGIN, AUTHENTICATE XOAUTH2, EXAMINE, UID SEARCH, UID FETCH, LOGOUT.
"""

from __future__ import annotations

import base64
import re
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from typing import Any

_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')


@dataclass
class ImapPeer:
    """A running mailbox. `messages` by UID; `breaks_at` cuts the connection when that UID is fetched."""

    port: int = 0
    user: str = "desk"
    password: str = "open sesame"
    token: str = ""
    validity: int = 7
    messages: dict[int, bytes] = field(default_factory=dict)
    breaks_at: set[int] = field(default_factory=set)
    sizes: dict[int, int] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)

    def put(self, raw: bytes) -> int:
        """Deliver a message into the mailbox; its UID."""
        uid = max(self.messages, default=0) + 1
        self.messages[uid] = raw
        return uid

    @property
    def fetched(self) -> list[int]:
        """UIDs whose whole message was fetched, in order."""
        return [int(found[1]) for c in self.commands if (found := re.match(r"UID FETCH (\d+) .*\[\]", c))]


@contextmanager
def imap_peer() -> Iterator[ImapPeer]:
    """Serve until the block ends."""
    peer = ImapPeer()

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            _serve(peer, self.rfile, self.wfile)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address, daemon_threads = True, True

    with Server(("127.0.0.1", 0), Session) as server:
        peer.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield peer
        finally:
            server.shutdown()
            thread.join()


def _serve(peer: ImapPeer, rfile: Any, wfile: Any) -> None:
    def say(text: str | bytes) -> None:
        wfile.write((text.encode() if isinstance(text, str) else text) + b"\r\n")

    say("* OK [CAPABILITY IMAP4rev1] peer ready")
    session = _Session(peer, say, rfile.readline)
    while line := rfile.readline():
        tag, _space, rest = line.decode().strip().partition(" ")
        peer.commands.append(re.sub(r"^(LOGIN \S+).*", r"\1", rest))
        words = [a or b for a, b in _TOKEN.findall(rest)]
        verb = "_".join(words[: 2 if words[0].upper() == "UID" else 1]).lower()
        answer = getattr(session, verb, lambda *_: "BAD unknown")(words, rest)
        if not answer:
            return
        say(f"{tag} {answer}")
        if verb == "logout":
            return


@dataclass
class _Session:
    """One connection: each command is a method that answers its last line, or nothing to break off."""

    peer: ImapPeer
    say: Callable[[str | bytes], None]
    hear: Callable[[], bytes]
    is_in: bool = False
    is_selected: bool = False

    def capability(self, _words: list[str], _rest: str) -> str:
        self.say("* CAPABILITY IMAP4rev1")
        return "OK done"

    def login(self, words: list[str], _rest: str) -> str:
        self.is_in = words[1:3] == [self.peer.user, self.peer.password]
        return "OK in" if self.is_in else "NO [AUTHENTICATIONFAILED] wrong user or password"

    def authenticate(self, words: list[str], _rest: str) -> str:
        if words[1].upper() != "XOAUTH2":
            return "NO another way of signing in"
        self.say("+ ")
        wanted = f"user={self.peer.user}\x01auth=Bearer {self.peer.token}\x01\x01"
        self.is_in = bool(self.peer.token) and base64.b64decode(self.hear().strip()).decode() == wanted
        if not self.is_in:
            self.say("+ " + base64.b64encode(b'{"status":"400","schemes":"Bearer"}').decode())
            self.hear()
        return "OK in" if self.is_in else "NO [AUTHENTICATIONFAILED] the token is not taken"

    def logout(self, _words: list[str], _rest: str) -> str:
        self.say("* BYE")
        return "OK bye"

    def examine(self, words: list[str], _rest: str) -> str:
        if not self.is_in or words[1] != "INBOX":
            return "NO [NONEXISTENT] no such folder"
        self.is_selected = True
        self.say(f"* {len(self.peer.messages)} EXISTS")
        self.say(f"* OK [UIDVALIDITY {self.peer.validity}] UIDs valid")
        return "OK [READ-ONLY] done"

    def uid_search(self, words: list[str], _rest: str) -> str:
        if not self.is_selected:
            return "BAD nothing is selected"
        self.say("* SEARCH" + "".join(f" {uid}" for uid in _searched(self.peer, words)))
        return "OK done"

    def uid_fetch(self, words: list[str], rest: str) -> str:
        uid = int(words[2])
        if not self.is_selected:
            return "BAD nothing is selected"
        if uid in self.peer.breaks_at and "[]" in rest:
            return ""
        if uid in self.peer.messages:
            _give(self.peer, uid, rest, self.say)
        return "OK done"


def _searched(peer: ImapPeer, words: list[str]) -> list[int]:
    """UIDs from `UID n:*`: the star always names the last message, as real servers do."""
    first = int(words[3].partition(":")[0]) if words[2].upper() == "UID" else 1
    uids = sorted(peer.messages)
    found = [uid for uid in uids if uid >= first]
    return found or uids[-1:]


def _give(peer: ImapPeer, uid: int, rest: str, say: Any) -> None:
    raw = peer.messages[uid]
    if "RFC822.SIZE" in rest:
        say(f"* {uid} FETCH (UID {uid} RFC822.SIZE {peer.sizes.get(uid, len(raw))})")
        return
    what = "BODY[]"
    if "HEADER" in rest:
        raw, what = BytesHeaderParser().parsebytes(raw).as_bytes(), "BODY[HEADER]"
    say(f"* {uid} FETCH (UID {uid} {what} {{{len(raw)}}}".encode())
    say(raw + b")")
