from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from app.threads.conversations import Conversations
from app.threads.history import History
from app.threads.runs import Runs


@dataclass(frozen=True)
class ThreadServices:
    conversations: Conversations
    runs: Runs
    history: History


def services(request: Request) -> ThreadServices:
    return cast("ThreadServices", request.app.state.threads)


Threads = Annotated[ThreadServices, Depends(services)]
