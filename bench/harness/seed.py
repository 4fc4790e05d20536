"""Sites and monitors, by the public API in bulk."""
from harness.target import Target

MONITORS_AT_ONCE = 2000  # in a request, about
MOST_ON_A_SITE = 1000    # the API takes so many with a new site
PATIENCE_SECONDS = 60    # for one request


def sites(count: int, monitors: int) -> list[range]:
    """The monitors' numbers, as evenly as can be over so many sites."""
    return [range(n * monitors // count, (n + 1) * monitors // count) for n in range(count)]


def channel(stack, target: Target):
    """Every opening is told by itself, however many there are."""
    stack.post("/v1/channels", {"kind": "webhook", "name": "bench", "config": {"url": target.receiver}, "digest": {"storm": {"more_than": 0}}})


def monitor(number: int, target: Target, interval_s: int, regions: list[str]) -> dict:
    """Its tag is the kind of its target, by which figures tell monitors apart."""
    return {"kind": "http", "name": str(number), "interval_ms": interval_s * 1000, "timeout_ms": min(10_000, interval_s * 1000 - 1000), "regions": regions,
            "tags": [target.choice.of(number).name], "spec": {"url": target.url(number)}}


def seed(stack, target: Target, options, regions: list[str]):
    channel(stack, target)
    batch: list[dict] = []
    waiting = 0
    for n, numbers in enumerate(shares := sites(options.sites, options.monitors)):
        batch.append({"name": f"site {n}", "monitors": [monitor(number, target, options.interval, regions) for number in numbers]})
        waiting += len(numbers)
        if waiting >= MONITORS_AT_ONCE or n + 1 == len(shares):
            answer = stack.call("POST", "/v1/sites/bulk", {"items": batch}, timeout=PATIENCE_SECONDS)
            assert answer.status_code in (200, 201), f"{answer.status_code} {answer.text[:500]}"
            batch, waiting = [], 0
