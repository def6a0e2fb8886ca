"""Checks what operators watch: the rules with promtool and their tests, the dashboards' queries likewise, that every metric named
anywhere is one that the code exports and docs/operations/metrics.md tells of, and that every alert has its place in the runbook.

    python3 deploy/check/monitoring.py
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

DEPLOY = Path(__file__).resolve().parents[1]
ROOT = DEPLOY.parent
RULES = DEPLOY / "prometheus" / "rules.yml"
TESTS = DEPLOY / "prometheus" / "rules_test.yml"
METRICS = ROOT / "docs" / "operations" / "metrics.md"
RUNBOOK = "https://github.com/pinfold/pinfold/blob/main/"
REGISTERED = re.compile(r'(?:register|gauge|encode_descriptor)\(\s*"((?:pinfold|process)_[a-z_]+)"|\(\s*"((?:pinfold|process)_[a-z_]+)",\s*"')
NAMED = re.compile(r"\b(?:pinfold|process)_[a-z_]+\b")
RECORDED = re.compile(r"\bpinfold:[a-z_]+:[a-z0-9_]+\b")
# What the exposition adds to the name that the code registers.
SUFFIXES = ("", "_total", "_bucket", "_sum", "_count", "_info")


def exported():
    """Names as a scrape shows them, of every kind that a registered one may be."""
    names = set()
    for source in (ROOT / "crates").glob("*/src/**/*.rs"):
        for found in REGISTERED.finditer(source.read_text()):
            names.add(found[1] or found[2])
    return {name + suffix for name in names for suffix in SUFFIXES}


def queries(dashboard):
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]


def promtool(*arguments, directory=DEPLOY):
    environment = os.environ | {"PATH": f"{ROOT / '.dev' / 'tools' / 'bin'}:{os.environ['PATH']}"}
    done = subprocess.run(["promtool", *arguments], cwd=directory, env=environment, capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else (done.stdout + done.stderr).strip()


def anchors(page):
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^a-z0-9_ -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def check_promtool(faults):
    """The rules, their tests, and the queries of the dashboards as if they were rules."""
    dashboards = [json.loads(path.read_text()) for path in sorted((DEPLOY / "grafana").glob("*.json"))]
    rules = [{"record": "dashboard:query", "expr": expr} for board in dashboards for _, expr in queries(board)]
    with tempfile.TemporaryDirectory() as directory:
        written = Path(directory) / "queries.yml"
        # Two queries may be the same; two rules may not.
        groups = [{"name": f"query {number}", "rules": [rule]} for number, rule in enumerate(rules)]
        written.write_text(yaml.safe_dump({"groups": groups}))
        for what, arguments, where in [
            ("rules.yml", ("check", "rules", str(RULES)), DEPLOY),
            ("rules_test.yml", ("test", "rules", TESTS.name), TESTS.parent),
            ("grafana", ("check", "rules", "--lint=none", str(written)), DEPLOY),
        ]:
            fault = promtool(*arguments, directory=where)
            faults.append((fault is None, f"{what}: {fault}"))


def check_names(faults):
    known, documented = exported(), METRICS.read_text()
    told = set(NAMED.findall(documented))
    groups = yaml.safe_load(RULES.read_text())["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    recorded = {rule["record"] for rule in rules if "record" in rule}
    used = [(rule.get("alert") or rule["record"], rule["expr"]) for rule in rules]
    for path in sorted((DEPLOY / "grafana").glob("*.json")):
        used += [(f"{path.name}, {title}", expr) for title, expr in queries(json.loads(path.read_text()))]
    for where, expr in used:
        bare = re.sub(r'"[^"]*"', "", expr)
        for name in set(NAMED.findall(bare)):
            faults.append((name in known, f"{where}: the code exports no {name}"))
            # Only the page says of which kind a metric is: a counter that is read without its `_total` would show nothing.
            told_as = re.sub(r"_(bucket|sum|count)$", "", name)
            is_told = told_as.startswith("process_") or told_as in told
            faults.append((is_told, f"{where}: docs/operations/metrics.md tells of no {told_as}"))
        for name in set(RECORDED.findall(bare)):
            faults.append((name in recorded, f"{where}: no rule records {name}"))
    for name in sorted(told - {"process_"}):
        faults.append((name in known, f"metrics.md: the code exports no {name}"))
    tested = TESTS.read_text()
    for rule in rules:
        if "alert" not in rule:
            continue
        url = rule.get("annotations", {}).get("runbook_url", "")
        page, _, anchor = url.removeprefix(RUNBOOK).partition("#")
        is_there = url.startswith(RUNBOOK) and (ROOT / page).is_file() and anchor in anchors(ROOT / page)
        faults.append((is_there, f"{rule['alert']}: its runbook is not there: {url}"))
        faults.append((rule.get("labels", {}).get("severity") in ("critical", "warning"), f"{rule['alert']}: no severity"))
    faults.append((tested.count("alertname:") >= 8, "rules_test.yml tests too little"))


def main():
    outcomes = []
    check_promtool(outcomes)
    check_names(outcomes)
    faults = [fault for holds, fault in outcomes if not holds]
    for fault in faults:
        print(fault)
    print(f"deploy: {len(outcomes) - len(faults)} passed, {len(faults)} failed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
