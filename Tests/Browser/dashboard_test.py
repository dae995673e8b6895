#!/usr/bin/env python3
"""The dashboard in a real browser, on the demo: content, keys, themes, phone, contrast, and not one error on the console.

    SPECULA_BINARY=.build/release/specula Tests/Browser/dashboard_test.py [unittest's arguments]

Needs Debian's chromium, chromium-driver and python3-selenium. SHOTS=FOLDER keeps screenshots.
"""
import json, os, re, signal, socket, subprocess, sys, time, unittest, urllib.request

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("SPECULA_BINARY", os.path.join(TOP, ".build/release/specula"))
SHOTS = os.environ.get("SHOTS")

# Every text of the page against what is behind it: WCAG 2.1 contrast, 4.5 to 1, 3 to 1 for large text.
CONTRAST = """
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
function rgba(colour) { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); const d = canvas.getImageData(0, 0, 1, 1).data; return [d[0], d[1], d[2], d[3] / 255]; }
const over = (a, b) => [0, 1, 2].map(i => a[i] * a[3] + b[i] * (1 - a[3])).concat([1]);
function ground(e) { const layers = []; for (; e; e = e.parentElement) { const c = rgba(getComputedStyle(e).backgroundColor); if (c[3] > 0) layers.push(c); if (c[3] > 0.99) break; } return layers.reverse().reduce((a, b) => over(b, a), [255, 255, 255, 1]); }
const light = c => { const [r, g, b] = c.slice(0, 3).map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const poor = [];
for (const e of document.querySelectorAll("body *")) {
  const own = [...e.childNodes].filter(n => n.nodeType === 3 && n.textContent.trim());
  if (!own.length || !e.checkVisibility() || e.closest("svg,.unseen,.skip,dialog:not([open]),noscript,script,style")) continue;
  const style = getComputedStyle(e), back = ground(e), ink = over(rgba(style.color), back), a = light(ink), b = light(back), ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const large = parseFloat(style.fontSize) >= 24 || parseFloat(style.fontSize) >= 18.6 && parseInt(style.fontWeight) >= 700;
  if (ratio < (large ? 3 : 4.5)) poor.push(own[0].textContent.trim().slice(0, 30) + " " + ratio.toFixed(2) + " ." + e.className);
}
return [...new Set(poor)];
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def until(question, patience=20, what="it"):
    end = time.monotonic() + patience
    while True:
        try:
            answer = question()
        except Exception as error:  # The page redraws itself while it is read.
            answer, what = None, f"{what} ({type(error).__name__})"
        if answer or time.monotonic() > end:
            if not answer:
                raise AssertionError(f"waited {patience} s for {what}")
            return answer
        time.sleep(0.1)


class Page(unittest.TestCase):
    """One demo and one browser for all tests."""

    @classmethod
    def start(cls):
        cls.demo = subprocess.Popen(
            [BINARY, "demo", f"--web={cls.web}", f"--admin={cls.admin}", "--rate=150", "--for=300"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        until(lambda: urllib.request.urlopen(f"http://127.0.0.1:{cls.admin}/ping").status == 200, what="the gateway")
        lines = (line for line in cls.demo.stdout)
        cls.dynamic = next(m.group(1) for m in (re.search(r"change it\s+(\S+)", line) for line in lines) if m)
        with open(cls.dynamic) as f:
            cls.good = f.read()

    @classmethod
    def stop(cls):
        cls.demo.send_signal(signal.SIGINT)
        cls.demo.communicate(timeout=20)

    @classmethod
    def open(cls):
        cls.web, cls.admin = free_port(), free_port()
        cls.page = f"http://127.0.0.1:{cls.admin}/dashboard/"
        cls.start()
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--window-size=1440,1000"]:
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        cls.browser = webdriver.Chrome(options=options, service=webdriver.chrome.service.Service("/usr/bin/chromedriver"))

    def setUp(self):
        self.size(1440, 1000)
        self.browser.get(self.page)
        until(lambda: self.text("#live-text") == "live", what="the first figures")

    def all(self, selector): return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector): return self.browser.find_element(By.CSS_SELECTOR, selector).text

    def press(self, *keys): self.browser.switch_to.active_element.send_keys(*keys)

    def leg(self, name): return next(e for e in self.all("article.leg") if e.find_element(By.TAG_NAME, "h3").text == name)

    def size(self, width, height): self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})

    def shoot(self, name, width=1440):
        if SHOTS:
            self.size(width, self.browser.execute_script("return document.documentElement.scrollHeight"))
            self.browser.save_screenshot(os.path.join(SHOTS, name + ".png"))
            self.size(width, 1000)

    def write(self, text):
        with open(self.dynamic + ".new", "w") as f: f.write(text)
        os.rename(self.dynamic + ".new", self.dynamic)


class Dashboard(Page):
    def tearDown(self):
        self.assertEqual([entry["message"] for entry in self.browser.get_log("browser")], [])

    def test_primary_and_mirrors_stand_side_by_side(self):
        legs = [(e.find_element(By.TAG_NAME, "h3").text, e.find_element(By.CSS_SELECTOR, ".role span").text.lower()) for e in self.all("article.leg")]
        self.assertEqual(legs, [("production@file", "primary"), ("steady@file", "mirror"), ("shaky@file", "mirror")])
        until(lambda: all(float(re.match(r"[\d.]+", self.leg(n).find_element(By.CSS_SELECTOR, ".value").text).group()) > 1 for n, _ in legs), what="rates")
        tops = {round(e.rect["y"]) for e in self.all("article.leg")}
        self.assertEqual(len(tops), 1)
        shaky = self.leg("shaky@file").text
        for word in ["5xx share", "p50", "p95", "p99", "asked 25 %", "Decisions", "not sampled", "Outcomes of copies", "complete", "Answers compared", "match", "status mismatch", "Status pairs", "time against primary", "in flight"]:
            self.assertIn(word.lower(), shaky.lower())
        self.shoot("light")

    def test_figures_are_the_books(self):
        self.press("4")
        overview = json.load(urllib.request.urlopen(self.page.replace("/dashboard/", "/api/specula/overview")))
        mirror = next(m for m in overview["mirrorings"][0]["mirrors"] if m["name"] == "shaky@file")
        decided = sum(mirror["decisions"].values())
        self.assertEqual(mirror["decisions"]["sent"], -(-decided * 25 // 100))
        def sent():
            item = next(li for li in self.leg("shaky@file").find_elements(By.CSS_SELECTOR, ".reasons li") if li.text.startswith("sent"))
            return int(re.search(r"since the start (\d+)", item.get_attribute("title")).group(1))
        until(lambda: sent() >= mirror["decisions"]["sent"], what="newer figures")
        until(lambda: len(self.leg("shaky@file").find_element(By.CSS_SELECTOR, "svg.spark .line").get_attribute("d")) > 30, what="a line")

    def test_keys_steer_everything(self):
        pressed = lambda: [b.text for b in self.all("#windows button[aria-pressed=true]")]
        self.assertEqual(pressed(), ["1 min"])
        for key, name in [("2", "5 min"), ("3", "15 min"), ("4", "Start"), ("1", "1 min")]:
            self.press(key); self.assertEqual(pressed(), [name])
        self.press("p"); self.assertEqual(self.text("#live-text"), "paused")
        self.press("p"); self.assertEqual(self.text("#live-text"), "live")
        theme = lambda: self.browser.execute_script("return document.documentElement.dataset.theme || 'auto'")
        seen = []
        for _ in range(3): self.press("t"); seen.append(theme())
        self.assertEqual(seen, ["light", "dark", "auto"])
        self.press("?"); self.assertTrue(self.browser.find_element(By.ID, "keys").is_displayed())
        self.press(Keys.ESCAPE); self.assertFalse(self.browser.find_element(By.ID, "keys").is_displayed())
        self.press("/"); self.press("shaky")
        names = lambda: self.browser.execute_script("return [...document.querySelectorAll('#services tbody tr')].map(r => r.cells[0].textContent)")
        self.assertEqual(names(), ["shaky@file"])
        self.press(Keys.ESCAPE); self.assertIn("production@file", names())
        self.press("j"); self.assertEqual(self.browser.switch_to.active_element.find_element(By.TAG_NAME, "h2").text, "shop@file")

    def test_theme_is_remembered(self):
        self.press("t", "t"); self.browser.refresh()
        until(lambda: self.text("#live-text") == "live", what="the page again")
        self.assertEqual(self.text("#theme"), "Theme: dark")
        self.shoot("dark"); self.press("t")

    def test_text_can_be_read_in_both_themes(self):
        until(lambda: self.leg("shaky@file").find_elements(By.CSS_SELECTOR, ".matrix td.other"), what="a pair that differs")
        for name in ["light", "dark"]:
            self.browser.execute_script(f"document.documentElement.dataset.theme = '{name}'")
            self.assertEqual(self.browser.execute_script(CONTRAST), [], name)

    def test_phone_needs_no_sideways_scrolling(self):
        for width in [360, 390, 768]:
            self.size(width, 800)
            self.assertLessEqual(self.browser.execute_script("return document.documentElement.scrollWidth"), width)
        self.size(390, 800); self.shoot("phone", 390)
        heights = self.browser.execute_script("return [...document.querySelectorAll('#routers tbody tr')].map(r => r.offsetHeight)")
        self.assertLess(max(heights), 60, "a rule is read in lines, not letter by letter: the table scrolls")

    def test_figures_do_not_run_into_each_other(self):
        until(lambda: "ms" in self.leg("shaky@file").find_element(By.CSS_SELECTOR, ".quantiles").text, what="latencies")
        overlaps = """
          const lies = [], box = e => { const r = document.createRange(); r.selectNodeContents(e); return r.getBoundingClientRect(); };
          for (const b of document.querySelectorAll(".quantiles b")) b.textContent = "≤ 100 ms";  // The widest that Traefik's buckets make.
          for (const set of document.querySelectorAll(".quantiles, .figure, .label, .role"))
            for (const parts = [...set.querySelectorAll("b, span, .value")].filter(e => e.textContent && e.checkVisibility()); parts.length;) {
              const e = parts.shift(), a = box(e);
              for (const f of parts) { const b = box(f); if (!e.contains(f) && a.right > b.left + 1 && b.right > a.left + 1 && a.bottom > b.top + 1 && b.bottom > a.top + 1) lies.push(e.textContent + " / " + f.textContent); }
            }
          return lies;"""
        for key in ["", "w"]:
            if key: self.press(key)
            for width in [360, 700, 1050, 1250, 1440, 2560]:
                self.size(width, 1000)
                self.assertEqual(self.browser.execute_script(overlaps), [], f"{width} {key}")

    def test_wall_shows_only_what_is_read_from_afar(self):
        shown = lambda selector: [e for e in self.all(selector) if e.is_displayed()]
        self.assertTrue(shown("#services") and shown(".reasons"))
        self.press("w")
        self.assertEqual(shown("#services, .reasons, .matrix, footer"), [])
        self.assertEqual(len(shown("article.leg .quantiles")), 3); self.assertEqual(len(shown("article.leg .meter")), 2)
        self.assertLessEqual(self.browser.execute_script("return document.documentElement.scrollHeight"), 1000, "the demo fits on a screen")
        self.shoot("wall")
        self.browser.refresh()
        until(lambda: self.text("#live-text") == "live" and not shown("#services"), what="the wall again, from the address")
        self.press("/"); self.assertTrue(shown("#services"), "who looks for something wants to see it")
        self.press(Keys.ESCAPE)

    def test_nothing_comes_from_elsewhere(self):
        names = self.browser.execute_script("return performance.getEntriesByType('resource').map(e => e.name)")
        self.assertTrue(names); self.assertEqual([n for n in names if not n.startswith(f"http://127.0.0.1:{self.admin}/")], [])

    def test_mistakes_and_refused_reloads_are_shown(self):
        generation = lambda: int(re.search(r"generation (\d+)", self.text("#configuration")).group(1))
        before = generation()
        try:
            router = "    wrong:\n      rule: PathPerfix(`/<b>`)\n      service: production\n"
            mirror = "          - name: nowhere\n            percent: 100\n"
            self.write(self.good.replace("  services:\n", router + "  services:\n", 1).replace("percent: 25\n", "percent: 25\n" + mirror, 1))
            until(lambda: generation() > before, what="the new configuration")
            problems = until(lambda: self.text("#problem-list"), what="the problems")
            nowhere = self.leg("nowhere@file")
            self.assertEqual([e.text for e in nowhere.find_elements(By.CSS_SELECTOR, ".value.bad, .value.warn")], [])
            self.assertEqual(nowhere.find_elements(By.CSS_SELECTOR, ".figure .value")[1].text, "–", "of nothing there is no share")
            self.assertIn("–", next(e.text for e in nowhere.find_elements(By.CSS_SELECTOR, ".label") if "asked 100 %" in e.text))
            self.assertIn("wrong@file", problems); self.assertIn("nowhere@file", problems)
            self.assertIn("<b>", self.text("#routers"), "what comes from outside is text, never markup")
            self.shoot("problems")
            self.write("http: [")
            until(lambda: "last reload failed" in self.text("#configuration"), what="the refused reload")
        finally:
            self.write(self.good)
        until(lambda: "last reload failed" not in self.text("#configuration") and not self.browser.find_element(By.ID, "problems").is_displayed(), what="good days")


    def test_a_thousand_mirroring_services_stay_usable(self):
        self.assertFalse(self.browser.find_element(By.ID, "choice").is_displayed(), "one needs no search")
        more = "".join(f"    many-{n:04}: {{mirroring: {{service: production, mirrors: [{{name: steady, percent: 1}}]}}}}\n" for n in range(1000))
        cards = lambda: [e.text for e in self.all(".mirroring > h2")]
        try:
            self.write(self.good.replace("  services:\n", "  services:\n" + more, 1))
            until(lambda: len(cards()) == 50, what="the first fifty")
            self.assertEqual(self.text("#choice-text"), "1001 mirroring services, the first 50 by name are shown")
            self.shoot("thousand")
            self.press("s"); self.press("many-0777", Keys.ENTER)
            until(lambda: cards() == ["many-0777@file"], what="the one that was searched for")
            self.assertEqual(self.text("#choice-text"), "1 of 1001 mirroring services found")
            until(lambda: float(re.match(r"[\d.]+", self.leg("production@file").find_element(By.CSS_SELECTOR, ".value").text).group()) > 1, what="its rate")
            self.press(Keys.ESCAPE)
            until(lambda: len(cards()) == 50, what="all again")
        finally:
            self.write(self.good)
        until(lambda: len(cards()) == 1 and not self.browser.find_element(By.ID, "choice").is_displayed(), what="the one again")


    def test_a_thousand_services_are_found(self):
        """Services and routers behind the first two hundred could not be found."""
        names = [f"far-{n:04}" for n in range(1000)]
        services = "".join(f"    {name}: {{weighted: {{services: [{{name: production}}]}}}}\n" for name in names)
        routers = "".join(f"    {name}: {{rule: 'Path(`/away/{name}`)', service: {name}}}\n" for name in names)
        rows = lambda table: [e.text for e in self.all(f"#{table} tbody tr td:first-child")]
        def look(text):
            self.press("/"); self.browser.switch_to.active_element.clear(); self.press(text)
        try:
            self.write(self.good.replace("  services:\n", "  services:\n" + services, 1).replace("  routers:\n", "  routers:\n" + routers, 1))
            until(lambda: re.fullmatch(r"10\d\d services, the first \d+ by name are shown", self.text("#listed-services")), what="how many there are")
            self.assertRegex(self.text("#listed-routers"), r"10\d\d routers, the first 200 by name are shown")
            self.assertNotIn("far-0777@file", rows("services"))
            look("far-0777")
            until(lambda: rows("services") == rows("routers") == ["far-0777@file"], what="the one that was looked for")
            self.assertRegex(self.text("#listed-services"), r"1 of 10\d\d services found")
            self.assertRegex(self.text("#listed-routers"), r"1 of 10\d\d routers found")
            rate = lambda: float(re.match(r"[\d.]+", self.all("#services tbody tr td")[3].text).group())
            until(lambda: rate() > 1, what="its rate")
            self.assertLess(rate(), 1000, "counted from when it was first read, not from the start")
            self.shoot("found")
            self.press(Keys.ESCAPE)
            look("far-")
            until(lambda: re.fullmatch(r"1000 of 10\d\d services found, the first 200 by name are shown", self.text("#listed-services")), what="the first of a thousand")
            self.press(Keys.ESCAPE); look("away/far-0999")
            until(lambda: rows("routers") == ["far-0999@file"], what="a router by its rule")
            self.assertEqual(rows("services"), ["nothing matches"])
            self.press(Keys.ESCAPE)
        finally:
            self.write(self.good)
        until(lambda: not self.browser.find_element(By.ID, "listed-services").is_displayed(), what="the few again")


class Silence(Page):
    """Comes last: the gateway goes away while the page is open, and another one takes its place."""

    def test_page_tells_the_silence_and_goes_on_with_the_next_process(self):
        until(lambda: float(re.match(r"[\d.]+", self.leg("production@file").find_element(By.CSS_SELECTOR, ".value").text).group()) > 1, what="a rate")
        Page.stop()
        until(lambda: self.text("#live-text") == "no answer from the gateway", what="the silence to be told")
        self.assertTrue(self.all("article.leg"), "what was known last stays")
        Page.start()
        until(lambda: self.text("#live-text") == "live", what="the next process")
        self.press("4")
        until(lambda: self.leg("shaky@file").find_elements(By.CSS_SELECTOR, ".reasons li"), what="its figures")
        item = next(li for li in self.leg("shaky@file").find_elements(By.CSS_SELECTOR, ".reasons li") if li.text.startswith("sent"))
        told = int(re.search(r"sent: (\d+)", item.get_attribute("title")).group(1))
        overview = json.load(urllib.request.urlopen(self.page.replace("/dashboard/", "/api/specula/overview")))
        sent = next(m for m in overview["mirrorings"][0]["mirrors"] if m["name"] == "shaky@file")["decisions"]["sent"]
        self.assertLessEqual(told, sent, "nothing of the process before is counted")


def setUpModule(): Page.open()


def tearDownModule():
    Page.browser.quit()
    Page.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
