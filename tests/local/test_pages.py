"""What the link of an issue opens in a browser."""

from html.parser import HTMLParser

import httpx
import pytest
from sending import Local, failure, frame

from local import Store, create_app

PAGE = "/organizations/local/issues/1/"
HOSTILE = "</pre></h1><script>alert(1)</script><img src=http://evil.example/x onerror=alert(1)>&lt;"
ALLOWED = {"html", "meta", "title", "h1", "h2", "p", "dl", "dt", "dd", "pre"}


class Elements(HTMLParser):
    """The elements of a page, and its text as it is read."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


async def browse(store: Store, path: str = PAGE, host: str = "127.0.0.1:3005") -> httpx.Response:
    """As a browser asks: without a token."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(store)), base_url="http://127.0.0.1:3005"
    ) as browser:
        return await browser.get(path, headers={"Host": host})


async def test_the_link_of_an_issue_opens_its_page(store: Store, local: Local) -> None:
    await local.send(failure(release="shop@1.0"))
    issue = await local.get("issues/1/")
    assert issue["permalink"].endswith(PAGE)

    for path in (PAGE, f"/organizations/local/issues/{issue['shortId']}/"):
        page = await browse(store, path)
        assert page.status_code == 200
        shown = Elements(page.text).text
        for words in ("ValueError: bad coupon", "APP-1", "unresolved", "shop/cart.py", "in checkout"):
            assert words in shown


async def test_what_anyone_may_have_written_is_text_and_nothing_else(store: Store, local: Local) -> None:
    calls = [frame(HOSTILE, filename=HOSTILE, context_line=HOSTILE)]
    await local.send(failure(HOSTILE, HOSTILE, frames=calls, level="error", transaction=HOSTILE))

    page = await browse(store)

    assert Elements(page.text).names <= ALLOWED
    assert "<script>alert(1)</script>" in Elements(page.text).text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert page.headers["x-content-type-options"] == "nosniff"


async def test_people_requests_and_values_are_not_shown(store: Store, local: Local) -> None:
    calls = [frame("pay", vars={"card": "4111"})]
    request = {"url": "http://shop.example/pay?x=y"}
    await local.send(failure(frames=calls, user={"email": "ada@local"}, request=request, extra={"n": "seven"}))

    page = (await browse(store)).text

    for hidden in ("4111", "ada@", "shop.example", "seven"):
        assert hidden not in page


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:3005", "127.0.0.1.evil.example", "192.168.0.7", "[x", "localhost:evil.example"],
)
async def test_a_page_is_shown_under_no_name_but_loopback(store: Store, local: Local, host: str) -> None:
    """A web page may let its own name mean 127.0.0.1, and read what is answered to it."""
    await local.send(failure())
    page = await browse(store, host=host)
    assert page.status_code == 403
    assert "ValueError" not in page.text


@pytest.mark.parametrize(
    "path",
    ["/organizations/local/issues/2/", "/organizations/none/issues/1/", "/organizations/local/issues/%3Cb%3E/"],
)
async def test_a_page_of_no_issue_is_not_found(store: Store, local: Local, path: str) -> None:
    await local.send(failure())
    page = await browse(store, path)
    assert page.status_code == 404
    assert "<b>" not in page.text
