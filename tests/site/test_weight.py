"""How much a page loads, as a server with gzip would send it."""

import gzip

import pytest

TEXT = ("text/", "application/javascript", "application/json", "image/svg+xml")


def weight(visit, page: str) -> int:
    """Bytes of every response of a first visit; text as gzip -6 makes it."""
    seen = visit("http", page)
    total = 0
    for response in seen.responses:
        body = response.body()
        text = response.headers.get("content-type", "").startswith(TEXT)
        total += len(gzip.compress(body, 6)) if text else len(body)
    return total


@pytest.mark.parametrize(
    ("page", "limit"),
    [
        ("intro.html", 150_000),
        ("chapters/convolution/padding-and-stride.html", 600_000),
    ],
)
def test_weight(visit, record_property, page: str, limit: int) -> None:
    total = weight(visit, page)
    record_property("bytes", total)
    print(f"{page}: {total} bytes")
    assert 30_000 < total <= limit
