"""The report in a headless Chromium: what it shows, what it complains of."""

import shutil
import sys

DEBIAN_PACKAGES = "/usr/lib/python3/dist-packages"
SWITCHES = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--disable-background-networking", "--no-first-run", "--hide-scrollbars")
# Pixels that are not transparent, of each canvas: {id: how many}.
PAINTED = """
const found = {};
for (const canvas of document.querySelectorAll("canvas")) {
  const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  const colors = new Set();
  let n = 0;
  for (let i = 0; i < data.length; i += 4)
    if (data[i + 3] > 40) { n++; colors.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]); }
  found[canvas.id] = [n, colors.size];
}
return found;
"""
ROWS = """
const table = arguments[0].matches("table") ? arguments[0] : arguments[0].querySelector("table");
return [...table.rows].map((row) => [...row.cells].map((cell) => cell.textContent));
"""


class NotHere(RuntimeError):
    """There is no browser on this machine, and why."""


def import_selenium():
    """Debian's package serves Debian's Python; another of the same machine finds it there too."""
    try:
        import selenium.webdriver
    except ImportError:
        sys.path.append(DEBIAN_PACKAGES)
        try:
            import selenium.webdriver
        except ImportError as missing:
            raise NotHere(f"python3-selenium cannot be imported: {missing}") from missing
    return selenium.webdriver


class Browser:
    def __init__(self):
        webdriver = import_selenium()
        from selenium.common.exceptions import WebDriverException
        from selenium.webdriver.chrome.options import Options
        from selenium.webdriver.chrome.service import Service
        binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
        if not binary or not driver:
            raise NotHere("chromium or chromedriver is not installed")
        options = Options()
        options.binary_location = binary
        for switch in SWITCHES:
            options.add_argument(switch)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        try:
            self.driver = webdriver.Chrome(service=Service(driver), options=options)
        except WebDriverException as cannot:
            raise NotHere(f"chromium does not start: {cannot.msg}") from cannot
        self.driver.set_page_load_timeout(60)
        self.look()

    def look(self, width=1280, height=900, scheme="light"):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height,
                 deviceScaleFactor=1, mobile=False)
        self.cdp("Emulation.setEmulatedMedia",
                 features=[{"name": "prefers-color-scheme", "value": scheme}])

    def cdp(self, command, **parameters):
        return self.driver.execute_cdp_cmd(command, parameters)

    def open(self, path):
        self.driver.get_log("browser")
        self.driver.get(f"file://{path}")

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def complaints(self):
        """What the console holds since the page was opened."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def load_ms(self):
        return self.run("return performance.getEntriesByType('navigation')[0].loadEventEnd")

    def painted(self):
        return self.run(PAINTED)

    def find(self, selector):
        return self.driver.find_elements("css selector", selector)

    def one(self, selector):
        found = self.find(selector)
        assert len(found) == 1, f"{selector}: {len(found)} elements"
        return found[0]

    def rows(self, selector):
        """The texts of a table's cells, row by row, headings first."""
        return self.run(ROWS, self.one(selector))

    def card(self, heading):
        """The part of the page under this heading."""
        found = self.run("""return [...document.querySelectorAll("section.card")].filter(
            (s) => s.querySelector("h2").textContent.startsWith(arguments[0]))""", heading)
        assert len(found) == 1, f"{heading}: {len(found)} parts"
        return found[0]

    def tables_of(self, card):
        return [self.run(ROWS, table) for table in card.find_elements("css selector", "table")]

    def text(self):
        return self.run("return document.body.innerText")

    def close(self):
        self.driver.quit()
