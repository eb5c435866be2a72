// The concepts of a run, pair, layer and metric.
import { useMemo, useState } from "preact/hooks";
import { Choice, ConceptX, Csv, percent, type Shown, useLoaded, Waiting, Word } from "../common";
import {
  type ClassShare, commonestClasses, type Concept, conceptsOf, type Layer, loadLayer, loadLinks, type Metric,
  type Overview, type Pair, scoresOf, type Status,
} from "../data";
import { address } from "../route";
import { Terms } from "../terms";

export const MARKS: Record<Status, string> = { aligned: "●", near: "◐", none: "○" };
const TOP = 6;
const ROWS = 60;
const SORT = "-verdict";
const CLASSES: Record<string, string> = { same_spelling: "spelt alike", other: "other words" };

export function className(name: string): string {
  return CLASSES[name] ?? name;
}

export function statusName(status: Status, metric: Metric): string {
  if (status === "near") return "near miss";
  return metric === "calign" ? (status === "aligned" ? "aligns" : "does not align") : status === "aligned" ? "overlaps" : "does not overlap";
}

const RANKS: Record<Status, number> = { aligned: 2, near: 1, none: 0 };
export const KEYS: Record<string, (concept: Concept) => number> = {
  verdict: (concept) => RANKS[concept.status] + concept.share / 2,
  concept: (concept) => concept.cluster,
  matched: (concept) => concept.share,
  size: (concept) => concept.of,
  stability: (concept) => concept.stability ?? -1,
  sentence: (concept) => concept.sentenceShare ?? -1,
};

/** Concepts in the order and choice of an address. */
export function chosen(all: Concept[], at: Record<string, string>, classes: (ClassShare | undefined)[]): Concept[] {
  const concepts = all.filter(({ cluster }) => !at.class || classes[cluster]?.name === at.class);
  const sort = at.sort ?? SORT;
  const name = sort.replace(/^-/, "");
  const key = KEYS[name] ?? KEYS.verdict;
  const sign = sort.startsWith("-") ? -1 : 1;
  const kept = concepts.filter((concept) => !at.show || concept.status === at.show);
  const of = ({ cluster }: Concept) => classes[cluster];
  const byClass = (a: Concept, b: Concept) =>
    (of(a)?.name ?? "").localeCompare(of(b)?.name ?? "") || (of(a)?.share ?? 0) - (of(b)?.share ?? 0);
  const order = name === "class" ? byClass : (a: Concept, b: Concept) => key(a) - key(b);
  return kept.sort((a, b) => sign * order(a, b) || b.of - a.of || a.cluster - b.cluster);
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
  const classes = useMemo(() => layer && commonestClasses(layer, pair), [layer]);
  if (!layer || !concepts || !classes || layer.metric !== metric) return <Waiting />;
  const rows = chosen(concepts, at, classes);
  const found = chosen(concepts, { ...at, show: "" }, classes);
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
            ({found.filter((concept) => !show || concept.status === show).length})
          </a>
        ))}
        <Choice
          label="Mostly" value={at.class ?? ""} href={(value) => here({ class: value })}
          options={[["", "any class of words"], ...pair.classes.map((name) => [name, className(name)] as [string, string])]}
        />
        <Csv name={`${overview.name}-concepts`} rows={() => table(rows, layer, pair, classes)} />
        <ConceptX pair={pair} run={at.run} layer={layer} number={at.layer} wanted={wantedOf(rows, rows.length === concepts.length)} />
      </p>
      {!concepts.length && <p>No word has a concept in this layer.</p>}
      {concepts.length > 0 && !rows.length && <p id="nothing">None of the {concepts.length} concepts is so. <a href={here({ show: "", class: "" })}>Show all</a></p>}
      <p class="note">
        The concepts of seed {overview.seed}{metric === "calign" && <>, each with the concept of {pair.names[1]} that fits best</>}.{" "}
        {metric === "calign" ? "Types matched: those with a translation there." : "Words of the rarer language, of all words."}
      </p>
      <div class="scroll">
        <table id="concepts">
          <thead>
            <tr>
              <Head name="concept" at={at} here={here}>Concept</Head>
              <th scope="col" dir={pair.directions[0]}>{pair.names[0]}</th>
              <th scope="col" dir={pair.directions[1]}>{pair.names[1]}</th>
              <Head name="matched" at={at} here={here}>{metric === "calign" ? "Types matched" : "Words of the rarer language"}</Head>
              <Head name="stability" at={at} here={here}>Stability</Head>
              {metric === "calign" && <Head name="sentence" at={at} here={here}>Commonest sentence</Head>}
              <Head name="class" at={at} here={here}>Mostly</Head>
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
                <td>{classes[concept.cluster] && <>{className(classes[concept.cluster]!.name)} <span class="number">{percent(classes[concept.cluster]!.share)}</span></>}</td>
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
      <Terms overview={overview} of={metric === "calign" ? ["concept", "calign", "matched", "near", "stability", "sentence", "class", "chance", "ceiling"] : ["concept", "colap", "near", "stability", "class", "chance", "ceiling"]} />
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

/** Words of the concepts in a list and of their best targets, or every word. */
export function wantedOf(rows: Concept[], every = false): (side: number, cluster: number) => boolean {
  const clusters = [new Set(rows.map(({ cluster }) => cluster)), new Set(rows.map(({ target }) => target))];
  return (side, cluster) => every || clusters[side].has(cluster);
}

/** What chance and the ceiling are, from the score table. */
function Chance({ overview, pair, at }: Pick<Shown, "overview" | "pair" | "at">) {
  const score = summaryOf(overview, pair, at);
  if (!score) return null;
  const { value, low, high, null_mean, ceiling } = score;
  return (
    <p>
      {at.metric === "calign" ? "CALIGN" : "COLAP"} ({overview.definition}), mean of the seeds: <b>{value.toFixed(3)}</b>
      {low !== null && high !== null && <>, 95 % interval {low.toFixed(3)} to {high.toFixed(3)}</>}
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
      score.side === side && score.layer === Number(at.layer) && score.definition === overview.definition &&
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

function table(rows: Concept[], layer: Layer, pair: Pair, classes: (ClassShare | undefined)[]): (string | number | null)[][] {
  const words = (side: number, cluster: number) =>
    layer.sides[side].members(cluster).map(({ type }) => pair.types[side][type]).join(" ");
  const head = ["concept", "target", "status", "matched", "of", "stability", "sentence_share", "class", "class_share", "source_words", "target_words"];
  return [
    head,
    ...rows.map((one) => [
      one.cluster, one.target, one.status, one.matched, one.of, one.stability, one.sentenceShare,
      classes[one.cluster]?.name ?? null, classes[one.cluster]?.share ?? null,
      words(0, one.cluster), words(1, one.target),
    ]),
  ];
}
