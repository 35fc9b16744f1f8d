"""The addresses of the example exchange: pages to read, and what their scripts ask and post."""

from collections.abc import Callable

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from holdfast.authority import assertion_from_document
from holdfast.custody import deposit_address
from holdfast.demo.exchange.exchange import Exchange
from holdfast.demo.exchange.forms import (
    NameForm,
    NothingForm,
    OpeningForm,
    OrderForm,
    ReferenceForm,
    SignedForm,
    SignInForm,
)
from holdfast.demo.exchange.payment_code import payment_code, payment_uri
from holdfast.demo.exchange.published import epochs_document
from holdfast.demo.exchange.sessions import Session
from holdfast.demo.exchange.simulation import CUSTOMERS
from holdfast.store import transaction

SVG = "image/svg+xml"


def add_pages(app: FastAPI, exchange: Exchange, render: Callable[..., Response]) -> None:
    """The pages, and the picture and document that belong to the account's."""
    plane, sessions, place = exchange.plane, exchange.sessions, exchange.place
    stand_ins = () if exchange.simulation is None else CUSTOMERS

    def own_address(session: Session) -> str:
        with transaction(plane.engine) as connection:
            return deposit_address(connection, place.vault, session.customer)

    @app.get("/")
    def front(request: Request) -> Response:
        session = sessions.find(request)
        if session is None:
            return render("welcome.html", stand_ins=stand_ins, console=exchange.console)
        address = own_address(session)
        return render(
            "account.html",
            session=session,
            address=address,
            uri=payment_uri(address),
            account=exchange.account(session),
            fresh=exchange.is_fresh(session),
            simulated=exchange.simulation is not None,
        )

    @app.get("/reserves")
    def reserves(request: Request) -> Response:
        session = sessions.find(request)
        if session is None:
            return RedirectResponse("/", 303)
        shown = {"epochs": epochs_document(exchange.reserves), "simulated": exchange.simulation is not None}
        return render("reserves.html", session=session, **shown)

    @app.get("/account.json")
    def account(request: Request) -> Response:
        return JSONResponse(exchange.account(sessions.require(request)))

    @app.get("/deposit.svg")
    def code(request: Request) -> Response:
        return Response(payment_code(own_address(sessions.require(request))), media_type=SVG)


def add_account_routes(app: FastAPI, exchange: Exchange) -> None:
    """Opening an account, signing in and out."""
    sessions, accounts = exchange.sessions, exchange.accounts

    def entered(customer: str) -> Response:
        response = JSONResponse({"customer": customer})
        sessions.begin(response, Session(customer))
        return response

    @app.post("/accounts/challenge")
    def invite(form: NameForm) -> Response:
        return JSONResponse(accounts.invite(form.name))

    @app.post("/accounts")
    def open_account(form: OpeningForm) -> Response:
        return entered(accounts.open(form.name, form.challenge, form.credential, bytes.fromhex(form.nonce)))

    @app.post("/sign-in/challenge")
    def challenge(_form: NothingForm) -> Response:
        return JSONResponse(accounts.sign_in_challenge())

    @app.post("/sign-in")
    def sign_in(form: SignInForm) -> Response:
        return entered(accounts.sign_in(form.challenge, form.assertion))

    @app.post("/sign-out")
    def sign_out(request: Request, _form: NothingForm) -> Response:
        response = JSONResponse({})
        sessions.end(request, response)
        return response


def add_withdrawal_routes(app: FastAPI, exchange: Exchange) -> None:
    """A withdrawal: drafted, signed, cancelled."""
    orders = exchange.orders

    @app.post("/withdrawals/draft")
    def draft(request: Request, form: OrderForm) -> Response:
        order = orders.draft(exchange.customer(request), form.amount, form.destination)
        # The order's own bytes, from which the page tells what it shows; what is signed is their SHA-256.
        return JSONResponse({"order": order.encoded().hex()} | exchange.accounts.signing_options(order.customer))

    @app.post("/withdrawals")
    def place(request: Request, form: SignedForm) -> Response:
        customer, assertion = exchange.customer(request), assertion_from_document(form.assertion)
        view = orders.place(customer, form.reference, assertion)
        return JSONResponse({"reference": view.reference, "state": view.state.value})

    @app.post("/withdrawals/cancel")
    def cancel(request: Request, form: ReferenceForm) -> Response:
        orders.cancel(exchange.customer(request), form.reference)
        return JSONResponse({})
