"""The reports of made-up runs, each read by what reads such a report elsewhere: prove, an XML parser, the schema, an HTML
parser. Every text in these runs is hostile (made_up.h)."""
import base64
import hashlib
import html.parser
import json
import os
import pathlib
import re
import subprocess
import xml.etree.ElementTree as xml

import jsonschema
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PRINT = pathlib.Path(os.environ.get("FORKPOOL_BUILD", ROOT / "build")) / "tests/conformance/print_report"
SCHEMA = json.loads((ROOT / "conformance/report.schema.json").read_text())
PARTS = ["all", "pass", "skip", "known", "error", "empty"]
FORMATS = ["text", "tap", "tap13", "junit", "json", "html"]
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ufeff\uffff]")


def report(form, part, *more):
    done = subprocess.run([PRINT, form, part, *more], capture_output=True, check=True, timeout=60)
    return done.stdout.decode()


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("part", PARTS)
def test_nothing_unseen_comes_through(form, part):
    assert not UNSEEN.search(report(form, part))


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_summary_gives_the_same_octets(form):
    assert report(form, "all") == report(form, "all")


# ---- TAP

def parsed(part, tmp_path):
    """How perl's TAP::Parser reads it."""
    file = tmp_path / "t.tap"
    file.write_text(report("tap13", part))
    program = """use TAP::Parser; my $p = TAP::Parser->new({source => $ARGV[0]}); while (my $r = $p->next) {
        print join("|", $r->is_ok ? 1 : 0, $r->is_actual_ok ? 1 : 0, $r->has_skip ? 1 : 0, $r->has_todo ? 1 : 0), "\\n" if $r->is_test;
        print "YAML ", ref $r->data, "\\n" if $r->is_yaml; print "UNKNOWN ", $r->as_string, "\\n" if $r->is_unknown;
        print "BAILOUT\\n" if $r->is_bailout }
        print "errors: ", join("; ", $p->parse_errors), "\\n"; print "planned ", $p->tests_planned, "\\n";"""
    done = subprocess.run(["perl", "-e", program, file], capture_output=True, text=True, timeout=60)
    return done.stdout.splitlines(), done.stderr


def test_tap_points_directives_and_blocks(tmp_path):
    lines, errors = parsed("all", tmp_path)
    assert errors == ""
    points = [line for line in lines if "|" in line]
    assert points == ["1|1|0|0", "1|1|0|0", "1|1|1|0", "1|0|0|1", "0|0|0|0", "0|0|0|0", "0|0|0|0", "0|0|0|0"]
    assert lines.count("YAML HASH") == 6  # all but the pass and the skip
    assert lines[-2:] == ["errors: ", "planned 8"]
    assert not [line for line in lines if line.startswith(("UNKNOWN", "BAILOUT"))]


@pytest.mark.parametrize("part", ["pass", "skip", "known", "error"])
def test_tap_of_one(part, tmp_path):
    lines, errors = parsed(part, tmp_path)
    assert errors == "" and lines[-2:] == ["errors: ", "planned 1"]
    assert [line[0] for line in lines if "|" in line] == ["0" if part == "error" else "1"]


@pytest.mark.parametrize("part", PARTS)
def test_tap_13_differs_in_its_version_only(part):
    newer, older = (report(form, part).split("\n", 1) for form in ("tap", "tap13"))
    assert (newer[0], older[0]) == ("TAP version 14", "TAP version 13") and newer[1] == older[1]


def prove(form, part, tmp_path):
    file = tmp_path / "t.tap"
    file.write_text(report(form, part))
    return subprocess.run(["prove", file], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("part, result", [("pass", "PASS"), ("skip", "PASS"), ("known", "PASS"), ("error", "FAIL"), ("all", "FAIL")])
def test_prove_reads_tap_13(part, result, tmp_path):
    done = prove("tap13", part, tmp_path)
    assert (done.returncode == 0) == (result == "PASS") and done.stdout.endswith(f"Result: {result}\n")
    assert "Parse errors" not in done.stdout and done.stderr == ""


def test_prove_wants_an_older_version_than_14(tmp_path):
    """Why there is tap13. Where this fails, prove has learnt."""
    assert "we don't know about versions later than 13" in prove("tap", "pass", tmp_path).stdout


def test_tap_of_none():
    assert "1..0" in report("tap", "empty").splitlines()


def test_tap_blocks_hold_quoted_strings_only():
    """Each value is a JSON string, which is YAML too."""
    block = re.findall(r"^  ---\n(.*?)^  \.\.\.$", report("tap", "all"), re.M | re.S)
    assert len(block) == 6
    for line in "".join(block).splitlines():
        value = re.fullmatch(r"  (?:[a-z]+: |  - )(\".*\")|  seen:", line)
        assert value, line
        assert value[1] is None or isinstance(json.loads(value[1]), str)


# ---- JUnit

def test_junit_cases():
    root = xml.fromstring(report("junit", "all"))
    suite, = root
    assert (root.tag, suite.tag) == ("testsuites", "testsuite")
    assert {k: suite.get(k) for k in ("tests", "failures", "errors", "skipped")} == {
        "tests": "8", "failures": "3", "errors": "1", "skipped": "2"}
    cases = suite.findall("testcase")
    found = [[child.tag for child in case if child.tag in ("failure", "error", "skipped")] for case in cases]
    assert found == [[], [], ["skipped"], ["skipped"], ["failure"], ["failure"], ["error"], ["failure"]]
    assert [c.get("classname") + " " + c.get("name") for c in cases[-5:]] == [
        "conform.b sub/4", "conform.b 5", "conform.b 6", "conform.c 7", "conform.no-slash "]
    assert suite.find("properties/property[@name='seed']").get("value") == str(2 ** 64 - 1)


def test_junit_elements_come_in_the_order_of_the_schema():
    order = ["properties", "skipped", "error", "failure", "system-out", "system-err"]
    for case in xml.fromstring(report("junit", "all")).iter("testcase"):
        places = [order.index(child.tag) for child in case]
        assert places == sorted(set(places))


def test_junit_tells_what_was_seen():
    case = xml.fromstring(report("junit", "all")).findall(".//testcase")[5]
    failure = case.find("failure")
    assert failure.get("type") == "SER-3"
    assert "# wrong from octet 10" in failure.text and "repeat: forkpool-conform run" in failure.text
    assert "<script src=http://x.example/a.js>" in case.find("system-err").text


@pytest.mark.parametrize("part", PARTS)
def test_junit_is_well_formed(part):
    assert len(list(xml.fromstring(report("junit", part)).iter("testcase"))) == (8 if part == "all" else part != "empty")


def test_junit_without_times():
    assert ' time="' in report("junit", "all")
    assert ' time="' not in report("junit", "all", "timeless")


# ---- JSON

@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("more", [(), ("timeless",)])
def test_json_is_as_the_schema_says(part, more):
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    run = json.loads(report("json", part, *more))
    jsonschema.Draft202012Validator(SCHEMA).validate(run)
    assert ("times" in run) == (not more)
    assert run["conforms"] == (part not in ("all", "error"))


@pytest.mark.parametrize("change", [
    lambda r: r.pop("counts"), lambda r: r.update(more=1), lambda r: r["cases"][0].update(verdict="good"),
    lambda r: r["cases"][1]["seen"][0].pop("octets_at"), lambda r: r["cases"][1]["seen"][0].update(octets="0"),
    lambda r: r.update(seed=1), lambda r: r["times"].pop("run_ns")])
def test_the_schema_refuses(change):
    run = json.loads(report("json", "all"))
    change(run)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate(run)


def test_json_differs_in_times_only():
    run = json.loads(report("json", "all"))
    del run["times"]
    assert run == json.loads(report("json", "all", "timeless"))


def test_json_shows_the_octets_around_the_wrong_one():
    run = json.loads(report("json", "all"))
    seen = run["cases"][5]["seen"][2]
    assert bytes.fromhex(seen["octets"])[seen["wrong_at"]:] == b"x>"
    long = next(s for s in run["cases"][7]["seen"] if s["is_wrong"])
    assert (long["octets_at"], long["octets_all"], len(long["octets"])) == (0, 70000, 8192)


# ---- HTML

VOID = {"meta", "link", "br", "img", "hr", "input"}


class Page(html.parser.HTMLParser):
    """Elements with their attributes; a fault where one is not closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.texts = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        assert len({name for name, _ in attrs}) == len(attrs), (tag, attrs)
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append((self.open[-1] if self.open else None, data))


@pytest.fixture(scope="module", params=PARTS)
def page(request):
    return Page(report("html", request.param))


def test_html_has_nothing_of_the_testee_in_its_elements(page):
    """Only elements and attributes that the report itself writes: no hostile text opens one or leaves one."""
    tags = {tag for tag, _ in page.elements}
    assert tags <= set("html head meta title style body header h1 h2 h3 h4 p a b i u ul ol li span section details summary code "
                       "button div figure figcaption pre mark svg g line text path circle em small table tr td footer script".split())
    names = {name for _, attributes in page.elements for name in attributes}
    assert not [name for name in names if name.startswith("on")]
    assert [tag for tag, _ in page.elements].count("script") == 1


def test_html_needs_nothing_from_elsewhere(page):
    for tag, attributes in page.elements:
        assert not {"src", "srcset", "data", "action", "xlink:href", "background"} & set(attributes)
        assert attributes.get("href", "#").startswith("#")
    style, = [text for tag, text in page.texts if tag == "style"]
    assert "url(" not in style and "@import" not in style


def test_html_policy_allows_its_own_script_only(page):
    policy = next(a["content"] for tag, a in page.elements if a.get("http-equiv") == "Content-Security-Policy")
    script, = [text for tag, text in page.texts if tag == "script"]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"


def test_html_links_lead_somewhere(page):
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    assert {a["href"][1:] for _, a in page.elements if "href" in a} <= set(ids)


@pytest.mark.parametrize("part, headline", [
    ("all", "Does not conform"), ("pass", "Conforms"), ("known", "Conforms"), ("skip", "Nothing was judged"),
    ("empty", "Nothing was judged"), ("error", "No verdict: the suite itself failed")])
def test_html_headline(part, headline):
    assert [text for tag, text in Page(report("html", part)).texts if tag == "h1"] == [headline]


def test_html_marks_the_first_wrong_octet():
    text = report("html", "all")
    assert '03 3c <mark class="wrong">78</mark> 3e' in text
    assert '03 3c <mark class="right">62</mark> 3e' in text
    assert '<mark class="wrong">ends here, too early</mark>' in text


def test_html_of_a_long_play_stays_short():
    text = report("html", "all")
    assert len(text) < 300_000 and "… 69" in text and " steps …" in text


def test_html_shows_clauses_of_this_side_only():
    shown = [a["id"] for _, a in Page(report("html", "all")).elements if "tile" in a.get("class", "").split()]
    assert shown == ["FRM-1", "SER-2", "SER-3"]
