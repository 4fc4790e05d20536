"""Adds up the test cases of meson test logs: `summary.py FILE.json…` prints `N passed, N failed` as its last line, and before it the heart of what each failed program said.

A program that failed without saying how many cases it has (a crash, a time-out) counts as one that failed.
"""
import json
import pathlib
import re
import sys

DOCTEST = re.compile(r"test cases:\s+\d+ \|\s+(\d+) passed \|\s+(\d+) failed")
PYTEST_PASSED = re.compile(r"^(?:=+ )?.*?(\d+) passed.* in [\d.]+s", re.MULTILINE)
PYTEST_FAILED = re.compile(r"^(?:=+ )?.*?(\d+) (?:failed|error).* in [\d.]+s", re.MULTILINE)

# Where doctest, pytest and sanitizers say what is wrong, of which the first lines tell most.
WRONG = re.compile(r"^(E  |.*\b(ERROR|FAILED)\b|\s+(values|logged): |.*runtime error: |SUMMARY: )")
LINES, WIDTH = 12, 240


def output(test: dict) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", test.get("stdout", "") + test.get("stderr", ""))


def heart(test: dict) -> list[str]:
    lines = [line for line in output(test).splitlines() if line.strip()]
    return [line[:WIDTH] for line in [line for line in lines if WRONG.match(line)][:LINES] or lines[-LINES:]]


def cases(test: dict) -> tuple[int, int]:
    text = output(test)
    passed = failed = 0
    if found := DOCTEST.search(text):
        passed, failed = int(found[1]), int(found[2])
    elif "pytest" in " ".join(test["command"]):
        passed = sum(int(n) for n in PYTEST_PASSED.findall(text))
        failed = sum(int(n) for n in PYTEST_FAILED.findall(text))
    if test["result"] == "OK":
        return max(passed, 1), 0
    return passed, max(failed, 1)


def main() -> int:
    logs = [pathlib.Path(name) for name in sys.argv[1:]]
    if missing := [log.name for log in logs if not log.exists()]:
        print(f"no test ran of {', '.join(missing)}", file=sys.stderr)
        return 1
    passed = failed = 0
    for line in (line for log in logs for line in log.read_text().splitlines()):
        test = json.loads(line)
        more_passed, more_failed = cases(test)
        passed += more_passed
        failed += more_failed
        if test["result"] != "OK":
            print(f"{test['result']}: {test['name']}", *heart(test), sep="\n  ")
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


sys.exit(main())
