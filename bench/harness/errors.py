"""What services say went wrong, and whether one had to be started again."""
import pathlib
import re

ERROR = re.compile(r"^\S+ error |\b(?:ERROR|FATAL|PANIC): |\[ERR\]")
# While a server starts, those who ask too early are told so; that is not an error. nats-server (2.9) tries an account's new directory and takes it away
# again, and complains if two who connect first make it do so at once.
STARTING = re.compile(r"the database system is starting up|could not create storage streams directory")


def of_logs(logs: dict[str, pathlib.Path]) -> dict:
    """Lines of level error since the start: how many, by service, and the first of each."""
    found = {n: [line for line in log.read_text(errors="replace").splitlines() if ERROR.search(line) and not STARTING.search(line)]
             for n, log in logs.items() if log.exists()}
    return {"total": sum(map(len, found.values())), **{n: len(lines) for n, lines in found.items()}, "first": {n: lines[0] for n, lines in found.items() if lines}}


def restarted(before: dict[str, int], after: dict[str, int]) -> list[str]:
    """Processes that have another number than before; what they cost is then not all counted."""
    return sorted(name for name, pid in before.items() if after.get(name) != pid)
