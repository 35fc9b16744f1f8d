"""The example exchange of a deployment in this process, and customers' browsers with software passkeys."""

import asyncio
import secrets
from base64 import urlsafe_b64decode
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any

import httpx

from holdfast.authority import Assertion, WithdrawalOrder
from holdfast.demo.authenticator import SoftwareAuthenticator, as_document
from holdfast.demo.deployment import ASSET, CUSTOMER_ORIGIN, VAULT
from holdfast.demo.exchange import Place, Simulation, create_exchange
from holdfast.reserves import reserves_directory
from world import World

ELSEWHERE = "http://localhost:8410"


def exchange_of(world: World, *, simulated: bool = True) -> Any:
    """The exchange's pages, with the stand-ins of the demonstration or without."""
    place, reserves = Place(VAULT, ASSET), reserves_directory(world.deployment.control)
    simulation = Simulation(world.plane, place, world.deployment, world.node, reserves) if simulated else None
    return create_exchange(world.plane, place, reserves, simulation=simulation)


def bytes_of(challenge: str) -> bytes:
    """The bytes of a challenge."""
    return urlsafe_b64decode(challenge + "=")


@dataclass
class Customer:
    """Somebody at the exchange's page: one browser with its cookies, one passkey."""

    app: Any
    passkey: SoftwareAuthenticator = field(default_factory=lambda: SoftwareAuthenticator("localhost", "customer"))
    cookies: dict[str, str] = field(default_factory=dict)
    nonce: str = field(default_factory=lambda: secrets.token_hex(16))
    wanted: str = ""

    def get(self, path: str) -> httpx.Response:
        """GET a path, as the page does."""
        return self._ask("GET", path)

    def post(self, path: str, body: object, origin: str | None = CUSTOMER_ORIGIN) -> httpx.Response:
        """POST a JSON body from a page of this origin."""
        return self._ask("POST", path, json=body, headers={} if origin is None else {"origin": origin})

    def refused(self, path: str, body: object, status: int, code: str) -> str:
        """POST what must be refused with this code; in which words."""
        answer = self.post(path, body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
        return str(answer.json()["error"]["message"])

    def _ask(self, method: str, path: str, **how: Any) -> httpx.Response:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = how.pop("headers", {}) | ({"cookie": cookie} if cookie else {})

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url=CUSTOMER_ORIGIN) as client:
                return await client.request(method, path, headers=headers, **how)

        answer = asyncio.run(ask())
        for name, given in SimpleCookie(answer.headers.get("set-cookie", "")).items():
            self.cookies.pop(name, None)
            if given["max-age"] != "0":
                self.cookies[name] = given.value
        return answer

    # What the page's scripts do

    def invited(self, name: str) -> str:
        """The challenge for a new account."""
        answer, self.wanted = self.post("/accounts/challenge", {"name": name}), name
        assert answer.status_code == 200, answer.text
        return str(answer.json()["challenge"])

    def registration(self, challenge: str, **how: Any) -> dict[str, Any]:
        """What the page posts for a new passkey."""
        made = self.passkey.registration(bytes_of(challenge), how.pop("origin", CUSTOMER_ORIGIN), **how)
        return {"name": self.wanted, "challenge": challenge, "credential": as_document(made), "nonce": self.nonce}

    def open_account(self, name: str) -> "Customer":
        """Open an account; signed in from now on."""
        answer = self.post("/accounts", self.registration(self.invited(name)))
        assert answer.status_code == 200, answer.text
        return self

    def asked_in(self) -> str:
        """The challenge for signing in."""
        return str(self.post("/sign-in/challenge", {}).json()["challenge"])

    def answer(self, challenge: str, **how: Any) -> dict[str, Any]:
        """What the page posts to sign in."""
        signed = self.passkey.assertion(bytes_of(challenge), how.pop("origin", CUSTOMER_ORIGIN), **how)
        return {"challenge": challenge, "assertion": as_document(signed)}

    def sign_in(self) -> "Customer":
        """Sign in."""
        answer = self.post("/sign-in", self.answer(self.asked_in()))
        assert answer.status_code == 200, answer.text
        return self

    def drafted(self, amount: str, destination: str) -> WithdrawalOrder:
        """The order that the exchange writes for a wish."""
        answer = self.post("/withdrawals/draft", {"amount": amount, "destination": destination})
        assert answer.status_code == 200, answer.text
        return WithdrawalOrder.decoded(bytes.fromhex(answer.json()["order"]))

    def signed(self, order: WithdrawalOrder, **how: Any) -> dict[str, Any]:
        """What the page posts once the passkey has signed the order."""
        assertion: Assertion = self.passkey.assertion(order.digest(), how.pop("origin", CUSTOMER_ORIGIN), **how)
        return {"reference": order.reference, "assertion": as_document(assertion)}

    def withdraw(self, amount: str, destination: str) -> str:
        """Withdraw; the reference."""
        order = self.drafted(amount, destination)
        answer = self.post("/withdrawals", self.signed(order))
        assert answer.status_code == 200, answer.text
        return order.reference

    def account(self) -> Any:
        """The account as the page shows it."""
        answer = self.get("/account.json")
        assert answer.status_code == 200, answer.text
        return answer.json()
