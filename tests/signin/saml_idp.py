"""Two SAML providers: pysaml2 on loopback, as it is; and one that writes whatever it is told."""

from __future__ import annotations

import base64
import datetime as dt
import re
import shutil
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import quoteattr

import httpx
from lxml import etree
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Constants
from onelogin.saml2.utils import OneLogin_Saml2_Utils
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.config import IdPConfig
from saml2.saml import NAMEID_FORMAT_PERSISTENT, NameID
from saml2.server import Server
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256

from tests.conftest import skip_real_thing
from tests.signin.certificates import certify

AUTHENTICATED = {"class_ref": "urn:oasis:names:tc:SAML:2.0:ac:classes:Password", "authn_auth": "the-tests"}


@dataclass
class Idp:
    """A provider that runs. `metadata`: what the portal says of itself, once it can."""

    entity_id: str
    sso_url: str
    certificate: str
    metadata: str = ""

    def answer(self, address: str, name: str) -> tuple[str, dict[str, str]]:
        """Go where the portal leads, sign in there; where its form leads back to, and what it posts."""
        page = httpx.get(address, headers={"x-person": name}, timeout=20).raise_for_status().text
        action = re.search(r'action="([^"]+)"', page)
        fields = dict(re.findall(r'name="(\w+)"\s+value="([^"]*)"', page))
        assert action, page
        return unescape(action[1]), {key: unescape(value) for key, value in fields.items()}


@contextmanager
def real(place: Path, people: dict[str, dict[str, list[str]]]) -> Iterator[Idp]:
    """Signs in whoever the request's header names, or else the first of the people, and puts no questions."""
    binary = shutil.which("xmlsec1")
    if binary is None:
        skip_real_thing("The package xmlsec1 is not installed")
    certificate = certify(place, ("127.0.0.1",))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query)
            body = _answer(configuration(), asked, self.headers["x-person"] or next(iter(people)), people).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            """Not into the output of the tests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    base = f"http://127.0.0.1:{server.server_port}"
    idp = Idp(f"{base}/metadata", f"{base}/sso", certificate)

    def configuration() -> dict[str, Any]:
        policy = {"default": {"lifetime": {"minutes": 5}, "attribute_restrictions": None}}
        return {
            "entityid": idp.entity_id,
            "service": {
                "idp": {
                    "endpoints": {"single_sign_on_service": [(idp.sso_url, BINDING_HTTP_REDIRECT)]},
                    "policy": policy,
                }
            },
            "key_file": str(place / "server.key"),
            "cert_file": str(place / "server.pem"),
            "xmlsec_binary": binary,
            "metadata": {"inline": [idp.metadata]},
        }

    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield idp
    finally:
        server.shutdown()
        server.server_close()


def _answer(configuration: dict[str, Any], asked: Any, name: str, people: dict[str, dict[str, list[str]]]) -> str:
    server = Server(config=IdPConfig().load(configuration))
    request = server.parse_authn_request(asked["SAMLRequest"][0], BINDING_HTTP_REDIRECT)
    known = server.response_args(request.message)
    known.pop("name_id_policy", None)
    written = server.create_authn_response(
        people[name],
        userid=name,
        name_id=NameID(format=NAMEID_FORMAT_PERSISTENT, text=f"id-of-{name}"),
        authn=AUTHENTICATED,
        sign_response=False,
        sign_assertion=True,
        # Its default is SHA-1, which is refused.
        sign_alg=SIG_RSA_SHA256,
        digest_alg=DIGEST_SHA256,
        **known,
    )
    back = known["destination"]
    form = server.apply_binding(BINDING_HTTP_POST, str(written), back, asked["RelayState"][0], response=True)
    return str(form["data"])


# The liar

_ASSERTION = """<saml:Assertion xmlns:saml="{saml}" ID={id} Version="2.0" IssueInstant={now}>
<saml:Issuer>{issuer}</saml:Issuer><saml:Subject><saml:NameID Format="{format}">{subject}</saml:NameID>
<saml:SubjectConfirmation Method="{bearer}"><saml:SubjectConfirmationData{confirmation}/></saml:SubjectConfirmation>
</saml:Subject><saml:Conditions NotBefore={begin} NotOnOrAfter={end}>{audience}</saml:Conditions>
<saml:AuthnStatement AuthnInstant={now}><saml:AuthnContext>
<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef>
</saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>
<saml:Attribute Name="uid"><saml:AttributeValue>{subject}</saml:AttributeValue></saml:Attribute>
<saml:Attribute Name="groups"><saml:AttributeValue>staff</saml:AttributeValue></saml:Attribute>
</saml:AttributeStatement></saml:Assertion>"""

_RESPONSE = """<samlp:Response xmlns:samlp="{samlp}" xmlns:saml="{saml}" ID="_response" Version="2.0"
 IssueInstant={now}{destination}{answers}><saml:Issuer>{issuer}</saml:Issuer>
<samlp:Status><samlp:StatusCode Value="{success}"/></samlp:Status>{assertions}</samlp:Response>"""


@dataclass
class Liar:
    """Writes responses. What is None is left out; `later` seconds the clock is wrong."""

    place: Path
    issuer: str = "https://idp.acme.example/saml"
    subject: str = "alice"
    format: str = Constants.NAMEID_PERSISTENT
    later: int = 0
    signs: bool = True
    algorithm: str = Constants.RSA_SHA256
    id: str = "_assertion"
    replaced: dict[str, str | None] = field(default_factory=dict)

    def assertion(self, request: str, party: dict[str, str]) -> str:
        facts: dict[str, Any] = {
            "Recipient": party["back"], "InResponseTo": request, "NotOnOrAfter": self._time(300),
            "audience": party["entity_id"],
        } | self.replaced  # fmt: skip
        audience = facts.pop("audience")
        wanted = ("Recipient", "InResponseTo", "NotOnOrAfter")
        text = _ASSERTION.format(
            saml=Constants.NS_SAML, bearer=Constants.CM_BEARER, id=quoteattr(self.id), now=quoteattr(self._time(0)),
            begin=quoteattr(self._time(-10)), end=quoteattr(self._time(300)), issuer=self.issuer, format=self.format,
            subject=self.subject, confirmation=_attributes({name: facts[name] for name in wanted}),
            audience=(audience and _audience(audience)) or "",
        )  # fmt: skip
        return self.signed(text) if self.signs else text

    def response(self, request: str, party: dict[str, str], *assertions: str) -> str:
        facts = {"Destination": party["back"], "Response": request} | self.replaced
        return _RESPONSE.format(
            samlp=Constants.NS_SAMLP, saml=Constants.NS_SAML, success=Constants.STATUS_SUCCESS, issuer=self.issuer,
            now=quoteattr(self._time(0)), destination=_attributes({"Destination": facts["Destination"]}),
            answers=_attributes({"InResponseTo": facts["Response"]}),
            assertions="".join(assertions or [self.assertion(request, party)]),
        )  # fmt: skip

    def signed(self, text: str) -> str:
        key, certificate = ((self.place / name).read_text() for name in ("server.key", "server.pem"))
        digest = Constants.SHA1 if self.algorithm == Constants.RSA_SHA1 else Constants.SHA256
        made: bytes = OneLogin_Saml2_Utils.add_sign(text, key, certificate, False, self.algorithm, digest)
        return made.decode()

    def _time(self, seconds: int) -> str:
        moment = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=self.later + seconds)
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def request_in(address: str) -> dict[str, str]:
    """The request that an address carries: its id, where its answer goes, and who asks."""
    packed = parse_qs(urlsplit(address).query)["SAMLRequest"][0]
    found = etree.fromstring(zlib.decompress(base64.b64decode(packed), -15))
    issuer = found.find(f"{{{Constants.NS_SAML}}}Issuer")
    assert issuer is not None
    return {"id": found.get("ID"), "back": found.get("AssertionConsumerServiceURL"), "entity_id": issuer.text}


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _audience(name: str) -> str:
    return f"<saml:AudienceRestriction><saml:Audience>{name}</saml:Audience></saml:AudienceRestriction>"


def _attributes(values: dict[str, str | None]) -> str:
    return "".join(f" {name}={quoteattr(value)}" for name, value in values.items() if value is not None)
