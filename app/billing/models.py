from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base


class TokenUsage(Base):
    """What a user's turns have used in a month. Tokens a turn still holds are not here but in its run."""

    __tablename__ = "token_usage"
    __table_args__ = (
        CheckConstraint("extract(day from month) = 1", name="month_is_its_first_day"),
        CheckConstraint("input_tokens >= 0 and output_tokens >= 0 and turns >= 0", name="counts_not_negative"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)  # its first day, in UTC
    input_tokens: Mapped[int] = mapped_column(BigInteger, server_default="0")
    output_tokens: Mapped[int] = mapped_column(BigInteger, server_default="0")
    turns: Mapped[int] = mapped_column(server_default="0")
