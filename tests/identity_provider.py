"""A provider of identities as a process: Authlib's OpenID Connect server, which takes nobody without PKCE.

It signs in whoever its address says (`&as=SUBJECT`), and can be told to answer wrongly.
"""

import secrets
import sys
from dataclasses import dataclass
from threading import Thread

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import AuthorizationCodeMixin, OpenIDCode
from flask import Flask, jsonify, request
from joserfc.jwk import ECKey, OctKey
from werkzeug.serving import make_server

from providers_of_identities import CLIENT, SECRET

OWN, STRANGE = (ECKey.generate_key("P-256", {"kid": "one"}) for _ in range(2))
SIGNERS = {
    "own": ("ES256", OWN),
    "strange": ("ES256", STRANGE),
    "secret": ("HS256", OctKey.import_key(SECRET, {"kid": "one"})),
}
APP = Flask("provider")
SPOILED, CODES, GIVEN = {}, {}, []


class Client(ClientMixin):
    """Postwarden."""

    def get_client_id(self):
        return CLIENT

    def check_redirect_uri(self, redirect_uri):
        return redirect_uri.endswith("/sign-in/provider/back/")

    def check_client_secret(self, client_secret):
        return secrets.compare_digest(client_secret, SECRET)

    def check_endpoint_auth_method(self, method, endpoint):
        return method == "client_secret_basic"

    def check_response_type(self, response_type):
        return response_type == "code"

    def check_grant_type(self, grant_type):
        return grant_type == "authorization_code"

    def get_allowed_scope(self, scope):
        return scope if scope == "openid" else ""


@dataclass
class Code(AuthorizationCodeMixin):
    """What a code was given for."""

    given: dict
    subject: str
    code_challenge: str
    code_challenge_method: str

    def get_redirect_uri(self):
        return self.given["redirect_uri"]

    def get_scope(self):
        return self.given["scope"]

    def get_nonce(self):
        return self.given["nonce"]

    def get_auth_time(self):
        return None


class Grant(AuthorizationCodeGrant):
    """Codes, each for one exchange."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic",)

    def save_authorization_code(self, code, request):
        told = request.payload.data
        challenge = (told["code_challenge"], told["code_challenge_method"])
        CODES[code] = Code(told, request.user, *challenge)

    def query_authorization_code(self, code, client):
        return CODES.get(code)

    def delete_authorization_code(self, authorization_code):
        for code in [one for one, kept in CODES.items() if kept is authorization_code]:
            del CODES[code]

    def authenticate_user(self, authorization_code):
        return authorization_code.subject


class Tokens(OpenIDCode):
    """Identity tokens, as the provider was told to spoil them."""

    def exists_nonce(self, nonce, request):
        return any(one.get_nonce() == nonce for one in CODES.values())

    def get_client_algorithm(self, client):
        return SIGNERS[SPOILED.get("signer", "own")][0]

    def get_encode_header(self, client):
        return {"alg": self.get_client_algorithm(client), "kid": "one"}

    def resolve_client_private_key(self, client):
        return SIGNERS[SPOILED.get("signer", "own")][1]

    def get_client_claims(self, client):
        return {"iss": APP.config["ISSUER"]}

    def generate_user_info(self, user, scope):
        return {"sub": user, "email": "anna@example.net"} | SPOILED.get("claims", {})


SERVER = AuthorizationServer(
    APP,
    query_client=lambda one: Client() if one == CLIENT else None,
    save_token=lambda *_: None,
)
SERVER.register_grant(Grant, [Tokens(require_nonce=True), CodeChallenge(required=True)])


@APP.get("/.well-known/openid-configuration")
def known():
    if SPOILED.get("away"):
        return "later", 503
    issuer = APP.config["ISSUER"]
    places = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
    told = {name: f"{issuer}/{place}" for name, place in places.items()}
    return jsonify({"issuer": issuer} | told | SPOILED.get("document", {}))


@APP.get("/keys")
def keys():
    return jsonify({"keys": [OWN.as_dict(private=False)]})


@APP.get("/authorize")
def authorize():
    who = request.args["as"]
    grant = SERVER.get_consent_grant(end_user=who)
    return SERVER.create_authorization_response(grant_user=who, grant=grant)


@APP.post("/token")
def token():
    answer = SERVER.create_token_response()
    GIVEN.extend([answer] * (answer.status_code == 200))
    return answer


@APP.get("/given")
def given():
    return jsonify(len(GIVEN))


@APP.post("/spoil")
def spoil():
    SPOILED.clear()
    SPOILED.update(request.get_json())
    return ""


def main():
    """Serve on a port that is free, and print the issuer; end with whoever started this."""
    server = make_server("127.0.0.1", 0, APP, threaded=True)
    APP.config["ISSUER"] = f"http://127.0.0.1:{server.port}"
    Thread(target=server.serve_forever, daemon=True).start()
    print(APP.config["ISSUER"], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
