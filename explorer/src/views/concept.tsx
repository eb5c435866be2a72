// One concept: its words, their translations, its best targets and its sentences.
import { useEffect, useMemo, useState } from "preact/hooks";
import { Choice, ConceptX, Csv, percent, runName, type Shown, useLoaded, Waiting, Word } from "../common";
import {
  commonestClasses, type Concept as One, conceptOf, conceptsOf, type Layer, type Links, loadLayer, loadLinks, loadPlaces, loadSentences,
  type Member, type Metric, type Pair, SENTENCES,
} from "../data";
import { address } from "../route";
import { Terms } from "../terms";
import { chosen, className, MARKS, statusName, TopWords } from "./concepts";

const BEST = 5;
const BLOCKS = 4;
const SHOWN = 8;

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
  const all = useMemo(() => layer && conceptsOf(layer, overview), [layer]);
  const classes = useMemo(() => layer && commonestClasses(layer, pair), [layer]);
  const concepts = useMemo(() => all && classes && chosen(all, at, classes), [all, at.sort, at.show, at.class]);
  const concept = layer && all && concepts && asked(layer, all, concepts, pair, at);
  const cluster = concept?.cluster ?? -1;
  const target = at.target === undefined ? (concept?.target ?? -1) : Number(at.target);
  const matches = useMemo(
    () => loaded && matchesOf(loaded[0], loaded[1].forward, cluster, target),
    [loaded, cluster, target],
  );
  useEffect(() => setLit(null), [matches]);
  if (!loaded || !layer || layer.metric !== metric || !matches || !all || !concepts || !classes) return <Waiting />;
  if (!concept) return <Missing pair={pair} at={at} all={all} layer={layer} />;
  const place = concepts.findIndex((one) => one.cluster === cluster);
  const beside = (step: number) => concepts[place + step]?.cluster;
  const nMatched = matches.members[0].filter(({ type }) => matches.partners[0].has(type)).length;
  const glossed = at.gloss === "1";
  const own = classes[cluster];
  const mostly = own && ` Mostly ${className(own.name)} (${percent(own.share)}).`;
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
        {beside(-1) !== undefined && <a id="previous" href={here({ cluster: beside(-1), target: undefined, type: undefined, side: undefined })}>← previous (k)</a>}
        {beside(1) !== undefined && <a id="next" href={here({ cluster: beside(1), target: undefined, type: undefined, side: undefined })}>next (j) →</a>}
        <a href={address("concepts", { ...at, cluster: undefined, target: undefined, type: undefined, side: undefined })}>all concepts</a>
        <a href={here({ gloss: glossed ? undefined : 1 })}>{glossed ? "hide translations" : "show a translation of each word"}</a>
        <Csv name={`${overview.name}-concept-${cluster}`} rows={() => table(pair, matches)} />
        <ConceptX pair={pair} run={at.run} layer={layer} number={at.layer} wanted={(side, one) => one === (side ? target : cluster)} />
      </p>
      {metric === "calign" ? (
        <p id="matched" data-matched={nMatched}>
          {nMatched} of {concept.of} {pair.names[0]} types have a translation in concept {target < 0 ? "–" : target} of{" "}
          {pair.names[1]}{target === concept.target ? ", the one that fits best" : ""}. Stability {percent(concept.stability)},
          commonest sentence {percent(concept.sentenceShare)}.{mostly}
        </p>
      ) : (
        <p>
          {layer.columns.n_source[cluster]} {pair.names[0]} and {layer.columns.n_target[cluster]} {pair.names[1]}{" "}
          words. Stability {percent(concept.stability)}.{mostly}
        </p>
      )}
      <div class="sides">
        <div><h2>{pair.names[0]}</h2>{words(0)}</div>
        <div><h2>{pair.names[1]}</h2>{words(1)}</div>
      </div>
      <p class="note">
        Bold: has a translation on the other side, which is set off on hover and focus. Dotted: has none. ×n: so many of its words are here.
      </p>
      {metric === "calign" && (
        <Targets layer={layer} forward={loaded[1].forward} cluster={cluster} target={target} here={here} pair={pair} />
      )}
      <Sentences pair={pair} layer={layer} clusters={[cluster, target]} key={`${pair.name}${at.run}${at.layer}${metric}${cluster}-${target}`} />
      <Elsewhere overview={overview} pair={pair} at={at} here={here} layer={layer} cluster={cluster} />
      <Terms overview={overview} of={metric === "calign" ? ["concept", "calign", "matched", "near", "stability", "sentence", "class"] : ["concept", "colap", "near", "stability", "class"]} />
    </section>
  );
}

/** Says why there is no concept to show, and where to go on. */
function Missing({ pair, at, all, layer }: { pair: Pair; at: Record<string, string>; all: One[]; layer: Layer }) {
  const place = `layer ${at.layer} of ${runName(at.run)}`;
  const why = at.cluster !== undefined
    ? `There is no concept ${at.cluster} with words in ${place}, whose ${all.length} concepts have numbers from 0 to ${layer.nConcepts - 1}.`
    : at.type
      ? <>“<bdi>{at.type}</bdi>” is in no concept in {place}, or in one that fits no other best.</>
      : `In ${place} no word is in a concept.`;
  return (
    <>
      <h1>No such concept</h1>
      <p role="alert">{why}</p>
      <p><a href={address("concepts", { pair: pair.name, run: at.run, layer: at.layer, metric: at.metric })}>All concepts of this layer</a></p>
    </>
  );
}

/** The concept of an address: by its number, by a word in it, or the first in the list. */
function asked(layer: Layer, all: One[], listed: One[], pair: Pair, at: Record<string, string>): One | undefined {
  if (at.cluster !== undefined) return all.find((one) => one.cluster === Number(at.cluster));
  if (!at.type) return listed[0];
  const side = Number(at.side ?? 0);
  return conceptOf(layer, all, side, pair.types[side].indexOf(at.type));
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
      <p class="note">The {BEST} concepts of {pair.names[1]} with most types matched, whatever their size; a much smaller or larger one does not count for the score.</p>
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
      <p class="note">Sentences of the parallel text that have words of both sides, which are set off.</p>
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

/** In which concepts of another run or layer the words of a concept are. */
function Elsewhere({ overview, pair, at, here, layer, cluster }: Pick<Shown, "overview" | "pair" | "at" | "here"> & { layer: Layer; cluster: number }) {
  const run = pair.runs.find(({ name }) => name === at.run2) ?? pair.runs.find(({ name }) => name === at.run)!;
  const layer2 = run.layers.map(String).includes(at.layer2) ? at.layer2 : "";
  const found = useLoaded(async () => {
    if (!layer2) return undefined;
    const other = await loadLayer(pair, run.name, Number(layer2), layer.metric);
    const count = new Map<number, number>();
    let all = 0;
    layer.sides.forEach((own, side) => {
      if (side === 1 && layer.metric === "calign") return;
      const [one, two] = [own.clusterOfWords(), other.sides[side].clusterOfWords()];
      one.forEach((concept, word) => {
        if (concept !== cluster) return;
        all++;
        if (two[word] >= 0) count.set(two[word], (count.get(two[word]) ?? 0) + 1);
      });
    });
    const best = [...count].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, BEST);
    return { other, all, best, concepts: conceptsOf(other, overview) };
  }, [pair, run.name, layer2, layer, cluster]);
  return (
    <>
      <h2>Elsewhere</h2>
      <p class="tools">
        Where its {layer.metric === "calign" ? `${pair.names[0]} ` : ""}words are in
        <Choice label="run" value={run.name} options={pair.runs.map(({ name }) => [name, runName(name)])} href={(run2) => here({ run2, layer2: pair.runs.find(({ name }) => name === run2)!.layers.includes(Number(at.layer)) ? at.layer : undefined })} />
        <Choice label="layer" value={layer2} options={[["", "choose"], ...run.layers.map((one) => [String(one), String(one)] as [string, string])]} href={(chosenLayer) => here({ run2: run.name, layer2: chosenLayer })} />
      </p>
      {found && (
        <ol class="targets" id="elsewhere">
          {found.best.map(([one, count]) => {
            const concept = found.concepts.find((other) => other.cluster === one)!;
            return (
              <li key={one}>
                {count} of {found.all} in{" "}
                <a href={address("concept", { pair: at.pair, run: run.name, layer: layer2, metric: at.metric, cluster: one })}>concept {one}</a>{" "}
                {MARKS[concept.status]} {statusName(concept.status, layer.metric)}: <TopWords pair={pair} layer={found.other} side={0} cluster={one} />
              </li>
            );
          })}
        </ol>
      )}
    </>
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
