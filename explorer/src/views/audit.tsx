// A seeded sample of concepts that two raters label.
import { useMemo, useState } from "preact/hooks";
import { Choice, Csv, runName, type Shown, useLoaded, Waiting } from "../common";
import { conceptsOf, loadLayer, type Metric } from "../data";
import { address } from "../route";
import { Terms } from "../terms";
import { TopWords } from "./concepts";

const LABELS = ["convincing", "doubtful", "wrong"] as const;
const SAMPLE = 20;
const Z = 1.959964;

/** Wilson interval of a share, 95 %. Wilson 1927, J. Am. Stat. Assoc. 22. */
export function wilson(hits: number, n: number): [number, number] {
  if (!n) return [0, 1];
  const share = hits / n;
  const middle = share + Z ** 2 / (2 * n);
  const reach = Z * Math.sqrt((share * (1 - share)) / n + Z ** 2 / (4 * n ** 2));
  const scale = 1 + Z ** 2 / n;
  return [(middle - reach) / scale, (middle + reach) / scale];
}

/** Numbers from 0 to 1 that a seed gives. Mulberry32, public domain. */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export function sample<Item>(items: Item[], n: number, seed: number): Item[] {
  const [draw, left] = [random(seed), [...items]];
  const taken: Item[] = [];
  while (taken.length < n && left.length) taken.push(left.splice(Math.floor(draw() * left.length), 1)[0]);
  return taken;
}

// Where the browser keeps nothing, labels last as long as the page.
const unkept = new Map<string, Record<string, string>>();

function stored(key: string): Record<string, string> {
  try {
    const found = JSON.parse(localStorage.getItem(key) ?? "{}");
    return unkept.get(key) ?? (found && typeof found === "object" ? found : {});
  } catch {
    return unkept.get(key) ?? {};
  }
}

function store(key: string, labels: Record<string, string>): void {
  try {
    localStorage.setItem(key, JSON.stringify(labels));
  } catch {
    unkept.set(key, labels);
  }
}

export function Audit({ overview, pair, at, here }: Shown) {
  const metric = at.metric as Metric;
  const rater = at.rater === "2" ? "2" : "1";
  const seed = Number(at.seed || overview.seed);
  const layer = useLoaded(() => loadLayer(pair, at.run, Number(at.layer), metric), [pair, at.run, at.layer, metric]);
  const drawn = useMemo(
    () => layer && sample(conceptsOf(layer, overview).filter(({ status }) => status === "aligned"), SAMPLE, seed),
    [layer, seed],
  );
  const place = `polyconcept:${overview.name}:${pair.name}:${at.run}:${at.layer}:${metric}`;
  const [changed, setChanged] = useState(0);
  const read = (who: string): Record<string, string> => stored(`${place}:${who}`);
  const labels = useMemo(() => ({ "1": read("1"), "2": read("2") }), [place, changed]);
  if (!layer || !drawn) return <Waiting />;
  const label = (cluster: number, given: string) => {
    store(`${place}:${rater}`, { ...labels[rater], [cluster]: given });
    setChanged(changed + 1);
  };
  const given = drawn.filter(({ cluster }) => labels[rater][cluster]);
  const convincing = given.filter(({ cluster }) => labels[rater][cluster] === "convincing").length;
  const both = drawn.filter(({ cluster }) => labels["1"][cluster] && labels["2"][cluster]);
  const same = both.filter(({ cluster }) => labels["1"][cluster] === labels["2"][cluster]).length;
  const [low, high] = wilson(convincing, given.length);
  return (
    <section>
      <h1>Audit</h1>
      <p>
        Do the concepts that {metric === "calign" ? "align" : "overlap"} mean the same in both languages? Of {pair.name}, {runName(at.run)},
        layer {at.layer}, {drawn.length} are drawn at random (the same ones for a seed). Two people label them, each under a number of their own.
      </p>
      <p class="tools">
        <Choice label="Rater" value={rater} options={[["1", "1"], ["2", "2"]]} href={(value) => here({ rater: value })} />
        <label>Seed of the sample <input type="number" value={seed} onChange={(event) => (location.hash = here({ seed: event.currentTarget.value }))} /></label>
        <Csv name={`${overview.name}-audit`} rows={() => [
          ["scores_sha256", "pair", "run", "layer", "metric", "sample_seed", "concept", "rater_1", "rater_2"],
          ...drawn.map(({ cluster }) => [overview.scores_sha256, pair.name, at.run, at.layer, metric, seed, cluster, labels["1"][cluster] ?? "", labels["2"][cluster] ?? ""]),
        ]} />
      </p>
      <p id="audit">
        {convincing} of {given.length} labelled concepts are convincing
        {given.length > 0 && <> (95 % interval {low.toFixed(2)} to {high.toFixed(2)}, Wilson)</>}.{" "}
        {both.length > 0 && <>The raters agree on {same} of {both.length}.</>}
      </p>
      {!drawn.length && <p>No concept {metric === "calign" ? "aligns" : "overlaps"} here: there is nothing to label.</p>}
      <ol class="audit">
        {drawn.map(({ cluster, target }) => (
          <li key={cluster}>
            <p>
              <a class="row" href={address("concept", { pair: at.pair, run: at.run, layer: at.layer, metric, cluster })}>Concept {cluster}</a>:{" "}
              <TopWords pair={pair} layer={layer} side={0} cluster={cluster} /> — <TopWords pair={pair} layer={layer} side={1} cluster={target} />
            </p>
            <fieldset>
              <legend class="unseen">Concept {cluster}</legend>
              {LABELS.map((name) => (
                <label>
                  <input type="radio" name={`${cluster}`} checked={labels[rater][cluster] === name} onChange={() => label(cluster, name)} /> {name}
                </label>
              ))}
            </fieldset>
          </li>
        ))}
      </ol>
      <p class="note">Labels stay in this browser; the CSV takes them elsewhere.</p>
      <Terms overview={overview} of={["concept", metric, "wilson"]} />
    </section>
  );
}
