"""What was seen all run long, whatever was being tried."""

from device.conformance.client import Client
from device.conformance.rule import Level, rule
from device.conformance.verdicts import Broken, NotTested


def _of_the_run(name: str, section: str, sentence: str, level: Level = Level.MUST) -> None:
    async def check(client: Client) -> str | None:
        found = client.conduct.findings.get(name)
        if found is not None:
            raise Broken(
                found.expected, found.got if found.times == 1 else f"{found.got} ({found.times:,} times in all)"
            )
        if not client.reception.upgrades:
            raise NotTested("no client came")
        return None

    rule(name, section, sentence, level=level, needs_connection=False)(check)


_of_the_run("discipline.text-frames", "0", "Every frame is a text frame.")
_of_the_run("discipline.json", "0", "Every frame is a JSON object with a `type`.")
_of_the_run("discipline.vocabulary", "2", "Every frame is of a type that clients have.")
_of_the_run("discipline.fields", "2", "Every frame has its fields, of the right types.")
_of_the_run("discipline.size", "1", "No frame is larger than 1 MiB.")
_of_the_run("discipline.pace", "1", "Frames that nobody asked for come at no more than 50 a second, 200 in a burst.")
_of_the_run("discipline.hello-once", "1", "`device_hello` comes once on a connection.")
_of_the_run("discipline.known-calls", "4", "A `tool_result` comes only for a `tool_call` that was sent.")
_of_the_run(
    "discipline.known-approvals", "5", "An `approval_response` comes only for an `approval_request` that was sent."
)
_of_the_run("discipline.answers-once", "4", "A `tool_call` is answered once for each time it is sent.", Level.SHOULD)
_of_the_run(
    "discipline.exact-results", "4", "A `tool_result` has no field beyond what its action returns.", Level.SHOULD
)
_of_the_run("discipline.pongs", "2", "A `pong` comes only as the answer to a `ping`.", Level.SHOULD)
_of_the_run("discipline.tickets", "1", "A ticket is used once.")
_of_the_run("discipline.one-connection", "1", "There is one connection at a time.", Level.SHOULD)
_of_the_run("discipline.stays", "1", "The client does not end a connection by itself.")
