"""The report, in a real browser."""

import copy
import json
import subprocess

import pytest
import report_json
from lab_sim import Sim
from poller_run import BINARY, environment, poll
from report_browser import Browser, NotHere

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)><!--&amp;\u2028\u2029"
LOAD_MS_MAX = 2000
PAGE_BYTES_MAX = 3_000_000
RUN_CHARTS = ("flight", "gantt", "phases", "times")
LIMIT_S = 60


@pytest.fixture(scope="module")
def browser():
    try:
        opened = Browser()
    except NotHere as reason:
        pytest.skip(f"the report in a browser: {reason}")
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def ordinary_look(request):
    if "browser" in request.fixturenames:
        request.getfixturevalue("browser").look()


def report(*arguments, **options):
    return subprocess.run([BINARY, "report", *map(str, arguments)], capture_output=True,
                          timeout=LIMIT_S, check=False, env=environment(), **options)


@pytest.fixture
def made(tmp_path):
    """Makes the page of documents; its path."""
    def make(*documents):
        paths = [tmp_path / f"{i}.json" for i in range(len(documents))]
        for path, document in zip(paths, documents):
            path.write_text(json.dumps(document), encoding="utf-8")
        page = tmp_path / "report.html"
        done = report(*paths, "--html", page)
        assert done.returncode == 0 and done.stdout == done.stderr == b"", done
        return page
    return make


def few_devices():
    records = [report_json.record(f"r{i}", round(i * 1.5, 1), i % 3, output="same\n" if i else "x\n",
                                  commands=10.0 + i) for i in range(8)]
    records.append(report_json.record("bad", 14.0, 1, "auth", "bad: the password was refused",
                                      kex=3.5, commands=None))
    return report_json.document(records, 3)


def figure(text):
    """1,234.5 as a number; other texts as they are."""
    try:
        return float(text.replace(",", "").removesuffix("×").removesuffix(" %"))
    except ValueError:
        return text


def assert_drawn(browser, *names):
    painted = browser.painted()
    assert {name.partition("-")[2].removesuffix("-chart") for name in painted} >= set(names)
    for name, (pixels, colors) in painted.items():
        assert pixels > 500 and colors > 3, f"{name} is blank: {pixels} pixels, {colors} colours"


def test_every_chart_of_a_run_is_drawn(browser, made):
    browser.open(made(few_devices()))
    assert browser.complaints() == []
    assert_drawn(browser, *RUN_CHARTS, "failures")


def test_the_headline_has_the_main_number(browser, made):
    document = few_devices()
    browser.open(made(document))
    title = browser.one("h1").text
    assert title.startswith("8 of 9 devices answered in ")
    assert f"{document['run']['speedup_estimate']:.2f}× as fast as one by one" in title


def test_the_tables_of_a_run_hold_the_numbers_of_its_json(browser, made):
    document = few_devices()
    browser.open(made(document))
    rows = browser.rows("[id$=devices-table]")[1:]
    assert len(rows) == len(document["results"])
    for row, record in zip(rows, document["results"]):
        timing = record["timing_ms"]
        expected = [record["device"], record["class"] or "ok", record["worker"]] + [
            "–" if timing[key] is None else timing[key]
            for key in ("queued", *report_json.PHASES, "total")]
        assert [row[0], row[1], *map(figure, row[2:])] == expected
    ranks = dict(browser.tables_of(browser.card("How long devices took"))[0][1:])
    assert figure(ranks["half (median)"]) == document["run"]["device_ms"]["p50"]
    assert figure(ranks["all"]) == document["run"]["device_ms"]["max"]
    failures = browser.tables_of(browser.card("Failures"))
    assert failures[0][1:] == [["auth", "1", "11.1 %"]]
    assert failures[1][1:] == [["bad", "the password was refused"]]
    workers = browser.tables_of(browser.card("Workers over time"))[0][1:]
    for row in workers:
        own = [r for r in document["results"] if r["worker"] == int(row[0])]
        assert int(row[1]) == len(own)
        assert figure(row[3]) == pytest.approx(sum(r["timing_ms"]["total"] for r in own), abs=0.05)
    moments = browser.tables_of(browser.card("Sessions in flight"))[0][1:]
    assert moments[-1][1:] == ["0", "9"]


def test_outputs_in_doubt_are_listed(browser, made):
    document = few_devices()
    sentence = f"the stream ended behind 'r2#' {EVIL}"
    document["results"][2]["commands"][0]["doubt"] = sentence
    document["run"]["doubts"] = 1
    browser.open(made(document))
    assert browser.complaints() == []
    listed = browser.tables_of(browser.card("In doubt"))[0][1:]
    assert listed == [["r2", "show version", sentence]]
    status = {row[0]: row[1] for row in browser.rows("[id$=devices-table]")[1:]}
    assert status["r1"] == "ok" and status["r2"] == "ok, in doubt"
    assert "In doubt\n1" in browser.one("dl.tiles").text
    browser.open(made(few_devices()))
    assert "In doubt" not in browser.one("main").text


def test_identical_outputs_stand_once(browser, made):
    browser.open(made(few_devices()))
    card = browser.card("What they said")
    folds = card.find_elements("css selector", "details")
    assert folds[0].text.startswith("7 devices said the same to show version (5 bytes): r1, r2, r3")
    browser.run("arguments[0].open = true", folds[0])
    assert browser.run("return new Promise((done) => setTimeout(done, 0))") is None
    assert folds[0].find_element("css selector", "pre").text == "same"


def compared(document):
    """What the table of settings is to show: medians, speed-ups."""
    expected = {}
    for row in document["rows"]:
        expected.setdefault((row["mode"], row["workers"]), []).append(row["elapsed_ms"])
    return {key: sorted(values)[len(values) // 2] for key, values in expected.items()}


def test_comparison(browser, made):
    document = report_json.comparison()
    browser.open(made(document))
    assert browser.complaints() == []
    assert_drawn(browser, "elapsed", "speedup", "cpu")
    rows = browser.rows("[id^=settings]")[1:]
    shown = {(row[0], int(row[1])): row for row in rows}
    expected = compared(document)
    assert set(shown) == set(expected)
    for key, median in expected.items():
        assert figure(shown[key][2]) == median
        speedup = document["baseline_ms"] / median
        assert figure(shown[key][4]) == pytest.approx(speedup, abs=0.05)
        assert figure(shown[key][5]) == 40.5 and figure(shown[key][6]) == 10.0
    beside = browser.tables_of(browser.card("Speed-up"))[0][1:]
    assert [(int(row[0]), figure(row[1])) for row in beside] == [
        (5, 4.78), (10, 8.35), (20, 14.6), (40, 19.4)]


def test_sweep(browser, made):
    document = report_json.sweep()
    browser.open(made(document))
    assert browser.complaints() == []
    assert_drawn(browser, "elapsed", "speedup", "many", "cpu")
    bends = browser.tables_of(browser.card("Where more workers stop helping"))[0]
    assert bends[1] == ["threads", "140", "1,300.5", "devices", "the devices' own times explain it"]


def test_experiments(browser, made):
    browser.open(made(report_json.experiments()))
    assert browser.complaints() == []
    assert browser.one("h1").text == "Of 2 claims, 1 holds, 1 depends"
    assert_drawn(browser, "x1-0")
    tables = browser.tables_of(browser.card("race"))
    assert tables[0][1] == ["lost", "33.25", "30.5–50", "%", "5"]
    points = browser.tables_of(browser.card("how-many"))[0][1:]
    assert points[1] == ["threads", "50", "180.3"]
    assert "python3 is missing" in browser.text()


def test_several_documents_share_a_page(browser, made):
    alone = few_devices()
    alone["run"] = {**alone["run"], "mode": "sequential", "workers": 1, "elapsed_ms": 100.5}
    alone["results"] = [{**r, "run_id": "other", "mode": "sequential"} for r in alone["results"]]
    browser.open(made(few_devices(), alone, report_json.experiments()))
    assert browser.complaints() == []
    assert len(browser.find("article.document")) == 4  # the two runs side by side come first
    assert_drawn(browser, "elapsed", *RUN_CHARTS)


def evil_run():
    record = report_json.record(EVIL, 1.0, 0, EVIL, f"{EVIL}: {EVIL}", EVIL)
    record.update(platform=EVIL, host=EVIL, prompt=EVIL, note=EVIL, mode=EVIL, started_at=EVIL)
    record["commands"][0]["command"] = EVIL
    document = report_json.document([record], 1)
    document["run"].update(mode=EVIL, version=EVIL, run_id=EVIL, max_rss_kib=EVIL)
    document["run"]["device_ms"]["slowest"] = EVIL
    return document


def evil_texts(value):
    """The same document with every text in it evil, but for what says which kind it is."""
    if isinstance(value, dict):
        return {key: one if key == "kind" else evil_texts(one) for key, one in value.items()}
    if isinstance(value, list):
        return [evil_texts(one) for one in value]
    return EVIL if isinstance(value, str) else value


def test_what_a_device_says_is_text(browser, made):
    page = made(evil_run(), evil_texts(report_json.comparison()), evil_texts(report_json.sweep()),
                evil_texts(report_json.experiments()))
    text = page.read_text(encoding="utf-8")
    assert "<script>alert" not in text and text.count("</script") == 3
    browser.open(page)
    assert browser.complaints() == []
    for fold in browser.find("details:not([open]) > summary"):
        browser.run("arguments[0].click()", fold)
    assert len(browser.find("script")) == 3 and browser.find("img") == []
    pre = browser.run("return document.querySelector('pre').textContent")
    assert pre == EVIL
    cells = browser.run("return [...document.querySelectorAll('td, th')].map((c) => c.textContent)")
    assert EVIL in cells
    browser.run("return 1")  # an open alert would fail this


def test_the_page_s_policy_stops_other_scripts(browser, made):
    """The second line of defence: even a script that is there is not obeyed."""
    page = made(few_devices())
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace("</body>", "<script>window.broken = 1</script></body>"))
    browser.open(page)
    assert browser.run("return window.broken") is None
    assert len(browser.complaints()) == 1


@pytest.mark.alone
def test_ten_thousand_devices(browser, made):
    document = report_json.big_run(10_000, 300)
    page = made(document)
    assert page.stat().st_size < PAGE_BYTES_MAX
    browser.open(page)
    taken = [browser.load_ms()]
    for _ in range(2):
        browser.open(page)
        taken.append(browser.load_ms())
    assert sorted(taken)[1] < LOAD_MS_MAX, taken
    assert browser.complaints() == []
    assert_drawn(browser, *RUN_CHARTS, "failures")
    assert len(browser.find("tbody tr")) < 1000, "tables are shown a page at a time"


def test_the_workers_can_be_looked_at_closer(browser, made):
    browser.open(made(report_json.big_run(2_000, 300)))
    canvas = browser.one("canvas[id$=gantt-chart]")
    whole = canvas.screenshot_as_base64
    browser.run("arguments[0].focus()", canvas)
    canvas.send_keys("+")
    closer = canvas.screenshot_as_base64
    assert closer != whole
    canvas.send_keys("0")
    assert canvas.screenshot_as_base64 == whole


def test_tables_are_usable_by_keyboard(browser, made):
    browser.open(made(report_json.big_run(300, 20)))
    for box in browser.find(".scroll"):
        assert box.get_attribute("tabindex") == "0" and box.get_attribute("aria-label")
    for canvas in browser.find("canvas"):
        assert canvas.get_attribute("role") == "img" and canvas.get_attribute("aria-label")
    for table in browser.find("table"):
        assert table.find_elements("css selector", "caption")
    card = browser.card("All devices")
    heads = card.find_elements("css selector", "th button")
    browser.run("arguments[0].focus()", heads[-1])
    heads[-1].send_keys("\n")
    totals = [figure(row[-1]) for row in browser.tables_of(card)[0][1:]]
    assert totals == sorted(totals, reverse=True) and len(totals) == 100
    find = card.find_element("css selector", "input")
    find.send_keys("switch-00007")
    assert [row[0] for row in browser.tables_of(card)[0][1:]] == ["switch-00007"]


def test_dark(browser, made):
    page = made(few_devices())
    browser.open(page)
    light = browser.one("canvas[id$=times-chart]").screenshot_as_base64
    background = "return getComputedStyle(document.body).backgroundColor"
    assert browser.run(background) == "rgb(246, 247, 249)"
    browser.look(scheme="dark")
    assert browser.run(background) == "rgb(16, 22, 29)"
    assert browser.one("canvas[id$=times-chart]").screenshot_as_base64 != light
    assert_drawn(browser, *RUN_CHARTS)
    assert browser.complaints() == []


@pytest.mark.parametrize("width", [360, 400, 768, 1920])
def test_no_width_makes_the_page_scroll_sideways(browser, made, width):
    browser.look(width=width)
    browser.open(made(few_devices(), report_json.comparison(), report_json.experiments()))
    assert browser.run("return document.documentElement.scrollWidth") <= width
    assert_drawn(browser, *RUN_CHARTS)


def test_the_page_loads_nothing(browser, made):
    browser.open(made(few_devices()))
    assert browser.run("return performance.getEntriesByType('resource').length") == 0


@pytest.fixture(scope="module")
def sim_run(tmp_path_factory):
    """A real run over simulated devices: its JSON and the page that it wrote."""
    directory = tmp_path_factory.mktemp("report")
    with Sim("--devices", 30, "--think", "20ms", directory=directory) as sim:
        page = directory / "run.html"
        outcome = poll("--host-key", "off", "-n", 6, "-c", "show version", "--html", page,
                       inventory=sim.inventory(), output="json")
        assert outcome.code == 0, outcome
        (directory / "run.json").write_bytes(outcome.out)
    return directory


def test_the_page_of_a_run_is_that_of_its_json(sim_run):
    again = sim_run / "again.html"
    assert report(sim_run / "run.json", "--html", again).returncode == 0
    assert again.read_bytes() == (sim_run / "run.html").read_bytes()


def test_a_real_run(browser, sim_run):
    document = json.loads((sim_run / "run.json").read_text())
    browser.open(sim_run / "run.html")
    assert browser.complaints() == []
    assert_drawn(browser, *RUN_CHARTS)
    rows = browser.rows("[id$=devices-table]")[1:]
    assert [(row[0], figure(row[-1])) for row in rows] == [
        (r["device"], r["timing_ms"]["total"]) for r in document["results"]]


def test_lines_of_records_make_a_page_too(browser, sim_run, tmp_path):
    document = json.loads((sim_run / "run.json").read_text())
    lines = "".join(json.dumps(r) + "\n" for r in document["results"])
    done = report("-", "--html", tmp_path / "r.html", input=lines.encode())
    assert done.returncode == 0, done
    browser.open(tmp_path / "r.html")
    assert browser.complaints() == []
    assert browser.one("h1").text.startswith("All 30 devices answered in ")


def test_compare_writes_its_page(browser, lab, inventory, tmp_path):
    path = inventory({"a": lab.by_key("ssh1", commands=["echo a"]),
                      "b": lab.by_key("ssh2", commands=["echo b"])})
    page = tmp_path / "compare.html"
    done = subprocess.run([BINARY, "compare", "-f", path, "--modes", "threads,events", "-n", "2",
                           "-o", "json", "--html", page], capture_output=True, timeout=LIMIT_S,
                          check=False, env=environment(), stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done
    (tmp_path / "compare.json").write_bytes(done.stdout)
    assert report(tmp_path / "compare.json", "--html", tmp_path / "again.html").returncode == 0
    assert page.read_bytes() == (tmp_path / "again.html").read_bytes()
    browser.open(page)
    assert browser.complaints() == []
    assert_drawn(browser, "elapsed", "speedup")


@pytest.mark.parametrize("text, said", [
    ("", "is empty"),
    ("nonsense", "is not JSON"),
    ('{"schema":1,"results":[', "is cut off"),
    ('{"schema":2,"rows":[]}', "is of schema 2, and this poller knows 1"),
    ('{"name":"package","version":1}', "it has no 'schema'"),
])
def test_what_is_not_ours(tmp_path, text, said):
    (tmp_path / "x.json").write_text(text)
    done = report(tmp_path / "x.json", "--html", tmp_path / "x.html")
    assert done.returncode == 2
    assert said in done.stderr.decode() and done.stderr.count(b"\n") == 1, done
    assert not (tmp_path / "x.html").exists()


def test_a_report_needs_files_and_a_place(tmp_path):
    whole = tmp_path / "x.json"
    whole.write_text(json.dumps(report_json.comparison()))
    assert report().returncode == 2
    assert report(whole).returncode == 2
    assert report("--html", tmp_path / "x.html").returncode == 2
    assert report(tmp_path / "none.json", "--html", tmp_path / "x.html").returncode == 2
    nowhere = report(whole, "--html", tmp_path / "none" / "x.html")
    assert nowhere.returncode == 1 and b"could not be written" in nowhere.stderr


def test_a_run_hears_first_that_its_page_cannot_be_written(lab, inventory, tmp_path):
    path = inventory({"a": lab.by_key("ssh1", commands=["echo a"])})
    outcome = poll("--html", tmp_path / "none" / "x.html", inventory=path)
    assert outcome.code == 1 and "could not be written" in outcome.text
    assert outcome.out == b""


def test_a_page_of_a_run_with_a_broken_copy_stays_the_old_one(made, tmp_path):
    page = made(few_devices())
    before = page.read_bytes()
    document = copy.deepcopy(few_devices())
    del document["results"][3]["timing_ms"]
    (tmp_path / "bad.json").write_text(json.dumps(document))
    done = report(tmp_path / "bad.json", "--html", page)
    assert done.returncode == 2 and b"record 4" in done.stderr
    assert page.read_bytes() == before


def test_identical_outputs_in_the_terminal(lab, fake, inventory):
    path = inventory({"a": lab.by_key("ssh1", commands=["echo same"]),
                      "b": lab.by_key("ssh2", commands=["echo same", "echo b"]),
                      "c": {"host": "127.0.0.1", "port": fake("refused").port,
                            "username": "u", "password": "p", "commands": ["echo c"]}})
    outcome = poll("--group", inventory=path, output="text")
    text = outcome.out.decode()
    assert outcome.code == 4, outcome
    assert text.startswith("== a, b (2 devices): echo same (ok, 5 bytes)\nsame\n\n"
                           "== b: echo b (ok, 2 bytes)\nb\n\n== c: FAILED refused: "), outcome


def test_group_goes_with_text_only(lab, inventory):
    path = inventory({"a": lab.by_key("ssh1", commands=["echo a"])})
    outcome = poll("--group", inventory=path, output="jsonl")
    assert outcome.code == 2 and "--group goes with -o text" in outcome.text
