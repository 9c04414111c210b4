"""usage: dashboard.py DASHBOARD.json < METRICS: what is wrong with a Grafana dashboard.

Every metric that an expression names must be one that the server shows, and every
label that it selects or groups by one that the metric has.
"""
import json
import re
import sys

OF_PROMETHEUS = {"job", "instance", "le"}
NAME = re.compile(r"\bheadrace_[a-z_]+")
GROUPING = re.compile(r"by \(([a-z_, ]*)\)")
MATCHER = re.compile(r"([a-z_]+)=~?\"")


def shown(text):
    """{metric: its labels}; a histogram under the names that it has in expressions."""
    metrics = {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            parts = ["_bucket", "_sum", "_count"] if kind == "histogram" else [""]
            metrics.update({name + part: set() for part in parts})
        elif line and not line.startswith("#"):
            name = re.match(r"[a-z_]+", line).group()
            metrics[name].update(re.findall(r"([a-z_]+)=\"", line))
    return metrics


def faults_of(expr, metrics):
    names = NAME.findall(expr)
    if not names:
        yield f"no metric in: {expr}"
    for name in names:
        if name not in metrics:
            yield f"{name} is not shown by the server: {expr}"
            return
    known = OF_PROMETHEUS.union(*(metrics[name] for name in names))
    used = set(MATCHER.findall(expr))
    for group in GROUPING.findall(expr):
        used.update(group.replace(" ", "").split(","))
    for label in sorted(used - known):
        yield f"no metric has the label {label}: {expr}"


def main():
    metrics = shown(sys.stdin.read())
    with open(sys.argv[1], encoding="utf-8") as f:
        board = json.load(f)
    panels = [p for p in board["panels"] if p["type"] != "row"]
    faults = [fault for p in panels for t in p["targets"] for fault in faults_of(t["expr"], metrics)]
    if len({p["id"] for p in board["panels"]}) != len(board["panels"]):
        faults.append("two panels have one id")
    if board["schemaVersion"] < 39 or len(panels) < 20:
        faults.append("this is not the dashboard that it was")
    print("\n".join(faults) or f"{len(panels)} panels")
    return 1 if faults else 0


sys.exit(main())
