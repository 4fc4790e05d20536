"""People log in by a real OpenID provider: there and back in a browser's steps, and all the ways in which that must not work."""
import json
import os
import pathlib
import subprocess
import urllib.parse

import pytest
import requests

from history import configure
from peers import free_port
from stack import BUILD, Stack
from waiting import PATIENCE, eventually

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLIENT = {"client_id": "sonde", "client_secret": "a secret: of & two+ sides%"}
PEOPLE = {
    "1001": {"preferred_username": "marie", "name": "Marie", "email": "marie@example.org", "email_verified": True, "groups": ["developers", "sre"]},
    "1002": {"preferred_username": "paul", "email": "paul@example.org", "email_verified": True, "groups": ["developers"]},
    "1003": {"preferred_username": "eve", "email": "marie@example.org", "email_verified": False, "groups": []},
}


class Provider:
    def __init__(self, redirect_uri: str):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.redirect_uri = redirect_uri
        self.process = None
        where = BUILD / "npm/oidc"
        subprocess.run([ROOT / "install/npm", ROOT / "tests/oidc", where], check=True, timeout=240)
        # Modules are looked for beside the program.
        self.program = where / "provider.mjs"
        self.program.write_text((ROOT / "tests/oidc/provider.mjs").read_text())

    def start(self, algorithm: str = "RS256"):
        """Anew: with other keys, and without a memory of anybody."""
        told = {"port": self.port, "redirect_uri": self.redirect_uri, "people": PEOPLE, "algorithm": algorithm} | CLIENT
        self.process = subprocess.Popen(["node", self.program, json.dumps(told)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env=dict(os.environ, NODE_ENV="production"))
        eventually(lambda: requests.get(self.url + "/.well-known/openid-configuration", timeout=2).status_code == 200, 30, "the provider answers")

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(10)
        self.process = None


@pytest.fixture(scope="module")
def provider(stack: Stack):
    api = stack.endpoints["api"]
    made = Provider(api + "/v1/sessions/oidc/callback")
    secret = stack.root / "oidc-secret"
    secret.write_text(CLIENT["client_secret"] + "\n")
    secret.chmod(0o600)
    configure(stack, **{"oidc.issuer": made.url, "oidc.client_id": CLIENT["client_id"], "oidc.client_secret_file": secret, "oidc.create": "true",
                        "oidc.roles": "[sre=admin, developers=operator]", "oidc.timeout": "3s"})
    eventually(lambda: stack.get("/v1/sites") is not None, 30, "the control plane is back")
    try:
        made.start()
        yield made
    finally:
        made.stop()


class Browser(requests.Session):
    """Goes step by step, as a person does."""

    def __init__(self, stack: Stack):
        super().__init__()
        self.api = stack.endpoints["api"]

    def step(self, url: str, **form) -> requests.Response:
        return self.request("POST" if form else "GET", url, data=form or None, allow_redirects=False, timeout=30 * PATIENCE)

    def begin(self, return_to: str = "/docs") -> str:
        answer = self.step(f"{self.api}/v1/sessions/oidc?return_to={urllib.parse.quote(return_to)}")
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def at_provider(self, url: str, who: str) -> str:
        """Through its pages, to where it sends the browser back."""
        for _ in range(12):
            answer = self.step(url)
            if answer.status_code in (302, 303):
                url = urllib.parse.urljoin(url, answer.headers["Location"])
            else:
                assert answer.status_code == 200, answer.text
                prompt = "login" if 'value="login"' in answer.text else "consent"
                answer = self.step(url, prompt=prompt, **({"login": who, "password": "any"} if prompt == "login" else {}))
                assert answer.status_code in (302, 303), answer.text
                url = urllib.parse.urljoin(url, answer.headers["Location"])
            if url.startswith(self.api):
                return url
        raise AssertionError("the provider sends the browser round and round")

    def log_in(self, who: str, return_to: str = "/docs") -> requests.Response:
        return self.step(self.at_provider(self.begin(return_to), who))

    def me(self) -> dict:
        answer = self.step(f"{self.api}/v1/users/me")
        assert answer.status_code == 200, answer.text
        return answer.json()["user"]


def refusals(stack: Stack) -> list[dict]:
    return stack.get("/v1/audit?action=session.refused&limit=500")["items"]


def test_who_is_new_becomes_a_user_with_the_role_of_his_group(stack, provider):
    assert requests.get(stack.endpoints["api"] + "/v1/sessions/methods", timeout=10).json()["oidc"]["href"] == "/v1/sessions/oidc"
    browser = Browser(stack)
    answer = browser.log_in("1001")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/docs"), answer.text
    me = browser.me()
    assert (me["name"], me["role"], me["email"]) == ("marie", "admin", "marie@example.org"), me
    session = browser.step(f"{browser.api}/v1/sessions/current").json()
    assert session["method"] == "oidc"
    assert Browser(stack).step(f"{browser.api}/v1/users/me").status_code == 401
    # What it may do, it does as any session: with the token that other sites cannot read.
    refused = browser.post(f"{browser.api}/v1/sites", json={"name": "by marie"}, timeout=10)
    assert refused.status_code == 403, refused.text
    made = browser.post(f"{browser.api}/v1/sites", json={"name": "by marie"}, headers={"X-Sonde-CSRF": session["csrf_token"]}, timeout=10)
    assert made.status_code == 201, made.text
    audit = stack.get("/v1/audit?limit=100")["items"]
    assert any(entry["action"] == "session.create" and entry["actor"] == "user:marie" for entry in audit)
    assert any(entry["action"] == "user.create" for entry in audit)
    # The same person, the same user; and nothing of the provider's is in the log.
    again = Browser(stack)
    assert again.log_in("1001").status_code == 303
    assert again.me()["id"] == me["id"]
    log = pathlib.Path(stack.endpoints["logs"]["controlplane"]).read_text(errors="replace")
    assert CLIENT["client_secret"] not in log and "eyJ" not in log


def test_the_role_follows_the_groups_and_who_has_none_is_refused(stack, provider):
    paul = Browser(stack)
    assert paul.log_in("1002").status_code == 303
    assert paul.me()["role"] == "operator"
    eve = Browser(stack)
    answer = eve.log_in("1003")
    assert answer.status_code == 403, answer.text
    assert eve.step(f"{eve.api}/v1/users/me").status_code == 401
    assert not any(user["name"] == "eve" for user in stack.get("/v1/users?limit=100")["items"])
    assert any((entry["after"] or {}).get("why") == "no_role" for entry in refusals(stack)), refusals(stack)


def test_a_login_is_good_once_and_in_the_browser_that_began_it(stack, provider):
    victim, other = Browser(stack), Browser(stack)
    back = victim.at_provider(victim.begin(), "1002")
    assert other.step(back).status_code == 401  # sent to somebody else: he has not what the browser keeps
    other.begin()
    assert other.step(back).status_code == 401  # nor by a login of his own
    with_wrong_state = back.replace("state=", "state=x")
    assert victim.step(with_wrong_state).status_code == 401
    replayed = requests.Session()
    replayed.cookies.update(victim.cookies)
    assert victim.step(back).status_code == 303
    answer = replayed.get(back, allow_redirects=False, timeout=30)
    assert answer.status_code == 401, answer.text
    assert "sonde-session" not in answer.headers.get("Set-Cookie", "")


def test_who_was_sent_here_by_somebody_elses_page_has_tried_nothing(stack, provider):
    browser = Browser(stack)
    before = len(refusals(stack))
    for _ in range(30):  # more than an address may fail
        assert browser.step(f"{browser.api}/v1/sessions/oidc/callback?state=made-up&code=made-up").status_code == 401
    assert len(refusals(stack)) == before
    assert browser.log_in("1002").status_code == 303


def test_a_code_that_the_provider_did_not_give_is_worth_nothing(stack, provider):
    browser = Browser(stack)
    back = urllib.parse.urlsplit(browser.at_provider(browser.begin(), "1002"))
    query = dict(urllib.parse.parse_qsl(back.query)) | {"code": "made-up"}
    answer = browser.step(back._replace(query=urllib.parse.urlencode(query)).geturl())
    assert answer.status_code == 401, answer.text
    # An answer that says it is another provider's (RFC 9207).
    back = urllib.parse.urlsplit(browser.at_provider(browser.begin(), "1002"))
    query = dict(urllib.parse.parse_qsl(back.query)) | {"iss": "https://evil.example"}
    answer = browser.step(back._replace(query=urllib.parse.urlencode(query)).geturl())
    assert answer.status_code == 401, answer.text


def test_who_calls_it_off_is_not_logged_in(stack, provider):
    browser = Browser(stack)
    url = browser.begin()
    answer = browser.step(url)
    page = urllib.parse.urljoin(url, answer.headers["Location"])
    url = page + "/abort"
    for _ in range(4):
        answer = browser.step(url)
        url = urllib.parse.urljoin(url, answer.headers["Location"])
        if url.startswith(browser.api):
            break
    assert "error=access_denied" in url
    assert browser.step(url).status_code == 403
    assert browser.step(f"{browser.api}/v1/users/me").status_code == 401


@pytest.mark.parametrize("path", ["//evil.example/", "https://evil.example/", "/\\evil.example", "docs", "/\r\nSet-Cookie: a=b"])
def test_nobody_is_sent_elsewhere_afterwards(stack, provider, path):
    browser = Browser(stack)
    answer = browser.step(f"{browser.api}/v1/sessions/oidc?return_to={urllib.parse.quote(path, safe='')}")
    assert answer.status_code in (400, 422), (answer.status_code, answer.headers)


def test_who_is_disabled_here_is_refused_and_ends(stack, provider):
    browser = Browser(stack)
    assert browser.log_in("1002").status_code == 303
    user = browser.me()["id"]
    assert stack.call("PATCH", f"/v1/users/{user}", {"disabled": True}).status_code == 200
    eventually(lambda: browser.step(f"{browser.api}/v1/users/me").status_code == 401, 5, "his session is over")
    assert Browser(stack).log_in("1002").status_code == 403
    assert stack.call("PATCH", f"/v1/users/{user}", {"disabled": False}).status_code == 200
    assert Browser(stack).log_in("1002").status_code == 303


def test_new_keys_of_the_provider_are_learnt_and_while_it_is_away_all_else_goes_on(stack, provider):
    browser = Browser(stack)
    on_its_way = browser.begin()
    provider.stop()
    assert stack.get("/v1/sites") is not None
    provider.start("ES256")
    assert on_its_way.startswith(provider.url)
    again = Browser(stack)
    eventually(lambda: again.log_in("1001").status_code == 303, 30, "a login with the new keys")
    assert again.me()["name"] == "marie"
    # Away between the way there and back: it is said so, and not whose fault in detail.
    unlucky = Browser(stack)
    back = unlucky.at_provider(unlucky.begin(), "1001")
    provider.stop()
    answer = unlucky.step(back)
    assert answer.status_code == 503 and "Retry-After" in answer.headers, answer.text
    assert provider.url not in answer.text
    provider.start()
