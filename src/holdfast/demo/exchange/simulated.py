"""The addresses of the simulation: only the demonstration's exchange has them."""

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from holdfast.demo.exchange.errors import StandInUnknown
from holdfast.demo.exchange.exchange import Exchange
from holdfast.demo.exchange.forms import ApproveForm, NameForm, NothingForm, ReferenceForm, StandInForm
from holdfast.demo.exchange.sessions import Session
from holdfast.demo.exchange.simulation import Simulation


def add_simulated_routes(app: FastAPI, exchange: Exchange, simulation: Simulation) -> None:
    """Stand-ins for the world outside: coins, blocks, approvers, and two customers' passkeys."""
    sessions = exchange.sessions

    @app.post("/simulation/fund")
    def fund(request: Request, _form: NothingForm) -> Response:
        return JSONResponse({"amount": simulation.fund(exchange.customer(request)).on_page()})

    @app.post("/simulation/mine")
    def mine(request: Request, _form: NothingForm) -> Response:
        sessions.require(request)
        simulation.mine()
        return JSONResponse({})

    @app.post("/simulation/approve")
    def approve(request: Request, form: ApproveForm) -> Response:
        sessions.require(request)
        return JSONResponse({"state": simulation.approve(form.person, bytes.fromhex(form.intent)).value})

    @app.post("/simulation/publish")
    def publish(request: Request, _form: NothingForm) -> Response:
        sessions.require(request)
        return JSONResponse({"epoch": simulation.publish()})

    @app.post("/simulation/invite")
    def invite(form: NameForm) -> Response:
        return JSONResponse({"address": simulation.guests.invite(form.name)})

    @app.post("/simulation/sign-in")
    def sign_in(form: StandInForm) -> Response:
        session = Session(simulation.require_customer(form.customer), stand_in=True)
        response = JSONResponse({"customer": session.customer})
        sessions.begin(response, session)
        return response

    @app.post("/simulation/sign")
    def sign(request: Request, form: ReferenceForm) -> Response:
        session = sessions.require(request)
        if not session.stand_in:
            raise StandInUnknown("only a stand-in's passkey is simulated")
        order = exchange.orders.drafted(session.customer, form.reference)
        view = exchange.orders.place(
            session.customer, order.reference, simulation.sign(session.customer, order.digest())
        )
        return JSONResponse({"reference": view.reference, "state": view.state.value})
