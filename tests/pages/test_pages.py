"""The few pages a browser shows: they load what is ours and nothing else."""

import re

import httpx
import pytest

PAGES = ["/docs", "/verify-email", "/reset-password"]
MEDIA = {".js": ("text/javascript", "application/javascript"), ".css": ("text/css",), ".svg": ("image/svg+xml",)}


async def _get(http: httpx.AsyncClient, path: str) -> httpx.Response:
    return await http.get(f"http://localhost{path}")


def _loaded(html: str) -> list[str]:
    return re.findall(r'(?:src|href)="([^"]+)"', html)


async def test_the_root_leads_to_the_docs(http: httpx.AsyncClient) -> None:
    answer = await _get(http, "/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/docs")


@pytest.mark.parametrize("page", PAGES)
async def test_a_page_loads_only_what_we_serve_and_all_of_it_is_there(http: httpx.AsyncClient, page: str) -> None:
    html = (await _get(http, page)).text
    assert len(_loaded(html)) >= 3
    for path in _loaded(html):
        assert re.fullmatch(r"/assets/[\w.-]+", path)
        asset = await _get(http, path)
        assert asset.status_code == 200
        assert asset.headers["content-type"].split(";")[0] in MEDIA[path[path.rindex(".") :]]
        assert asset.headers["x-content-type-options"] == "nosniff"
        assert len(asset.content) > 50


@pytest.mark.parametrize("page", PAGES)
async def test_a_page_runs_no_script_but_our_files_and_talks_to_nobody_else(http: httpx.AsyncClient, page: str) -> None:
    answer = await _get(http, page)
    assert answer.headers["content-type"].startswith("text/html")
    rules = dict(rule.strip().split(" ", 1) for rule in answer.headers["content-security-policy"].split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == "'self'"
    assert rules["connect-src"] == "'self'"
    assert rules["frame-ancestors"] == "'none'"
    assert rules["base-uri"] == "'none'"
    assert not re.search(r"<script(?![^>]*\ssrc=)", answer.text), "an inline script would not run"
    assert not re.search(r"\son\w+=|\sstyle=", answer.text)


@pytest.mark.parametrize("asset", ["docs.js", "docs.css", "page.js", "page.css", "mark.svg"])
async def test_our_own_files_name_no_other_server(http: httpx.AsyncClient, asset: str) -> None:
    text = (await _get(http, f"/assets/{asset}")).text
    assert set(re.findall(r"https?://[^\s\"')]+", text)) <= {"http://www.w3.org/2000/svg"}


async def test_the_docs_page_shows_our_openapi_and_keeps_the_token_of_a_sign_in(http: httpx.AsyncClient) -> None:
    script = (await _get(http, "/assets/docs.js")).text
    schema = (await _get(http, "/openapi.json")).json()
    (address,) = re.findall(r'url: "([^"]+)"', script)
    assert (await _get(http, address)).json() == schema
    (scheme,) = re.findall(r'preauthorizeApiKey\("(\w+)"', script)
    assert list(schema["components"]["securitySchemes"]) == [scheme]
    (pattern,) = re.findall(r"SIGNS_IN = /(.+)/;", script)
    giving_tokens = {
        path
        for path, operations in schema["paths"].items()
        for operation in operations.values()
        for answer in operation["responses"].values()
        if "AuthTokens" in str(answer)
    }
    assert {path for path in schema["paths"] if re.search(pattern, path)} == giving_tokens


@pytest.mark.parametrize("page", ["/verify-email", "/reset-password"])
async def test_a_mailed_links_page_sends_the_secret_where_it_is_taken(http: httpx.AsyncClient, page: str) -> None:
    html = (await _get(http, page)).text
    (target,) = re.findall(r'data-path="([^"]+)"', html)
    schema = (await _get(http, "/openapi.json")).json()
    reference = schema["paths"][target]["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    wanted = set(schema["components"]["schemas"][reference.rpartition("/")[2]]["required"])
    fields = set(re.findall(r'<input[^>]*\sname="(\w+)"', html))
    assert fields | {"token"} == wanted
    assert "location.hash" in (await _get(http, "/assets/page.js")).text
    assert (await _get(http, page)).headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "name",
    ["nothing.js", "docs.html", "..%2froutes.py", "%2e%2e/routes.py", "%2fetc%2fpasswd", "docs.js%00", "DOCS.JS"],
)
async def test_no_other_file_is_served(http: httpx.AsyncClient, name: str) -> None:
    assert (await _get(http, f"/assets/{name}")).status_code in (400, 404)
