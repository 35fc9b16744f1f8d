"""Customers: the list by name, and one with their passkey, addresses, deposits and withdrawals."""

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

from holdfast.web.reading.customers import customer_page, shown_customers
from holdfast.web.site import PAGE_ROWS, Site
from holdfast.web.views.parameters import OptionalReference, Reference


def add(app: FastAPI, site: Site) -> None:
    """The customers' addresses."""

    @app.get("/customers")
    def customers(request: Request, after: OptionalReference = None) -> HTMLResponse:
        with site.reading() as connection:
            rows = shown_customers(connection, PAGE_ROWS + 1, after)
        more = len(rows) > PAGE_ROWS
        return site.page(request, "customers.html", customers=rows[:PAGE_ROWS], more=more, first=after is None)

    @app.get("/customer")
    def customer(request: Request, name: Reference) -> HTMLResponse:
        with site.reading() as connection:
            page = customer_page(connection, name)
        return site.page(request, "customer.html", page=page, view=page.shown.view)
