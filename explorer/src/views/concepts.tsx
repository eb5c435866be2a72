// The concepts of a run, pair, layer and metric.
import { useMemo, useState } from "preact/hooks";
import { Csv, percent, type Shown, useLoaded, Waiting, Word } from "../common";
import {
  type Concept, conceptsOf, type Layer, loadLayer, loadLinks, type Metric, type Overview, type Pair, scoresOf,
  type Status,
} from "../data";
import { address } from "../route";

export const MARKS: Record<Status, string> = { aligned: "●", near: "◐", none: "○" };
const TOP = 6;
const ROWS = 60;
const SORT = "-verdict";

export function statusName(status: Status, metric: Metric): string {
  if (status === "near") return "near miss";
  return metric === "calign" ? (status === "aligned" ? "aligns" : "does not align") : status === "aligned" ? "overlaps" : "does not overlap";
}

const RANKS: Record<Status, number> = { aligned: 2, near: 1, none: 0 };
const KEYS: Record<string, (concept: Concept) => number> = {
  verdict: (concept) => RANKS[concept.status] + concept.share / 2,
  concept: (concept) => concept.cluster,
  matched: (concept) => concept.share,
  size: (concept) => concept.of,
  stability: (concept) => concept.stability ?? -1,
  sentence: (concept) => concept.sentenceShare ?? -1,
};

/** Concepts in the order and choice of an address. */
export function chosen(concepts: Concept[], at: Record<string, string>): Concept[] {
  const sort = at.sort ?? SORT;
  const key = KEYS[sort.replace(/^-/, "")] ?? KEYS.verdict;
  const sign = sort.startsWith("-") ? -1 : 1;
  const kept = concepts.filter((concept) => !at.show || concept.status === at.show);
  return kept.sort((a, b) => sign * (key(a) - key(b)) || b.of - a.of || a.cluster - b.cluster);
}

export function Concepts({ overview, pair, at, here }: Shown) {
  const metric = at.metric as Metric;
  // Translations are not shown here: they come now so that the next view is quick.
  const layer = useLoaded(
    () => Promise.all([loadLayer(pair, at.run, Number(at.layer), metric), loadLinks(pair.name)]).then(([one]) => one),
    [pair, at.run, at.layer, metric],
  );
  const [shownRows, setShownRows] = useState(ROWS);
  const concepts = useMemo(() => layer && conceptsOf(layer, overview), [layer]);
  if (!layer || !concepts || layer.metric !== metric) return <Waiting />;
  const rows = chosen(concepts, at);
  const nAligned = concepts.filter((concept) => concept.status === "aligned").length;
  const verb = metric === "calign" ? "align" : "overlap";
  return (
    <section>
      <h1 id="count" data-of={`${pair.name}/${at.run}/${at.layer}/${metric}`} data-hit={nAligned} data-total={concepts.length}>
        {nAligned} of {concepts.length} {verb}
      </h1>
      <Chance overview={overview} pair={pair} at={at} />
      <p class="tools">
        Show{" "}
        {(["", "aligned", "near", "none"] as const).map((show) => (
          <a class="tag" href={here({ show })} aria-current={(at.show ?? "") === show ? "true" : undefined}>
            {show ? `${MARKS[show]} ${statusName(show, metric)}` : "all"}{" "}
            ({concepts.filter((concept) => !show || concept.status === show).length})
          </a>
        ))}
        <Csv name={`${overview.name}-concepts`} rows={() => table(rows, layer, pair)} />
      </p>
      <div class="scroll">
        <table id="concepts">
          <thead>
            <tr>
              <Head name="concept" at={at} here={here}>Concept</Head>
              <th scope="col">{pair.languages[0]}</th>
              <th scope="col">{pair.languages[1]}</th>
              <Head name="matched" at={at} here={here}>{metric === "calign" ? "Types matched" : "Words of the rarer"}</Head>
              <Head name="stability" at={at} here={here}>Stability</Head>
              {metric === "calign" && <Head name="sentence" at={at} here={here}>Commonest sentence</Head>}
              <Head name="verdict" at={at} here={here}>Verdict</Head>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, shownRows).map((concept) => (
              <tr key={concept.cluster}>
                <th scope="row">
                  <a class="row" href={address("concept", { ...at, cluster: concept.cluster, target: undefined })}>
                    {concept.cluster}
                  </a>
                </th>
                <td><TopWords pair={pair} layer={layer} side={0} cluster={concept.cluster} /></td>
                <td><TopWords pair={pair} layer={layer} side={1} cluster={concept.target} /></td>
                <td class="number">{concept.matched} of {concept.of}</td>
                <td class="number">{percent(concept.stability)}</td>
                {metric === "calign" && <td class="number">{percent(concept.sentenceShare)}</td>}
                <td class={`status ${concept.status}`}>{MARKS[concept.status]} {statusName(concept.status, metric)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {shownRows < rows.length && (
        <button type="button" onClick={() => setShownRows(shownRows + 4 * ROWS)}>
          More of {rows.length}
        </button>
      )}
      <p class="note">
        Stability: how far a concept comes back under the other seeds (1 is the same words). Commonest sentence: share
        of the {pair.languages[0]} words that stand in one sentence; a high one means a sentence, not a meaning. Keys:
        j and k go through the rows, / searches.
      </p>
    </section>
  );
}

function Head({ name, at, here, children }: { name: string; children: string } & Pick<Shown, "at" | "here">) {
  const sort = at.sort ?? SORT;
  const own = sort.replace(/^-/, "") === name;
  const down = sort.startsWith("-");
  return (
    <th scope="col" aria-sort={own ? (down ? "descending" : "ascending") : undefined}>
      <a href={here({ sort: own && down ? name : `-${name}` })}>{children}{own ? (down ? " ↓" : " ↑") : ""}</a>
    </th>
  );
}

/** What chance and the ceiling are, from the score table. */
function Chance({ overview, pair, at }: Pick<Shown, "overview" | "pair" | "at">) {
  const score = summaryOf(overview, pair, at);
  if (!score) return null;
  const { value, null_mean, ceiling } = score;
  return (
    <p>
      {at.metric === "calign" ? "CALIGN" : "COLAP"} ({overview.definition}), mean of the seeds: <b>{value.toFixed(3)}</b>
      {null_mean !== null && <>; by chance {null_mean.toFixed(3)}</>}
      {ceiling !== null && <>; at most about {ceiling.toFixed(3)}</>}.
    </p>
  );
}

export function summaryOf(overview: Overview, pair: Pair, at: Record<string, string>) {
  const [model, variant, side] = at.run.split("/");
  return scoresOf(overview).find(
    (score) =>
      score.metric === at.metric && score.over === "all" && score.model === model && score.variant === variant &&
      score.side === side && score.layer === Number(at.layer) && score.seed === null &&
      score.source === pair.languages[0] && score.target === pair.languages[1],
  );
}

export function TopWords({ pair, layer, side, cluster }: { pair: Pair; layer: Layer; side: number; cluster: number }) {
  const members = layer.sides[side].members(cluster);
  if (!members.length) return <>–</>;
  return (
    <span class="list" lang={pair.languages[side]} dir={pair.directions[side]}>
      {members.slice(0, TOP).map(({ type }, place) => (
        <>{place > 0 && " "}<Word pair={pair} side={side}>{pair.types[side][type]}</Word></>
      ))}
      {members.length > TOP && <> <bdi dir="ltr" class="more">+{members.length - TOP}</bdi></>}
    </span>
  );
}

function table(rows: Concept[], layer: Layer, pair: Pair): (string | number | null)[][] {
  const words = (side: number, cluster: number) =>
    layer.sides[side].members(cluster).map(({ type }) => pair.types[side][type]).join(" ");
  const head = ["concept", "target", "status", "matched", "of", "stability", "sentence_share", "source_words", "target_words"];
  return [
    head,
    ...rows.map((one) => [
      one.cluster, one.target, one.status, one.matched, one.of, one.stability, one.sentenceShare,
      words(0, one.cluster), words(1, one.target),
    ]),
  ];
}
