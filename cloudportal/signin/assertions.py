"""Judging a SAML response (SAML 2.0 profiles, 4.1.4), by python3-saml; needs the extra ``saml``.

The library is lenient about what is missing. Where a missing thing would widen what a response is good for, the check
stands here once more, on the one assertion whose signature was verified.
"""

from __future__ import annotations

import binascii
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from lxml import etree
from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Constants
from onelogin.saml2.errors import OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings
from onelogin.saml2.utils import OneLogin_Saml2_Utils
from onelogin.saml2.xml_utils import OneLogin_Saml2_XML

# The library allows five minutes.
LEEWAY_SECONDS = 60
Constants.ALLOWED_CLOCK_DRIFT = LEEWAY_SECONDS
LONGEST_RESPONSE = 300_000
MALFORMED = (
    OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError, etree.LxmlError, binascii.Error, ValueError, TypeError,
    AttributeError,
)  # fmt: skip
TRANSFORMS = {
    "http://www.w3.org/2000/09/xmldsig#enveloped-signature", "http://www.w3.org/2001/10/xml-exc-c14n#",
    "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
}  # fmt: skip
NAMES = {"samlp": Constants.NS_SAMLP, "saml": Constants.NS_SAML, "ds": Constants.NS_DS}


class BadResponse(Exception):
    """The response is not what the provider would have written for this sign-in. The message is for the log."""


@dataclass(frozen=True, slots=True)
class Party:
    """The two that speak: the portal by its entity id and where it takes responses; and the provider."""

    entity_id: str
    back: str
    issuer: str
    sso_url: str
    certificates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Assertion:
    """What a verified response says. `lasts` seconds it could be used again, if it were not remembered."""

    id: str
    subject: str
    is_transient: bool
    attributes: dict[str, list[str]]
    lasts: int


def request_to(party: Party) -> tuple[str, str]:
    """The id of a new request, and the address that leads to the provider with it."""
    auth = OneLogin_Saml2_Auth(_request(party), old_settings=_settings(party))
    # RelayState is only an echo: where to go on is kept in the session.
    address = auth.login(return_to="portal")
    return str(auth.get_last_request_id()), str(address)


def metadata_of(party: Party) -> str:
    """What a provider wants to know of the portal."""
    text: bytes | str = OneLogin_Saml2_Settings(_settings(party), sp_validation_only=True).get_sp_metadata()
    return text.decode() if isinstance(text, bytes) else text


def answers_to(encoded: str) -> str:
    """The id of the request that a response claims to answer. Nothing is verified yet.

    Raises:
        BadResponse: it is no response.
    """
    if len(encoded) > LONGEST_RESPONSE:
        raise BadResponse("too long")
    try:
        # Refuses documents with a type definition, and with it entities of all kinds.
        return str(OneLogin_Saml2_XML.to_etree(OneLogin_Saml2_Utils.b64decode(encoded)).get("InResponseTo") or "")
    except MALFORMED as error:
        raise BadResponse(f"malformed: {error}") from error


def verified(encoded: str, party: Party, request_id: str) -> Assertion:
    """What the provider signed, for us, for this very request.

    Raises:
        BadResponse: saying what is wrong with it.
    """
    try:
        response = OneLogin_Saml2_Response(OneLogin_Saml2_Settings(_settings(party)), encoded)
        _insist_on_plain_signatures(response.document)
        if not response.is_valid(_request(party, encoded), request_id):
            raise BadResponse(str(response.get_error()))
        return _assertion(response, party, request_id)
    except MALFORMED as error:
        raise BadResponse(f"malformed: {error}") from error


def _insist_on_plain_signatures(document: Any) -> None:
    """Before any is computed: one that points elsewhere would be fetched, and some transforms are programs.

    What is left is what SAML 2.0 core, 5.4.2 and 5.4.4, allows.
    """
    for signature in document.xpath("//ds:Signature", namespaces=NAMES):
        references = signature.xpath(".//ds:Reference", namespaces=NAMES)
        if len(references) != 1 or not (references[0].get("URI") or "").startswith("#"):
            raise BadResponse("signed with references to elsewhere")
        transforms = {one.get("Algorithm") for one in signature.xpath(".//ds:Transform", namespaces=NAMES)}
        if not transforms <= TRANSFORMS or signature.xpath(".//ds:RetrievalMethod", namespaces=NAMES):
            raise BadResponse("signed in another way than SAML allows")


def _assertion(response: Any, party: Party, request_id: str) -> Assertion:
    document = response.document
    found = document.xpath("/samlp:Response/saml:Assertion", namespaces=NAMES)
    if len(found) != 1 or len(document.xpath("//saml:Assertion", namespaces=NAMES)) != 1:
        raise BadResponse("with other than one assertion")
    assertion = found[0]
    _insist_on_signature(document, assertion)
    if document.get("Destination") != party.back:
        raise BadResponse("sent to somebody else")
    audiences = assertion.xpath("./saml:Conditions/saml:AudienceRestriction/saml:Audience/text()", namespaces=NAMES)
    if party.entity_id not in audiences:
        raise BadResponse("meant for somebody else")
    end = _confirmed_until(assertion, party, request_id)
    name = response.get_nameid_data()
    attributes = response.get_friendlyname_attributes() | response.get_attributes()
    return Assertion(
        id=str(assertion.get("ID")),
        subject=str(name.get("Value") or ""),
        is_transient=name.get("Format") == Constants.NAMEID_TRANSIENT,
        attributes={key: [str(value) for value in values] for key, values in attributes.items()},
        lasts=max(1, int(end - time.time()) + 2 * LEEWAY_SECONDS),
    )


def _insist_on_signature(document: Any, assertion: Any) -> None:
    """The signature is the assertion's own, of the assertion as a whole, and nothing else has its id."""
    identity = assertion.get("ID")
    references = assertion.xpath("./ds:Signature/ds:SignedInfo/ds:Reference/@URI", namespaces=NAMES)
    if references != [f"#{identity}"] or len(document.xpath("//*[@ID=$id]", id=identity)) != 1:
        raise BadResponse("not signed as a whole")


def _confirmed_until(assertion: Any, party: Party, request_id: str) -> float:
    """When the confirmation for us ends that names this request; those of others count for nothing."""
    way = f"./saml:Subject/saml:SubjectConfirmation[@Method='{Constants.CM_BEARER}']/saml:SubjectConfirmationData"
    for data in assertion.xpath(way, namespaces=NAMES):
        until = data.get("NotOnOrAfter")
        if until and (data.get("Recipient"), data.get("InResponseTo")) == (party.back, request_id):
            end = float(OneLogin_Saml2_Utils.parse_SAML_to_time(until))
            if end + LEEWAY_SECONDS > time.time():
                return end
    raise BadResponse("of another sign-in")


def _request(party: Party, encoded: str = "") -> dict[str, Any]:
    parts = urlsplit(party.back)
    return {
        "https": "on" if parts.scheme == "https" else "off",
        "http_host": parts.netloc,
        "script_name": parts.path,
        "get_data": {},
        "post_data": {"SAMLResponse": encoded} if encoded else {},
    }


def _settings(party: Party) -> dict[str, Any]:
    return {
        "strict": True,
        "debug": False,
        "sp": {
            "entityId": party.entity_id,
            "assertionConsumerService": {"url": party.back, "binding": Constants.BINDING_HTTP_POST},
            "NameIDFormat": Constants.NAMEID_UNSPECIFIED,
        },
        "idp": {
            "entityId": party.issuer,
            "singleSignOnService": {"url": party.sso_url, "binding": Constants.BINDING_HTTP_REDIRECT},
            "x509certMulti": {"signing": list(party.certificates)},
        },
        "security": {
            "wantAssertionsSigned": True,
            "wantNameId": True,
            "wantAttributeStatement": False,
            "rejectDeprecatedAlgorithm": True,
            "requestedAuthnContext": False,
            "allowRepeatAttributeName": True,
            "allowSingleLabelDomains": True,
        },
    }
