"""Lists in pages: `?page=1&limit=50` → `{items, total, page, limit}`."""

from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from app.kit.schema import Answer

MAX_LIMIT = 200

Item = TypeVar("Item", bound=BaseModel)


class Page(Answer, Generic[Item]):
    items: list[Item]
    total: int = Field(description="How many there are on all pages together.", examples=[1])
    page: int = Field(examples=[1])
    limit: int = Field(examples=[50])


class PageRequest(Answer):
    page: int
    limit: int

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.limit


def page_request(
    page: Annotated[int, Query(ge=1, le=1_000_000, description="Counts from 1.")] = 1,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Items a page.")] = 50,
) -> PageRequest:
    return PageRequest(page=page, limit=limit)


Paging = Annotated[PageRequest, Depends(page_request)]
