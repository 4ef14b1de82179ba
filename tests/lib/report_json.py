"""Documents as poller writes them, made up: what the report is tested with."""

import heapq
import random

RUN_ID = "01J0000000000000000000000Z"
PHASES = ("resolve", "connect", "kex", "auth", "ready", "commands", "close")
CLASSES = ("auth", "connect_timeout", "refused", "command_error", "prompt")


def record(name, queued=0.0, worker=0, failed=None, error=None, output="ok\n", **phases):
    timing = {phase: phases.get(phase, 1.0) for phase in PHASES}
    total = round(sum(value for value in timing.values() if value is not None), 1)
    return {"schema": 1, "run_id": RUN_ID, "device": name, "host": "192.0.2.1", "port": 22,
            "transport": "ssh", "platform": "cisco_ios", "mode": "threads", "process": 0,
            "worker": worker, "attempt": 1, "status": "failed" if failed else "ok",
            "class": failed, "error": error, "started_at": "2026-11-20T10:00:00.123Z",
            "timing_ms": {"queued": queued, **timing, "total": total},
            "commands": [{"command": "show version", "status": "failed" if failed else "ok",
                          "class": failed, "output": output, "proofs": ["prompt"],
                          "doubt": None, "bytes": len(output), "ms": 1.0}],
            "host_key": None}


def rank(times, part):
    """By nearest rank, as poller does."""
    return times[max(-(-int(part * 100) * len(times) // 100) - 1, 0)]


def run_object(records, workers, mode="threads"):
    times = sorted(r["timing_ms"]["total"] - (r["timing_ms"]["close"] or 0) for r in records)
    elapsed = max(r["timing_ms"]["queued"] + r["timing_ms"]["total"] for r in records)
    classes = {}
    for one in records:
        if one["class"]:
            classes[one["class"]] = classes.get(one["class"], 0) + 1
    failed = sum(classes.values())
    return {"run_id": RUN_ID, "mode": mode, "workers": workers, "devices": len(records),
            "ok": len(records) - failed, "failed": failed, "doubts": 0,
            "classes": classes, "elapsed_ms": round(elapsed, 1), "device_ms_sum": round(sum(times), 1),
            "speedup_estimate": round(sum(times) / elapsed, 1),
            "device_ms": {"p50": round(rank(times, 0.5), 1), "p95": round(rank(times, 0.95), 1),
                          "p99": round(rank(times, 0.99), 1), "max": round(times[-1], 1),
                          "slowest": records[0]["device"]},
            "cpu_ms": {"user": 12.3, "system": 4.5}, "max_rss_kib": 20480, "version": "0.1.0"}


def document(records, workers, **more):
    return {"schema": 1, "results": records, "run": run_object(records, workers, **more)}


def big_run(devices, workers, seed=1):
    """A run of so many devices, one in twenty of them failing, a third saying the same."""
    chance = random.Random(seed)
    free = [(0.0, worker) for worker in range(workers)]
    records = []
    for i in range(devices):
        queued, worker = heapq.heappop(free)
        name = f"switch-{i:05}"
        failed = chance.choice(CLASSES) if chance.random() < 0.05 else None
        said = "Cisco IOS Software, Version 15.2\n"
        one = record(name, round(queued, 1), worker, failed,
                     failed and f"{name}: {failed} at 10.0.{i // 256}.{i % 256} port 22",
                     said if i % 3 == 0 else f"{said}{name} uptime is 3 weeks\n{'x' * 800}\n",
                     connect=round(chance.uniform(0.2, 3), 1), kex=round(chance.uniform(3, 30), 1),
                     auth=round(chance.uniform(2, 40), 1), ready=round(chance.uniform(5, 80), 1),
                     commands=round(chance.lognormvariate(4.5, 0.6), 1))
        records.append(one)
        heapq.heappush(free, (queued + one["timing_ms"]["total"] + 0.2, worker))
    return document(records, workers)


def row(mode, workers, elapsed, repeat=1, devices=40, **more):
    return {"run_id": RUN_ID, "mode": mode, "workers": workers, "devices": devices, "ok": devices,
            "failed": 0, "classes": {}, "elapsed_ms": elapsed, "device_ms_sum": 4000.0,
            "speedup_estimate": round(4000 / elapsed, 1), "cpu_ms": {"user": 30.0, "system": 10.5},
            "max_rss_kib": 10240, "version": "0.1.0", "repeat": repeat, **more}


def comparison():
    rows = [row("sequential", 1, 4100.3)]
    for repeat, factor in ((1, 1.0), (2, 1.1), (3, 0.95)):
        for mode in ("threads", "events"):
            rows += [row(mode, n, round(4000 / n * factor, 1), repeat) for n in (5, 10, 20, 40)]
    return {"schema": 1, "kind": "compare", "baseline_ms": 4100.3, "rows": rows}


def sweep():
    rows = [row("threads", n, ms, devices=5460)
            for n, ms in ((30, 5000.0), (140, 1300.5), (300, 1250.0))]
    return {"schema": 1, "kind": "sweep", "baseline_ms": None, "rows": rows,
            "bends": [{"mode": "threads", "workers": 140, "elapsed_ms": 1300.5, "cause": "devices",
                       "because": "the devices' own times explain it"}],
            "bounds": [{"mode": "threads", "workers": n, "waiting_ms": 140000.0 / n,
                        "amdahl_ms": 150000.0 / n} for n in (30, 140, 300)]}


def experiments():
    return {"schema": 1, "kind": "experiments", "machine": {"cores": 2, "kernel": "6.1"},
            "experiments": [
                {"id": "race", "claim": "Threads race.", "method": "Two count.", "verdict": "holds",
                 "depends_on": None, "rule": "some are lost", "seconds": 1.5,
                 "numbers": [{"name": "lost", "unit": "%", "median": 33.25, "low": 30.5,
                              "high": 50.0, "n": 5}], "series": [], "skipped": []},
                {"id": "how-many", "claim": "Hundreds.", "method": "Sweep.", "verdict": "depends",
                 "depends_on": "the work", "rule": "r", "seconds": 2.0, "numbers": [],
                 "series": [{"name": name, "x": "workers", "y": "devices a second", "unit": "1/s",
                             "points": [[2, 8.5], [50, 180.25], [400, 871.0]]}
                            for name in ("threads", "published")],
                 "skipped": ["python3 is missing"]}]}
