"""CMIS services for tests: a small strict one after the specification, and Apache Chemistry's own from Maven."""

import contextlib
import email
import email.policy
import http.server
import json
import shutil
import subprocess
import threading
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.intake.servers import free_port

AUTHORIZATION = "Basic a2Fzc2U6Z2VoZWlt"
"""kasse:geheim."""

_MAVEN = Path.home() / ".m2" / "repository"
_WAR = "org.apache.chemistry.opencmis:chemistry-opencmis-server-inmemory:1.1.0:war"
_JETTY = "org.eclipse.jetty:jetty-runner:9.4.53.v20231009"
_WEB = """<web-app version="3.0" xmlns="http://java.sun.com/xml/ns/javaee">
  <listener><listener-class>org.apache.chemistry.opencmis.server.impl.CmisRepositoryContextListener</listener-class></listener>
  <servlet>
    <servlet-name>browser</servlet-name>
    <servlet-class>org.apache.chemistry.opencmis.server.impl.browser.CmisBrowserBindingServlet</servlet-class>
    <init-param>
      <param-name>callContextHandler</param-name>
      <param-value>org.apache.chemistry.opencmis.server.shared.BasicAuthCallContextHandler</param-value>
    </init-param>
    <load-on-startup>1</load-on-startup>
  </servlet>
  <servlet-mapping><servlet-name>browser</servlet-name><url-pattern>/browser/*</url-pattern></servlet-mapping>
</web-app>"""


@dataclass
class Repository:
    """What a service keeps. moods: what it does with the next writes, the last one for good; made: documents made."""

    url: str = ""
    folders: dict[str, dict[str, Any]] = field(default_factory=lambda: {"/": {}, "/Rechnungen": {}})
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    moods: list[str] = field(default_factory=lambda: ["take"])
    made: int = 0


class _Handler(http.server.BaseHTTPRequestHandler):
    kept: Repository

    def do_GET(self) -> None:
        """The service document, an object, its content, a type."""
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if self.headers["Authorization"] != AUTHORIZATION:
            return self._refuse(401, "unauthorized")
        if parts.path == "/browser":
            base = "http://cmis.example.invalid:1"
            one = {
                "repositoryId": "A1",
                "repositoryUrl": f"{base}/browser/A1",
                "rootFolderUrl": f"{base}/browser/A1/root",
            }
            return self._answer({"A1": one})
        if parts.path == "/browser/A1":
            return self._answer({"id": query["typeId"], "propertyDefinitions": TYPES})
        path = self._object(parts.path)
        if query["cmisselector"] == "content":
            if path not in self.kept.documents:
                return self._refuse(404, "objectNotFound")
            if path not in self.kept.contents:
                return self._refuse(409, "constraint")
            return self._send(200, self.kept.contents[path])
        for kind, there in (("cmis:folder", self.kept.folders), ("cmis:document", self.kept.documents)):
            if path in there:
                return self._answer({"succinctProperties": {**there[path], "cmis:baseTypeId": kind}})
        return self._refuse(404, "objectNotFound")

    def do_POST(self) -> None:
        """createFolder, createDocument, setContent; whatever else is refused."""
        mood = self.kept.moods.pop(0) if len(self.kept.moods) > 1 else self.kept.moods[0]
        if mood == "cut before":
            self.connection.close()
            return None
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Authorization"] != AUTHORIZATION:
            return self._refuse(401, "unauthorized")
        if mood == "refuse":
            return self._refuse(503, "storage")
        fields, content = _parsed(self.headers["Content-Type"], body)
        status = self._act(self._object(urlsplit(self.path).path), fields, content, mood)
        if mood in ("cut after", "half", "empty"):
            self.connection.close()
            return None
        return self._answer({"succinctProperties": {}}) if status == "" else self._refuse(409, status)

    def _act(self, path: str, fields: dict[str, str], content: bytes | None, mood: str) -> str:
        """Does what is asked; else the exception of CMIS."""
        action, kept = fields["cmisaction"], self.kept
        if action == "setContent":
            if fields["overwriteFlag"] != "true" or path not in kept.documents or content is None:
                return "constraint"
            kept.contents[path] = content
            return ""
        said = _properties(fields)
        target = f"{path.rstrip('/')}/{said['cmis:name']}"
        if path not in kept.folders or action not in ("createFolder", "createDocument"):
            return "invalidArgument"
        if target in kept.folders or target in kept.documents:
            return "nameConstraintViolation"
        if action == "createFolder":
            kept.folders[target] = said
            return ""
        kept.made += 1
        kept.documents[target] = said
        if content is not None and mood != "empty":
            kept.contents[target] = content[: len(content) // 2] if mood == "half" else content
        return ""

    def _object(self, path: str) -> str:
        assert path.startswith("/browser/A1/root")
        return unquote(path.removeprefix("/browser/A1/root")) or "/"

    def _answer(self, said: dict[str, Any]) -> None:
        self._send(200, json.dumps(said).encode())

    def _refuse(self, status: int, exception: str) -> None:
        self._send(status, json.dumps({"exception": exception, "message": f"no: {exception}"}).encode())

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name in the library
        """Says nothing."""


TYPES = {
    "inv:number": {"propertyType": "string", "cardinality": "single", "updatability": "readwrite"},
    "inv:day": {"propertyType": "datetime", "cardinality": "single", "updatability": "oncreate"},
    "inv:words": {"propertyType": "string", "cardinality": "multi", "updatability": "readwrite"},
    "cmis:createdBy": {"propertyType": "string", "cardinality": "single", "updatability": "readonly"},
}


def _parsed(kind: str, body: bytes) -> tuple[dict[str, str], bytes | None]:
    """The fields and the file of a form; a field without a charset is read as Latin-1, as Chemistry does."""
    whole = email.message_from_bytes(
        f"Content-Type: {kind}\r\n\r\n".encode() + body, policy=email.policy.HTTP
    )
    fields: dict[str, str] = {}
    content: bytes | None = None
    for part in whole.iter_parts():
        data, name = part.get_payload(decode=True), part.get_param("name", header="content-disposition")
        assert isinstance(data, bytes)
        assert isinstance(name, str)
        if name == "content":
            content = data
        else:
            fields[name] = data.decode(part.get_content_charset("latin-1"))
    return fields, content


def _properties(fields: dict[str, str]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for key, name in fields.items():
        if key.startswith("propertyId["):
            at = key[len("propertyId") :]
            single, listed = fields.get(f"propertyValue{at}"), fields.get(f"propertyValue{at}[0]")
            said[name] = single if listed is None else [listed]
    return said


@contextlib.contextmanager
def strict(*moods: str) -> Iterator[Repository]:
    """The small service, for a while."""
    kept = Repository(moods=list(moods) or ["take"])
    handler = type("Handler", (_Handler,), {"kept": kept})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        kept.url = f"http://127.0.0.1:{server.server_address[1]}/browser"
        try:
            yield kept
        finally:
            server.shutdown()
            thread.join()


def parts() -> tuple[Path, Path]:
    """The war and the server that Maven brings; once, afterwards they lie under ~/.m2."""
    found = []
    for coordinates in (_WAR, _JETTY):
        group, name, version, *kind = coordinates.split(":")
        path = _MAVEN / group.replace(".", "/") / name / version / f"{name}-{version}.{(kind or ['jar'])[0]}"
        if not path.is_file():
            command = ["mvn", "-q", "dependency:get", "-Dtransitive=false", f"-Dartifact={coordinates}"]
            subprocess.run(command, check=True, capture_output=True, timeout=300)
        found.append(path)
    return found[0], found[1]


@contextlib.contextmanager
def chemistry(folder: Path) -> Iterator[str]:
    """Apache Chemistry's service in memory, the browser binding alone, on this machine only; its URL."""
    war, jetty = parts()
    with zipfile.ZipFile(war) as packed:
        packed.extractall(folder)
    (folder / "WEB-INF" / "web.xml").write_text(_WEB)
    settings = folder / "WEB-INF" / "classes" / "repository.properties"
    settings.write_text(
        settings.read_text().replace("RepositoryFiller.Enable=true", "RepositoryFiller.Enable=false")
    )
    port = str(free_port())
    java = shutil.which("java") or "java"
    command = [
        java,
        "-Xmx256m",
        "-XX:TieredStopAtLevel=1",
        "-jar",
        str(jetty),
        "--host",
        "127.0.0.1",
        "--port",
        port,
    ]
    with subprocess.Popen([*command, "--path", "/cmis", str(folder)], stdout=-3, stderr=-3) as process:
        try:
            url = f"http://127.0.0.1:{port}/cmis/browser"
            _until_up(url)
            yield url
        finally:
            process.terminate()


def _until_up(url: str, seconds: float = 90) -> None:
    request = urllib.request.Request(url, headers={"Authorization": AUTHORIZATION})
    end = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(request, timeout=10):
                return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.3)
