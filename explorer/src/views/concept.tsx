// One concept: its words, their translations, its best targets and its sentences.
import { useEffect, useMemo, useState } from "preact/hooks";
import { Csv, percent, type Shown, useLoaded, Waiting, Word } from "../common";
import {
  type Cell, conceptsOf, type Layer, type Links, loadLayer, loadLinks, loadPlaces, loadSentences, loadTrail,
  type Member, type Metric, type Pair, SENTENCES,
} from "../data";
import { address } from "../route";
import { chosen, MARKS, statusName, TopWords } from "./concepts";

const BEST = 5;
const BLOCKS = 4;
const SHOWN = 8;
const COMMONEST = 4;

/** Members of both sides and which of them translate each other. */
interface Matches { members: Member[][]; partners: Map<number, number[]>[] }

export function Concept({ overview, pair, at, here }: Shown) {
  const metric = at.metric as Metric;
  const loaded = useLoaded(
    () => Promise.all([loadLayer(pair, at.run, Number(at.layer), metric), loadLinks(pair.name)]),
    [pair, at.run, at.layer, metric],
  );
  const [lit, setLit] = useState<[number, number] | null>(null);
  const layer = loaded?.[0];
  const concepts = useMemo(() => layer && chosen(conceptsOf(layer, overview), at), [layer, at.sort, at.show]);
  const cluster = Number(at.cluster ?? concepts?.[0]?.cluster ?? 0);
  const all = useMemo(() => layer && conceptsOf(layer, overview), [layer]);
  const concept = all?.find((one) => one.cluster === cluster);
  const target = at.target === undefined ? (concept?.target ?? -1) : Number(at.target);
  const matches = useMemo(
    () => loaded && matchesOf(loaded[0], loaded[1].forward, cluster, target),
    [loaded, cluster, target],
  );
  useEffect(() => setLit(null), [matches]);
  if (!loaded || !layer || layer.metric !== metric || !matches || !concepts) return <Waiting />;
  if (!concept) return <p>Concept {cluster} has no words in this layer.</p>;
  const place = concepts.findIndex((one) => one.cluster === cluster);
  const beside = (step: number) => concepts[place + step]?.cluster;
  const nMatched = matches.members[0].filter(({ type }) => matches.partners[0].has(type)).length;
  const glossed = at.gloss === "1";
  const words = (side: number) => (
    <WordList
      pair={pair} side={side} matches={matches} lit={lit} setLit={setLit} at={at}
      gloss={glossed ? (side ? loaded[1].backward : loaded[1].forward) : null}
    />
  );
  return (
    <section>
      <h1>Concept {cluster} {MARKS[concept.status]} {statusName(concept.status, metric)}</h1>
      <p class="tools">
        {beside(-1) !== undefined && <a id="previous" href={here({ cluster: beside(-1), target: undefined })}>← previous (k)</a>}
        {beside(1) !== undefined && <a id="next" href={here({ cluster: beside(1), target: undefined })}>next (j) →</a>}
        <a href={address("concepts", { ...at, cluster: undefined, target: undefined })}>all concepts</a>
        <a href={here({ gloss: glossed ? undefined : 1 })}>{glossed ? "without translations in brackets" : "translations in brackets"}</a>
        <Csv name={`${overview.name}-concept-${cluster}`} rows={() => table(pair, matches)} />
      </p>
      {metric === "calign" ? (
        <p id="matched" data-matched={nMatched}>
          {nMatched} of {concept.of} {pair.languages[0]} types have a translation in concept {target < 0 ? "–" : target} of{" "}
          {pair.languages[1]}{target === concept.target ? ", its best" : ""}. Stability {percent(concept.stability)},
          commonest sentence {percent(concept.sentenceShare)}.
        </p>
      ) : (
        <p>
          {layer.columns.n_source[cluster]} {pair.languages[0]} and {layer.columns.n_target[cluster]} {pair.languages[1]}{" "}
          words. Stability {percent(concept.stability)}.
        </p>
      )}
      <div class="sides">
        <div><h2>{pair.languages[0]}</h2>{words(0)}</div>
        <div><h2>{pair.languages[1]}</h2>{words(1)}</div>
      </div>
      <p class="note">Bold: has a translation on the other side, shown on hover and focus. Dotted: has none.</p>
      {metric === "calign" && (
        <Targets layer={layer} forward={loaded[1].forward} cluster={cluster} target={target} here={here} pair={pair} />
      )}
      <Sentences pair={pair} layer={layer} clusters={[cluster, target]} key={`${pair.name}${at.run}${at.layer}${metric}${cluster}-${target}`} />
      <Together pair={pair} at={at} members={matches.members[0]} key={`together-${pair.name}${at.run}${at.layer}${metric}${cluster}`} />
    </section>
  );
}

function matchesOf(layer: Layer, forward: Links, cluster: number, target: number): Matches {
  const members = [layer.sides[0].members(cluster), layer.sides[1].members(target)];
  const there = new Set(members[1].map(({ type }) => type));
  const partners = [new Map<number, number[]>(), new Map<number, number[]>()];
  for (const { type } of members[0])
    for (const translation of forward.of(type))
      if (there.has(translation)) {
        partners[0].set(type, [...(partners[0].get(type) ?? []), translation]);
        partners[1].set(translation, [...(partners[1].get(translation) ?? []), type]);
      }
  return { members, partners };
}

function WordList({ pair, side, matches, lit, setLit, gloss, at }: {
  pair: Pair; side: number; matches: Matches; lit: [number, number] | null;
  setLit: (lit: [number, number] | null) => void; gloss: Links | null; at: Record<string, string>;
}) {
  const { members, partners } = matches;
  const isLit = (type: number) =>
    lit !== null && (lit[0] === side ? lit[1] === type : partners[lit[0]].get(lit[1])?.includes(type));
  return (
    <ul class="words" data-side={side} lang={pair.languages[side]} dir={pair.directions[side]}>
      {members[side].map(({ type, words }) => {
        const own: [number, number] = [side, type];
        const matched = partners[side].has(type);
        const best = gloss?.of(type)[0];
        return (
          <li key={type} class={`${matched ? "matched" : "alone"}${isLit(type) ? " lit" : ""}`}>
            <a
              href={address("word", { pair: at.pair, run: at.run, layer: at.layer, metric: at.metric, side, type: pair.types[side][type] })}
              onMouseEnter={() => setLit(own)} onMouseLeave={() => setLit(null)}
              onFocus={() => setLit(own)} onBlur={() => setLit(null)}
            >
              <Word pair={pair} side={side}>{pair.types[side][type]}</Word>
              {!matched && <span class="unseen" lang="en" dir="ltr"> (no translation here)</span>}
            </a>
            {best !== undefined && <span class="gloss"> (<Word pair={pair} side={1 - side}>{pair.types[1 - side][best]}</Word>)</span>}
            {words > 1 && <> <bdi dir="ltr" class="more">×{words}</bdi></>}
          </li>
        );
      })}
    </ul>
  );
}

/** Target concepts with most types matched, whatever their size. */
function Targets({ layer, forward, cluster, target, here, pair }: {
  layer: Layer; forward: Links; cluster: number; target: number;
} & Pick<Shown, "here" | "pair">) {
  const best = useMemo(() => {
    const count = new Map<number, number>();
    const side = layer.sides[1];
    for (const { type } of layer.sides[0].members(cluster)) {
      const reached = new Set<number>();
      for (const translation of forward.of(type))
        for (let cell = side.start[translation]; cell < side.start[translation + 1]; cell++)
          if (side.cluster[cell] >= 0) reached.add(side.cluster[cell]);
      for (const one of reached) count.set(one, (count.get(one) ?? 0) + 1);
    }
    return [...count].sort((a, b) => b[1] - a[1] || side.nTypes(a[0]) - side.nTypes(b[0]) || a[0] - b[0]).slice(0, BEST);
  }, [layer, cluster]);
  return (
    <>
      <h2>Best targets</h2>
      <ol class="targets">
        {best.map(([one, count]) => (
          <li key={one}>
            <a href={here({ target: one })} aria-current={one === target ? "true" : undefined}>concept {one}</a>: {count} matched,{" "}
            {layer.sides[1].nTypes(one)} types:{" "}
            <TopWords pair={pair} layer={layer} side={1} cluster={one} />
          </li>
        ))}
      </ol>
      {!best.length && <p>No word has a translation in any concept.</p>}
    </>
  );
}

/** A word of a sentence: its spelling, and which of the words spelt so it is. */
type Found = Map<number, [string, number][][]>;

function Sentences({ pair, layer, clusters }: { pair: Pair; layer: Layer; clusters: number[] }) {
  const [blocks, setBlocks] = useState(BLOCKS);
  const shown = useLoaded(async () => {
    const places = await Promise.all([0, 1].map((side) => loadPlaces(pair, layer.metric, side)));
    const found: Found = new Map();
    clusters.forEach((cluster, side) => {
      const own = layer.sides[side];
      for (const { type, cell } of own.members(cluster))
        for (let word = own.wordStart[type]; word < own.wordStart[type + 1]; word++)
          if (own.start[type] + own.ofWord[word] === cell) {
            const sentence = places[side].sentence[word];
            if (!found.has(sentence)) found.set(sentence, [[], []]);
            found.get(sentence)![side].push([pair.types[side][type], places[side].repeat[word]]);
          }
    });
    return chooseSentences(pair, found, blocks);
  }, [pair, layer, clusters[0], clusters[1], blocks]);
  return (
    <>
      <h2>Sentences</h2>
      {shown?.apart && <p class="note">No sentence has words of both concepts: these have words of one.</p>}
      {!shown ? <Waiting /> : (
        <ol class="sentences">
          {shown.texts.map(({ number, texts, marks }) => (
            <li key={number} value={number + 1}>
              {texts.map((text, side) => (
                <p lang={pair.languages[side]} dir={pair.directions[side]} class="sentence">{setOff(text, marks[side])}</p>
              ))}
            </li>
          ))}
        </ol>
      )}
      {shown?.more && <button type="button" onClick={() => setBlocks(4 * blocks)}>More sentences</button>}
    </>
  );
}

/** Sentences with words of both sides first, from few blocks of text. */
async function chooseSentences(pair: Pair, found: Found, nBlocks: number) {
  const both = [...found].filter(([, marks]) => marks[0].length && marks[1].length);
  const from = both.length ? both : [...found];
  const byBlock = new Map<number, typeof from>();
  for (const one of from) {
    const block = Math.floor(one[0] / SENTENCES);
    byBlock.set(block, [...(byBlock.get(block) ?? []), one]);
  }
  const blocks = [...byBlock].sort((a, b) => b[1].length - a[1].length || a[0] - b[0]);
  const taken = blocks.slice(0, nBlocks);
  const limit = (SHOWN * nBlocks) / BLOCKS;
  const texts = await Promise.all(taken.map(([block]) => loadSentences(pair.name, block)));
  const chosenOnes = taken.flatMap(([, ones], place) => ones.map((one) => ({ one, place }))).slice(0, limit);
  return {
    apart: !both.length,
    more: from.length > chosenOnes.length,
    texts: chosenOnes.map(({ one: [number, marks], place }) => ({
      number, marks, texts: texts[place].map((side) => side[number % SENTENCES]),
    })),
  };
}

function setOff(text: string, marks: [string, number][]) {
  const seen = new Map<string, number>();
  return text.split(" ").map((word, place) => {
    const repeat = seen.get(word) ?? 0;
    seen.set(word, repeat + 1);
    const marked = marks.some(([spelling, which]) => spelling === word && which === repeat);
    return <>{place > 0 && " "}{marked ? <mark>{word}</mark> : word}</>;
  });
}

/** Whether the commonest words of a concept are in one concept elsewhere. */
function Together({ pair, at, members }: { pair: Pair; at: Record<string, string>; members: Member[] }) {
  const commonest = members.slice(0, COMMONEST);
  const [asked, setAsked] = useState(false);
  const trails = useLoaded(
    async () => (asked ? Promise.all(commonest.map(({ type }) => loadTrail(pair, at.metric as Metric, 0, type))) : undefined),
    [asked],
  );
  if (commonest.length < 2) return null;
  return (
    <>
      <h2>Elsewhere</h2>
      <p>
        How many of its {commonest.length} commonest {pair.languages[0]} words (
        {commonest.map(({ type }, place) => <>{place > 0 && " "}<Word pair={pair} side={0}>{pair.types[0][type]}</Word></>)}
        ) are mostly in one concept, in every layer and run.
      </p>
      {!asked ? (
        <button type="button" onClick={() => setAsked(true)}>Show</button>
      ) : !trails ? <Waiting /> : (
        <TrailGrid pair={pair} at={at} cells={trails[0].map((cell, place) => ({ ...cell, ...largest(trails.map((one) => one[place])) }))} text={(cell) => `${cell.together} of ${commonest.length}`} />
      )}
    </>
  );
}

function largest(cells: Cell[]): { cluster: number; together: number } {
  const count = new Map<number, number>();
  for (const { cluster } of cells) if (cluster >= 0) count.set(cluster, (count.get(cluster) ?? 0) + 1);
  const [cluster, together] = [...count].sort((a, b) => b[1] - a[1])[0] ?? [-1, 0];
  return { cluster, together };
}

/** A grid layer x run; each cell leads to the concept there. */
export function TrailGrid<One extends { run: string; layer: number; cluster: number; counts: boolean }>({ pair, at, cells, text }: {
  pair: Pair; at: Record<string, string>; cells: One[]; text: (cell: One) => string;
}) {
  const layers = [...new Set(cells.map(({ layer }) => layer))].sort((a, b) => a - b);
  return (
    <div class="scroll">
      <table class="grid">
        <thead>
          <tr><th scope="col">Layer</th>{pair.runs.map(({ name }) => <th scope="col" key={name}>{name.split("/").join(" ")}</th>)}</tr>
        </thead>
        <tbody>
          {layers.map((layer) => (
            <tr key={layer}>
              <th scope="row">{layer}</th>
              {pair.runs.map(({ name }) => {
                const cell = cells.find((one) => one.run === name && one.layer === layer);
                if (!cell) return <td key={name}>–</td>;
                const own = name === at.run && layer === Number(at.layer);
                if (cell.cluster < 0) return <td key={name}>· in none</td>;
                const known = { pair: at.pair, run: name, layer, metric: at.metric };
                // Of a target concept there is no page of its own: the list of concepts is nearest.
                const href = at.side === "1" && at.metric === "calign" ? address("concepts", known) : address("concept", { ...known, cluster: cell.cluster });
                return (
                  <td key={name} class={cell.counts ? "counts" : undefined}>
                    <a href={href} aria-current={own ? "true" : undefined}>{text(cell)}</a>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function table(pair: Pair, { members, partners }: Matches): (string | number | null)[][] {
  const rows = members.flatMap((side, place) =>
    side.map(({ type, words }) => [
      pair.languages[place], pair.types[place][type], words,
      (partners[place].get(type) ?? []).map((other) => pair.types[1 - place][other]).join(" "),
    ]),
  );
  return [["language", "word", "n_words", "translations"], ...rows];
}
