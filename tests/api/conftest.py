"""One server for each file of tests; the last line counts as the other rings' do."""
import pytest

from lab import Server


@pytest.fixture(scope="module")
def server():
    s = Server()
    yield s
    s.stop()


def pytest_terminal_summary(terminalreporter):
    stats = terminalreporter.stats
    failed = len(stats.get("failed", [])) + len(stats.get("error", []))
    for report in stats.get("skipped", []):
        print(f"skipped: {report.longrepr[2]}")
    print(f"\napi: {len(stats.get('passed', []))} passed, {failed} failed")
