"""What threads does in the background."""

from uuid import UUID

from app.errors import AdiuvaError
from app.jobs.tasks import JobInfo, Retry
from app.threads.titles import Titles, first_words

TITLE_RETRY = Retry(attempts=4)  # over about two minutes; a thread should not be without a name for longer


class ThreadTitles:
    def __init__(self, titles: Titles) -> None:
        self._titles = titles

    async def give(self, job: JobInfo, *, user_id: str, thread_id: str) -> None:
        """Run again, it finds the title it gave. When no model answers to the last, the user's first words are the title."""
        try:
            await self._titles.give(UUID(user_id), UUID(thread_id))
        except AdiuvaError:
            if job.attempt < TITLE_RETRY.attempts:
                raise
            await self._titles.give(UUID(user_id), UUID(thread_id), ask=first_words)
