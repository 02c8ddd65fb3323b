"""Judging an ID token (OpenID Connect Core 1.0, 3.1.3.7)."""

from __future__ import annotations

from hmac import compare_digest
from typing import Any

import jwt

# Those with a public key. With a shared secret, whoever knows it could write tokens; with none, anybody.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
LEEWAY_SECONDS = 60
REQUIRED = ["iss", "sub", "aud", "exp", "iat"]


class BadToken(Exception):
    """The token is not what the provider would have written for this sign-in. The message is for the log."""


def verified(token: str, keys: dict[str, Any], *, issuer: str, client_id: str, nonce: str) -> dict[str, Any]:
    """The claims of a token that the issuer signed, for us, for this very sign-in.

    Raises:
        BadToken: saying what is wrong with it.
    """
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") not in ALGORITHMS:
            raise BadToken(f"signed with {header.get('alg')}")
        claims = _decoded(token, header, keys, issuer, client_id)
    except jwt.PyJWTError as error:
        raise BadToken(str(error)) from error
    if len(claims["aud"]) > 1 and isinstance(claims["aud"], list) and claims.get("azp") != client_id:
        raise BadToken("meant for somebody else")
    if not nonce or not compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise BadToken("of another sign-in")
    if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
        raise BadToken("without a subject")
    return claims


def _decoded(token: str, header: dict[str, Any], keys: dict[str, Any], issuer: str, client_id: str) -> dict[str, Any]:
    fitting = [
        key
        for key in jwt.PyJWKSet.from_dict(keys).keys
        if key.public_key_use in {None, "sig"} and header.get("kid") in {None, key.key_id}
    ]
    problem: jwt.PyJWTError = jwt.InvalidKeyError("no key of the issuer fits")
    for key in fitting:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key.key,
                algorithms=[header["alg"]],
                audience=client_id,
                issuer=issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": REQUIRED},
            )
        except (jwt.InvalidSignatureError, jwt.InvalidKeyError) as error:
            problem = error
        else:
            return claims
    raise problem
