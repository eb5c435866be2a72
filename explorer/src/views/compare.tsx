// What becomes of the concepts of one run and layer in another.
import { useMemo, useState } from "preact/hooks";
import { Choice, ConceptX, Csv, percent, runName, type Shown, useLoaded, Waiting } from "../common";
import { type Concept, conceptsOf, type Layer, loadLayer, type Metric } from "../data";
import { address } from "../route";
import { Terms } from "../terms";
import { MARKS, TopWords, wantedOf } from "./concepts";

const SHOWN = 100;

export interface Change {
  kind: "kept" | "lost" | "gained" | "neither";
  shape: "" | "split" | "merged";
  /** Concept of the first and of the second, which share most words. */
  from: Concept;
  to: Concept | undefined;
  jaccard: number;
  /** Change of the matched share. */
  by: number;
}

/** Follow each concept of a layer to that of another which shares most words with it. */
export function changesBetween(from: Layer, to: Layer, before: Concept[], after: Concept[]): Change[] {
  const [one, other] = [wordsOf(from), wordsOf(to)];
  const common = new Map<number, Map<number, number>>();
  const sizes = [new Map<number, number>(), new Map<number, number>()];
  const add = (map: Map<number, number>, key: number) => map.set(key, (map.get(key) ?? 0) + 1);
  for (let word = 0; word < one.length; word++) {
    const [a, b] = [one[word], other[word]];
    if (a >= 0) add(sizes[0], a);
    if (b >= 0) add(sizes[1], b);
    if (a < 0 || b < 0) continue;
    if (!common.has(a)) common.set(a, new Map());
    add(common.get(a)!, b);
  }
  const targets = new Map(after.map((concept) => [concept.cluster, concept]));
  return before.map((concept) => {
    const size = sizes[0].get(concept.cluster) ?? 0;
    let best: [number, number, number] = [-1, 0, 0];
    for (const [b, n] of common.get(concept.cluster) ?? []) {
      const jaccard = n / (size + sizes[1].get(b)! - n);
      if (jaccard > best[1]) best = [b, jaccard, n];
    }
    const next = targets.get(best[0]);
    const was = concept.status === "aligned";
    const is = next?.status === "aligned";
    const kind = was ? (is ? "kept" : "lost") : is ? "gained" : "neither";
    // Over half of its words stay together in what is mostly other words, or no half does.
    const shape = best[2] <= size / 2 ? "split" : best[2] <= (sizes[1].get(best[0]) ?? 0) / 2 ? "merged" : "";
    return { kind, shape, from: concept, to: next, jaccard: best[1], by: (next?.share ?? 0) - concept.share };
  });
}

/** Concept of each word: of CALIGN of the source language, of COLAP of both. */
function wordsOf(layer: Layer): Int32Array {
  const sides = layer.sides.map((side) => side.clusterOfWords());
  if (layer.metric === "calign") return sides[0];
  const both = new Int32Array(sides[0].length + sides[1].length);
  both.set(sides[0]);
  both.set(sides[1], sides[0].length);
  return both;
}

export function Compare({ overview, pair, at, here }: Shown) {
  const metric = at.metric as Metric;
  const known = pair.runs.find(({ name }) => name === at.run2) ?? pair.runs.find(({ name }) => name !== at.run) ?? pair.runs[0];
  const layer2 = known.layers.map(String).includes(at.layer2) ? at.layer2 : known.layers.map(String).includes(at.layer) ? at.layer : String(known.layers[0]);
  const loaded = useLoaded(
    () => Promise.all([loadLayer(pair, at.run, Number(at.layer), metric), loadLayer(pair, known.name, Number(layer2), metric)]),
    [pair, at.run, at.layer, metric, known.name, layer2],
  );
  const changes = useMemo(
    () => loaded && changesBetween(loaded[0], loaded[1], conceptsOf(loaded[0], overview), conceptsOf(loaded[1], overview))
      .sort((a, b) => Math.abs(b.by) - Math.abs(a.by) || a.from.cluster - b.from.cluster),
    [loaded],
  );
  const [nShown, setNShown] = useState(SHOWN);
  const verb = metric === "calign" ? "align" : "overlap";
  const kinds = ["kept", "gained", "lost", "neither", "split", "merged"] as const;
  const is = (change: Change, kind: string) => !kind || change.kind === kind || change.shape === kind;
  const shown = changes?.filter((change) => is(change, at.show ?? ""));
  return (
    <section>
      <h1>Compare</h1>
      <p class="tools">
        {runName(at.run)}, layer {at.layer}, with{" "}
        <Choice label="run" value={known.name} options={pair.runs.map(({ name }) => [name, runName(name)])} href={(run2) => here({ run2 })} />
        <Choice label="layer" value={layer2} options={known.layers.map((layer) => [String(layer), String(layer)])} href={(chosen) => here({ run2: known.name, layer2: chosen })} />
      </p>
      {!loaded || !changes || !shown ? <Waiting /> : (
        <>
          <p class="tools">
            {["", ...kinds].map((kind) => (
              <a class="tag" href={here({ show: kind })} aria-current={(at.show ?? "") === kind ? "true" : undefined}>
                {kind || "all"} ({changes.filter((change) => is(change, kind)).length})
              </a>
            ))}
            <Csv name={`${overview.name}-changes`} rows={() => table(shown)} />
            <ConceptX pair={pair} run={at.run} layer={loaded[0]} number={at.layer} sides={[0]} label="ConceptX before" wanted={wantedOf(shown.map(({ from }) => from))} />
            <ConceptX pair={pair} run={known.name} layer={loaded[1]} number={layer2} sides={[0]} label="ConceptX after" wanted={wantedOf(shown.flatMap(({ to }) => to ?? []))} />
          </p>
          <p class="note">
            Kept: {verb} before and after. Lost, gained: only before, only after. By size of the change of the matched share.
          </p>
          {!shown.length && <p>No concept is so.</p>}
          <div class="scroll">
            <table>
              <thead>
                <tr>
                  <th scope="col">Concept</th><th scope="col">becomes</th><th scope="col">Change</th>
                  <th scope="col">Matched</th><th scope="col">Words shared</th><th scope="col">Words before</th><th scope="col">Words after</th>
                </tr>
              </thead>
              <tbody>
                {shown.slice(0, nShown).map((change) => (
                  <tr key={change.from.cluster}>
                    <th scope="row"><a class="row" href={address("concept", { pair: at.pair, run: at.run, layer: at.layer, metric, cluster: change.from.cluster })}>{change.from.cluster}</a> {MARKS[change.from.status]}</th>
                    <td>{change.to ? <><a href={address("concept", { pair: at.pair, run: known.name, layer: layer2, metric, cluster: change.to.cluster })}>{change.to.cluster}</a> {MARKS[change.to.status]}</> : "–"}</td>
                    <td>{change.kind}{change.shape && `, ${change.shape}`}</td>
                    <td class="number">{percent(change.from.share)} → {percent(change.to?.share ?? null)}</td>
                    <td class="number">{percent(change.jaccard)}</td>
                    <td><TopWords pair={pair} layer={loaded[0]} side={0} cluster={change.from.cluster} /></td>
                    <td>{change.to && <TopWords pair={pair} layer={loaded[1]} side={0} cluster={change.to.cluster} />}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {shown.length > nShown && <button type="button" onClick={() => setNShown(nShown + 4 * SHOWN)}>More of {shown.length}</button>}
          <p class="note">{MARKS.aligned} {verb}s, {MARKS.near} near miss, {MARKS.none} neither.</p>
          <Terms overview={overview} of={["concept", metric, "matched", "near", "shape"]} />
        </>
      )}
    </section>
  );
}

function table(changes: Change[]): (string | number | null)[][] {
  return [
    ["concept", "becomes", "change", "shape", "matched_before", "matched_after", "jaccard"],
    ...changes.map(({ from, to, kind, shape, jaccard }) => [from.cluster, to?.cluster ?? null, kind, shape, from.share, to?.share ?? null, jaccard]),
  ];
}
