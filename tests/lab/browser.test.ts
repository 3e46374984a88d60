import assert from "node:assert/strict";
import { openRecord } from "../../lib/lab/record.ts";
import { allowed, withDirectory } from "../support.ts";
import { Chromium, type Page, until } from "./chromium.ts";
import { LabProcess } from "./lab_process.ts";

// Opt-in by `deno task test:browser`: it needs Chromium.
const io = { ignore: !(allowed("env") && Deno.env.get("CLR_BROWSER_TEST") === "1") };

/** Opens the laboratory in a browser of its own, and finds no error in its console afterwards. */
async function inLab(
  work: (page: Page, more: { browser: Chromium; lab: LabProcess; directory: string }) => Promise<void>,
  { flags = [], env = {} }: { flags?: string[]; env?: Record<string, string> } = {},
): Promise<void> {
  await withDirectory(async (directory) => {
    await using lab = await LabProcess.start([], env);
    await using browser = await Chromium.launch(`${directory}/profile`, ...flags);
    const page = await browser.open(lab.url);
    await page.emulate(1280, "light");
    await page.waitFor(`!document.querySelector("#race-start").disabled`);
    await work(page, { browser, lab, directory });
    assert.deepEqual(page.errors, []);
  });
}

/** The path of a figure's line, which changes with what it shows. */
const lineOf = (figure: string) => `document.querySelector("#${figure} .scatterlayer path.js-line")?.getAttribute("d")`;
const ended = (part: string) => `/ended|Stopped|Cannot/i.test(document.querySelector("#${part}-status").textContent)`;

Deno.test("Explore: sliders change the figure, the code and the command; bad numbers are said", io, async () => {
  await inLab(async (page) => {
    const before = await page.waitFor<string>(lineOf("explore-figure"));
    assert.match(await page.text("#code"), /^import \{ cyclical \}.*\nconst schedule = cyclical\(\{ baseLr: 0\.001, /);
    await page.evaluate(`document.querySelector("#maxLr-slider").focus()`);
    await page.press("ArrowRight", 6);
    await page.waitFor(
      `${lineOf("explore-figure")} !== ${JSON.stringify(before)} || document.querySelector("#maxLr").value !== "0.02"`,
    );
    assert.equal(await page.evaluate(`document.querySelector("#maxLr").value`), "0.04");
    assert.match(await page.text("#code"), /maxLr: 0\.04/);
    assert.match(await page.text("#command"), /^deno task train .*--max-lr 0\.04 /);
    await page.fill("#schedule", "one-cycle");
    await page.click("#mirrored");
    await page.waitFor(`document.querySelectorAll("#explore-figure .scatterlayer path.js-line").length === 2`);
    assert.match(await page.text("#code"), /oneCycle\(\{ maxLr: 0\.04, totalSteps: 240, .*maxMomentum: 0\.95/);
    await page.fill("#maxLr", "");
    assert.match(await page.text("#explore-error"), /"Maximum rate" must be 0 or more/);
    assert.equal(await page.evaluate(`document.querySelector("#maxLr").getAttribute("aria-invalid")`), "true");
    assert.equal(await page.evaluate(`document.querySelector("#copy-code").disabled`), true);
    await page.fill("#range-endLr", "0");
    assert.match(await page.text("#range-command"), /^The rates must be above 0 and rise/);
    assert.equal(await page.evaluate(`document.querySelector("#copy-range-command").disabled`), true);
  });
});

Deno.test("Range test: it ends with bounds, which Explore and Race take", io, async () => {
  await inLab(async (page) => {
    await page.fill("#range-iterations", "60");
    await page.fill("#range-startLr", "0.0001");
    await page.click("#range-start");
    await page.waitFor(lineOf("range-figure"));
    await page.waitFor(ended("range"));
    assert.match(await page.text("#range-reading"), /^Base [\d.e-]+, maximum [\d.]+ \(max: a third/);
    assert.equal(await page.text("#range-at"), "No tensor is left in memory.");
    await page.click("#use-bounds");
    const maximum = (await page.text("#range-reading")).match(/maximum ([\d.]+)/)![1];
    assert.match(await page.text("#command"), new RegExp(`--max-lr ${maximum.replace(".", "\\.")} `));
    assert.equal(await page.evaluate(`document.querySelector(".racer input:last-child").value !== ""`), true);
  });
});

Deno.test("Race: both schedules beat guessing, repeat to a band, and come back from a record", io, async () => {
  await inLab(async (page, { directory }) => {
    await page.downloadTo(directory);
    await page.fill("#budget", "60");
    await page.fill("#races", "2");
    await page.click("#race-start");
    await page.waitFor(`!document.querySelector("#race-pause").disabled`);
    await page.waitFor(ended("race"));
    assert.equal(await page.text("#race-status"), "All 2 races have ended.");
    const rows = await page.evaluate<string[][]>(
      `[...document.querySelectorAll("#race-table tbody tr")].map((row) => [...row.children].map((cell) => cell.textContent))`,
    );
    assert.deepEqual(rows.map(([name]) => name), ["triangular", "fixed"]);
    for (const [name, accuracy] of rows) assert.ok(parseFloat(accuracy) > 13, `${name}: ${accuracy}`);
    const table = await page.text("#race-table");

    await page.click("#download");
    const path = `${directory}/lab-race.json`;
    const text = await until(async () => await Deno.readTextFile(path).catch(() => "") || undefined, "the download");
    const { runs } = openRecord(text);
    assert.equal(runs.length, 4);
    const firsts = runs.slice(0, 2).map(({ history }) => history.loss[0]);
    assert.equal(firsts[0], firsts[1], "the same weights and batches");

    await page.goTo(`${await page.evaluate("location.href")}`);
    await page.waitFor(`!document.querySelector("#race-start").disabled`);
    await page.chooseFile("#open", path);
    await page.waitFor(`document.querySelector("#race-table table")`);
    assert.equal(await page.text("#race-table"), table);
    assert.match(await page.text("#open-said"), /^lab-race\.json: Made on .*WebAssembly in Chrome/);
  });
});

Deno.test("Race: ten races, on made-up images, leave no tensor behind", io, async () => {
  await inLab(async (page) => {
    await page.fill("#images-choice", "made-up");
    await page.fill("#budget", "2");
    await page.fill("#races", "10");
    await page.click("#race-start");
    await page.waitFor(ended("race"));
    assert.equal(await page.text("#race-status"), "All 10 races have ended.");
    assert.equal(await page.text("#race-at"), "No tensor is left in memory.");
  });
});

Deno.test("Race: by keyboard alone it starts, pauses, goes on and stops", io, async () => {
  await inLab(async (page) => {
    const focused = () => page.evaluate<string>("document.activeElement.id");
    const tabTo = async (id: string) => {
      for (let i = 0; i < 60 && await focused() !== id; i++) await page.press("Tab");
      assert.equal(await focused(), id);
    };
    await tabTo("race-start");
    await page.press("Enter");
    await page.waitFor(`!document.querySelector("#race-pause").disabled`);
    await page.waitFor(lineOf("race-figure"));
    assert.equal(await focused(), "race-pause");
    await page.press("Enter");
    assert.equal(await page.text("#race-pause"), "Go on");
    await page.press("Enter");
    assert.equal(await page.text("#race-pause"), "Pause");
    await page.press("Tab");
    assert.equal(await focused(), "race-stop");
    await page.press("Enter");
    await page.waitFor(ended("race"));
    assert.match(await page.text("#race-status"), /^Stopped after \d+ of 240 iterations; /);
    assert.equal(await page.text("#race-at"), "No tensor is left in memory.");
    assert.equal(await focused(), "race-start");
    assert.equal(await page.evaluate(`document.querySelector("#race-table table")`), null);
    // what it has trained is still drawn, but these buttons are not the range test's
    await page.click("#range-start");
    await page.waitFor(`!document.querySelector("#range-stop").disabled`);
    for (const id of ["race-pause", "race-stop"]) {
      assert.equal(await page.evaluate(`document.querySelector("#${id}").disabled`), true, id);
    }
    await page.click("#range-stop");
    await page.waitFor(ended("range"));
  });
});

Deno.test("a tab that trains is seen from another, and a tab closed in the middle is told of", io, async () => {
  await inLab(async (page, { browser, lab }) => {
    await page.click("#race-start");
    await page.waitFor(`!document.querySelector("#race-stop").disabled`);
    const other = await browser.open(lab.url);
    await other.waitFor(`/Another tab/.test(document.querySelector("#notices").textContent)`);
    await other.waitFor(`!document.querySelector("#race-start").disabled`);
    await other.click("#race-start");
    await other.waitFor(`/Another training/.test(document.querySelector("#race-status").textContent)`);
    await page.close();
    await other.close();
    const third = await browser.open(lab.url);
    await third.waitFor(`/A race was under way/.test(document.querySelector("#notices").textContent)`);
    assert.deepEqual([...other.errors, ...third.errors], []);
  });
});

Deno.test("without images the page says how to get them, and trains on made-up ones, on WebGL too", io, async () => {
  await withDirectory(async (empty) => {
    await inLab(async (page) => {
      await page.waitFor(`/deno task setup/.test(document.querySelector("#notices").textContent)`);
      await page.click("#notices button");
      assert.equal(await page.evaluate(`document.querySelector("#images-choice").value`), "made-up");
      await page.fill("#backend-choice", "webgl");
      await page.waitFor(`/trains on WebGL/.test(document.querySelector("#backend").textContent)`);
      await page.fill("#range-iterations", "6");
      await page.click("#range-start");
      await page.waitFor(ended("range"));
      assert.match(await page.text("#range-reading"), /^No bounds: too few points/);
      assert.equal(await page.text("#range-at"), "No tensor is left in memory.");
    }, { flags: ["--enable-unsafe-swiftshader"], env: { CLR_CACHE_DIR: empty } });
  });
});

Deno.test("a backend that the browser lacks is refused in words", io, async () => {
  await inLab(async (page) => {
    assert.match(await page.text("#backend"), /trains on WebAssembly, as .* and there is no WebGL 2/);
    await page.fill("#backend-choice", "webgl");
    await page.waitFor(
      `/Cannot train on WebGL: there is no WebGL 2/.test(document.querySelector("#backend").textContent)`,
    );
  }, { flags: ["--disable-gpu", "--disable-software-rasterizer"] });
});
