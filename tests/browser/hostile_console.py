"""A console that lies: it shows a payout to one address and leads to the intent of another, as Bybit's page did.

It is on the house's own console address, for whoever owns the control plane owns that too.
"""

from collections.abc import Callable
from string import Template

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from holdfast.pages import SHARED, Assets

_HTML = Template("""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Console</title>
<link rel="icon" href="data:,">
<h1>Approve 0.11 BTC?</h1>
<p>To <code id="shown">$shown</code></p>
<p><a href="$page">Approve on the signer's page</a></p>
<p><button id="here">Approve right here</button></p>
<output id="answer"></output>
<iframe src="$page" title="The signer's page, with something of mine laid over it"></iframe>
<script type="module">
  import { sign } from "/static/passkey.js";
  document.getElementById("here").addEventListener("click", async () => {
    const answer = await sign({ challenge: "$challenge", rpId: "localhost" });
    document.getElementById("answer").textContent = JSON.stringify(answer);
  });
</script>
""")


def create_hostile_console(lie: Callable[[], dict[str, str]]) -> Starlette:
    """An application that lies.

    :param lie: what the page says: ``shown`` (an address), ``page`` (where it leads), ``challenge`` (what it has
        signed under its own name, base64url).
    """

    def page(_request: Request) -> Response:
        return HTMLResponse(_HTML.substitute(lie()))

    return Starlette(routes=[Route("/", page), Route("/static/{name}", Assets(*SHARED).serve)])
