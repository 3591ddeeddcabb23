import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.auth.tokens import claims_of, decoded, encoded, signed
from tests.conftest import Service
from tests.factories.people import Person

CLAIMS = ["iss", "aud", "sub", "typ", "jti", "iat", "exp", "sid"]
NOT_STRINGS: list[Any] = [None, 7, True, [], {}, ["adiuva", 3]]


async def answer_to(http: httpx.AsyncClient, token: str) -> httpx.Response:
    return await http.get("/auth/me", headers={"Authorization": f"Bearer {token}"})


async def is_refused(http: httpx.AsyncClient, token: str) -> bool:
    answer = await answer_to(http, token)
    refused = (answer.status_code, answer.headers.get("www-authenticate")) == (401, "Bearer")
    return refused and answer.json()["code"] == "not_authenticated"


@pytest.fixture
def secret(service: Service) -> str:
    assert service.settings.jwt_secret is not None
    return service.settings.jwt_secret.get_secret_value()


@pytest.fixture
def claims(ada: Person) -> dict[str, Any]:
    return claims_of(ada.access_token)


async def test_the_forger_s_tools_work(http: httpx.AsyncClient, claims: dict[str, Any], secret: str) -> None:
    """What the other tests here rely on: refused is the change, not the tool."""
    assert (await answer_to(http, signed(claims, secret))).status_code == 200


async def test_a_token_carries_the_claims_the_specification_names(claims: dict[str, Any], ada: Person) -> None:
    assert claims.keys() == set(CLAIMS)
    assert (claims["typ"], claims["sub"]) == ("access", await ada.id())
    assert claims["exp"] - claims["iat"] == 15 * 60


@pytest.mark.parametrize("claim", CLAIMS)
async def test_every_claim_is_required(
    http: httpx.AsyncClient, claims: dict[str, Any], secret: str, claim: str
) -> None:
    assert await is_refused(http, signed({k: v for k, v in claims.items() if k != claim}, secret))


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "typ", "sid", "exp", "iat"])
async def test_every_claim_must_be_of_its_kind(
    http: httpx.AsyncClient, claims: dict[str, Any], secret: str, claim: str
) -> None:
    wrong = ["", "somebody else", float("inf"), *NOT_STRINGS] if claim != "iat" else ["", "x", None, [], {}]
    for value in wrong:
        if (claim, value) != ("aud", ["adiuva", 3]):
            assert await is_refused(http, signed(claims | {claim: value}, secret)), (claim, value)


async def test_another_type_of_token_is_no_access_token(
    http: httpx.AsyncClient, claims: dict[str, Any], secret: str
) -> None:
    for typ in ("refresh", "Access", "ticket"):
        assert await is_refused(http, signed(claims | {"typ": typ}, secret))


async def test_claims_that_are_no_object_are_refused(http: httpx.AsyncClient, secret: str) -> None:
    payloads: list[Any] = [[], "claims", 5, None]
    for payload in payloads:
        assert await is_refused(http, signed(payload, secret))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None, "HS384", "RS256", ["HS256"]])
async def test_the_token_does_not_choose_its_algorithm(
    http: httpx.AsyncClient, claims: dict[str, Any], secret: str, algorithm: object
) -> None:
    token = signed(claims, secret, header={"alg": algorithm, "typ": "JWT"})
    assert await is_refused(http, token)
    assert await is_refused(http, token.rpartition(".")[0] + ".")


async def test_a_stronger_algorithm_with_the_right_secret_is_refused_too(
    http: httpx.AsyncClient, claims: dict[str, Any], secret: str
) -> None:
    assert await is_refused(http, signed(claims, secret, algorithm="HS512"))


async def test_a_header_without_an_algorithm_is_refused(
    http: httpx.AsyncClient, claims: dict[str, Any], secret: str
) -> None:
    headers: list[Any] = [{"typ": "JWT"}, [], "HS256", 5]
    for header in headers:
        assert await is_refused(http, signed(claims, secret, header=header))


async def test_another_secret_is_refused(http: httpx.AsyncClient, claims: dict[str, Any], secret: str) -> None:
    for other in (secret[:-1], secret + "=", secret.lower(), ""):
        assert await is_refused(http, signed(claims, other))


async def test_a_token_lives_fifteen_minutes(service: Service, ada: Person) -> None:
    service.clock.move(minutes=14, seconds=50)
    assert (await answer_to(service.http, ada.access_token)).status_code == 200
    service.clock.move(seconds=11)
    assert await is_refused(service.http, ada.access_token)


async def test_a_token_from_the_future_is_refused(http: httpx.AsyncClient, claims: dict[str, Any], secret: str) -> None:
    an_hour_on = {"iat": claims["iat"] + 3600, "exp": claims["exp"] + 3600}
    assert await is_refused(http, signed(claims | an_hour_on, secret))


async def test_clocks_of_two_machines_may_differ_a_little(
    http: httpx.AsyncClient, claims: dict[str, Any], secret: str
) -> None:
    assert (await answer_to(http, signed(claims | {"iat": claims["iat"] + 30}, secret))).status_code == 200


async def test_a_session_belongs_to_its_user(
    http: httpx.AsyncClient, claims: dict[str, Any], secret: str, bob: Person
) -> None:
    bobs = claims_of(bob.access_token)
    assert await is_refused(http, signed(claims | {"sub": bobs["sub"]}, secret))
    assert await is_refused(http, signed(claims | {"sid": bobs["sid"]}, secret))


async def test_other_schemes_and_empty_headers_are_refused(http: httpx.AsyncClient, ada: Person) -> None:
    token = ada.access_token
    for header in ("", "Bearer", "Bearer ", f"Basic {token}", token, f"Token {token}", f"Bearer{token}"):
        answer = await http.get("/auth/me", headers={"Authorization": header})
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


@pytest.mark.parametrize("space", ["\xa0", "\x85", "\t"])
async def test_what_looks_like_a_space_is_none(http: httpx.AsyncClient, ada: Person, space: str) -> None:
    header = f"Bearer {space}{ada.access_token}".encode("latin-1")
    assert (await http.get("/auth/me", headers={b"Authorization": header})).status_code == 401


async def test_the_scheme_s_name_may_be_written_in_any_case(http: httpx.AsyncClient, ada: Person) -> None:
    answer = await http.get("/auth/me", headers={"Authorization": f"bearer {ada.access_token}"})
    assert answer.status_code == 200


@pytest.mark.parametrize("nested", ["[", '{"a":'])
async def test_a_header_of_endless_brackets_is_refused_like_any_other(http: httpx.AsyncClient, nested: str) -> None:
    for depth in (100, 900, 100_000):
        bomb = encoded((nested * depth).encode())
        assert await is_refused(http, f"{bomb}.e30.c2ln")
        assert await is_refused(http, f"e30.{bomb}.c2ln")


def mutants(token: str) -> st.SearchStrategy[str]:
    """Tokens a few slips of the pen away from a good one, and some that are far."""
    header_safe = st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters="\x7f")
    places = st.integers(0, len(token) - 1)
    replaced = st.builds(lambda i, c: token[:i] + c + token[i + 1 :], places, header_safe)
    inserted = st.builds(lambda i, c: token[:i] + c + token[i:], places, st.text(header_safe, min_size=1, max_size=5))
    cut = st.builds(lambda i, n: token[:i] + token[i + n :], places, st.integers(1, 40))
    swapped = st.permutations(token.split(".")).map(".".join)
    heads: list[dict[str, Any]] = [{}, {"alg": "none"}, {"alg": "HS256"}, {"alg": "HS256", "crit": ["x"]}]
    parts = [json.dumps(head) for head in heads]
    headed = st.sampled_from(parts).map(lambda part: ".".join([encoded(part.encode()), *token.split(".")[1:]]))
    strange = st.text(header_safe, min_size=1, max_size=200).filter(lambda text: not text.startswith("adiuva_"))
    return st.one_of(replaced, inserted, cut, swapped, headed, strange, strange.map(lambda text: f"adiuva_{text}"))


def says_the_same(one: str, other: str) -> bool:
    """Do both spell the same bytes? The last letter of a signature carries bits that mean nothing."""
    try:
        return one[:-1] == other[:-1] and decoded(one.split(".")[2]) == decoded(other.split(".")[2])
    except ValueError:  # what is no base64 spells nothing
        return False


@settings(
    max_examples=300,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
async def test_a_mutated_token_is_never_anything_but_refused(
    http: httpx.AsyncClient, ada: Person, data: st.DataObject
) -> None:
    mutant = data.draw(mutants(ada.access_token))
    if mutant == ada.access_token or (len(mutant) == len(ada.access_token) and says_the_same(mutant, ada.access_token)):
        return
    answer = await http.get("/auth/me", headers={b"Authorization": b"Bearer " + mutant.encode("latin-1")})
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
