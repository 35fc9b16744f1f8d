"""Values as people read them on pages."""

from jinja2 import Environment

from holdfast.amounts import Amount
from holdfast.pages import count, printed


def test_templates_print_amounts_as_pages_show_them() -> None:
    templates = Environment(finalize=printed, autoescape=True)
    values = {"amount": Amount("BTC", 100_000_000_000), "text": "1,000 <b>", "number": 7}
    said = templates.from_string("{{ amount }}, {{ text }}, {{ number }}").render(values)
    assert said == "1\u202f000 BTC, 1,000 &lt;b&gt;, 7"


def test_counts() -> None:
    assert (count(999), count(230_000)) == ("999", "230\u202f000")
