"""A signer's own page: what people approve is decoded here, on the signer's host, from the raw bytes."""

from holdfast.signer.pages.app import create_page
from holdfast.signer.pages.serving import page_address, served_page

__all__ = ["create_page", "page_address", "served_page"]
